//! What one organisation demands: the piece of the blueprint language under
//! `organisations.<name>.policy`. Each key has its documented default, so an empty map is a policy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::factor::{Factor, Factors};
use crate::source_policy::{SocialLogins, SourcePolicy};
use crate::span::Span;

/// What an organisation demands of its members' sign-ins. Where several organisations hold for a
/// person, the strictest of each key does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Whether a second factor is demanded.
    pub mfa: Mfa,
    /// Whether a social login must also pass MFA here.
    pub social_logins: SocialLogins,
    /// The same for single connections, by the name of the source: either a value as in
    /// `social_logins`, or a map with what to trust.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, SourcePolicy>,
    /// Which second factors count. `email` and `sms` are weaker (NIST SP 800-63B-4 bars e-mail and
    /// restricts SMS) and count only where they are named.
    pub factors: Factors,
    /// Only WebAuthn satisfies: no other factor, no social login.
    pub phishing_resistant: bool,
    /// Time to enrol, from joining or from the policy's start, whichever is later. The person sees
    /// the deadline.
    pub grace: Span,
    /// How old a proof may be for a sensitive act.
    pub recent: Span,
    /// How long a device on which a second factor was passed need not pass it again. `0` is never.
    /// It never satisfies a sensitive act.
    pub remember_device: Span,
    /// The longest session. Left out, this organisation sets no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Span>,
    /// Whether the policy decides, or only records what it would have done.
    pub mode: Mode,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mfa: Mfa::Optional,
            social_logins: SocialLogins::RequireMfa,
            sources: BTreeMap::new(),
            factors: Factors::STRONG,
            phishing_resistant: false,
            grace: Span::ZERO,
            recent: Span::minutes(15),
            remember_device: Span::ZERO,
            session: None,
            mode: Mode::Enforce,
        }
    }
}

/// Whether a second factor is demanded. In order of strictness.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mfa {
    /// Never asked.
    Off,
    /// Asked when the person has a factor.
    #[default]
    Optional,
    /// Asked always; a member with no factor enrols one at sign-in.
    Required,
}

/// Whether a policy decides.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Changes no login: records what it would have done.
    Report,
    /// Decides.
    #[default]
    Enforce,
}

/// What is wrong inside one policy. Reading it does not fail on these; `blueprint check` shows
/// each with its position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// No factor is left that could satisfy it.
    #[error(
        "`phishing_resistant` leaves only `webauthn`, which `factors` does not list: nobody could satisfy it"
    )]
    NoFactorLeft,
    /// `amr`, `acr` or `within` of a connection that is not trusted.
    #[error("`{key}` of the source `{source_name}` has a meaning only with `social_logins: trust`")]
    NotTrusted {
        /// The connection.
        source_name: String,
        /// The key without meaning.
        key: &'static str,
    },
    /// A trusted proof may not have any age.
    #[error(
        "`within` of the source `{source_name}` must be longer than 0: no upstream proof could be so fresh"
    )]
    NeverFresh {
        /// The connection.
        source_name: String,
    },
    /// A sensitive act could never happen.
    #[error("`recent` must be longer than 0: no proof could be so fresh")]
    NeverRecent,
    /// A session that ends as it begins.
    #[error("`session` must be longer than 0")]
    NoSession,
}

impl PolicyProblem {
    /// Path of the key inside the policy, for an error with a position.
    pub fn path(&self) -> Vec<&str> {
        match self {
            Self::NoFactorLeft => vec!["phishing_resistant"],
            Self::NotTrusted { source_name, key } => vec!["sources", source_name, key],
            Self::NeverFresh { source_name } => vec!["sources", source_name, "within"],
            Self::NeverRecent => vec!["recent"],
            Self::NoSession => vec!["session"],
        }
    }
}

impl Policy {
    /// The second factors that count here: `factors`, and only WebAuthn where
    /// `phishing_resistant`.
    pub const fn allowed(&self) -> Factors {
        if self.phishing_resistant {
            self.factors.intersection(Factors::PHISHING_RESISTANT)
        } else {
            self.factors
        }
    }

    /// What makes no sense inside this policy.
    pub fn problems(&self) -> Vec<PolicyProblem> {
        let mut problems = Vec::new();
        if self.phishing_resistant && !self.factors.contains(Factor::Webauthn) {
            problems.push(PolicyProblem::NoFactorLeft);
        }
        if self.recent.is_zero() {
            problems.push(PolicyProblem::NeverRecent);
        }
        if self.session.is_some_and(Span::is_zero) {
            problems.push(PolicyProblem::NoSession);
        }
        for (name, source) in &self.sources {
            problems.extend(source.problems(name));
        }
        problems
    }
}
