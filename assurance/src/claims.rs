//! What a relying party is told: `acr`, `amr`. Both say what was shown in this session and nothing
//! else: never what a policy hoped for.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::factor::{Factor, Factors, Kind};
use crate::proof::{Evidence, Method, Proof};

/// How strong an authentication was, in order. The claim `acr`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Acr {
    /// One kind of proof (NIST SP 800-63B-4 AAL1).
    Aal1,
    /// MFA: two kinds of proof by two factors, or one WebAuthn with user verification (AAL2).
    Aal2,
    /// MFA with WebAuthn: phishing-resistant (OpenID Connect EAP ACR Values 1.0).
    Phr,
    /// The same with a key held in hardware (OpenID Connect EAP ACR Values 1.0).
    Phrh,
}

impl Acr {
    /// Every level, weakest first: `acr_values_supported`.
    pub const ALL: [Self; 4] = [Self::Aal1, Self::Aal2, Self::Phr, Self::Phrh];

    /// The value of the claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
            Self::Phr => "phr",
            Self::Phrh => "phrh",
        }
    }
}

impl fmt::Display for Acr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value of `acr` that Flowgate does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an acr is `aal1`, `aal2`, `phr` or `phrh`")]
pub struct UnknownAcr;

impl FromStr for Acr {
    type Err = UnknownAcr;

    fn from_str(text: &str) -> Result<Self, UnknownAcr> {
        Self::ALL.into_iter().find(|acr| acr.as_str() == text).ok_or(UnknownAcr)
    }
}

/// One value of the claim `amr`: those of RFC 8176, and `fed` for a social login. A static token
/// and a mailbox have no registered value, so they have none here.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Amr {
    /// A password.
    Pwd,
    /// A one-time password (RFC 6238).
    Otp,
    /// Proof of possession of a key held in hardware.
    Hwk,
    /// Proof of possession of a key not known to be held in hardware.
    Swk,
    /// A code sent by SMS.
    Sms,
    /// A social login.
    Fed,
    /// Several factors, of two kinds. Stands beside the methods, and wherever `acr` is at least
    /// `aal2`.
    Mfa,
}

impl Amr {
    /// The value in the claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pwd => "pwd",
            Self::Otp => "otp",
            Self::Hwk => "hwk",
            Self::Swk => "swk",
            Self::Sms => "sms",
            Self::Fed => "fed",
            Self::Mfa => "mfa",
        }
    }

    const fn of(method: &Method) -> Option<Self> {
        match method {
            Method::Password => Some(Self::Pwd),
            Method::Totp { .. } => Some(Self::Otp),
            Method::Sms { .. } => Some(Self::Sms),
            Method::Webauthn { hardware: true, .. } => Some(Self::Hwk),
            Method::Webauthn { .. } => Some(Self::Swk),
            Method::Federated(_) => Some(Self::Fed),
            Method::Static { .. } | Method::Email { .. } => None,
        }
    }
}

impl fmt::Display for Amr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The level of an authentication by its evidence alone, without any policy: `email` and `sms`,
/// which count only where a policy names them, raise nothing, and neither does what an upstream
/// proved. [`Admitted::level`](crate::Admitted::level) is never lower.
pub fn level_of(evidence: &Evidence) -> Acr {
    level(evidence, Factors::STRONG, false)
}

/// The level where these second factors count, and where a policy trusts (`trusted`) what an
/// upstream proved.
pub(crate) fn level(evidence: &Evidence, counting: Factors, trusted: bool) -> Acr {
    if !trusted && !has_two_kinds(evidence, counting, None) {
        return Acr::Aal1;
    }
    if !counting.contains(Factor::Webauthn) || !evidence.has(Factor::Webauthn) {
        return Acr::Aal2;
    }
    let is_hardware =
        |proof: &Proof| matches!(proof.method, Method::Webauthn { hardware: true, .. });
    if evidence.proofs().iter().any(is_hardware) { Acr::Phrh } else { Acr::Phr }
}

/// Whether the proofs cover two different kinds with two different factors, or are one WebAuthn
/// with user verification. One of the two must be a possession that counts.
///
/// A social login and a password are not two kinds: what the upstream asked may have been a
/// password too, and where it does not say, the weakest is assumed (ASVS 5.0, 6.8.4). `device` is
/// the factor for which a remembered device stands in.
pub(crate) fn has_two_kinds(
    evidence: &Evidence,
    counting: Factors,
    device: Option<Factor>,
) -> bool {
    let counts =
        |proof: &&Proof| proof.method.factor().is_some_and(|factor| counting.contains(factor));
    let possessions = || evidence.proofs().iter().filter(counts);
    if possessions().any(|proof| proof.method.kind() == Kind::PossessionWithVerification) {
        return true;
    }
    let is_other_kind = |proof: &Proof| proof.method.kind() != Kind::Possession;
    let has_possession =
        possessions().next().is_some() || device.is_some_and(|factor| counting.contains(factor));
    has_possession && evidence.proofs().iter().any(is_other_kind)
}

/// The `amr` of the proofs in the order in which they were made, and `mfa` last where the level
/// says so. For the claims of a session take [`Admitted::amr`](crate::Admitted::amr).
pub fn amr_of(evidence: &Evidence, level: Acr) -> Vec<Amr> {
    let mut values: Vec<Amr> = Vec::new();
    for value in evidence.proofs().iter().filter_map(|proof| Amr::of(&proof.method)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if level >= Acr::Aal2 {
        values.push(Amr::Mfa);
    }
    values
}
