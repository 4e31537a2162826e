//! `acr`, `amr` and `auth_time` say what was shown in this session.

use assurance::{Acr, Amr, Evidence, Factor, Method, Proof, Span, level_of};

use crate::fixtures::*;

fn claims(evidence: &Evidence) -> (Acr, Vec<&'static str>) {
    let off = acme(r#"{ "mfa": "off" }"#);
    let admitted = decide(&off, evidence, &has([])).admitted().unwrap();
    assert_eq!(admitted.level(), level_of(evidence), "no policy here counts more than the truth");
    (admitted.level(), admitted.amr().iter().map(|amr| amr.as_str()).collect())
}

#[test]
fn each_method_has_its_registered_value_or_none() {
    assert_eq!(claims(&shown([password()])), (Acr::Aal1, vec!["pwd"]));
    assert_eq!(claims(&shown([totp()])), (Acr::Aal1, vec!["otp"]));
    assert_eq!(claims(&shown([sms()])), (Acr::Aal1, vec!["sms"]));
    assert_eq!(claims(&shown([google()])), (Acr::Aal1, vec!["fed"]));
    assert_eq!(claims(&shown([key()])), (Acr::Aal1, vec!["swk"]));
    assert_eq!(claims(&shown([hardware_key()])), (Acr::Aal1, vec!["hwk"]));
    assert_eq!(claims(&shown([mail()])), (Acr::Aal1, vec![]));
    assert_eq!(claims(&shown([recovery_code()])), (Acr::Aal1, vec![]));
}

#[test]
fn mfa_is_said_where_two_kinds_were_shown() {
    assert_eq!(claims(&shown([password(), totp()])), (Acr::Aal2, vec!["pwd", "otp", "mfa"]));
    assert_eq!(claims(&shown([google(), totp()])), (Acr::Aal2, vec!["fed", "otp", "mfa"]));
    assert_eq!(claims(&shown([password(), recovery_code()])), (Acr::Aal2, vec!["pwd", "mfa"]));
    assert_eq!(claims(&shown([passkey()])), (Acr::Phr, vec!["swk", "mfa"]));
    assert_eq!(claims(&shown([password(), key()])), (Acr::Phr, vec!["pwd", "swk", "mfa"]));
    assert_eq!(
        claims(&shown([password(), hardware_key()])),
        (Acr::Phrh, vec!["pwd", "hwk", "mfa"])
    );
}

#[test]
fn one_kind_shown_twice_is_not_mfa() {
    assert_eq!(claims(&shown([totp(), key()])), (Acr::Aal1, vec!["otp", "swk"]));
    assert_eq!(claims(&shown([google(), password()])), (Acr::Aal1, vec!["fed", "pwd"]));
    let corp = Method::Federated(assurance::Federated::plain("corp"));
    assert_eq!(claims(&shown([google(), corp])), (Acr::Aal1, vec!["fed"]));
    assert_eq!(claims(&shown([password(), mail()])), (Acr::Aal1, vec!["pwd"]));
    assert_eq!(claims(&shown([password(), sms()])), (Acr::Aal1, vec!["pwd", "sms"]));
    assert_eq!(claims(&shown([google_mfa(Span::ZERO)])), (Acr::Aal1, vec!["fed"]));
}

#[test]
fn a_trusted_upstream_is_said_to_be_mfa_and_never_phishing_resistant() {
    let trust = acme(r#"{ "social_logins": "trust" }"#);
    let admitted =
        decide(&trust, &shown([google_mfa(Span::hours(1))]), &has([])).admitted().unwrap();
    assert_eq!(admitted.level(), Acr::Aal2);
    assert_eq!(admitted.amr(), [Amr::Fed, Amr::Mfa]);
    // One organisation that only exempts it vouches for nothing.
    let mixed = both(r#"{ "social_logins": "trust" }"#, r#"{ "social_logins": "exempt" }"#);
    let admitted =
        decide(&mixed, &shown([google_mfa(Span::hours(1))]), &has([])).admitted().unwrap();
    assert_eq!((admitted.level(), admitted.amr()), (Acr::Aal1, [Amr::Fed].as_slice()));
}

#[test]
fn auth_time_is_the_newest_proof_that_counted() {
    let time = |evidence: &Evidence, enrolled| {
        decide(&acme(r#"{ "mfa": "required" }"#), evidence, &enrolled)
            .admitted()
            .unwrap()
            .auth_time()
    };
    let mut evidence = shown_ago(Span::hours(1), [password(), totp()]);
    assert_eq!(time(&evidence, has([Factor::Totp])), ago(Span::hours(1)));
    evidence.record(Proof::new(sms(), ago(Span::minutes(1))));
    assert_eq!(
        time(&evidence, has([Factor::Totp])),
        ago(Span::hours(1)),
        "sms does not count here"
    );
    evidence.record(Proof::new(password(), ago(Span::minutes(2))));
    assert_eq!(time(&evidence, has([Factor::Totp])), ago(Span::minutes(2)));
    // The upstream's session was three hours old: the person was not there now.
    let social = shown([google_mfa(Span::hours(3))]);
    let exempt = acme(r#"{ "social_logins": "exempt" }"#);
    let admitted = decide(&exempt, &social, &has([])).admitted().unwrap();
    assert!(admitted.auth_time() <= ago(Span::minutes(179)));
}

#[test]
fn levels_are_in_order_and_have_names() {
    assert!(Acr::ALL.is_sorted());
    for acr in Acr::ALL {
        assert_eq!(acr.as_str().parse::<Acr>().unwrap(), acr);
        assert_eq!(serde_json::to_value(acr).unwrap(), acr.as_str());
    }
    assert!("AAL2".parse::<Acr>().is_err());
}

#[test]
fn all_sets_of_methods_have_the_level_that_the_table_says() {
    let all = [password(), totp(), recovery_code(), mail(), sms(), key(), passkey(), google()];
    for set in 0_u32..1 << all.len() {
        let has = |index: usize| set & (1 << index) != 0;
        let methods = (0..all.len()).filter(|index| has(*index)).map(|index| all[index].clone());
        let evidence: Evidence = methods.map(|method| Proof::new(method, now())).collect();
        let (stands, possession) = (has(0) || has(7) || has(6), has(1) || has(2) || has(5));
        let expected = match (has(6) || (stands && possession), has(5) || has(6)) {
            (false, _) => Acr::Aal1,
            (true, false) => Acr::Aal2,
            (true, true) => Acr::Phr,
        };
        assert_eq!(level_of(&evidence), expected, "{evidence:?}");
    }
}
