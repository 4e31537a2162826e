//! Short names for what the tests are made of.

use assurance::{
    Decision, Demand, Enrolled, EnrolledFactor, Evidence, Factor, Federated, Held, Method, Outcome,
    Policies, Policy, Proof, Span, admit,
};
use chrono::{DateTime, Utc};

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub(crate) fn ago(span: Span) -> DateTime<Utc> {
    span.before(now())
}

/// A policy as it stands in a blueprint.
pub(crate) fn policy(json: &str) -> Policy {
    serde_json::from_str(json).unwrap()
}

/// The policy of an organisation that was joined, and holds, since long ago.
pub(crate) fn held(slug: &str, policy: Policy) -> Held {
    Held::organisation(slug, slug.to_uppercase(), policy, ago(Span::days(90)), ago(Span::days(90)))
}

pub(crate) fn acme(json: &str) -> Policies {
    Policies::new("ada").with(held("acme", policy(json)))
}

/// The person joined so long ago.
pub(crate) fn acme_joined(age: Span, json: &str) -> Policies {
    let start = ago(Span::days(90));
    let held = Held::organisation("acme", "Acme", policy(json), ago(age), start);
    Policies::new("ada").with(held)
}

pub(crate) fn both(acme: &str, beta: &str) -> Policies {
    Policies::new("ada").with(held("acme", policy(acme))).with(held("beta", policy(beta)))
}

pub(crate) fn password() -> Method {
    Method::Password
}

pub(crate) fn totp() -> Method {
    Method::Totp { credential: "totp".to_owned() }
}

pub(crate) fn recovery_code() -> Method {
    Method::Static { credential: "static".to_owned() }
}

pub(crate) fn mail() -> Method {
    Method::Email { address: "ada@acme.example".to_owned() }
}

pub(crate) fn sms() -> Method {
    Method::Sms { number: "+4915112345678".to_owned() }
}

/// WebAuthn without user verification.
pub(crate) fn key() -> Method {
    Method::Webauthn { credential: "webauthn".to_owned(), user_verified: false, hardware: false }
}

/// WebAuthn with user verification.
pub(crate) fn passkey() -> Method {
    Method::Webauthn { credential: "webauthn".to_owned(), user_verified: true, hardware: false }
}

pub(crate) fn hardware_key() -> Method {
    Method::Webauthn { credential: "yubikey".to_owned(), user_verified: false, hardware: true }
}

pub(crate) fn google() -> Method {
    Method::Federated(Federated::plain("google"))
}

/// Google says in signed claims that it proved MFA, so long ago.
pub(crate) fn google_mfa(age: Span) -> Method {
    Method::Federated(Federated {
        source: "google".to_owned(),
        amr: vec!["pwd".to_owned(), "mfa".to_owned()],
        acr: None,
        auth_time: Some(ago(age)),
        signed: true,
    })
}

/// All of these, shown one second ago.
pub(crate) fn shown<const N: usize>(methods: [Method; N]) -> Evidence {
    shown_ago(Span::seconds(1), methods)
}

pub(crate) fn shown_ago<const N: usize>(age: Span, methods: [Method; N]) -> Evidence {
    methods.into_iter().map(|method| Proof::new(method, ago(age))).collect()
}

/// The person has a password and these.
pub(crate) fn has<const N: usize>(factors: [Factor; N]) -> Enrolled {
    let second = factors.into_iter().map(|factor| EnrolledFactor::new(factor, factor.as_str()));
    let password = EnrolledFactor::new(Factor::Password, "password");
    Enrolled::new([password].into_iter().chain(second).collect()).with_sources(["google"])
}

pub(crate) fn decide(policies: &Policies, evidence: &Evidence, enrolled: &Enrolled) -> Decision {
    admit(policies, evidence, enrolled, now())
}

pub(crate) fn outcome(policies: &Policies, evidence: &Evidence, enrolled: &Enrolled) -> Outcome {
    decide(policies, evidence, enrolled).outcome()
}

pub(crate) fn asked(decision: Decision) -> Vec<Factor> {
    match decision {
        Decision::Challenge(challenge) => challenge.factors,
        other => panic!("not a challenge: {other:?}"),
    }
}

pub(crate) fn to_enrol(decision: Decision) -> Vec<Factor> {
    match decision {
        Decision::Enrol(enrol) => enrol.factors,
        other => panic!("nothing to enrol: {other:?}"),
    }
}

pub(crate) fn max_age(seconds: u64) -> Demand {
    Demand { max_age: Some(seconds), ..Demand::default() }
}
