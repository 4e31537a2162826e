//! The rows `grace`, `recent`, `remember_device` and `session`, and clocks that disagree.

use assurance::{
    Acr, Code, Decision, Demand, Factor, Held, Outcome, Policies, Proof, RememberedDevice, Span,
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::fixtures::*;

use Outcome::{Admitted, Challenge, Enrol};

// grace

#[test]
fn grace_runs_from_joining_or_from_the_start_whichever_is_later() {
    let json = r#"{ "mfa": "required", "grace": "7d" }"#;
    let admitted = decide(&acme_joined(Span::days(6), json), &shown([password()]), &has([]))
        .admitted()
        .unwrap();
    assert_eq!(admitted.enrol_by(), Some(now() + TimeDelta::days(1)));
    assert!(admitted.explanation().has(Code::Grace));
    let Decision::Enrol(enrol) =
        decide(&acme_joined(Span::days(7), json), &shown([password()]), &has([]))
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
    let policies = acme_joined(Span::ZERO, json);
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
