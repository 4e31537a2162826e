//! The keys that sign ID tokens. The private halves are sealed; see [`place`].

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::conn::on;
use crate::schema::signing_keys;
use crate::seal::Sealed;
use crate::{Conn, Document, Id, Result, Time, Unit};

/// A key. The newest generation of an algorithm signs; every one listed verifies.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct SigningKey {
    /// Its identifier, the `kid`: the thumbprint of its public half (RFC 7638).
    pub id: Id<SigningKey>,
    /// `ES256` or `RS256`.
    pub algorithm: String,
    /// Counts the keys of this algorithm from 1: of two nodes that make the same one, one wins.
    pub generation: i64,
    /// The private half, PKCS #8, sealed.
    pub sealed: Sealed,
    /// The public half as it stands in the JWK set.
    pub public_jwk: Document<Value>,
    /// When it was made.
    pub created_at: Time,
    /// Since when it signs nothing new; what it signed before still verifies.
    pub retired_at: Option<Time>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// The name of the place where the private half of the key `id` is sealed.
#[must_use]
pub fn place(id: &Id<SigningKey>) -> String {
    format!("signing_keys/{id}")
}

/// All keys, also retired ones, the newest generation first.
pub async fn all(conn: &mut Conn) -> Result<Vec<SigningKey>> {
    let query =
        signing_keys::table.order((signing_keys::generation.desc(), signing_keys::algorithm.asc()));
    Ok(on!(conn, |c| query.select(SigningKey::as_select()).load(c))?)
}

/// Keeps a key. Returns `false` when its algorithm has this generation already: another node was
/// first, and its key counts.
pub async fn create(unit: &mut Unit, key: &SigningKey) -> Result<bool> {
    let query = diesel::insert_into(signing_keys::table).values(key).on_conflict_do_nothing();
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// Lets a key sign nothing more.
pub async fn retire(unit: &mut Unit, id: &Id<SigningKey>, now: Time) -> Result<()> {
    let query = diesel::update(signing_keys::table.find(id)).set(signing_keys::retired_at.eq(now));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Forgets a key; what it signed no longer verifies.
pub async fn delete(unit: &mut Unit, id: &Id<SigningKey>) -> Result<()> {
    let query = diesel::delete(signing_keys::table.find(id));
    crate::one(on!(unit, |c| query.execute(c))?)
}
