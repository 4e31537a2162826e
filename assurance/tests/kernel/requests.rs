//! What a relying party asks for, and nothing shown at all.

use assurance::{Acr, Code, Decision, Demand, Enrolled, EnrolledFactor, Factor, Outcome, Span};
use chrono::TimeDelta;

use crate::fixtures::*;

use Outcome::{Admitted, Challenge, Deny, Enrol};

// What a relying party asks for

#[test]
fn an_essential_acr_is_met_or_refused() {
    let demand = |acr| acme(r#"{ "mfa": "off" }"#).demanding(Demand::essential(acr));
    assert_eq!(
        asked(decide(&demand(Acr::Aal2), &shown([password()]), &has([Factor::Totp]))),
        [Factor::Totp]
    );
    assert_eq!(outcome(&demand(Acr::Aal2), &shown([password()]), &has([])), Enrol);
    assert_eq!(outcome(&demand(Acr::Aal1), &shown([password()]), &has([])), Admitted);
    let totp_only =
        acme(r#"{ "mfa": "off", "factors": ["totp"] }"#).demanding(Demand::essential(Acr::Phr));
    let decision =
        decide(&totp_only, &shown([password(), key()]), &has([Factor::Totp, Factor::Webauthn]));
    assert!(decision.explanation().has(Code::AcrUnreachable));
    assert_eq!(decision.outcome(), Deny);
}

#[test]
fn exemption_does_not_meet_an_essential_acr_but_trust_does() {
    let demand = |json| acme(json).demanding(Demand::essential(Acr::Aal2));
    let login = shown([google_mfa(Span::hours(1))]);
    let enrolled = has([Factor::Totp]);
    assert_eq!(outcome(&demand(r#"{ "social_logins": "exempt" }"#), &login, &enrolled), Challenge);
    assert_eq!(outcome(&demand(r#"{ "social_logins": "trust" }"#), &login, &enrolled), Admitted);
}

#[test]
fn a_voluntary_acr_asks_for_the_best_that_the_person_has() {
    let demand = acme(r#"{ "mfa": "off" }"#).demanding(Demand::voluntary(Acr::Phr));
    let admitted = decide(&demand, &shown([password()]), &has([])).admitted().unwrap();
    assert!(admitted.explanation().has(Code::AcrNotReached));
    assert_eq!(asked(decide(&demand, &shown([password()]), &has([Factor::Totp]))), [Factor::Totp]);
    assert_eq!(outcome(&demand, &shown([password(), totp()]), &has([Factor::Totp])), Admitted);
    let has_key = has([Factor::Totp, Factor::Webauthn]);
    assert_eq!(asked(decide(&demand, &shown([password(), totp()]), &has_key)), [Factor::Webauthn]);
}

#[test]
fn hardware_is_asked_of_a_key_that_is_hardware() {
    let demand = acme("{}").demanding(Demand::essential(Acr::Phrh));
    let synced = EnrolledFactor::new(Factor::Webauthn, "synced");
    let hardware = EnrolledFactor::new(Factor::Webauthn, "yubikey").presence_only().hardware();
    let password_too = EnrolledFactor::new(Factor::Password, "password");
    let enrolled = Enrolled::new(vec![synced, hardware, password_too]);
    let Decision::Challenge(challenge) = decide(&demand, &shown([password()]), &enrolled) else {
        panic!("not a challenge")
    };
    assert_eq!(challenge.factors, [Factor::Webauthn]);
    assert_eq!(challenge.credentials, ["yubikey"]);
    assert!(!challenge.user_verification);
    assert_eq!(outcome(&demand, &shown([password(), hardware_key()]), &enrolled), Admitted);
}

#[test]
fn max_age_counts_from_the_request_and_looks_at_the_newest_proof() {
    let asked_at = ago(Span::minutes(5));
    let demand =
        |seconds| Demand { max_age: Some(seconds), asked_at: Some(asked_at), ..Demand::default() };
    let policies = |seconds| acme("{}").demanding(demand(seconds));
    let session = shown_ago(Span::minutes(6), [password()]);
    assert_eq!(outcome(&policies(60), &session, &has([])), Admitted);
    let decision = decide(&policies(59), &session, &has([]));
    assert!(decision.explanation().has(Code::ProofTooOld));
    assert_eq!(asked(decision), [Factor::Password]);
    // `prompt=login`, answered while the page was open.
    assert_eq!(
        outcome(&policies(0), &shown_ago(Span::minutes(1), [password()]), &has([])),
        Admitted
    );
    assert_eq!(outcome(&acme("{}").demanding(max_age(u64::MAX)), &session, &has([])), Admitted);
}

#[test]
fn a_request_that_another_node_dated_in_the_future_can_be_answered() {
    let asked_at = Some(now() + TimeDelta::minutes(1));
    let policies = acme("{}").demanding(Demand { asked_at, ..max_age(0) });
    let evidence = shown_ago(Span::ZERO, [password()]);
    assert_eq!(outcome(&policies, &evidence, &has([])), Admitted);
}

#[test]
fn an_upstream_that_has_answered_before_the_request_is_asked_again() {
    let demand = Demand { asked_at: Some(ago(Span::seconds(30))), ..max_age(0) };
    let policies = acme("{}").demanding(demand);
    let enrolled = Enrolled::new(vec![]).with_sources(["google"]);
    let decision = decide(&policies, &shown_ago(Span::minutes(2), [google()]), &enrolled);
    let Decision::Challenge(challenge) = decision else { panic!("not a challenge") };
    assert_eq!(challenge.sources, ["google"]);
}

// No proof

#[test]
fn without_any_proof_nobody_is_admitted() {
    let nothing = assurance::Evidence::new();
    for json in [
        r#"{ "mfa": "off", "social_logins": "exempt" }"#,
        "{}",
        r#"{ "mfa": "required", "grace": "7d" }"#,
    ] {
        let decision = decide(&acme_joined(Span::ZERO, json), &nothing, &has([Factor::Totp]));
        assert!(decision.explanation().has(Code::NoProof));
        let Decision::Challenge(challenge) = decision else { panic!("not a challenge") };
        assert!(!challenge.factors.is_empty() && challenge.sources == ["google"]);
        assert_eq!(outcome(&acme_joined(Span::ZERO, json), &nothing, &Enrolled::default()), Deny);
    }
}

#[test]
fn the_beginning_is_a_proof_that_stands_by_itself() {
    let decision = decide(
        &acme(r#"{ "mfa": "required" }"#),
        &assurance::Evidence::new(),
        &has([Factor::Totp]),
    );
    let Decision::Challenge(challenge) = decision else { panic!("not a challenge") };
    assert_eq!((challenge.factors, challenge.missing), (vec![Factor::Password], 2));
}
