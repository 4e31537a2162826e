//! Interactions: authorization requests that wait for a person.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::client::Client;
use crate::conn::on;
use crate::schema::interactions;
use crate::{Conn, Document, Id, Result, Time, TokenHash, Unit};

/// An authorization request of one browser, kept while its person signs in or consents. Request
/// and state are typed by the provider.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = interactions, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Interaction {
    /// Its identifier, in the URL; of no use without the browser's secret.
    pub id: Id<Interaction>,
    /// The digest of the secret of the browser that sent the request.
    pub browser_hash: TokenHash,
    /// Who asks.
    pub client_id: Id<Client>,
    /// What the client asked for, as it was sent.
    pub request: Document<Value>,
    /// What has happened since.
    pub state: Document<Value>,
    /// When the request arrived: a demand for a fresh sign-in counts from here.
    pub created_at: Time,
    /// When it is forgotten.
    pub expires_at: Time,
    /// When it was answered, whichever way.
    pub finished_at: Option<Time>,
}

/// The interaction with this id, if this browser began it and it still waits.
pub async fn find(
    conn: &mut Conn,
    id: &Id<Interaction>,
    browser: &TokenHash,
    now: Time,
) -> Result<Option<Interaction>> {
    let query = interactions::table
        .find(id)
        .filter(interactions::browser_hash.eq(browser))
        .filter(interactions::expires_at.gt(now))
        .filter(interactions::finished_at.is_null());
    Ok(on!(conn, |c| query.select(Interaction::as_select()).first(c)).optional()?)
}

/// Keeps an interaction.
pub async fn create(unit: &mut Unit, interaction: &Interaction) -> Result<()> {
    let query = diesel::insert_into(interactions::table).values(interaction);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Notes what has happened.
///
/// # Errors
/// [`crate::Error::Stale`] when it was answered meanwhile.
pub async fn update_state(unit: &mut Unit, id: &Id<Interaction>, state: Value) -> Result<()> {
    let query =
        diesel::update(interactions::table.find(id).filter(interactions::finished_at.is_null()))
            .set(interactions::state.eq(Document(state)));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Answers the interaction: of any number of simultaneous callers one finishes it.
///
/// # Errors
/// [`crate::Error::Stale`] when it was answered already, or expired.
pub async fn finish(unit: &mut Unit, id: &Id<Interaction>, now: Time) -> Result<()> {
    let query = diesel::update(
        interactions::table
            .find(id)
            .filter(interactions::finished_at.is_null())
            .filter(interactions::expires_at.gt(now)),
    )
    .set(interactions::finished_at.eq(now));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Forgets what expired before `now`.
pub async fn delete_expired(unit: &mut Unit, now: Time) -> Result<usize> {
    let query = diesel::delete(interactions::table.filter(interactions::expires_at.le(now)));
    Ok(on!(unit, |c| query.execute(c))?)
}
