//! The rows `mfa`, `factors` and `phishing_resistant`, and what may be enrolled by whom.

use assurance::{Acr, Code, Decision, Factor, Outcome, Proof, Span};

use crate::fixtures::*;

use Outcome::{Admitted, Challenge, Enrol};

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
