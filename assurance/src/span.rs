//! Durations as people write them in a blueprint: `90s`, `15m`, `12h`, `7d`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time in whole seconds, written as one number and one unit: `s`, `m`, `h` or `d`
/// (a day is 24 hours). Zero may be written `0`. At most [`Span::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Not a number followed by a unit.
    #[error("a duration is a number and a unit, such as `90s`, `15m`, `12h` or `7d`")]
    Syntax,
    /// Longer than [`Span::MAX`].
    #[error("a duration is at most 36500 days")]
    TooLong,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest: a hundred years, so that arithmetic on dates stays in range.
    pub const MAX: Self = Self(36_500 * DAY);

    /// So many seconds, cut at [`Span::MAX`].
    pub const fn seconds(seconds: u64) -> Self {
        if seconds > Self::MAX.0 { Self::MAX } else { Self(seconds) }
    }

    /// So many minutes, cut at [`Span::MAX`].
    pub const fn minutes(minutes: u64) -> Self {
        Self::seconds(minutes.saturating_mul(MINUTE))
    }

    /// So many hours, cut at [`Span::MAX`].
    pub const fn hours(hours: u64) -> Self {
        Self::seconds(hours.saturating_mul(HOUR))
    }

    /// So many days of 24 hours, cut at [`Span::MAX`].
    pub const fn days(days: u64) -> Self {
        Self::seconds(days.saturating_mul(DAY))
    }

    /// The length in seconds.
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The same length for arithmetic on dates.
    pub fn to_delta(self) -> TimeDelta {
        // MAX keeps every span far below what a TimeDelta holds.
        i64::try_from(self.0).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
    }

    /// The moment so long after `start`, or the last there is.
    pub fn after(self, start: DateTime<Utc>) -> DateTime<Utc> {
        start.checked_add_signed(self.to_delta()).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The moment so long before `end`, or the first there is.
    pub fn before(self, end: DateTime<Utc>) -> DateTime<Utc> {
        end.checked_sub_signed(self.to_delta()).unwrap_or(DateTime::<Utc>::MIN_UTC)
    }
}

impl From<Span> for TimeDelta {
    fn from(span: Span) -> Self {
        span.to_delta()
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        if text == "0" {
            return Ok(Self::ZERO);
        }
        let (number, unit) = match text.as_bytes().last() {
            Some(b's') => (&text[..text.len() - 1], 1),
            Some(b'm') => (&text[..text.len() - 1], MINUTE),
            Some(b'h') => (&text[..text.len() - 1], HOUR),
            Some(b'd') => (&text[..text.len() - 1], DAY),
            _ => return Err(SpanError::Syntax),
        };
        // `u64::from_str` takes a leading `+`; a blueprint does not.
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SpanError::Syntax);
        }
        let number: u64 = number.parse().map_err(|_| SpanError::TooLong)?;
        match number.checked_mul(unit) {
            Some(seconds) if seconds <= Self::MAX.0 => Ok(Self(seconds)),
            _ => Err(SpanError::TooLong),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, suffix) = [(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm')]
            .into_iter()
            .find(|(unit, _)| self.0 != 0 && self.0.is_multiple_of(*unit))
            .unwrap_or((1, 's'));
        write!(f, "{}{suffix}", self.0 / unit)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as `90s`, `15m`, `12h` or `7d`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }

    // YAML reads a bare `0` as a number; any other number lacks its unit.
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Span, E> {
        if number == 0 { Ok(Span::ZERO) } else { Err(E::custom(SpanError::Syntax)) }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Span, E> {
        u64::try_from(number)
            .map_err(|_| E::custom(SpanError::Syntax))
            .and_then(|number| self.visit_u64(number))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration: a number and a unit, such as `90s`, `15m`, `12h` or `7d`; or `0`.",
            "anyOf": [
                { "type": "string", "pattern": "^(0|[0-9]+[smhd])$" },
                { "const": 0 }
            ],
            "examples": ["90s", "15m", "12h", "7d"]
        })
    }
}
