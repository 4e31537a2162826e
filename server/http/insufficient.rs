//! What a session lacks for a sensitive act: for a browser a redirect to the step-up, for a program
//! the answer of RFC 9470 §3 with exactly what is missing.

use assurance::{Acr, Code, Decision, Effective, Factor};
use axum::http::HeaderValue;
use serde::Serialize;

/// What is missing.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Insufficient {
    /// `step_up_needed`, `enrolment_needed` or `not_possible`.
    pub(super) code: &'static str,
    /// The levels of which one is missing, weakest first; empty where none is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) acr_values: Vec<Acr>,
    /// How many seconds old the proof may be, where it is older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_age: Option<u64>,
    /// The factors to show, or to enrol, strongest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) factors: Vec<Factor>,
    /// The page to lead back to.
    #[serde(skip)]
    pub(super) back: String,
}

impl Insufficient {
    /// What a refusal of a sensitive act means.
    pub(super) fn of(refused: &Decision, effective: &Effective, back: &str) -> Self {
        let (code, factors) = match refused {
            Decision::Challenge(challenge) => ("step_up_needed", challenge.factors.clone()),
            Decision::Enrol(enrol) => ("enrolment_needed", enrol.factors.clone()),
            Decision::Admitted(_) | Decision::Deny(_) => ("not_possible", Vec::new()),
        };
        let reasons = &refused.explanation().reasons;
        let is_old = reasons.iter().any(|reason| reason.code == Code::ProofTooOld);
        let is_weak = reasons.iter().any(|reason| is_about_level(reason.code));
        let could_help = code != "not_possible";
        let least = if effective.phishing_resistant { Acr::Phr } else { Acr::Aal2 };
        let levels = Acr::ALL.into_iter().filter(|acr| could_help && is_weak && *acr >= least);
        Self {
            code,
            acr_values: levels.collect(),
            max_age: (could_help && is_old).then(|| effective.recent.as_seconds()),
            factors,
            back: back.to_owned(),
        }
    }

    /// The challenge of RFC 9470 §3, in the grammar of RFC 6750 §3.
    pub(super) fn www_authenticate(&self) -> Option<HeaderValue> {
        let description = match self.code {
            "step_up_needed" => "Prove again who you are",
            "enrolment_needed" => "Set up another way to prove who you are first",
            _ => "No proof that this person could show would do",
        };
        let mut value = format!(
            "Bearer error=\"insufficient_user_authentication\", error_description=\"{description}\""
        );
        if !self.acr_values.is_empty() {
            let values: Vec<_> = self.acr_values.iter().map(|acr| acr.as_str()).collect();
            value.push_str(&format!(", acr_values=\"{}\"", values.join(" ")));
        }
        if let Some(seconds) = self.max_age {
            value.push_str(&format!(", max_age=\"{seconds}\""));
        }
        HeaderValue::from_str(&value).ok()
    }
}

/// Whether a reason is about what was proven, not about when.
const fn is_about_level(code: Code) -> bool {
    match code {
        Code::NoProof
        | Code::OrganisationsDisagree
        | Code::SocialLoginNeedsMfa
        | Code::UpstreamProofMissing
        | Code::UpstreamProofUnsigned
        | Code::UpstreamProofStale
        | Code::MfaRequired
        | Code::FactorEnrolled
        | Code::PhishingResistantRequired
        | Code::FactorNotAllowed
        | Code::OneKindOnly
        | Code::DeviceNotCounted
        | Code::GraceOver
        | Code::AcrRequired
        | Code::AcrUnreachable
        | Code::NothingEnrolled => true,
        Code::ProofTooOld
        | Code::ProveBeforeEnrolling
        | Code::Satisfied
        | Code::Grace
        | Code::SocialLoginExempt
        | Code::UpstreamTrusted
        | Code::DeviceRemembered
        | Code::AcrNotReached => false,
    }
}
