//! The record says whose demand it is, by which key, and about which proof.

use assurance::{Code, Explanation, Key, Origin, Outcome, Policies, Span};

use crate::fixtures::*;

#[test]
fn acme_asks_for_a_second_factor_because_google_did_not_prove_one() {
    let policies = acme(
        r#"{ "mfa": "required", "sources": { "google": {
            "social_logins": "trust", "amr": ["mfa", "hwk"], "within": "12h" } } }"#,
    );
    let decision = decide(&policies, &shown([google()]), &has([assurance::Factor::Totp]));
    let [first, second] = decision.explanation().reasons.as_slice() else {
        panic!("{:?}", decision.explanation())
    };
    assert_eq!(first.code, Code::SocialLoginNeedsMfa);
    assert_eq!(second.code, Code::UpstreamProofMissing);
    for reason in [first, second] {
        assert_eq!(reason.origin.as_ref().and_then(Origin::name), Some("ACME"));
        assert_eq!(reason.key, Some(Key::Sources));
        assert_eq!(reason.proof.as_ref().unwrap().method, google());
    }
}

#[test]
fn only_those_speak_who_ask() {
    let policies = both(r#"{ "mfa": "required" }"#, "{}");
    for evidence in [shown([password()]), shown([google()])] {
        let decision = decide(&policies, &evidence, &has([]));
        let origins: Vec<_> = decision
            .explanation()
            .reasons
            .iter()
            .filter_map(|reason| reason.origin.as_ref()?.name())
            .collect();
        assert_eq!(origins, ["ACME"], "{decision:?}");
    }
}

#[test]
fn whoever_is_stricter_speaks_where_those_who_ask_would_let_it_pass() {
    let policies =
        both(r#"{ "mfa": "required", "social_logins": "exempt" }"#, r#"{ "mfa": "off" }"#);
    let decision = decide(&policies, &shown([google()]), &has([]));
    let [reason] = decision.explanation().reasons.as_slice() else { panic!("{decision:?}") };
    assert_eq!(reason.origin.as_ref().unwrap().name(), Some("BETA"));
    assert_eq!((reason.code, reason.key), (Code::SocialLoginNeedsMfa, Some(Key::SocialLogins)));
}

#[test]
fn an_optional_second_factor_is_asked_because_the_person_has_one() {
    let decision = decide(&acme("{}"), &shown([password()]), &has([assurance::Factor::Totp]));
    assert_eq!(decision.explanation().reasons[0].code, Code::FactorEnrolled);
}

#[test]
fn a_stale_proof_is_named_with_its_limit() {
    let policies = acme(r#"{ "social_logins": "trust", "recent": "5m" }"#);
    let decision =
        decide(&policies, &shown([google_mfa(Span::hours(13))]), &has([assurance::Factor::Totp]));
    let stale = decision
        .explanation()
        .reasons
        .iter()
        .find(|reason| reason.code == Code::UpstreamProofStale);
    assert_eq!(stale.unwrap().limit, Some(Span::hours(12)));
}

#[test]
fn the_order_of_organisations_does_not_matter() {
    let one = held("acme", policy(r#"{ "mfa": "required", "factors": ["totp"] }"#));
    let other = held("beta", policy(r#"{ "mfa": "required", "mode": "report" }"#));
    let third = held("core", policy(r#"{ "mfa": "required", "phishing_resistant": true }"#));
    let explain = |held: [&assurance::Held; 3]| {
        let policies = held.into_iter().cloned().fold(Policies::new("ada"), Policies::with);
        decide(&policies, &shown([google()]), &has([])).explanation().clone()
    };
    assert_eq!(explain([&one, &other, &third]), explain([&third, &one, &other]));
}

#[test]
fn the_record_is_json_that_can_be_read_again() {
    let policies = both(
        r#"{ "mfa": "required", "grace": "1d" }"#,
        r#"{ "mfa": "required", "mode": "report" }"#,
    );
    for evidence in [shown([google()]), shown([password(), totp()]), assurance::Evidence::new()] {
        let decision = decide(&policies, &evidence, &has([]));
        let json = serde_json::to_string(decision.explanation()).unwrap();
        assert_eq!(&serde_json::from_str::<Explanation>(&json).unwrap(), decision.explanation());
    }
}

#[test]
fn codes_keep_their_names() {
    let named = [
        (Code::SocialLoginNeedsMfa, "social_login_needs_mfa"),
        (Code::MfaRequired, "mfa_required"),
        (Code::ProofTooOld, "proof_too_old"),
        (Code::UpstreamProofStale, "upstream_proof_stale"),
        (Code::UpstreamProofMissing, "upstream_proof_missing"),
        (Code::PhishingResistantRequired, "phishing_resistant_required"),
        (Code::FactorNotAllowed, "factor_not_allowed"),
        (Code::NoProof, "no_proof"),
        (Code::OrganisationsDisagree, "organisations_disagree"),
        (Code::Grace, "grace"),
    ];
    for (code, name) in named {
        assert_eq!(code.as_str(), name);
        assert_eq!(serde_json::to_value(code).unwrap(), name);
    }
    assert_eq!(serde_json::to_value(Outcome::Enrol).unwrap(), "enrol");
}
