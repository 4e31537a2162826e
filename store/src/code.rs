//! Authorization codes: made only from [`Admitted`], used once, and dead with whatever they hang on.

use assurance::Admitted;
use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::client::Client;
use crate::conn::on;
use crate::schema::{codes, sessions, users};
use crate::session::Session;
use crate::user::User;
use crate::{Conn, Document, Error, Id, Result, Time, TokenHash, Unit, token};

/// How long a code can be redeemed, in seconds (RFC 6749 §4.1.2 allows ten minutes; ASVS 10.4.3 one).
pub const LIFETIME_SECONDS: i64 = 60;

/// How long a used or expired code is remembered, so that a second use is still noticed.
const REMEMBERED: Duration = Duration::days(1);

/// One authorization of a client by a person: what is revoked together. Has no table; codes and
/// tokens name it.
#[derive(Debug, Clone, Copy)]
pub enum Grant {}

/// An authorization code.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = codes, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Code {
    /// The digest of the code.
    pub code_hash: TokenHash,
    /// The grant to which it and what is issued for it belong.
    pub grant_id: Id<Grant>,
    /// Who may redeem it.
    pub client_id: Id<Client>,
    /// For whom it stands.
    pub user_id: Id<User>,
    /// In which session it was made.
    pub session_id: Id<Session>,
    /// The person's security epoch at that moment.
    pub user_epoch: i64,
    /// The client's security epoch at that moment.
    pub client_epoch: i64,
    /// What was granted; typed by the provider.
    pub request: Document<Value>,
    /// When it was made.
    pub created_at: Time,
    /// Until when it can be redeemed.
    pub expires_at: Time,
    /// When it was used or burnt.
    pub used_at: Option<Time>,
}

/// What a new code is made with, beside the admission.
#[derive(Debug, Clone)]
pub struct NewCode<'a> {
    /// The digest of the code.
    pub code_hash: TokenHash,
    /// A new grant.
    pub grant_id: Id<Grant>,
    /// Who may redeem it.
    pub client: &'a Client,
    /// The session whose evidence was admitted.
    pub session: &'a Session,
    /// What was granted.
    pub request: Value,
}

/// What became of a code that could not be redeemed.
#[derive(Debug, Clone)]
pub enum Burnt {
    /// There is no such code.
    Unknown,
    /// It had not been used, and now never will be.
    Now(Code),
    /// It had been used before: what was issued for it has been revoked.
    Before {
        /// The code.
        code: Code,
        /// How many tokens were still alive.
        revoked: usize,
    },
}

/// Makes a code for the person who was admitted.
///
/// # Errors
/// [`Error::Stale`] when the session is another person's.
pub async fn create(
    unit: &mut Unit,
    admitted: &Admitted,
    new: NewCode<'_>,
    now: Time,
) -> Result<()> {
    if admitted.subject() != new.session.user_id.as_str() {
        return Err(Error::Stale);
    }
    let code = Code {
        code_hash: new.code_hash,
        grant_id: new.grant_id,
        client_id: new.client.id.clone(),
        user_id: new.session.user_id.clone(),
        session_id: new.session.id.clone(),
        user_epoch: new.session.security_epoch,
        client_epoch: new.client.security_epoch,
        request: Document(new.request),
        created_at: now,
        expires_at: now.plus(Duration::seconds(LIFETIME_SECONDS)),
        used_at: None,
    };
    let query = diesel::insert_into(codes::table).values(&code);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// The code with its session and person, if `client` could redeem it now: unused, not expired, its
/// own; the session alive, the person active, and no epoch advanced.
pub async fn find(
    conn: &mut Conn,
    hash: &TokenHash,
    client: &Client,
    now: Time,
) -> Result<Option<(Code, Session, User)>> {
    let query = codes::table
        .inner_join(sessions::table)
        .inner_join(users::table)
        .filter(codes::code_hash.eq(hash))
        .filter(codes::used_at.is_null())
        .filter(codes::expires_at.gt(now))
        .filter(codes::client_id.eq(&client.id))
        .filter(codes::client_epoch.eq(client.security_epoch))
        .filter(codes::user_epoch.eq(users::security_epoch))
        .filter(users::disabled_at.is_null())
        .filter(sessions::user_id.eq(users::id))
        .filter(sessions::security_epoch.eq(users::security_epoch))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now));
    Ok(on!(conn, |c| query
        .select((Code::as_select(), Session::as_select(), User::as_select()))
        .first(c))
    .optional()?)
}

/// Whether there is such a code, in whatever state.
pub async fn is_known(conn: &mut Conn, hash: &TokenHash) -> Result<bool> {
    let query = diesel::select(diesel::dsl::exists(codes::table.find(hash)));
    Ok(on!(conn, |c| query.get_result(c))?)
}

/// Uses the code: of any number of simultaneous callers one gets `true`.
pub async fn claim(
    unit: &mut Unit,
    hash: &TokenHash,
    client: &Id<Client>,
    now: Time,
) -> Result<bool> {
    let query = diesel::update(
        codes::table
            .find(hash)
            .filter(codes::client_id.eq(client))
            .filter(codes::used_at.is_null())
            .filter(codes::expires_at.gt(now)),
    )
    .set(codes::used_at.eq(now));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// Makes the code useless after a redemption that failed, whyever. Where it had been used before,
/// somebody holds a copy: everything issued for it is revoked (RFC 6749 §4.1.2).
pub async fn burn(unit: &mut Unit, hash: &TokenHash, now: Time) -> Result<Burnt> {
    let query = diesel::update(codes::table.find(hash).filter(codes::used_at.is_null()))
        .set(codes::used_at.eq(now));
    let burnt: Option<Code> =
        on!(unit, |c| query.returning(Code::as_returning()).get_result(c)).optional()?;
    if let Some(code) = burnt {
        return Ok(Burnt::Now(code));
    }
    let query = codes::table.find(hash);
    let known: Option<Code> = on!(unit, |c| query.select(Code::as_select()).first(c)).optional()?;
    let Some(code) = known else { return Ok(Burnt::Unknown) };
    let revoked = token::revoke_grant(unit, &code.grant_id, now).await?;
    Ok(Burnt::Before { code, revoked })
}

/// Deletes the codes of this person for this client.
pub async fn delete_of(unit: &mut Unit, user: &Id<User>, client: &Id<Client>) -> Result<usize> {
    let query = diesel::delete(
        codes::table.filter(codes::user_id.eq(user)).filter(codes::client_id.eq(client)),
    );
    Ok(on!(unit, |c| query.execute(c))?)
}

/// Forgets codes that expired long before `now`.
pub async fn delete_expired(unit: &mut Unit, now: Time) -> Result<usize> {
    let query = diesel::delete(codes::table.filter(codes::expires_at.le(now.minus(REMEMBERED))));
    Ok(on!(unit, |c| query.execute(c))?)
}
