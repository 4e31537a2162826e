//! A moment as both databases keep it.

use std::ops::Deref;

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::Pg;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamp;
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};

/// A moment in UTC, cut to microseconds so that it is equal to itself after a round trip through
/// either database.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = Timestamp)]
#[serde(transparent)]
pub struct Time(DateTime<Utc>);

impl From<DateTime<Utc>> for Time {
    fn from(at: DateTime<Utc>) -> Self {
        let micros = at.nanosecond() / 1_000 * 1_000;
        Self(at.with_nanosecond(micros).unwrap_or(at))
    }
}

impl From<Time> for DateTime<Utc> {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl Deref for Time {
    type Target = DateTime<Utc>;

    fn deref(&self) -> &DateTime<Utc> {
        &self.0
    }
}

impl Time {
    /// This moment and `duration` more; the end of time instead of an overflow.
    #[must_use]
    pub fn plus(self, duration: chrono::Duration) -> Self {
        Self(self.0.checked_add_signed(duration).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// This moment less `duration`; the beginning of time instead of an overflow.
    #[must_use]
    pub fn minus(self, duration: chrono::Duration) -> Self {
        Self(self.0.checked_sub_signed(duration).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }
}

impl<DB> FromSql<Timestamp, DB> for Time
where
    DB: Backend,
    NaiveDateTime: FromSql<Timestamp, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(NaiveDateTime::from_sql(bytes)?.and_utc()))
    }
}

impl ToSql<Timestamp, Sqlite> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        // A fixed width, so that comparing the text compares the moments.
        out.set_value(self.0.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
        Ok(serialize::IsNull::No)
    }
}

impl ToSql<Timestamp, Pg> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamp, Pg>::to_sql(&self.0.naive_utc(), &mut out.reborrow())
    }
}
