//! Report mode, several organisations, none, and the client's.

use assurance::{Code, Decision, Demand, Factor, Held, Key, Outcome, Policies, Policy, Span};

use crate::fixtures::*;

use Outcome::{Admitted, Challenge, Deny, Enrol};

// mode

#[test]
fn report_changes_no_login_and_records_what_it_would_have_done() {
    let policies = both("{}", r#"{ "mfa": "required", "mode": "report" }"#);
    let admitted = decide(&policies, &shown([password()]), &has([])).admitted().unwrap();
    let [would_have] = admitted.explanation().report.as_slice() else { panic!("one report") };
    assert_eq!(would_have.outcome, Enrol);
    assert_eq!(would_have.reasons[0].code, Code::MfaRequired);
    assert_eq!(would_have.origin.name(), Some("BETA"));
}

#[test]
fn where_all_policies_only_report_the_default_one_decides() {
    let report = acme(r#"{ "mfa": "required", "mode": "report" }"#);
    assert_eq!(outcome(&report, &shown([password()]), &has([Factor::Totp])), Challenge);
    assert_eq!(outcome(&report, &shown([password()]), &has([])), Admitted);
}

// Several organisations, none, a client's

#[test]
fn the_strictest_of_each_key_holds() {
    let policies = both(
        r#"{ "mfa": "required", "social_logins": "exempt", "factors": ["webauthn", "totp"] }"#,
        r#"{ "mfa": "off", "social_logins": "require_mfa", "factors": ["totp", "sms"] }"#,
    );
    let joined = policies.join();
    assert_eq!(joined.allowed().iter().collect::<Vec<_>>(), [Factor::Totp]);
    assert_eq!(outcome(&policies, &shown([google()]), &has([Factor::Totp])), Challenge);
}

#[test]
fn two_organisations_that_trust_must_both_be_satisfied() {
    let trust = |value: &str| {
        format!(
            r#"{{ "mfa": "required", "sources": {{ "google": {{ "social_logins": "trust", "amr": ["{value}"] }} }} }}"#
        )
    };
    let login = [google_mfa(Span::hours(1))];
    let enrolled = has([Factor::Totp]);
    assert_eq!(
        outcome(&both(&trust("mfa"), &trust("pwd")), &shown(login.clone()), &enrolled),
        Admitted
    );
    assert_eq!(outcome(&both(&trust("mfa"), &trust("hwk")), &shown(login), &enrolled), Challenge);
}

#[test]
fn organisations_without_a_common_factor_deny_whoever_needs_one() {
    let policies = both(
        r#"{ "mfa": "required", "factors": ["webauthn"] }"#,
        r#"{ "mfa": "optional", "factors": ["totp"] }"#,
    );
    let policies = policies.with(held("gamma", Policy::default()));
    let Decision::Deny(deny) = decide(&policies, &shown([password()]), &has([Factor::Totp])) else {
        panic!("not a denial")
    };
    let parties = deny.disagreement.clone().unwrap().parties;
    let names: Vec<_> = parties.iter().map(|party| party.origin.name().unwrap()).collect();
    assert_eq!(names, ["ACME", "BETA"], "gamma agrees with both");
    assert!(deny.explanation.reasons.iter().all(|reason| reason.key == Some(Key::Factors)));
    assert_eq!(policies.disagreement(), deny.disagreement);
    assert_eq!(outcome(&policies, &shown([passkey()]), &has([Factor::Webauthn])), Deny);
}

#[test]
fn a_disagreement_denies_nobody_who_needs_no_factor() {
    let policies = both(r#"{ "factors": ["webauthn"] }"#, r#"{ "factors": ["totp"] }"#);
    assert_eq!(outcome(&policies, &shown([password()]), &has([])), Admitted);
    assert!(policies.disagreement().is_some());
}

#[test]
fn a_person_in_no_organisation_has_the_default_policy() {
    let none = Policies::new("ada");
    assert_eq!(none.join(), acme("{}").join());
    assert_eq!(outcome(&none, &shown([password()]), &has([Factor::Totp])), Challenge);
    assert_eq!(
        outcome(&none.demanding(Demand::sensitive()), &shown([password()]), &has([])),
        Admitted
    );
}

#[test]
fn the_policy_of_the_clients_organisation_joins_in() {
    let client =
        Held::client("wiki", "Wiki", policy(r#"{ "mfa": "required" }"#), ago(Span::days(1)));
    let policies = Policies::new("ada").with(client);
    let decision = decide(&policies, &shown([password()]), &has([]));
    assert_eq!(decision.explanation().reasons[0].origin.as_ref().unwrap().name(), Some("Wiki"));
    assert_eq!(decision.outcome(), Enrol);
    let off = Held::client("wiki", "Wiki", policy(r#"{ "mfa": "off" }"#), ago(Span::days(1)));
    assert_eq!(
        outcome(&Policies::new("ada").with(off), &shown([password()]), &has([Factor::Totp])),
        Challenge
    );
}
