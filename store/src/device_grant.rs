//! Device authorization grants (RFC 8628): asked for by a device, answered once by a person in a
//! browser, redeemed once by that device, and dead with whatever they hang on.

use assurance::Admitted;
use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::client::Client;
use crate::code::Grant;
use crate::conn::on;
use crate::schema::{clients, device_grants};
use crate::session::{self, Session};
use crate::user::User;
use crate::user_code::UserCode;
use crate::{Conn, Document, Error, Id, Result, Sealer, Time, TokenHash, Unit};

/// How long a grant can be answered and redeemed, in seconds.
pub const LIFETIME_SECONDS: i64 = 600;

/// How long a device waits between two polls, in seconds, until it is told to slow down.
pub const INTERVAL_SECONDS: i64 = 5;

/// By how many seconds a poll that comes too soon makes all further ones wait longer (§3.5).
pub const SLOW_DOWN_SECONDS: i64 = 5;

/// A poll may come so many seconds early: networks are not even.
const EARLY_SECONDS: i64 = 1;

/// How long an expired grant is remembered, so that its device still learns what became of it.
const REMEMBERED: Duration = Duration::hours(1);

/// A grant.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = device_grants, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct DeviceGrant {
    /// The digest of what the device polls with.
    pub device_code_hash: TokenHash,
    /// The keyed digest of what the person types.
    pub user_code_hash: Vec<u8>,
    /// What is issued for it is revoked together.
    pub grant_id: Id<Grant>,
    /// Who asked, and who alone may redeem it.
    pub client_id: Id<Client>,
    /// The client's security epoch at that moment.
    pub client_epoch: i64,
    /// What was asked for.
    pub scopes: Document<Vec<String>>,
    /// From where it was asked and what it demands; typed by the provider.
    pub data: Document<Value>,
    /// How long the device must wait between two polls.
    pub poll_seconds: i64,
    /// When it last polled, before it was answered.
    pub last_polled_at: Option<Time>,
    /// Who answered.
    pub user_id: Option<Id<User>>,
    /// That person's security epoch when they approved.
    pub user_epoch: Option<i64>,
    /// The session that approved; none where it was denied.
    pub session_id: Option<Id<Session>>,
    /// When it was answered.
    pub answered_at: Option<Time>,
    /// When it was redeemed.
    pub used_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// Until when it can be answered and redeemed.
    pub expires_at: Time,
}

/// What a new grant is made with.
#[derive(Debug)]
pub struct NewDeviceGrant<'a> {
    /// The digest of the device code.
    pub device_code_hash: TokenHash,
    /// What the person will type.
    pub user_code: &'a UserCode,
    /// A new grant.
    pub grant_id: Id<Grant>,
    /// Who asks.
    pub client: &'a Client,
    /// For what.
    pub scopes: Vec<String>,
    /// What else the provider keeps with it.
    pub data: Value,
}

/// What a device learns when it polls.
#[derive(Debug, Clone)]
pub enum Poll {
    /// There is no such grant, it is another client's, it was redeemed, or what it hung on is gone.
    Unknown,
    /// Nobody answered in time, or the device did not come back in time.
    Expired,
    /// Nobody has answered yet.
    Pending,
    /// The same, and the device asks too often: from now on it must wait longer.
    TooSoon,
    /// The person, or a policy, said no.
    Denied,
    /// The person said yes, in a session that is alive; [`claim`] it.
    Approved(Box<(DeviceGrant, Session, User)>),
}

/// Makes a grant. Returns `false`, having written nothing, when another has this user code.
pub async fn create(
    unit: &mut Unit,
    sealer: &Sealer,
    new: NewDeviceGrant<'_>,
    now: Time,
) -> Result<bool> {
    let row = DeviceGrant {
        device_code_hash: new.device_code_hash,
        user_code_hash: new.user_code.digest(sealer),
        grant_id: new.grant_id,
        client_id: new.client.id.clone(),
        client_epoch: new.client.security_epoch,
        scopes: Document(new.scopes),
        data: Document(new.data),
        poll_seconds: INTERVAL_SECONDS,
        last_polled_at: None,
        user_id: None,
        user_epoch: None,
        session_id: None,
        answered_at: None,
        used_at: None,
        created_at: now,
        expires_at: now.plus(Duration::seconds(LIFETIME_SECONDS)),
    };
    let query = diesel::insert_into(device_grants::table).values(&row).on_conflict_do_nothing();
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// The grant that waits for an answer under this user code, and its client, which is in use and has
/// the epoch that it had. Count the attempt before.
pub async fn find_by_user_code(
    conn: &mut Conn,
    sealer: &Sealer,
    code: &UserCode,
    now: Time,
) -> Result<Option<(DeviceGrant, Client)>> {
    let query = device_grants::table
        .inner_join(clients::table)
        .filter(device_grants::user_code_hash.eq(code.digest(sealer)))
        .filter(device_grants::answered_at.is_null())
        .filter(device_grants::expires_at.gt(now))
        .filter(device_grants::client_epoch.eq(clients::security_epoch))
        .filter(clients::disabled_at.is_null());
    Ok(on!(conn, |c| query.select((DeviceGrant::as_select(), Client::as_select())).first(c))
        .optional()?)
}

/// The grant with this id, while it waits for an answer.
pub async fn find(
    conn: &mut Conn,
    id: &Id<Grant>,
    now: Time,
) -> Result<Option<(DeviceGrant, Client)>> {
    let query = device_grants::table
        .inner_join(clients::table)
        .filter(device_grants::grant_id.eq(id))
        .filter(device_grants::answered_at.is_null())
        .filter(device_grants::expires_at.gt(now))
        .filter(device_grants::client_epoch.eq(clients::security_epoch))
        .filter(clients::disabled_at.is_null());
    Ok(on!(conn, |c| query.select((DeviceGrant::as_select(), Client::as_select())).first(c))
        .optional()?)
}

/// Answers with yes, for the person who was admitted. `data` replaces what the provider keeps. Returns
/// `false` when it was answered before, or has expired.
///
/// # Errors
/// [`Error::Stale`] when the session is another person's.
pub async fn approve(
    unit: &mut Unit,
    id: &Id<Grant>,
    admitted: &Admitted,
    session: &Session,
    data: Value,
    now: Time,
) -> Result<bool> {
    if admitted.subject() != session.user_id.as_str() {
        return Err(Error::Stale);
    }
    let query = diesel::update(
        device_grants::table
            .filter(device_grants::grant_id.eq(id))
            .filter(device_grants::answered_at.is_null())
            .filter(device_grants::expires_at.gt(now)),
    )
    .set((
        device_grants::user_id.eq(Some(session.user_id.clone())),
        device_grants::user_epoch.eq(Some(session.security_epoch)),
        device_grants::session_id.eq(Some(session.id.clone())),
        device_grants::data.eq(Document(data)),
        device_grants::answered_at.eq(Some(now)),
    ));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// Answers with no. Returns `false` when it was answered before, or has expired.
pub async fn deny(unit: &mut Unit, id: &Id<Grant>, user: &Id<User>, now: Time) -> Result<bool> {
    let query = diesel::update(
        device_grants::table
            .filter(device_grants::grant_id.eq(id))
            .filter(device_grants::answered_at.is_null())
            .filter(device_grants::expires_at.gt(now)),
    )
    .set((device_grants::user_id.eq(Some(user.clone())), device_grants::answered_at.eq(Some(now))));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// What the grant of this device code has come to. Writes nothing, so that made-up codes cost no
/// lock; after [`Poll::Pending`] call [`poll`].
pub async fn find_by_device_code(
    conn: &mut Conn,
    hash: &TokenHash,
    client: &Client,
    now: Time,
) -> Result<Poll> {
    let query = device_grants::table
        .find(hash)
        .filter(device_grants::client_id.eq(&client.id))
        .filter(device_grants::client_epoch.eq(client.security_epoch))
        .filter(device_grants::used_at.is_null());
    let found: Option<DeviceGrant> =
        on!(conn, |c| query.select(DeviceGrant::as_select()).first(c)).optional()?;
    let Some(grant) = found else { return Ok(Poll::Unknown) };
    if grant.expires_at <= now {
        return Ok(Poll::Expired);
    }
    let session = match (&grant.answered_at, &grant.session_id) {
        (None, _) => return Ok(Poll::Pending),
        (Some(_), None) => return Ok(Poll::Denied),
        (Some(_), Some(session)) => session,
    };
    let approved = session::find(conn, session, now).await?.filter(|(_, user)| {
        grant.user_id.as_ref() == Some(&user.id) && grant.user_epoch == Some(user.security_epoch)
    });
    Ok(match approved {
        Some((session, user)) => Poll::Approved(Box::new((grant, session, user))),
        None => Poll::Unknown,
    })
}

/// Notes that the device of a grant that nobody has answered polls now. One that comes too soon must
/// wait [`SLOW_DOWN_SECONDS`] longer from then on; of several at once all but one do.
pub async fn poll(unit: &mut Unit, hash: &TokenHash, now: Time) -> Result<Poll> {
    let query = device_grants::table.find(hash).select(device_grants::poll_seconds);
    let seconds: Option<i64> = on!(unit, |c| query.first(c)).optional()?;
    let Some(seconds) = seconds else { return Ok(Poll::Unknown) };
    let due = now.minus(Duration::seconds(seconds - EARLY_SECONDS));
    let waiting = device_grants::table.find(hash).filter(device_grants::answered_at.is_null());
    let in_time = device_grants::last_polled_at.is_null().or(device_grants::last_polled_at.le(due));
    let query =
        diesel::update(waiting.filter(in_time)).set(device_grants::last_polled_at.eq(Some(now)));
    if on!(unit, |c| query.execute(c))? == 1 {
        return Ok(Poll::Pending);
    }
    let query = diesel::update(waiting).set((
        device_grants::last_polled_at.eq(Some(now)),
        device_grants::poll_seconds.eq(device_grants::poll_seconds + SLOW_DOWN_SECONDS),
    ));
    // Answered in this very moment: the next poll learns it.
    let still_waits = on!(unit, |c| query.execute(c))? == 1;
    Ok(if still_waits { Poll::TooSoon } else { Poll::Pending })
}

/// Redeems an approved grant: of any number of simultaneous callers one gets `true`.
pub async fn claim(
    unit: &mut Unit,
    hash: &TokenHash,
    client: &Id<Client>,
    now: Time,
) -> Result<bool> {
    let query = diesel::update(
        device_grants::table
            .find(hash)
            .filter(device_grants::client_id.eq(client))
            .filter(device_grants::answered_at.is_not_null())
            .filter(device_grants::session_id.is_not_null())
            .filter(device_grants::used_at.is_null())
            .filter(device_grants::expires_at.gt(now)),
    )
    .set(device_grants::used_at.eq(Some(now)));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// Deletes what this person approved for this client and what was not redeemed yet.
pub async fn delete_of(unit: &mut Unit, user: &Id<User>, client: &Id<Client>) -> Result<usize> {
    let query = diesel::delete(
        device_grants::table
            .filter(device_grants::user_id.eq(user))
            .filter(device_grants::client_id.eq(client)),
    );
    Ok(on!(unit, |c| query.execute(c))?)
}

/// Forgets grants that expired long before `now`.
pub async fn delete_expired(unit: &mut Unit, now: Time) -> Result<usize> {
    let long_past = device_grants::expires_at.le(now.minus(REMEMBERED));
    let query = diesel::delete(device_grants::table.filter(long_past));
    Ok(on!(unit, |c| query.execute(c))?)
}
