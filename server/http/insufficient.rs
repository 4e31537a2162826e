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
    /// What a refusal of a sensitive act means. `is_fresh`: the newest proof is recent enough, so that
    /// only its kind can be wrong.
    pub(super) fn of(
        refused: &Decision,
        effective: &Effective,
        is_fresh: bool,
        back: &str,
    ) -> Self {
        let (code, factors) = match refused {
            Decision::Challenge(challenge) => ("step_up_needed", challenge.factors.clone()),
            Decision::Enrol(enrol) => ("enrolment_needed", enrol.factors.clone()),
            Decision::Admitted(_) | Decision::Deny(_) => ("not_possible", Vec::new()),
        };
        let reasons = &refused.explanation().reasons;
        let is_old = reasons.iter().any(|reason| reason.code == Code::ProofTooOld);
        let is_weak = reasons.iter().any(|reason| is_about_level(reason.code));
        let lacks_age = is_old && !(is_weak && is_fresh);
        // A fresh password beside an old second factor: a fresh second factor is missing.
        let lacks_level = is_weak || (is_old && is_fresh);
        let could_help = code != "not_possible";
        let least = if effective.phishing_resistant { Acr::Phr } else { Acr::Aal2 };
        let levels = Acr::ALL.into_iter().filter(|acr| could_help && lacks_level && *acr >= least);
        Self {
            code,
            acr_values: levels.collect(),
            max_age: (could_help && lacks_age).then(|| effective.recent.as_seconds()),
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
            value += &[", acr_values=\"", &values.join(" "), "\""].concat();
        }
        if let Some(seconds) = self.max_age {
            value += &[", max_age=\"", &seconds.to_string(), "\""].concat();
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

#[cfg(test)]
mod tests {
    use assurance::{
        Demand, Enrolled, EnrolledFactor, Evidence, Factor, Held, Method, Mfa, Policies, Policy,
        Proof, admit,
    };
    use chrono::{DateTime, Duration};

    use super::Insufficient;

    /// The challenge, and the problem's code, for somebody with an authenticator app (or none) who
    /// proved these so many minutes ago.
    fn challenge(
        policy: Policy,
        has_totp: bool,
        proofs: &[(Method, i64)],
    ) -> (&'static str, String) {
        let now = DateTime::UNIX_EPOCH + Duration::days(1);
        let start = DateTime::UNIX_EPOCH;
        let held = Held::organisation("acme", "Acme", policy, start, start);
        let policies = Policies::new("ada").with(held).demanding(Demand::sensitive());
        let mut factors = vec![EnrolledFactor::new(Factor::Password, "password")];
        factors.extend(has_totp.then(|| EnrolledFactor::new(Factor::Totp, "phone")));
        let mut evidence = Evidence::new();
        for (method, minutes) in proofs {
            evidence.record(Proof::new(method.clone(), now - Duration::minutes(*minutes)));
        }
        let refused = admit(&policies, &evidence, &Enrolled::new(factors), now);
        let newest = proofs.iter().map(|(_, minutes)| *minutes).min().unwrap_or(i64::MAX);
        let lacks = Insufficient::of(&refused, &policies.join(), newest <= 15, "/account");
        let value = lacks.www_authenticate();
        let value = value.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let rest =
            value.split_once("error_description=\"").and_then(|(_, rest)| rest.split_once('"'));
        (lacks.code, rest.map_or_else(|| "?".to_owned(), |(_, rest)| rest.to_owned()))
    }

    #[test]
    fn only_what_is_missing_is_asked_for() {
        let totp = || Method::Totp { credential: "phone".to_owned() };
        let usual = Policy::default;
        let strict = || Policy { mfa: Mfa::Required, ..Policy::default() };
        let strictest = || Policy { phishing_resistant: true, ..strict() };
        let cases = [
            (usual(), false, vec![(Method::Password, 20)], "step_up_needed", ", max_age=\"900\""),
            (
                usual(),
                true,
                vec![(Method::Password, 1)],
                "step_up_needed",
                ", acr_values=\"aal2 phr phrh\"",
            ),
            (
                usual(),
                true,
                vec![(Method::Password, 20)],
                "step_up_needed",
                ", acr_values=\"aal2 phr phrh\", max_age=\"900\"",
            ),
            (
                usual(),
                true,
                vec![(Method::Password, 20), (totp(), 20)],
                "step_up_needed",
                ", max_age=\"900\"",
            ),
            (
                usual(),
                true,
                vec![(totp(), 20), (Method::Password, 1)],
                "step_up_needed",
                ", acr_values=\"aal2 phr phrh\", max_age=\"900\"",
            ),
            (
                strict(),
                false,
                vec![(Method::Password, 1)],
                "enrolment_needed",
                ", acr_values=\"aal2 phr phrh\"",
            ),
            (
                strictest(),
                true,
                vec![(Method::Password, 1), (totp(), 1)],
                "enrolment_needed",
                ", acr_values=\"phr phrh\"",
            ),
        ];
        for (policy, has_totp, proofs, code, expected) in cases {
            let case = format!("{policy:?} {has_totp} {proofs:?}");
            let (found, rest) = challenge(policy, has_totp, &proofs);
            assert_eq!((found, &*rest), (code, expected), "{case}");
        }
    }

    #[test]
    fn where_nothing_helps_nothing_is_asked_for() {
        let policy =
            Policy { factors: [].into_iter().collect(), mfa: Mfa::Required, ..Policy::default() };
        let (code, rest) = challenge(policy, true, &[(Method::Password, 1)]);
        assert_eq!((code, &*rest), ("not_possible", ""));
    }
}
