//! What a condition may read: one typed snapshot of a login at one step.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Everything that a condition may read, at one step of one execution.
///
/// `None` means *absent*: not known yet, or not there at all. An absent value equals nothing but
/// `()`, and any other use of it is an error that denies the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The person, once `identify` (or a link, or a social login) has found one.
    #[serde(default)]
    pub user: Option<UserFacts>,
    /// The organisation in whose name the flow runs: the client's, or the one of the address.
    #[serde(default)]
    pub organisation: Option<OrganisationFacts>,
    /// The relying party that asked for this login.
    #[serde(default)]
    pub client: Option<ClientFacts>,
    /// The name of the connection that a social login came through.
    #[serde(default)]
    pub source: Option<String>,
    /// The request that reached this step.
    #[serde(default)]
    pub request: RequestFacts,
    /// What is known of the browser.
    #[serde(default)]
    pub device: DeviceFacts,
    /// What was entered in `prompt` stages so far, by field name.
    #[serde(default)]
    pub answers: BTreeMap<String, Answer>,
    /// What the evidence of this execution amounts to.
    #[serde(default)]
    pub assurance: AssuranceFacts,
    /// The factors proven in this execution, by the names in [`FACTORS`](super::FACTORS).
    #[serde(default)]
    pub proven: BTreeSet<String>,
    /// The factors that the person has set up, by the same names.
    #[serde(default)]
    pub enrolled: BTreeSet<String>,
    /// Whether a session stands at the end of the path; for guarantees only.
    #[serde(default)]
    pub session: bool,
    /// The time of this step.
    pub now: DateTime<Utc>,
}

impl Facts {
    /// A step at which nothing is known but the time.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self {
            user: None,
            organisation: None,
            client: None,
            source: None,
            request: RequestFacts::default(),
            device: DeviceFacts::default(),
            answers: BTreeMap::new(),
            assurance: AssuranceFacts::default(),
            proven: BTreeSet::new(),
            enrolled: BTreeSet::new(),
            session: false,
            now,
        }
    }
}

/// The person who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserFacts {
    /// The person's id.
    pub id: String,
    /// The user name, where the person has one.
    pub username: Option<String>,
    /// The e-mail address, where the person has one; verified or not.
    pub email: Option<String>,
    /// Whether the person has proven to read mail at this address.
    pub email_verified: bool,
    /// The name to show.
    pub name: String,
    /// The language that the person chose (BCP 47).
    pub language: Option<String>,
    /// The slugs of the organisations that the person is a member of.
    pub organisations: Vec<String>,
    /// Whether the person administers this identity provider.
    pub admin: bool,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

/// The organisation in whose name the flow runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationFacts {
    /// Its name in the blueprint.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

/// The relying party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFacts {
    /// The `client_id`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The slug of the organisation that it belongs to.
    pub organisation: Option<String>,
}

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestFacts {
    /// The client's address, as the trusted proxies tell it; absent where that can't be trusted.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` header, empty when there was none.
    pub user_agent: String,
    /// The negotiated language (BCP 47).
    pub language: String,
}

/// The browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceFacts {
    /// Whether it carries this person's trusted-device cookie, still valid.
    pub remembered: bool,
}

/// What the proofs of this execution amount to (`assurance`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssuranceFacts {
    /// Whether two factors of different kinds were proven, or a user-verifying passkey.
    pub mfa: bool,
    /// Whether a phishing-resistant factor was proven.
    pub phishing_resistant: bool,
    /// The `acr` that a session would have now: one of [`ACRS`](super::ACRS), or empty for none.
    pub acr: String,
    /// The `amr` that it would have (RFC 8176).
    pub amr: Vec<String>,
}

/// One answer to a `prompt` field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A check box.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A line or block of text, or one choice.
    Text(String),
    /// Several choices.
    List(Vec<String>),
}

/// The type of a `prompt` field's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerType {
    /// A check box.
    Flag,
    /// A whole number.
    Number,
    /// A line or block of text, or one choice.
    Text,
    /// Several choices.
    List,
}
