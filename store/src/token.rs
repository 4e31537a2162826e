//! Tokens for relying parties: made only from [`Admitted`], kept only as digests, and dead with
//! whatever they hang on.

use assurance::Admitted;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::client::Client;
use crate::code::Grant;
use crate::conn::on;
use crate::schema::{clients, sessions, tokens, users};
use crate::session::Session;
use crate::user::User;
use crate::{Conn, Document, Error, Id, Result, Time, TokenHash, Unit};

/// What a token opens. One kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The UserInfo endpoint and resource servers.
    Access,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
        }
    }
}

/// A token.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = tokens, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Token {
    /// The digest of the token.
    pub token_hash: TokenHash,
    /// What it opens: `access`.
    pub kind: String,
    /// The grant with which it is revoked.
    pub grant_id: Id<Grant>,
    /// To whom it was issued.
    pub client_id: Id<Client>,
    /// For whom it stands, if for a person.
    pub user_id: Option<Id<User>>,
    /// With which session it ends, if with one.
    pub session_id: Option<Id<Session>>,
    /// What it allows.
    pub scopes: Document<Vec<String>>,
    /// The person's security epoch when it was made.
    pub user_epoch: Option<i64>,
    /// The client's security epoch when it was made.
    pub client_epoch: i64,
    /// What else the provider keeps with it.
    pub data: Document<Value>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

/// What a new token is made with, beside the admission.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// The digest of the token.
    pub token_hash: TokenHash,
    /// What it opens.
    pub kind: Kind,
    /// The grant to which it belongs.
    pub grant_id: Id<Grant>,
    /// To whom it is issued.
    pub client: &'a Client,
    /// The session whose evidence was admitted, and with which it ends.
    pub session: &'a Session,
    /// What it allows.
    pub scopes: Vec<String>,
    /// What else the provider keeps with it.
    pub data: Value,
    /// When it ends; the end of the session cuts it.
    pub expires_at: Time,
}

/// Makes a token for the person who was admitted.
///
/// # Errors
/// [`Error::Stale`] when the session is another person's.
pub async fn create(
    unit: &mut Unit,
    admitted: &Admitted,
    new: NewToken<'_>,
    now: Time,
) -> Result<Token> {
    if admitted.subject() != new.session.user_id.as_str() {
        return Err(Error::Stale);
    }
    let token = Token {
        token_hash: new.token_hash,
        kind: new.kind.as_str().to_owned(),
        grant_id: new.grant_id,
        client_id: new.client.id.clone(),
        user_id: Some(new.session.user_id.clone()),
        session_id: Some(new.session.id.clone()),
        scopes: Document(new.scopes),
        user_epoch: Some(new.session.security_epoch),
        client_epoch: new.client.security_epoch,
        data: Document(new.data),
        created_at: now,
        expires_at: new.expires_at.min(new.session.expires_at),
        revoked_at: None,
    };
    let query = diesel::insert_into(tokens::table).values(&token);
    on!(unit, |c| query.execute(c))?;
    Ok(token)
}

/// The live token of this kind, and its person: not revoked, not expired; the session alive, the
/// person active, the client in use, and no epoch advanced. Writes nothing.
pub async fn find(
    conn: &mut Conn,
    hash: &TokenHash,
    kind: Kind,
    now: Time,
) -> Result<Option<(Token, User)>> {
    let query = tokens::table
        .inner_join(users::table)
        .inner_join(clients::table)
        .inner_join(sessions::table)
        .filter(tokens::token_hash.eq(hash))
        .filter(tokens::kind.eq(kind.as_str()))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.gt(now))
        .filter(tokens::user_epoch.eq(users::security_epoch.nullable()))
        .filter(users::disabled_at.is_null())
        .filter(tokens::client_epoch.eq(clients::security_epoch))
        .filter(clients::disabled_at.is_null())
        .filter(sessions::security_epoch.eq(users::security_epoch))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now));
    Ok(on!(conn, |c| query.select((Token::as_select(), User::as_select())).first(c)).optional()?)
}

/// The grant of a token that was issued to this client, in whatever state the token is.
pub async fn grant_of(
    conn: &mut Conn,
    hash: &TokenHash,
    client: &Id<Client>,
) -> Result<Option<Id<Grant>>> {
    let query = tokens::table.find(hash).filter(tokens::client_id.eq(client));
    Ok(on!(conn, |c| query.select(tokens::grant_id).first(c)).optional()?)
}

/// The live tokens that stand for this person, each with its client; oldest first.
pub async fn of_user(conn: &mut Conn, user: &Id<User>, now: Time) -> Result<Vec<(Token, Client)>> {
    let query = tokens::table
        .inner_join(users::table)
        .inner_join(clients::table)
        .inner_join(sessions::table)
        .filter(tokens::user_id.eq(user))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.gt(now))
        .filter(tokens::user_epoch.eq(users::security_epoch.nullable()))
        .filter(tokens::client_epoch.eq(clients::security_epoch))
        .filter(sessions::security_epoch.eq(users::security_epoch))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order(tokens::created_at);
    Ok(on!(conn, |c| query.select((Token::as_select(), Client::as_select())).load(c))?)
}

/// Revokes what lives of a grant. Returns how many tokens that were.
pub async fn revoke_grant(unit: &mut Unit, grant: &Id<Grant>, now: Time) -> Result<usize> {
    let query = diesel::update(
        tokens::table.filter(tokens::grant_id.eq(grant)).filter(tokens::revoked_at.is_null()),
    )
    .set(tokens::revoked_at.eq(now));
    Ok(on!(unit, |c| query.execute(c))?)
}

/// Revokes every token that this client has for this person. Returns how many that were.
pub async fn revoke_of(
    unit: &mut Unit,
    user: &Id<User>,
    client: &Id<Client>,
    now: Time,
) -> Result<usize> {
    let query = diesel::update(
        tokens::table
            .filter(tokens::user_id.eq(user))
            .filter(tokens::client_id.eq(client))
            .filter(tokens::revoked_at.is_null()),
    )
    .set(tokens::revoked_at.eq(now));
    Ok(on!(unit, |c| query.execute(c))?)
}

/// Forgets what expired before `now`.
pub async fn delete_expired(unit: &mut Unit, now: Time) -> Result<usize> {
    let query = diesel::delete(tokens::table.filter(tokens::expires_at.le(now)));
    Ok(on!(unit, |c| query.execute(c))?)
}
