//! The join: what several policies together demand. The strictest of each key holds, so it is
//! commutative, associative and idempotent, and one policy more never makes a login weaker.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::explain::Code;
use crate::factor::{Factor, Factors};
use crate::policies::{Held, Origin, Policies};
use crate::policy::{Mfa, Policy};
use crate::proof::Proof;
use crate::source_policy::{SocialLogins, SourcePolicy};
use crate::span::Span;

/// What all policies that hold for a person demand together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// The strictest `mfa`.
    pub mfa: Mfa,
    /// The strictest rule for social logins without one of their own.
    pub social_logins: Rule,
    /// The strictest rule for each connection that any policy names.
    pub sources: BTreeMap<String, Rule>,
    /// The second factors that all name.
    pub factors: Factors,
    /// Whether any demands WebAuthn.
    pub phishing_resistant: bool,
    /// The first of the policies' deadlines for enrolling.
    pub enrol_by: DateTime<Utc>,
    /// The shortest `recent`.
    pub recent: Span,
    /// The shortest `remember_device`.
    pub remember_device: Span,
    /// The shortest `session`, where any sets one.
    pub session: Option<Span>,
}

/// What is made of a social login, in order of strictness.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It counts as it is.
    Exempt,
    /// It counts as MFA if it meets all of these, one for each policy that trusts.
    Trust(BTreeSet<Trust>),
    /// It counts as one kind.
    RequireMfa,
}

/// When one policy takes MFA as proven by the upstream: the claims are signed, any of the `amr` or
/// of the `acr` is present, and `auth_time` is fresh.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Trust {
    amr: BTreeSet<String>,
    acr: BTreeSet<String>,
    within: Span,
}

impl Trust {
    fn of(source: &SourcePolicy) -> Self {
        let mut amr: BTreeSet<String> = source.amr.iter().cloned().collect();
        let acr: BTreeSet<String> = source.acr.iter().cloned().collect();
        if amr.is_empty() && acr.is_empty() {
            amr.insert("mfa".to_owned());
        }
        Self { amr, acr, within: source.within.unwrap_or(SourcePolicy::WITHIN) }
    }

    /// The `amr` values of which one suffices.
    pub const fn amr(&self) -> &BTreeSet<String> {
        &self.amr
    }

    /// The `acr` values of which one suffices: what to ask the upstream for.
    pub const fn acr(&self) -> &BTreeSet<String> {
        &self.acr
    }

    /// How old `auth_time` may be: what to ask the upstream for as `max_age`.
    pub const fn within(&self) -> Span {
        self.within
    }

    /// What the social login lacks, or nothing.
    pub(crate) fn lacks(&self, proof: &Proof, now: DateTime<Utc>) -> Option<Code> {
        let Some(federated) = proof.federated() else { return Some(Code::UpstreamProofMissing) };
        let by_method = federated.amr.iter().any(|amr| self.amr.contains(amr));
        let by_level = federated.acr.as_ref().is_some_and(|acr| self.acr.contains(acr));
        if !by_method && !by_level {
            return Some(Code::UpstreamProofMissing);
        }
        if !federated.signed {
            return Some(Code::UpstreamProofUnsigned);
        }
        let is_fresh = federated.auth_time.is_some() && proof.shown_at() >= self.within.before(now);
        (!is_fresh).then_some(Code::UpstreamProofStale)
    }
}

impl Rule {
    /// The rule of one policy for one connection.
    pub(crate) fn of(policy: &Policy, source: &str) -> Self {
        policy.sources.get(source).map_or_else(|| Self::general(policy), Self::one)
    }

    /// Whether it trusts, and the social login has all that it asks.
    pub(crate) fn is_trust_met(&self, proof: &Proof, now: DateTime<Utc>) -> bool {
        match self {
            Self::Trust(all) => all.iter().all(|trust| trust.lacks(proof, now).is_none()),
            Self::Exempt | Self::RequireMfa => false,
        }
    }

    fn general(policy: &Policy) -> Self {
        Self::one(&SourcePolicy::general(policy.social_logins))
    }

    fn one(source: &SourcePolicy) -> Self {
        match source.social_logins {
            SocialLogins::Exempt => Self::Exempt,
            SocialLogins::Trust => Self::Trust(BTreeSet::from([Trust::of(source)])),
            SocialLogins::RequireMfa => Self::RequireMfa,
        }
    }

    fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Trust(one), Self::Trust(other)) => Self::Trust(one | other),
            _ => self.max(other).clone(),
        }
    }
}

impl Effective {
    /// What one policy demands.
    pub fn of(held: &Held) -> Self {
        let Held { policy, .. } = held;
        Self {
            mfa: policy.mfa,
            social_logins: Rule::general(policy),
            sources: policy
                .sources
                .iter()
                .map(|(name, source)| (name.clone(), Rule::one(source)))
                .collect(),
            factors: policy.factors,
            phishing_resistant: policy.phishing_resistant,
            enrol_by: held.deadline(),
            recent: policy.recent,
            remember_device: policy.remember_device,
            session: policy.session,
        }
    }

    /// Nothing demanded: the least element of the lattice.
    pub const fn nothing() -> Self {
        Self {
            mfa: Mfa::Off,
            social_logins: Rule::Exempt,
            sources: BTreeMap::new(),
            factors: Factors::SECOND,
            phishing_resistant: false,
            enrol_by: DateTime::<Utc>::MAX_UTC,
            recent: Span::MAX,
            remember_device: Span::MAX,
            session: None,
        }
    }

    /// What both demand: the strictest of each key.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let names = self.sources.keys().chain(other.sources.keys());
        let sources =
            names.map(|name| (name.clone(), self.rule(name).join(other.rule(name)))).collect();
        Self {
            mfa: self.mfa.max(other.mfa),
            social_logins: self.social_logins.join(&other.social_logins),
            sources,
            factors: self.factors.intersection(other.factors),
            phishing_resistant: self.phishing_resistant || other.phishing_resistant,
            enrol_by: self.enrol_by.min(other.enrol_by),
            recent: self.recent.min(other.recent),
            remember_device: self.remember_device.min(other.remember_device),
            session: match (self.session, other.session) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// The rule for one connection. Where it is [`Rule::Trust`], its values are what to ask the
    /// upstream for.
    pub fn rule(&self, source: &str) -> &Rule {
        self.sources.get(source).unwrap_or(&self.social_logins)
    }

    /// The second factors that count: may be none, where the organisations disagree.
    pub const fn allowed(&self) -> Factors {
        if self.phishing_resistant {
            self.factors.intersection(Factors::PHISHING_RESISTANT)
        } else {
            self.factors
        }
    }
}

impl Policies {
    /// What all policies that enforce demand together. The demand of the request is not in it:
    /// [`admit`](crate::admit()) adds it.
    pub fn join(&self) -> Effective {
        join(&self.enforced())
    }

    /// Which organisations leave no second factor that all of them allow, if they do. `plan`
    /// refuses such a change; at run time whoever needs a second factor is denied.
    pub fn disagreement(&self) -> Option<Disagreement> {
        Disagreement::among(&self.enforced())
    }
}

pub(crate) fn join(held: &[Held]) -> Effective {
    held.iter().map(Effective::of).fold(Effective::nothing(), |joined, one| joined.join(&one))
}

/// Policies that have no allowed second factor in common: as few of them as suffice to disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Each policy's owner, and what it allows.
    pub parties: Vec<Party>,
}

/// One side of a [`Disagreement`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Party {
    /// Whose policy it is.
    pub origin: Origin,
    /// The second factors that it allows, strongest first.
    pub allows: Vec<Factor>,
}

impl Disagreement {
    /// The disagreement among these policies, if there is one.
    pub fn among(held: &[Held]) -> Option<Self> {
        let mut held: Vec<&Held> = held.iter().collect();
        if !has_no_common_factor(&held) {
            return None;
        }
        held.sort_by(|one, other| one.origin.cmp(&other.origin));
        let mut index = 0;
        while index < held.len() {
            let without: Vec<&Held> = held
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != index)
                .map(|(_, held)| *held)
                .collect();
            if has_no_common_factor(&without) {
                held = without;
            } else {
                index += 1;
            }
        }
        let party = |held: &Held| Party {
            origin: held.origin.clone(),
            allows: held.policy.allowed().iter().collect(),
        };
        Some(Self { parties: held.into_iter().map(party).collect() })
    }
}

fn has_no_common_factor(held: &[&Held]) -> bool {
    held.iter()
        .fold(Factors::SECOND, |common, held| common.intersection(held.policy.allowed()))
        .is_empty()
}
