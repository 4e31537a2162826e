//! Proofs, and the evidence of one session: everything that its person has shown so far.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::factor::{Factor, Kind};
use crate::span::Span;

/// How far the clock of an upstream provider may be behind ours before its `auth_time` looks older
/// than it is.
const UPSTREAM_CLOCK_SKEW: Span = Span::seconds(60);

/// One thing shown, by which method and when by our clock.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// What was shown.
    pub method: Method,
    /// When a stage checked it.
    pub at: DateTime<Utc>,
}

/// What was shown. The identifier tells one credential from another: the same one twice is one.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    /// The person's password.
    Password,
    /// A code from an authenticator app.
    Totp {
        /// Id of the credential.
        credential: String,
    },
    /// A static token (recovery code).
    Static {
        /// Id of the credential.
        credential: String,
    },
    /// A code or a link sent to a mailbox: the same mailbox twice is one factor.
    Email {
        /// The address.
        address: String,
    },
    /// A code sent by SMS.
    Sms {
        /// The number in E.164.
        number: String,
    },
    /// A WebAuthn assertion.
    Webauthn {
        /// Id of the credential.
        credential: String,
        /// The UV flag: the authenticator itself checked the person.
        user_verified: bool,
        /// The key is known to be held in hardware and never to leave it.
        hardware: bool,
    },
    /// A social login.
    Federated(Federated),
}

/// What an upstream provider said about a social login.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Federated {
    /// Name of the connection (`sources.<name>`).
    pub source: String,
    /// The upstream's `amr`; empty where it sent none.
    #[serde(default)]
    pub amr: Vec<String>,
    /// The upstream's `acr`.
    #[serde(default)]
    pub acr: Option<String>,
    /// The upstream's `auth_time`.
    #[serde(default)]
    pub auth_time: Option<DateTime<Utc>>,
    /// Whether `amr`, `acr` and `auth_time` stood in claims whose signature was checked.
    #[serde(default)]
    pub signed: bool,
}

impl Federated {
    /// A social login by which the upstream proved nothing more than who it is.
    pub fn plain(source: impl Into<String>) -> Self {
        Self { source: source.into(), amr: Vec::new(), acr: None, auth_time: None, signed: false }
    }
}

impl Method {
    /// What it shows about the person.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Password => Kind::Knowledge,
            Self::Webauthn { user_verified: true, .. } => Kind::PossessionWithVerification,
            Self::Totp { .. }
            | Self::Static { .. }
            | Self::Email { .. }
            | Self::Sms { .. }
            | Self::Webauthn { .. } => Kind::Possession,
            Self::Federated(_) => Kind::Federated,
        }
    }

    /// The factor, or `None` for a social login.
    pub const fn factor(&self) -> Option<Factor> {
        match self {
            Self::Password => Some(Factor::Password),
            Self::Totp { .. } => Some(Factor::Totp),
            Self::Static { .. } => Some(Factor::Static),
            Self::Email { .. } => Some(Factor::Email),
            Self::Sms { .. } => Some(Factor::Sms),
            Self::Webauthn { .. } => Some(Factor::Webauthn),
            Self::Federated(_) => None,
        }
    }

    /// Id of the credential, address or number; `None` for a password or a social login.
    pub fn credential(&self) -> Option<&str> {
        match self {
            Self::Totp { credential }
            | Self::Static { credential }
            | Self::Webauthn { credential, .. } => Some(credential),
            Self::Email { address } => Some(address),
            Self::Sms { number } => Some(number),
            Self::Password | Self::Federated(_) => None,
        }
    }

    /// Whether both are the same factor shown in the same way, so that the newer proof replaces
    /// the older. A key with and without user verification are two: the weaker says less.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Email { address: one }, Self::Email { address: other }) => {
                one.eq_ignore_ascii_case(other)
            }
            (Self::Federated(one), Self::Federated(other)) => {
                one.source == other.source
                    && one.amr == other.amr
                    && one.acr == other.acr
                    && one.signed == other.signed
                    && one.auth_time.is_some() == other.auth_time.is_some()
            }
            _ => self == other,
        }
    }
}

impl Proof {
    /// A proof made now, by the caller's clock.
    pub const fn new(method: Method, at: DateTime<Utc>) -> Self {
        Self { method, at }
    }

    /// When the person was there. For a social login that is the upstream's `auth_time` where it
    /// sent one: coming back from a session that was already open there shows nobody's presence.
    /// Never later than the proof itself.
    pub fn shown_at(&self) -> DateTime<Utc> {
        match &self.method {
            Method::Federated(Federated { auth_time: Some(auth_time), .. }) => {
                UPSTREAM_CLOCK_SKEW.after(*auth_time).min(self.at)
            }
            _ => self.at,
        }
    }

    pub(crate) fn is_factor(&self, factor: Factor) -> bool {
        self.method.factor() == Some(factor)
    }

    pub(crate) const fn federated(&self) -> Option<&Federated> {
        match &self.method {
            Method::Federated(federated) => Some(federated),
            _ => None,
        }
    }
}

/// A device on which the person passed a second factor before, shown by its cookie. It is no proof
/// of this session: it raises no `acr`, adds nothing to `amr` and never serves a sensitive act.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct RememberedDevice {
    /// Id of the device's record, so that it can be revoked.
    pub device: String,
    /// The second factor that was passed on it.
    pub factor: Factor,
    /// When that was.
    pub at: DateTime<Utc>,
}

/// What the person of one session, or of one login under way, has shown. Versioned JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    version: Version,
    proofs: Vec<Proof>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remembered: Option<RememberedDevice>,
}

/// Far more than a person has factors; the oldest proof makes room.
const MOST_PROOFS: usize = 32;

impl Evidence {
    /// Nothing shown yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a proof. Of the same factor shown in the same way, only the newer is kept.
    pub fn record(&mut self, proof: Proof) {
        self.add(proof);
        if self.proofs.len() > MOST_PROOFS {
            self.proofs.remove(0);
        }
    }

    fn add(&mut self, proof: Proof) {
        match self.proofs.iter_mut().find(|known| known.method.is_same(&proof.method)) {
            Some(known) if known.at <= proof.at => *known = proof,
            Some(_) => {}
            None => self.proofs.push(proof),
        }
        self.proofs.sort_by_key(|proof| proof.at);
    }

    /// Adds the device's cookie, once it was found, unrevoked, this person's and this device's.
    pub fn remember(&mut self, device: RememberedDevice) {
        self.remembered = Some(device);
    }

    /// The proofs, oldest first.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// The remembered device, if any.
    pub const fn remembered(&self) -> Option<&RememberedDevice> {
        self.remembered.as_ref()
    }

    /// Whether nothing was shown. A remembered device alone is nothing.
    pub const fn is_empty(&self) -> bool {
        self.proofs.is_empty()
    }

    /// Whether this factor was shown, however long ago.
    pub fn has(&self, factor: Factor) -> bool {
        self.proofs.iter().any(|proof| proof.is_factor(factor))
    }

    pub(crate) fn with(&self, proof: &Proof) -> Self {
        let mut evidence = self.clone();
        evidence.add(proof.clone());
        evidence
    }
}

impl FromIterator<Proof> for Evidence {
    fn from_iter<I: IntoIterator<Item = Proof>>(proofs: I) -> Self {
        let mut evidence = Self::new();
        for proof in proofs {
            evidence.record(proof);
        }
        evidence
    }
}

/// The version of stored evidence. Evidence of another is refused, never half understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Version;

const VERSION: u8 = 1;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            VERSION => Ok(Self),
            other => Err(serde::de::Error::custom(format_args!(
                "evidence of version {other} is not known"
            ))),
        }
    }
}

impl JsonSchema for Version {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EvidenceVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": VERSION })
    }
}
