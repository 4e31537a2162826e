//! What people prove themselves with: one table for every kind, so that a factor needs no migration.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::conn::on;
use crate::schema::credentials;
use crate::seal::Sealed;
use crate::user::User;
use crate::{Conn, Document, Id, Result, Time, Unit};

/// One credential of a person. `data` is typed by the stage of its kind; what must stay secret even
/// from a reader of the database is in `sealed`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = credentials, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Credential {
    /// Its identifier.
    pub id: Id<Credential>,
    /// Whose.
    pub user_id: Id<User>,
    /// `password`, `totp`, `webauthn` …
    pub kind: String,
    /// What its owner calls it.
    pub name: String,
    /// What no other credential may have: the user for a password, the credential id for WebAuthn.
    pub unique_key: Option<String>,
    /// What the stage of this kind keeps.
    pub data: Document<Value>,
    /// Its secret, sealed; see [`place`].
    pub sealed: Option<Sealed>,
    /// Since when it counts; `None` while its set-up is not finished.
    pub confirmed_at: Option<Time>,
    /// When it was bound.
    pub created_at: Time,
    /// When it last proved something.
    pub last_used_at: Option<Time>,
    /// What only ever grows: the last accepted step of an authenticator app, the signature counter of
    /// a security key; -1 before the first.
    pub counter: i64,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The name of the place where the secret of the credential `id` is sealed.
#[must_use]
pub fn place(id: &Id<Credential>) -> String {
    format!("credentials/{id}")
}

/// The confirmed credentials of a person, oldest first.
pub async fn of_user(conn: &mut Conn, user: &Id<User>) -> Result<Vec<Credential>> {
    let query = credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::confirmed_at.is_not_null())
        .order(credentials::id);
    Ok(on!(conn, |c| query.select(Credential::as_select()).load(c))?)
}

/// The confirmed credentials of one kind that a person has, oldest first.
pub async fn of_kind(conn: &mut Conn, user: &Id<User>, kind: &str) -> Result<Vec<Credential>> {
    let query = credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::kind.eq(kind))
        .filter(credentials::confirmed_at.is_not_null())
        .order(credentials::id);
    Ok(on!(conn, |c| query.select(Credential::as_select()).load(c))?)
}

/// The credential with this unique key, whoever has it, also before its set-up is finished.
pub async fn find_by_key(conn: &mut Conn, key: &str) -> Result<Option<Credential>> {
    let query = credentials::table.filter(credentials::unique_key.eq(key));
    Ok(on!(conn, |c| query.select(Credential::as_select()).first(c)).optional()?)
}

/// Binds a credential.
///
/// # Errors
/// [`crate::Error::Conflict`] when its unique key is taken.
pub async fn create(unit: &mut Unit, credential: &Credential) -> Result<()> {
    let query = diesel::insert_into(credentials::table).values(credential);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Puts `credential` in the place of the one with the same unique key, if there is one.
pub async fn replace(unit: &mut Unit, credential: &Credential) -> Result<()> {
    if let Some(key) = &credential.unique_key {
        let query = diesel::delete(credentials::table.filter(credentials::unique_key.eq(key)));
        on!(unit, |c| query.execute(c))?;
    }
    create(unit, credential).await
}

/// Changes what the stage keeps, if it is still what was read.
///
/// # Errors
/// [`crate::Error::Stale`] when the credential is gone.
pub async fn update_data(unit: &mut Unit, id: &Id<Credential>, data: Value) -> Result<()> {
    let query =
        diesel::update(credentials::table.find(id)).set(credentials::data.eq(Document(data)));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Notes that the credential has just proved something.
pub async fn touch(unit: &mut Unit, id: &Id<Credential>, now: Time) -> Result<()> {
    let query = diesel::update(credentials::table.find(id)).set(credentials::last_used_at.eq(now));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Notes that the credential has proven something that raises its counter to `counter`, and what its
/// stage keeps from then on. Returns false, and changes nothing, unless the kept counter is lower or
/// the credential is gone: of any number of simultaneous callers with one value the first wins.
pub async fn advance(
    unit: &mut Unit,
    id: &Id<Credential>,
    counter: i64,
    data: Option<Value>,
    now: Time,
) -> Result<bool> {
    let behind = credentials::table
        .find(id)
        .filter(credentials::confirmed_at.is_not_null())
        .filter(credentials::counter.lt(counter));
    let query = diesel::update(behind)
        .set((credentials::counter.eq(counter), credentials::last_used_at.eq(now)));
    if on!(unit, |c| query.execute(c))? != 1 {
        return Ok(false);
    }
    if let Some(data) = data {
        update_data(unit, id, data).await?;
    }
    Ok(true)
}

/// How many confirmed credentials of one kind a person has.
pub async fn count(conn: &mut Conn, user: &Id<User>, kind: &str) -> Result<i64> {
    let query = credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::kind.eq(kind))
        .filter(credentials::confirmed_at.is_not_null())
        .count();
    Ok(on!(conn, |c| query.get_result(c))?)
}

/// Gives a credential of this person another name.
///
/// # Errors
/// [`crate::Error::Stale`] when the person has no such credential.
pub async fn rename(
    unit: &mut Unit,
    user: &Id<User>,
    id: &Id<Credential>,
    name: &str,
) -> Result<()> {
    let query = diesel::update(credentials::table.find(id).filter(credentials::user_id.eq(user)))
        .set(credentials::name.eq(name));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Removes a credential of this person.
pub async fn delete(unit: &mut Unit, user: &Id<User>, id: &Id<Credential>) -> Result<()> {
    let query = diesel::delete(credentials::table.find(id).filter(credentials::user_id.eq(user)));
    crate::one(on!(unit, |c| query.execute(c))?)
}
