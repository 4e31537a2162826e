//! Factors: what a person can prove with, how strong each is, and sets of them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a person proves with. All but the password can be a second factor.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A password: knowledge.
    Password,
    /// A passkey or a security key (W3C Web Authentication).
    Webauthn,
    /// A code from an authenticator app (RFC 6238).
    Totp,
    /// A static token, also called recovery code (NIST SP 800-63B-4, 3.1.2 look-up secret).
    Static,
    /// A code or link sent to a mailbox. NIST SP 800-63B-4, 3.1.3.1 bars it.
    Email,
    /// A code sent by SMS. NIST SP 800-63B-4, 3.2.9 restricts it.
    Sms,
}

impl Factor {
    /// Every factor, strongest first: the order in which pages offer them.
    pub const STRONGEST_FIRST: [Self; 6] =
        [Self::Webauthn, Self::Totp, Self::Static, Self::Sms, Self::Email, Self::Password];

    /// Whether it can be a second factor, so may stand in a policy's `factors`.
    pub const fn is_second(self) -> bool {
        !matches!(self, Self::Password)
    }

    /// Whether it counts as a second factor only where a policy names it (`email`, `sms`).
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::Email | Self::Sms)
    }

    /// The name in blueprints and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Webauthn => "webauthn",
            Self::Totp => "totp",
            Self::Static => "static",
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// How strong a second factor is: a higher tier may stand in for a lower one where a policy
    /// is lenient (`mfa: optional`, running grace), never the reverse.
    pub(crate) const fn tier(self) -> u8 {
        match self {
            Self::Password => 0,
            Self::Email => 1,
            Self::Sms => 2,
            Self::Static | Self::Totp => 3,
            Self::Webauthn => 4,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of factors. Read from a list, it must be non-empty, without repeats and without
/// `password`; an intersection may be empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factors(u8);

impl Factors {
    /// No factor.
    pub const NONE: Self = Self(0);
    /// Every second factor.
    pub const SECOND: Self = Self(
        Factor::Webauthn.bit()
            | Factor::Totp.bit()
            | Factor::Static.bit()
            | Factor::Email.bit()
            | Factor::Sms.bit(),
    );
    /// The documented default of a policy's `factors`: `webauthn, totp, static`.
    pub const STRONG: Self =
        Self(Factor::Webauthn.bit() | Factor::Totp.bit() | Factor::Static.bit());
    /// WebAuthn alone: what `phishing_resistant` leaves.
    pub const PHISHING_RESISTANT: Self = Self(Factor::Webauthn.bit());

    /// Whether the factor is in the set.
    pub const fn contains(self, factor: Factor) -> bool {
        self.0 & factor.bit() != 0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with the factor added.
    #[must_use]
    pub const fn with(self, factor: Factor) -> Self {
        Self(self.0 | factor.bit())
    }

    /// What both sets have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What either set has.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The factors, strongest first.
    pub fn iter(self) -> impl Iterator<Item = Factor> {
        Factor::STRONGEST_FIRST.into_iter().filter(move |factor| self.contains(*factor))
    }
}

impl Default for Factors {
    fn default() -> Self {
        Self::STRONG
    }
}

impl FromIterator<Factor> for Factors {
    fn from_iter<I: IntoIterator<Item = Factor>>(factors: I) -> Self {
        factors.into_iter().fold(Self::NONE, Self::with)
    }
}

impl<const N: usize> From<[Factor; N]> for Factors {
    fn from(factors: [Factor; N]) -> Self {
        factors.into_iter().collect()
    }
}

impl fmt::Debug for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Factors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Factors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FactorsVisitor)
    }
}

struct FactorsVisitor;

impl<'de> Visitor<'de> for FactorsVisitor {
    type Value = Factors;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of second factors: webauthn, totp, static, email, sms")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Factors, A::Error> {
        let mut factors = Factors::NONE;
        while let Some(factor) = seq.next_element::<Factor>()? {
            if !factor.is_second() {
                return Err(A::Error::custom(format_args!("`{factor}` is no second factor")));
            }
            if factors.contains(factor) {
                return Err(A::Error::custom(format_args!("`{factor}` is listed twice")));
            }
            factors = factors.with(factor);
        }
        if factors.is_empty() {
            return Err(A::Error::custom("at least one second factor must be listed"));
        }
        Ok(factors)
    }
}

impl JsonSchema for Factors {
    fn schema_name() -> Cow<'static, str> {
        "Factors".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = Self::SECOND.iter().map(Factor::as_str).collect();
        json_schema!({
            "type": "array",
            "items": { "type": "string", "enum": names },
            "minItems": 1,
            "uniqueItems": true
        })
    }
}

/// What a proof shows about the person (NIST SP 800-63B-4, 2: something known, had, or both).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something the person knows.
    Knowledge,
    /// Something the person has.
    Possession,
    /// Something the person has, which itself checked the person (PIN or biometrics): two kinds.
    PossessionWithVerification,
    /// A social login: one kind, unless a policy trusts what the upstream proved.
    Federated,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn a_list_of_factors_is_read_strictly() {
        let read = serde_json::from_str::<Factors>;
        assert_eq!(
            read(r#"["sms","webauthn"]"#).unwrap(),
            Factors::from([Factor::Webauthn, Factor::Sms])
        );
        for refused in
            ["[]", r#"["password"]"#, r#"["totp","totp"]"#, r#"["pin"]"#, r#""totp""#, "null"]
        {
            assert!(read(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_list_of_factors_is_written_strongest_first() {
        let written = serde_json::to_string(&Factors::SECOND).unwrap();
        assert_eq!(written, r#"["webauthn","totp","static","sms","email"]"#);
        assert_eq!(serde_json::from_str::<Factors>(&written).unwrap(), Factors::SECOND);
    }

    #[test]
    fn names_are_the_serialised_ones_and_tiers_follow_the_order() {
        for factor in Factor::STRONGEST_FIRST {
            assert_eq!(serde_json::to_value(factor).unwrap(), factor.as_str());
        }
        assert!(
            Factor::STRONGEST_FIRST.is_sorted_by_key(|factor| std::cmp::Reverse(factor.tier()))
        );
    }
}
