//! The versions of the flows: every apply that changes something adds one, none is ever changed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::conn::on;
use crate::schema::blueprint_versions;
use crate::{Conn, Document, Result, Time, Unit};

/// A version.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = blueprint_versions, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct BlueprintVersion {
    /// Its number, from 1.
    pub version: i64,
    /// The blueprint that was applied.
    pub owner: String,
    /// The digest of what it stated.
    pub digest: String,
    /// Who applied it.
    pub actor: String,
    /// Why, if they said so.
    pub message: Option<String>,
    /// All flows and conditions, of every blueprint, as they are since this version.
    pub document: Document<Value>,
    /// When.
    pub created_at: Time,
}

/// The number of the newest version; 0 before the first.
pub async fn latest(conn: &mut Conn) -> Result<i64> {
    let query = blueprint_versions::table.select(diesel::dsl::max(blueprint_versions::version));
    let latest: Option<i64> = on!(conn, |c| query.first(c))?;
    Ok(latest.unwrap_or(0))
}

/// A version by its number.
pub async fn find(conn: &mut Conn, version: i64) -> Result<Option<BlueprintVersion>> {
    let query = blueprint_versions::table.find(version);
    Ok(on!(conn, |c| query.select(BlueprintVersion::as_select()).first(c)).optional()?)
}

/// The newest version that the blueprint `owner` made.
pub async fn latest_of(conn: &mut Conn, owner: &str) -> Result<Option<BlueprintVersion>> {
    let query = blueprint_versions::table
        .filter(blueprint_versions::owner.eq(owner))
        .order(blueprint_versions::version.desc());
    Ok(on!(conn, |c| query.select(BlueprintVersion::as_select()).first(c)).optional()?)
}

/// Adds a version.
///
/// # Errors
/// [`crate::Error::Conflict`] when another apply took the number first.
pub async fn create(unit: &mut Unit, version: &BlueprintVersion) -> Result<()> {
    let query = diesel::insert_into(blueprint_versions::table).values(version);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}
