//! Why: the reasons of a decision as data. The end user sees a sentence made of them, the
//! administrator the whole record. To add one, add its code; codes are stable once released.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::policies::Origin;
use crate::proof::Proof;
use crate::span::Span;

/// What was found. Refusals first, in the order in which a person wants to read them; then what
/// let them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Nothing was proven in this session.
    NoProof,
    /// The organisations leave no second factor that all of them allow.
    OrganisationsDisagree,
    /// A social login must also pass MFA here.
    SocialLoginNeedsMfa,
    /// The upstream's claims do not say that it proved MFA.
    UpstreamProofMissing,
    /// The upstream's claims were not signed.
    UpstreamProofUnsigned,
    /// The upstream's `auth_time` is missing or too old.
    UpstreamProofStale,
    /// A second factor is demanded.
    MfaRequired,
    /// A second factor is asked because the person has one.
    FactorEnrolled,
    /// Only WebAuthn satisfies.
    PhishingResistantRequired,
    /// This proof's factor does not count here.
    FactorNotAllowed,
    /// The proofs are all of one kind; two different kinds are needed.
    OneKindOnly,
    /// The remembered device does not count: too old, another factor, or a sensitive act.
    DeviceNotCounted,
    /// Grace is over.
    GraceOver,
    /// The relying party asked for a higher level.
    AcrRequired,
    /// The level can't be reached with any factor that counts here.
    AcrUnreachable,
    /// The newest proof that counts is too old.
    ProofTooOld,
    /// A factor that the person has must be shown before another is enrolled.
    ProveBeforeEnrolling,
    /// The person has nothing to prove with.
    NothingEnrolled,

    /// Note: the proofs suffice.
    Satisfied,
    /// Note: let in while grace runs.
    Grace,
    /// Note: the social login counts as it is.
    SocialLoginExempt,
    /// Note: the upstream proved MFA.
    UpstreamTrusted,
    /// Note: a second factor was passed on this device before.
    DeviceRemembered,
    /// Note: the relying party asked for a higher level than the person can reach.
    AcrNotReached,
}

impl Code {
    /// The stable name, in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoProof => "no_proof",
            Self::OrganisationsDisagree => "organisations_disagree",
            Self::SocialLoginNeedsMfa => "social_login_needs_mfa",
            Self::UpstreamProofMissing => "upstream_proof_missing",
            Self::UpstreamProofUnsigned => "upstream_proof_unsigned",
            Self::UpstreamProofStale => "upstream_proof_stale",
            Self::MfaRequired => "mfa_required",
            Self::FactorEnrolled => "factor_enrolled",
            Self::PhishingResistantRequired => "phishing_resistant_required",
            Self::FactorNotAllowed => "factor_not_allowed",
            Self::OneKindOnly => "one_kind_only",
            Self::DeviceNotCounted => "device_not_counted",
            Self::GraceOver => "grace_over",
            Self::AcrRequired => "acr_required",
            Self::AcrUnreachable => "acr_unreachable",
            Self::ProofTooOld => "proof_too_old",
            Self::ProveBeforeEnrolling => "prove_before_enrolling",
            Self::NothingEnrolled => "nothing_enrolled",
            Self::Satisfied => "satisfied",
            Self::Grace => "grace",
            Self::SocialLoginExempt => "social_login_exempt",
            Self::UpstreamTrusted => "upstream_trusted",
            Self::DeviceRemembered => "device_remembered",
            Self::AcrNotReached => "acr_not_reached",
        }
    }

    /// Whether it says why someone was let in, not why they were refused.
    pub const fn is_note(self) -> bool {
        matches!(
            self,
            Self::Satisfied
                | Self::Grace
                | Self::SocialLoginExempt
                | Self::UpstreamTrusted
                | Self::DeviceRemembered
                | Self::AcrNotReached
        )
    }
}

/// The key of a policy, or the parameter of a request, that a reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// `mfa`
    Mfa,
    /// `social_logins`
    SocialLogins,
    /// `sources.<name>`; the name is the proof's.
    Sources,
    /// `factors`
    Factors,
    /// `phishing_resistant`
    PhishingResistant,
    /// `grace`
    Grace,
    /// `recent`
    Recent,
    /// `remember_device`
    RememberDevice,
    /// `acr_values`, or `acr` in `claims`
    Acr,
    /// `max_age` or `prompt`
    MaxAge,
}

/// One reason of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What was found.
    pub code: Code,
    /// Who demands it; `None` where Flowgate itself does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Which key of the policy, or parameter of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The proof that fell short, or that sufficed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// How old the proof may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Span>,
    /// The deadline, where grace runs or ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl Reason {
    pub(crate) const fn new(code: Code) -> Self {
        Self { code, origin: None, key: None, proof: None, limit: None, until: None }
    }

    pub(crate) fn by(mut self, origin: &Origin, key: Key) -> Self {
        self.origin = Some(origin.clone());
        self.key = Some(key);
        self
    }

    pub(crate) fn about(mut self, proof: &Proof) -> Self {
        self.proof = Some(proof.clone());
        self
    }

    pub(crate) const fn limit(mut self, limit: Span) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) const fn until(mut self, until: DateTime<Utc>) -> Self {
        self.until = Some(until);
        self
    }
}

/// How a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The person may come in.
    Admitted,
    /// Something more must be shown.
    Challenge,
    /// A factor must be enrolled.
    Enrol,
    /// The person can't come in.
    Deny,
}

/// What a policy in report mode would have done, had it been enforced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldHave {
    /// Whose policy it is.
    pub origin: Origin,
    /// How the decision would have ended.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// The record of a decision: for the page, for the administrator and for the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, the most telling first. Never empty.
    pub reasons: Vec<Reason>,
    /// What policies in report mode would have done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub report: Vec<WouldHave>,
}

impl Explanation {
    /// Sorts the reasons so that the order of organisations does not matter, and drops repeats.
    pub(crate) fn new(outcome: Outcome, mut reasons: Vec<Reason>) -> Self {
        reasons.sort_by(|one, other| {
            (one.code, &one.origin, one.key, &one.proof).cmp(&(
                other.code,
                &other.origin,
                other.key,
                &other.proof,
            ))
        });
        reasons.dedup();
        Self { outcome, reasons, report: Vec::new() }
    }

    /// Whether a reason has this code.
    pub fn has(&self, code: Code) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }
}
