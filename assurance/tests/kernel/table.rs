//! Each row of the table of policy keys, and of the rules for several organisations.

use assurance::{
    Acr, Code, Decision, Demand, Enrolled, EnrolledFactor, Factor, Held, Key, Outcome, Policies,
    Policy, Proof, RememberedDevice, Span,
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::fixtures::*;

use Outcome::{Admitted, Challenge, Deny, Enrol};

// mfa

#[test]
fn mfa_off_asks_nothing() {
    let off = acme(r#"{ "mfa": "off" }"#);
    for proof in [password(), google(), mail(), totp(), key()] {
        assert_eq!(outcome(&off, &shown([proof]), &has([Factor::Totp])), Admitted);
    }
}

#[test]
fn mfa_optional_asks_whoever_has_a_factor() {
    let optional = acme("{}");
    assert_eq!(outcome(&optional, &shown([password()]), &has([])), Admitted);
    assert_eq!(
        asked(decide(&optional, &shown([password()]), &has([Factor::Totp]))),
        [Factor::Totp]
    );
    assert_eq!(outcome(&optional, &shown([google()]), &has([])), Admitted);
    assert_eq!(asked(decide(&optional, &shown([google()]), &has([Factor::Totp]))), [Factor::Totp]);
    assert_eq!(outcome(&optional, &shown([password(), totp()]), &has([Factor::Totp])), Admitted);
}

#[test]
fn mfa_optional_asks_for_what_the_person_has_and_never_less() {
    let keys_only = acme(r#"{ "factors": ["webauthn"] }"#);
    let has_totp = has([Factor::Totp]);
    assert_eq!(asked(decide(&keys_only, &shown([password()]), &has_totp)), [Factor::Totp]);
    assert_eq!(outcome(&keys_only, &shown([password(), totp()]), &has_totp), Admitted);
    let has_both = has([Factor::Totp, Factor::Webauthn]);
    assert_eq!(
        asked(decide(&keys_only, &shown([password(), totp()]), &has_both)),
        [Factor::Webauthn]
    );
}

#[test]
fn mfa_required_asks_always_and_enrols_a_member_with_none() {
    let required = acme(r#"{ "mfa": "required" }"#);
    let new = [Factor::Webauthn, Factor::Totp, Factor::Static];
    assert_eq!(to_enrol(decide(&required, &shown([password()]), &has([]))), new);
    assert_eq!(to_enrol(decide(&required, &shown([google()]), &has([]))), new);
    assert_eq!(
        asked(decide(&required, &shown([password()]), &has([Factor::Totp]))),
        [Factor::Totp]
    );
    assert_eq!(outcome(&required, &shown([password(), totp()]), &has([Factor::Totp])), Admitted);
    assert_eq!(outcome(&required, &shown([passkey()]), &has([Factor::Webauthn])), Admitted);
}

#[test]
fn a_key_without_user_verification_is_one_factor() {
    let required = acme(r#"{ "mfa": "required" }"#);
    let decision = decide(&required, &shown([key()]), &has([Factor::Webauthn]));
    assert_eq!(asked(decision), [Factor::Webauthn, Factor::Password]);
    let Decision::Challenge(challenge) =
        decide(&required, &shown([key()]), &has([Factor::Webauthn]))
    else {
        panic!("not a challenge")
    };
    assert!(challenge.user_verification);
    let Decision::Challenge(challenge) =
        decide(&required, &shown([password()]), &has([Factor::Webauthn]))
    else {
        panic!("not a challenge")
    };
    assert!(!challenge.user_verification);
}

#[test]
fn two_possessions_are_one_kind() {
    let required =
        acme(r#"{ "mfa": "required", "factors": ["totp", "static", "webauthn", "email", "sms"] }"#);
    let enrolled = has([Factor::Totp, Factor::Webauthn, Factor::Email]);
    for pair in [[totp(), key()], [mail(), totp()], [mail(), sms()], [totp(), recovery_code()]] {
        let decision = decide(&required, &shown(pair), &enrolled);
        assert!(decision.explanation().has(Code::OneKindOnly), "{decision:?}");
        assert_eq!(asked(decision), [Factor::Webauthn, Factor::Password]);
    }
}

#[test]
fn a_social_login_and_a_password_are_not_two_kinds() {
    let required = acme(r#"{ "mfa": "required" }"#);
    assert_eq!(outcome(&required, &shown([google(), password()]), &has([Factor::Totp])), Challenge);
}

#[test]
fn a_code_and_a_link_to_one_mailbox_are_one_factor() {
    let named = acme(r#"{ "mfa": "required", "factors": ["email"] }"#);
    let mut evidence = shown([mail()]);
    let again = assurance::Method::Email { address: "Ada@Acme.example".to_owned() };
    evidence.record(Proof::new(again, now()));
    assert_eq!(evidence.proofs().len(), 1);
    assert_eq!(asked(decide(&named, &evidence, &has([Factor::Email]))), [Factor::Password]);
}

#[test]
fn a_mailbox_alone_admits_where_no_mfa_is_demanded() {
    let admitted = decide(&acme("{}"), &shown([mail()]), &has([])).admitted().unwrap();
    assert_eq!(admitted.level(), Acr::Aal1);
    assert_eq!(outcome(&acme(r#"{ "mfa": "required" }"#), &shown([mail()]), &has([])), Enrol);
}

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

// factors, phishing_resistant

#[test]
fn only_listed_factors_count() {
    let totp_only = acme(r#"{ "mfa": "required", "factors": ["totp"] }"#);
    let enrolled = has([Factor::Totp, Factor::Static, Factor::Webauthn]);
    for second in [recovery_code(), key(), sms(), mail()] {
        let decision = decide(&totp_only, &shown([password(), second]), &enrolled);
        assert!(decision.explanation().has(Code::FactorNotAllowed));
        assert_eq!(asked(decision), [Factor::Totp]);
    }
    assert_eq!(outcome(&totp_only, &shown([passkey()]), &enrolled), Challenge);
    assert_eq!(outcome(&totp_only, &shown([passkey(), totp()]), &enrolled), Admitted);
}

#[test]
fn email_and_sms_count_only_where_named() {
    let required = acme(r#"{ "mfa": "required" }"#);
    let named = acme(r#"{ "mfa": "required", "factors": ["email", "sms"] }"#);
    for second in [mail(), sms()] {
        let evidence = shown([password(), second]);
        let enrolled = has([Factor::Email, Factor::Sms]);
        assert_eq!(outcome(&required, &evidence, &enrolled), Enrol);
        assert_eq!(decide(&named, &evidence, &enrolled).admitted().unwrap().level(), Acr::Aal2);
    }
}

#[test]
fn phishing_resistant_is_satisfied_by_webauthn_alone() {
    let strict = r#"{ "mfa": "required", "social_logins": "exempt", "phishing_resistant": true }"#;
    let enrolled = has([Factor::Totp, Factor::Webauthn]);
    for refused in [shown([password(), totp()]), shown([google()]), shown([google_mfa(Span::ZERO)])]
    {
        let decision = decide(&acme(strict), &refused, &enrolled);
        assert!(decision.explanation().has(Code::PhishingResistantRequired));
        assert_eq!(asked(decision), [Factor::Webauthn]);
    }
    for admitted in [shown([password(), key()]), shown([passkey()]), shown([google(), key()])] {
        assert_eq!(outcome(&acme(strict), &admitted, &enrolled), Admitted);
    }
}

// Enrolling

#[test]
fn whoever_has_a_factor_shows_it_before_enrolling_another() {
    let keys_only = acme(r#"{ "mfa": "required", "factors": ["webauthn"] }"#);
    let enrolled = has([Factor::Totp]);
    let decision = decide(&keys_only, &shown([password()]), &enrolled);
    assert!(decision.explanation().has(Code::ProveBeforeEnrolling));
    assert_eq!(asked(decision), [Factor::Totp]);
    let decision = decide(&keys_only, &shown([password(), totp()]), &enrolled);
    assert_eq!(to_enrol(decision), [Factor::Webauthn]);
}

#[test]
fn a_weak_factor_does_not_open_enrolling_to_whoever_has_a_strong_one() {
    let keys_only = acme(r#"{ "mfa": "required", "factors": ["webauthn"] }"#);
    let decision =
        decide(&keys_only, &shown([password(), sms()]), &has([Factor::Sms, Factor::Totp]));
    assert_eq!(asked(decision), [Factor::Totp]);
}

#[test]
fn enrolling_needs_a_recent_proof() {
    let required = acme(r#"{ "mfa": "required" }"#);
    let old = shown_ago(Span::hours(1), [password()]);
    assert_eq!(asked(decide(&required, &old, &has([]))), [Factor::Password]);
}

// grace

fn joined(age: Span, json: &str) -> Policies {
    let start = ago(Span::days(90));
    Policies::new("ada").with(Held::organisation("acme", "Acme", policy(json), ago(age), start))
}

#[test]
fn grace_runs_from_joining_or_from_the_start_whichever_is_later() {
    let json = r#"{ "mfa": "required", "grace": "7d" }"#;
    let admitted =
        decide(&joined(Span::days(6), json), &shown([password()]), &has([])).admitted().unwrap();
    assert_eq!(admitted.enrol_by(), Some(now() + TimeDelta::days(1)));
    assert!(admitted.explanation().has(Code::Grace));
    let Decision::Enrol(enrol) =
        decide(&joined(Span::days(7), json), &shown([password()]), &has([]))
    else {
        panic!("grace ends on the deadline")
    };
    assert_eq!(enrol.deadline, Some(now()));
    assert!(enrol.explanation.has(Code::GraceOver));

    let old_member =
        Held::organisation("acme", "Acme", policy(json), ago(Span::days(90)), ago(Span::days(1)));
    let policies = Policies::new("ada").with(old_member);
    assert_eq!(outcome(&policies, &shown([google()]), &has([])), Admitted);
}

#[test]
fn grace_lets_nobody_in_with_less_than_they_have() {
    let json = r#"{ "mfa": "required", "phishing_resistant": true, "grace": "7d" }"#;
    let policies = joined(Span::ZERO, json);
    assert_eq!(
        asked(decide(&policies, &shown([password()]), &has([Factor::Totp]))),
        [Factor::Totp]
    );
    let admitted =
        decide(&policies, &shown([password(), totp()]), &has([Factor::Totp])).admitted().unwrap();
    assert_eq!(admitted.enrol_by(), Some(now() + TimeDelta::days(7)));
    let has_both = has([Factor::Totp, Factor::Webauthn]);
    assert_eq!(
        asked(decide(&policies, &shown([password(), totp()]), &has_both)),
        [Factor::Webauthn]
    );
}

#[test]
fn no_grace_is_none_even_if_another_node_joined_them_in_the_future() {
    let later = now() + TimeDelta::minutes(5);
    let held = Held::organisation("acme", "Acme", policy(r#"{ "mfa": "required" }"#), later, later);
    assert_eq!(outcome(&Policies::new("ada").with(held), &shown([password()]), &has([])), Enrol);
}

#[test]
fn the_shortest_grace_holds() {
    let long = Held::organisation(
        "a",
        "A",
        policy(r#"{ "mfa": "required", "grace": "7d" }"#),
        now(),
        now(),
    );
    let short = Held::organisation(
        "b",
        "B",
        policy(r#"{ "mfa": "required", "grace": "1d" }"#),
        now(),
        now(),
    );
    let policies = Policies::new("ada").with(long).with(short);
    let admitted = decide(&policies, &shown([password()]), &has([])).admitted().unwrap();
    assert_eq!(admitted.enrol_by(), Some(now() + TimeDelta::days(1)));
}

// recent, remember_device, session

#[test]
fn a_sensitive_act_needs_a_recent_proof_of_a_second_factor_where_mfa_is_demanded() {
    let sensitive = acme("{}").demanding(Demand::sensitive());
    let quarter = Span::minutes(15);
    assert_eq!(outcome(&sensitive, &shown_ago(quarter, [password()]), &has([])), Admitted);
    let older = Span::seconds(quarter.as_seconds() + 1);
    let decision = decide(&sensitive, &shown_ago(older, [password()]), &has([]));
    assert!(decision.explanation().has(Code::ProofTooOld));
    assert_eq!(asked(decision), [Factor::Password]);

    let enrolled = has([Factor::Totp]);
    let mut session = shown_ago(Span::hours(1), [password(), totp()]);
    session.record(Proof::new(password(), now()));
    assert_eq!(asked(decide(&sensitive, &session, &enrolled)), [Factor::Totp]);
    session.record(Proof::new(totp(), now()));
    assert_eq!(outcome(&sensitive, &session, &enrolled), Admitted);
}

#[test]
fn the_upstreams_old_session_is_no_recent_proof() {
    let sensitive = acme("{}").demanding(Demand::sensitive());
    let decision = decide(&sensitive, &shown([google_mfa(Span::hours(2))]), &has([]));
    let Decision::Challenge(challenge) = decision else { panic!("not a challenge") };
    assert_eq!(challenge.factors, [Factor::Password]);
    assert!(challenge.sources.is_empty(), "it has just answered");
}

fn remembered(age: Span, factor: Factor) -> assurance::Evidence {
    let mut evidence = shown([password()]);
    evidence.remember(RememberedDevice { device: "laptop".to_owned(), factor, at: ago(age) });
    evidence
}

#[test]
fn a_remembered_device_stands_in_for_its_factor_while_the_window_is_open() {
    let month = acme(r#"{ "mfa": "required", "remember_device": "30d" }"#);
    let enrolled = has([Factor::Totp]);
    let admitted =
        decide(&month, &remembered(Span::days(30), Factor::Totp), &enrolled).admitted().unwrap();
    assert_eq!(admitted.level(), Acr::Aal1, "it is no proof of this session");
    assert!(admitted.explanation().has(Code::DeviceRemembered));
    assert_eq!(outcome(&month, &remembered(Span::days(31), Factor::Totp), &enrolled), Challenge);
    assert_eq!(outcome(&month, &remembered(Span::days(1), Factor::Sms), &enrolled), Challenge);
    assert_eq!(
        outcome(
            &acme(r#"{ "mfa": "required" }"#),
            &remembered(Span::ZERO, Factor::Totp),
            &enrolled
        ),
        Challenge
    );
}

#[test]
fn a_remembered_device_satisfies_no_sensitive_act_and_no_acr() {
    let month = acme(r#"{ "mfa": "required", "remember_device": "30d" }"#);
    let evidence = remembered(Span::days(1), Factor::Totp);
    for demand in [Demand::sensitive(), Demand::essential(Acr::Aal2), Demand::voluntary(Acr::Aal2)]
    {
        assert_eq!(
            outcome(&month.clone().demanding(demand), &evidence, &has([Factor::Totp])),
            Challenge
        );
    }
}

#[test]
fn a_remembered_device_alone_is_nothing() {
    let mut evidence = assurance::Evidence::new();
    evidence.remember(RememberedDevice {
        device: "laptop".to_owned(),
        factor: Factor::Webauthn,
        at: now(),
    });
    let decision =
        decide(&acme(r#"{ "remember_device": "30d" }"#), &evidence, &has([Factor::Totp]));
    assert!(decision.explanation().has(Code::NoProof));
    assert_eq!(decision.outcome(), Challenge);
}

#[test]
fn the_shortest_session_holds() {
    let limit = |policies: &Policies| {
        decide(policies, &shown([password()]), &has([])).admitted().unwrap().session_limit()
    };
    assert_eq!(limit(&acme("{}")), None);
    assert_eq!(limit(&both(r#"{ "session": "12h" }"#, "{}")), Some(TimeDelta::hours(12)));
    assert_eq!(
        limit(&both(r#"{ "session": "12h" }"#, r#"{ "session": "8h" }"#)),
        Some(TimeDelta::hours(8))
    );
}

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
        let decision = decide(&joined(Span::ZERO, json), &nothing, &has([Factor::Totp]));
        assert!(decision.explanation().has(Code::NoProof));
        let Decision::Challenge(challenge) = decision else { panic!("not a challenge") };
        assert!(!challenge.factors.is_empty() && challenge.sources == ["google"]);
        assert_eq!(outcome(&joined(Span::ZERO, json), &nothing, &Enrolled::default()), Deny);
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

// Time

#[test]
fn proofs_from_the_future_are_no_fresher_than_now() {
    let mut evidence = shown([password()]);
    evidence.record(Proof::new(password(), DateTime::<Utc>::MAX_UTC));
    let policies = acme("{}").demanding(Demand::sensitive());
    let admitted = decide(&policies, &evidence, &has([])).admitted().unwrap();
    assert_eq!(admitted.auth_time(), now());
}

#[test]
fn no_moment_and_no_span_overflows() {
    let json = r#"{ "mfa": "required", "grace": "36500d", "recent": "36500d", "remember_device": "36500d", "session": "36500d" }"#;
    for moment in [DateTime::<Utc>::MIN_UTC, now(), DateTime::<Utc>::MAX_UTC] {
        let held = Held::organisation("acme", "Acme", policy(json), moment, moment);
        let demand = Demand { sensitive: true, ..max_age(u64::MAX) };
        let policies = Policies::new("ada").with(held).demanding(demand);
        for other in [DateTime::<Utc>::MIN_UTC, now(), DateTime::<Utc>::MAX_UTC] {
            let mut evidence: assurance::Evidence = [password(), google_mfa(Span::MAX)]
                .map(|method| Proof::new(method, other))
                .into_iter()
                .collect();
            evidence.remember(RememberedDevice {
                device: "d".to_owned(),
                factor: Factor::Totp,
                at: other,
            });
            for at in [DateTime::<Utc>::MIN_UTC, now(), DateTime::<Utc>::MAX_UTC] {
                let _ = assurance::admit(&policies, &evidence, &has([Factor::Totp]), at);
            }
        }
    }
}
