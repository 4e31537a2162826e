//! The rows `social_logins` and `sources.<name>`.

use assurance::{Acr, Code, Factor, Outcome, Span};
use chrono::{DateTime, Utc};

use crate::fixtures::*;

use Outcome::{Admitted, Challenge, Enrol};

// social_logins, sources

#[test]
fn social_logins_exempt_count_as_they_are() {
    let exempt = acme(r#"{ "mfa": "required", "social_logins": "exempt" }"#);
    let admitted = decide(&exempt, &shown([google()]), &has([])).admitted().unwrap();
    assert_eq!(admitted.level(), Acr::Aal1);
    assert!(admitted.explanation().has(Code::SocialLoginExempt));
    assert_eq!(outcome(&exempt, &shown([password()]), &has([Factor::Totp])), Challenge);
}

#[test]
fn social_logins_trust_needs_what_the_upstream_proved() {
    let trust = acme(r#"{ "mfa": "required", "social_logins": "trust" }"#);
    let admitted =
        decide(&trust, &shown([google_mfa(Span::hours(1))]), &has([])).admitted().unwrap();
    assert_eq!(admitted.level(), Acr::Aal2);
    assert!(admitted.explanation().has(Code::UpstreamTrusted));
    assert_eq!(outcome(&trust, &shown([google()]), &has([])), Enrol);
    assert_eq!(outcome(&trust, &shown([google()]), &has([Factor::Totp])), Challenge);
}

#[test]
fn trust_needs_signed_fresh_and_present_claims() {
    let trust = acme(
        r#"{ "mfa": "required", "sources": { "google": {
            "social_logins": "trust", "amr": ["hwk"], "acr": ["urn:gold"], "within": "12h" } } }"#,
    );
    let login = |amr: &[&str], acr: Option<&str>, age: Option<Span>, signed: bool| {
        let federated = assurance::Federated {
            source: "google".to_owned(),
            amr: amr.iter().map(|amr| (*amr).to_owned()).collect(),
            acr: acr.map(str::to_owned),
            auth_time: age.map(ago),
            signed,
        };
        decide(&trust, &shown([assurance::Method::Federated(federated)]), &has([Factor::Totp]))
    };
    let hour = Some(Span::hours(1));
    assert_eq!(login(&["pwd", "hwk"], None, hour, true).outcome(), Admitted);
    assert_eq!(login(&[], Some("urn:gold"), hour, true).outcome(), Admitted);
    assert_eq!(login(&["mfa"], Some("urn:silver"), hour, true).outcome(), Challenge);
    assert_eq!(login(&["HWK"], None, hour, true).outcome(), Challenge);
    let unsigned = login(&["hwk"], None, hour, false);
    assert!(unsigned.explanation().has(Code::UpstreamProofUnsigned));
    let timeless = login(&["hwk"], None, None, true);
    assert!(timeless.explanation().has(Code::UpstreamProofStale));
    let stale = login(&["hwk"], None, Some(Span::hours(13)), true);
    assert!(stale.explanation().has(Code::UpstreamProofStale));
    let missing = login(&["pwd"], None, hour, true);
    assert!(missing.explanation().has(Code::UpstreamProofMissing));
    assert!(missing.explanation().has(Code::SocialLoginNeedsMfa));
}

#[test]
fn an_auth_time_in_the_future_is_not_fresher_than_the_login() {
    let trust = acme(r#"{ "mfa": "required", "social_logins": "trust" }"#);
    let assurance::Method::Federated(mut login) = google_mfa(Span::ZERO) else {
        panic!("federated")
    };
    login.auth_time = Some(DateTime::<Utc>::MAX_UTC);
    let proof = assurance::Method::Federated(login);
    assert_eq!(
        outcome(&trust, &shown_ago(Span::hours(13), [proof]), &has([Factor::Totp])),
        Challenge
    );
}

#[test]
fn a_source_has_its_own_rule_before_the_general_one() {
    let one = acme(
        r#"{ "mfa": "required", "social_logins": "exempt", "sources": { "google": "require_mfa" } }"#,
    );
    assert_eq!(outcome(&one, &shown([google()]), &has([Factor::Totp])), Challenge);
    let corp = assurance::Method::Federated(assurance::Federated::plain("corp"));
    assert_eq!(outcome(&one, &shown([corp]), &has([Factor::Totp])), Admitted);
}
