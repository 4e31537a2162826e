//! Sessions: made only from [`Admitted`], found only by the digest of their token.

use assurance::{Admitted, Evidence};
use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::conn::on;
use crate::schema::{sessions, users};
use crate::user::User;
use crate::{Conn, Document, Error, Id, Result, Time, TokenHash, Unit};

/// A person's session in one browser. Its id is the `sid` of OpenID Connect and never changes; its
/// token does, whenever what was proven grows.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Session {
    /// Its identifier, the `sid` claim.
    pub id: Id<Session>,
    /// The digest of the token in the browser's cookie.
    pub token_hash: TokenHash,
    /// Whose.
    pub user_id: Id<User>,
    /// The person's security epoch when it was made; another one now means that it is dead.
    pub security_epoch: i64,
    /// What was proven in it.
    pub evidence: Document<Evidence>,
    /// The level of its last admission.
    pub acr: String,
    /// The methods of its last admission (RFC 8176).
    pub amr: Document<Vec<String>>,
    /// The newest proof that counted.
    pub auth_time: Time,
    /// Whether its cookie outlives the browser.
    pub persistent: bool,
    /// From where it was made.
    pub ip: Option<String>,
    /// With what it was made.
    pub user_agent: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last used, to within [`SEEN_EVERY`].
    pub last_seen_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was ended.
    pub ended_at: Option<Time>,
}

/// What a new session is made with, beside the admission.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its identifier.
    pub id: Id<Session>,
    /// The digest of its token.
    pub token_hash: TokenHash,
    /// The person's present security epoch.
    pub security_epoch: i64,
    /// How long it lasts; the policy's limit cuts it.
    pub lasts: Duration,
    /// Whether its cookie outlives the browser.
    pub persistent: bool,
    /// From where.
    pub ip: Option<String>,
    /// With what, cut to 256 characters.
    pub user_agent: Option<String>,
}

/// Makes the session of the person who was admitted.
pub async fn create(
    unit: &mut Unit,
    admitted: &Admitted,
    new: NewSession,
    now: Time,
) -> Result<Session> {
    let lasts = admitted.session_limit().map_or(new.lasts, |limit| limit.min(new.lasts));
    let session = Session {
        id: new.id,
        token_hash: new.token_hash,
        user_id: Id::from(admitted.subject()),
        security_epoch: new.security_epoch,
        evidence: Document(admitted.evidence().clone()),
        acr: admitted.level().as_str().to_owned(),
        amr: Document(admitted.amr().iter().map(|value| value.as_str().to_owned()).collect()),
        auth_time: Time::from(admitted.auth_time()),
        persistent: new.persistent,
        ip: new.ip,
        user_agent: new.user_agent.map(|agent| agent.chars().take(256).collect()),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(lasts),
        ended_at: None,
    };
    let query = diesel::insert_into(sessions::table).values(&session);
    on!(unit, |c| query.execute(c))?;
    Ok(session)
}

/// What a session gets anew.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The digest of its new token.
    pub token_hash: TokenHash,
    /// The person's present security epoch.
    pub security_epoch: i64,
}

/// Lets a live session of the person who was admitted go on with what was proven since, under a new
/// token; the old one opens nothing any more (ASVS 7.2.4). It ends when it would have ended, or
/// sooner where the policies have become stricter.
///
/// # Errors
/// [`Error::Stale`] when it has ended, has another token by now, or is another person's.
pub async fn refresh(
    unit: &mut Unit,
    admitted: &Admitted,
    id: &Id<Session>,
    old: &TokenHash,
    to: Refreshed,
    now: Time,
) -> Result<Session> {
    let live = sessions::table
        .find(id)
        .filter(sessions::token_hash.eq(old))
        .filter(sessions::user_id.eq(admitted.subject()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now));
    let found: Option<Session> =
        on!(unit, |c| live.select(Session::as_select()).first(c)).optional()?;
    let mut session = found.ok_or(Error::Stale)?;
    let limit = admitted.session_limit().map(|limit| session.created_at.plus(limit));
    session.token_hash = to.token_hash;
    session.security_epoch = to.security_epoch;
    session.evidence = Document(admitted.evidence().clone());
    admitted.level().as_str().clone_into(&mut session.acr);
    session.amr = Document(admitted.amr().iter().map(|value| value.as_str().to_owned()).collect());
    session.auth_time = Time::from(admitted.auth_time());
    session.last_seen_at = now;
    session.expires_at = limit.map_or(session.expires_at, |limit| limit.min(session.expires_at));
    let query = diesel::update(
        sessions::table
            .find(id)
            .filter(sessions::token_hash.eq(old))
            .filter(sessions::ended_at.is_null()),
    )
    .set((
        sessions::token_hash.eq(&session.token_hash),
        sessions::security_epoch.eq(session.security_epoch),
        sessions::evidence.eq(&session.evidence),
        sessions::acr.eq(&session.acr),
        sessions::amr.eq(&session.amr),
        sessions::auth_time.eq(session.auth_time),
        sessions::last_seen_at.eq(now),
        sessions::expires_at.eq(session.expires_at),
    ));
    crate::one(on!(unit, |c| query.execute(c))?)?;
    Ok(session)
}

/// The live session with this token, and its person: not ended, not expired, the person active and
/// of the same epoch.
pub async fn find_by_token(
    conn: &mut Conn,
    token: &TokenHash,
    now: Time,
) -> Result<Option<(Session, User)>> {
    let query = sessions::table
        .inner_join(users::table)
        .filter(sessions::token_hash.eq(token))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::security_epoch.eq(users::security_epoch))
        .filter(users::disabled_at.is_null());
    Ok(on!(conn, |c| query.select((Session::as_select(), User::as_select())).first(c))
        .optional()?)
}

/// The live session with this id, and its person.
pub async fn find(conn: &mut Conn, id: &Id<Session>, now: Time) -> Result<Option<(Session, User)>> {
    let query = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::security_epoch.eq(users::security_epoch))
        .filter(users::disabled_at.is_null());
    Ok(on!(conn, |c| query.select((Session::as_select(), User::as_select())).first(c))
        .optional()?)
}

/// A session that is used is written to at most this often.
pub const SEEN_EVERY: Duration = Duration::minutes(1);

impl Session {
    /// Whether its use is to be noted: [`SEEN_EVERY`] has passed since it last was.
    #[must_use]
    pub fn is_to_be_seen(&self, now: Time) -> bool {
        *now - *self.last_seen_at >= SEEN_EVERY
    }
}

/// Notes that a session is being used. Of many requests at once, one writes.
pub async fn seen(unit: &mut Unit, id: &Id<Session>, now: Time) -> Result<bool> {
    let since = now.plus(-SEEN_EVERY);
    let query = diesel::update(
        sessions::table
            .find(id)
            .filter(sessions::ended_at.is_null())
            .filter(sessions::last_seen_at.le(since)),
    )
    .set(sessions::last_seen_at.eq(now));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// Ends a session. Returns whether it was alive.
pub async fn end(unit: &mut Unit, id: &Id<Session>, now: Time) -> Result<bool> {
    let query = diesel::update(sessions::table.find(id).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(now));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// Forgets what expired before `now`.
pub async fn delete_expired(unit: &mut Unit, now: Time) -> Result<usize> {
    let query = diesel::delete(sessions::table.filter(sessions::expires_at.le(now)));
    Ok(on!(unit, |c| query.execute(c))?)
}

/// The live sessions of a person, the one used last first.
pub async fn of_user(conn: &mut Conn, user: &Id<User>, now: Time) -> Result<Vec<Session>> {
    let query = sessions::table
        .inner_join(users::table)
        .filter(sessions::user_id.eq(user))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::security_epoch.eq(users::security_epoch))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()));
    Ok(on!(conn, |c| query.select(Session::as_select()).load(c))?)
}

/// Ends a session of this person. Returns whether there was a live one.
pub async fn end_of(unit: &mut Unit, user: &Id<User>, id: &Id<Session>, now: Time) -> Result<bool> {
    let live = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::security_epoch.eq(users::security_epoch))
        .select(sessions::id);
    let live: Option<Id<Session>> = on!(unit, |c| live.first(c)).optional()?;
    match live {
        Some(id) => end(unit, &id, now).await,
        None => Ok(false),
    }
}

/// Ends every session of a person but one. Returns how many were alive.
pub async fn end_others(
    unit: &mut Unit,
    user: &Id<User>,
    keep: &Id<Session>,
    now: Time,
) -> Result<usize> {
    let of_user = users::table.find(user).select(users::security_epoch);
    let others = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::id.ne(keep))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::security_epoch.eq_any(of_user));
    let query = diesel::update(others).set(sessions::ended_at.eq(now));
    Ok(on!(unit, |c| query.execute(c))?)
}
