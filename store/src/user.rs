//! People.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::conn::on;
use crate::schema::users;
use crate::{Conn, Document, Id, Result, Time, Unit};

diesel::define_sql_function! {
    /// Lower case, as the database has it.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// A person.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct User {
    /// Never changes and is never given to another person.
    pub id: Id<User>,
    /// The name typed to sign in, as the person wrote it.
    pub username: Option<String>,
    username_key: Option<String>,
    /// The address, as the person wrote it.
    pub email: Option<String>,
    email_key: Option<String>,
    /// When the person proved that the address is theirs; `None` until then.
    pub email_verified_at: Option<Time>,
    /// How the person is called; may be empty.
    pub name: String,
    /// The language chosen (BCP 47), if any.
    pub language: Option<String>,
    /// Whether this is an administrator of Flowgate.
    pub admin: bool,
    /// Further fields that flows wrote.
    pub attributes: Document<Map<String, Value>>,
    /// The blueprint that states this person, if one does.
    pub owner: Option<String>,
    /// Counts the events after which everything that was issued before must be dead.
    pub security_epoch: i64,
    /// Since when the person may not sign in.
    pub disabled_at: Option<Time>,
    /// When the record was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// What a new person's record says; the rest begins empty.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// See [`User::username`].
    pub username: Option<String>,
    /// See [`User::email`].
    pub email: Option<String>,
    /// See [`User::email_verified_at`].
    pub email_verified_at: Option<Time>,
    /// See [`User::name`].
    pub name: String,
    /// See [`User::language`].
    pub language: Option<String>,
    /// See [`User::admin`].
    pub admin: bool,
    /// See [`User::attributes`].
    pub attributes: Map<String, Value>,
    /// See [`User::owner`].
    pub owner: Option<String>,
}

/// How a person can be named at sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// By address.
    Email,
    /// By user name.
    Username,
}

/// The form in which user names and addresses are compared: NFKC, then lower case, so that variants
/// of one name are one name.
#[must_use]
pub fn key(text: &str) -> String {
    text.trim().nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

impl User {
    /// A new person, not yet written.
    #[must_use]
    pub fn new(id: Id<User>, new: NewUser, now: Time) -> Self {
        Self {
            id,
            username_key: new.username.as_deref().map(key),
            username: new.username,
            email_key: new.email.as_deref().map(key),
            email: new.email,
            email_verified_at: new.email_verified_at,
            name: new.name,
            language: new.language,
            admin: new.admin,
            attributes: Document(new.attributes),
            owner: new.owner,
            security_epoch: 0,
            disabled_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether the person may sign in at all.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// How to address the person: the name, or else what they sign in with.
    #[must_use]
    pub fn display_name(&self) -> &str {
        let given = Some(self.name.as_str()).filter(|name| !name.is_empty());
        given.or(self.username.as_deref()).or(self.email.as_deref()).unwrap_or_default()
    }
}

/// The person with this id.
pub async fn find(conn: &mut Conn, id: &Id<User>) -> Result<Option<User>> {
    let query = users::table.find(id);
    Ok(on!(conn, |c| query.select(User::as_select()).first(c)).optional()?)
}

/// The person with this id, whom nobody else changes until this unit ends: what is read after this is
/// what is so when it is written.
pub async fn lock(unit: &mut Unit, id: &Id<User>) -> Result<Option<User>> {
    // SQLite has one writer anyway; a row that was updated, if only to what it is, is locked on
    // PostgreSQL.
    let query =
        diesel::update(users::table.find(id)).set(users::security_epoch.eq(users::security_epoch));
    Ok(on!(unit, |c| query.returning(User::as_returning()).get_result(c)).optional()?)
}

/// The person who signs in with `login`, taken as each kind in `by`.
pub async fn find_by_login(conn: &mut Conn, login: &str, by: &[Login]) -> Result<Option<User>> {
    let key = key(login);
    for way in by {
        let found = match way {
            Login::Email => {
                let query = users::table.filter(users::email_key.eq(&key));
                on!(conn, |c| query.select(User::as_select()).first(c)).optional()?
            }
            Login::Username => {
                let query = users::table.filter(users::username_key.eq(&key));
                on!(conn, |c| query.select(User::as_select()).first(c)).optional()?
            }
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Makes a person.
///
/// # Errors
/// [`crate::Error::Conflict`] when the user name or the address is taken.
pub async fn create(unit: &mut Unit, user: &User) -> Result<()> {
    let query = diesel::insert_into(users::table).values(user);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Changes a person's own fields (not address, verification, administrator or epoch).
pub async fn update_profile(
    unit: &mut Unit,
    id: &Id<User>,
    name: &str,
    attributes: Map<String, Value>,
    now: Time,
) -> Result<()> {
    let query = diesel::update(users::table.find(id)).set((
        users::name.eq(name),
        users::attributes.eq(Document(attributes)),
        users::updated_at.eq(now),
    ));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Changes how a person is called and in which language they are written to.
pub async fn update_settings(
    unit: &mut Unit,
    id: &Id<User>,
    name: &str,
    language: Option<&str>,
    now: Time,
) -> Result<()> {
    let query = diesel::update(users::table.find(id)).set((
        users::name.eq(name),
        users::language.eq(language),
        users::updated_at.eq(now),
    ));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Changes what a blueprint states of a person.
pub async fn update_stated(
    unit: &mut Unit,
    id: &Id<User>,
    owner: Option<&str>,
    admin: bool,
    now: Time,
) -> Result<()> {
    let query = diesel::update(users::table.find(id)).set((
        users::owner.eq(owner),
        users::admin.eq(admin),
        users::updated_at.eq(now),
    ));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Notes that the person proved `address` to be theirs, if it still is their address.
///
/// # Errors
/// [`crate::Error::Stale`] when the address has changed since.
pub async fn verify_email(unit: &mut Unit, id: &Id<User>, address: &str, now: Time) -> Result<()> {
    let query = diesel::update(users::table.find(id).filter(users::email_key.eq(key(address))))
        .set((users::email_verified_at.eq(now), users::updated_at.eq(now)));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Gives the person another address, which they have proven, and ends everything that was issued
/// before. Returns the new epoch.
///
/// # Errors
/// [`crate::Error::Conflict`] when the address is another person's.
pub async fn change_email(unit: &mut Unit, id: &Id<User>, address: &str, now: Time) -> Result<i64> {
    let query = diesel::update(users::table.find(id))
        .set((
            users::email.eq(address),
            users::email_key.eq(key(address)),
            users::email_verified_at.eq(now),
            users::security_epoch.eq(users::security_epoch + 1),
            users::updated_at.eq(now),
        ))
        .returning(users::security_epoch);
    Ok(on!(unit, |c| query.get_result(c))?)
}

/// Lets or forbids the person to sign in; either way everything issued so far is dead.
pub async fn set_disabled(
    unit: &mut Unit,
    id: &Id<User>,
    disabled_at: Option<Time>,
    now: Time,
) -> Result<()> {
    let query = diesel::update(users::table.find(id)).set((
        users::disabled_at.eq(disabled_at),
        users::security_epoch.eq(users::security_epoch + 1),
        users::updated_at.eq(now),
    ));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Ends every session, token, code and link that the person has: each carries the epoch of its
/// making, and is looked up together with the present one. Returns the new epoch.
pub async fn advance_epoch(unit: &mut Unit, id: &Id<User>, now: Time) -> Result<i64> {
    let query = diesel::update(users::table.find(id))
        .set((users::security_epoch.eq(users::security_epoch + 1), users::updated_at.eq(now)))
        .returning(users::security_epoch);
    Ok(on!(unit, |c| query.get_result(c))?)
}

/// Deletes a person and all that hangs on them.
pub async fn delete(unit: &mut Unit, id: &Id<User>) -> Result<()> {
    let query = diesel::delete(users::table.find(id));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// The people that the blueprint `owner` states.
pub async fn owned_by(conn: &mut Conn, owner: &str) -> Result<Vec<User>> {
    let query = users::table.filter(users::owner.eq(owner)).order(users::id);
    Ok(on!(conn, |c| query.select(User::as_select()).load(c))?)
}

/// How many people there are.
pub async fn count(conn: &mut Conn) -> Result<i64> {
    let query = users::table.count();
    Ok(on!(conn, |c| query.get_result(c))?)
}

/// Lets nobody else change who is an administrator up to this unit's commit.
pub async fn lock_admins(unit: &mut Unit) -> Result<()> {
    // As [`lock`]: SQLite has one writer anyway.
    let query = diesel::update(users::table.filter(users::admin.eq(true)))
        .set(users::security_epoch.eq(users::security_epoch));
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// How many administrators can sign in.
pub async fn count_admins(conn: &mut Conn) -> Result<i64> {
    let query =
        users::table.filter(users::admin.eq(true)).filter(users::disabled_at.is_null()).count();
    Ok(on!(conn, |c| query.get_result(c))?)
}

/// The people whose address, user name or name contains `text`, however it is written; all people
/// without one. Oldest first, at most `limit`.
pub async fn search(conn: &mut Conn, text: Option<&str>, limit: i64) -> Result<Vec<User>> {
    let query = users::table.order(users::id).limit(limit);
    let Some(text) = text else {
        return Ok(on!(conn, |c| query.select(User::as_select()).load(c))?);
    };
    // What has a meaning in a pattern is searched for as it is.
    let quote = |text: &str| {
        let quoted = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        format!("%{quoted}%")
    };
    let (key, plain) = (quote(&key(text)), quote(&text.trim().to_lowercase()));
    let query = query.filter(
        users::email_key
            .like(&key)
            .escape('\\')
            .or(users::username_key.like(&key).escape('\\'))
            .or(lower(users::name).like(&plain).escape('\\').nullable())
            .or(users::id.eq(text.trim()).nullable()),
    );
    Ok(on!(conn, |c| query.select(User::as_select()).load(c))?)
}
