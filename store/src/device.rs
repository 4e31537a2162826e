//! Remembered devices: browsers on which a person passed a second factor and chose not to be asked
//! again for a while. Each is one person's, is known by the digest of a cookie, can be forgotten, and
//! is dead with the person's security epoch. What it is worth is for `assurance` to say; it never
//! stands in for a proof where a sensitive act asks for one.

use assurance::{Factor, RememberedDevice};
use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::conn::on;
use crate::schema::{devices, users};
use crate::user::User;
use crate::{Conn, Id, Result, Time, TokenHash, Unit};

/// So many devices are remembered per person; one more makes the one that was seen longest ago go.
pub const MOST: i64 = 20;

/// A browser that is remembered.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = devices, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Device {
    /// Its identifier.
    pub id: Id<Device>,
    /// Whose.
    pub user_id: Id<User>,
    /// The digest of the token in the browser's cookie.
    pub token_hash: TokenHash,
    /// The person's security epoch when it was made; another one now means that it is dead.
    pub security_epoch: i64,
    /// The second factor that was passed on it, by the name of the factor.
    factor: String,
    /// When that factor was passed.
    pub proven_at: Time,
    /// From where.
    pub ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it last stood in for a factor.
    pub last_seen_at: Time,
    /// When it ends.
    pub expires_at: Time,
}

/// What a device is made with.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// See [`Device::id`].
    pub id: Id<Device>,
    /// See [`Device::user_id`].
    pub user_id: Id<User>,
    /// See [`Device::token_hash`].
    pub token_hash: TokenHash,
    /// The person's present security epoch.
    pub security_epoch: i64,
    /// The second factor that was passed on it.
    pub factor: Factor,
    /// See [`Device::proven_at`].
    pub proven_at: Time,
    /// See [`Device::ip`].
    pub ip: Option<String>,
    /// See [`Device::user_agent`]; cut to 256 characters.
    pub user_agent: Option<String>,
    /// How long it lasts from now on.
    pub lasts: Duration,
}

impl Device {
    /// The second factor that was passed on it.
    #[must_use]
    pub fn factor(&self) -> Option<Factor> {
        Factor::STRONGEST_FIRST.into_iter().find(|factor| factor.as_str() == self.factor)
    }

    /// The device as evidence.
    #[must_use]
    pub fn remembered(&self) -> Option<RememberedDevice> {
        let device = self.id.to_string();
        Some(RememberedDevice { device, factor: self.factor()?, at: self.proven_at.into() })
    }
}

/// Remembers a device. Of more than [`MOST`] of one person the ones that were seen longest ago go.
///
/// # Errors
/// [`crate::Error::Conflict`] when the person has a device with this token.
pub async fn create(unit: &mut Unit, new: NewDevice, now: Time) -> Result<Device> {
    let device = Device {
        id: new.id,
        user_id: new.user_id,
        token_hash: new.token_hash,
        security_epoch: new.security_epoch,
        factor: new.factor.as_str().to_owned(),
        proven_at: new.proven_at,
        ip: new.ip,
        user_agent: new.user_agent.map(|agent| agent.chars().take(256).collect()),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(new.lasts),
    };
    let query = diesel::insert_into(devices::table).values(&device);
    on!(unit, |c| query.execute(c))?;
    let query = devices::table
        .filter(devices::user_id.eq(&device.user_id))
        .filter(devices::id.ne(&device.id))
        .order((devices::last_seen_at.desc(), devices::id.desc()))
        .offset(MOST - 1)
        .limit(i64::MAX)
        .select(devices::id);
    let beyond: Vec<Id<Device>> = on!(unit, |c| query.load(c))?;
    if !beyond.is_empty() {
        let query = diesel::delete(devices::table.filter(devices::id.eq_any(&beyond)));
        on!(unit, |c| query.execute(c))?;
    }
    Ok(device)
}

/// The person's live device with this token: not expired, the person active and of the same epoch.
pub async fn find(
    conn: &mut Conn,
    user: &Id<User>,
    token: &TokenHash,
    now: Time,
) -> Result<Option<Device>> {
    let query = devices::table
        .inner_join(users::table)
        .filter(devices::user_id.eq(user))
        .filter(devices::token_hash.eq(token))
        .filter(devices::expires_at.gt(now))
        .filter(devices::security_epoch.eq(users::security_epoch))
        .filter(users::disabled_at.is_null());
    Ok(on!(conn, |c| query.select(Device::as_select()).first(c)).optional()?)
}

/// The person's live devices, the one seen last first.
pub async fn of_user(conn: &mut Conn, user: &Id<User>, now: Time) -> Result<Vec<Device>> {
    let query = devices::table
        .inner_join(users::table)
        .filter(devices::user_id.eq(user))
        .filter(devices::expires_at.gt(now))
        .filter(devices::security_epoch.eq(users::security_epoch))
        .order((devices::last_seen_at.desc(), devices::id.desc()));
    Ok(on!(conn, |c| query.select(Device::as_select()).load(c))?)
}

/// Notes that the device has just stood in for a factor.
///
/// # Errors
/// [`crate::Error::Stale`] when the device is gone.
pub async fn touch(unit: &mut Unit, id: &Id<Device>, now: Time) -> Result<()> {
    let query = diesel::update(devices::table.find(id)).set(devices::last_seen_at.eq(now));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Forgets one device of this person. Returns whether there was one.
pub async fn delete(unit: &mut Unit, user: &Id<User>, id: &Id<Device>) -> Result<bool> {
    let query = diesel::delete(devices::table.find(id).filter(devices::user_id.eq(user)));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}

/// Forgets every device of this person. Returns how many that were.
pub async fn delete_all(unit: &mut Unit, user: &Id<User>) -> Result<usize> {
    let query = diesel::delete(devices::table.filter(devices::user_id.eq(user)));
    Ok(on!(unit, |c| query.execute(c))?)
}

/// Forgets what expired before `now`.
pub async fn delete_expired(unit: &mut Unit, now: Time) -> Result<usize> {
    let query = diesel::delete(devices::table.filter(devices::expires_at.le(now)));
    Ok(on!(unit, |c| query.execute(c))?)
}
