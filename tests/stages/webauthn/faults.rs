//! Answers with one thing wrong (A-85, CVE-2026-0723; ): each is refused, for
//! the reason that it is about, and changes nothing.

use data_encoding::BASE64URL_NOPAD as B64;
use serde_json::json;

use super::*;
use crate::harness::Fault;

const ORIGINS: &[&str] = &[
    "http://id.acme.example",
    "https://acme.example",
    "https://badid.acme.example",
    "https://badacme.example",
    "https://evil.id.acme.example",
    "https://id.acme.example:8443",
    "https://id.acme.example.evil.example",
    "https://id.acme.example/",
    "https://ID.acme.example",
    "https://id.acme.example:443",
    "https://evil.example",
    "null",
    "",
];

/// What is wrong with every ceremony, and the reason in the audit trail.
fn faults() -> Vec<(Fault, &'static str)> {
    let mut faults = vec![
        (Fault::Id, "id"),
        (Fault::RawId, "id"),
        (Fault::Type, "type"),
        (Fault::ClientType, "type"),
        (Fault::Challenge, "challenge"),
        (Fault::CrossOrigin, "cross_origin"),
        (Fault::TopOrigin, "cross_origin"),
        (Fault::RelyingParty, "relying_party"),
        (Fault::Presence, "user_presence"),
        (Fault::BackupState, "backup_flags"),
    ];
    faults.extend(ORIGINS.iter().map(|origin| (Fault::Origin(origin), "origin")));
    faults
}

/// What is wrong with an assertion.
fn assertion_faults() -> Vec<(Fault, &'static str)> {
    let mut faults = faults();
    faults.extend([
        (Fault::BothIds, "unknown"),
        (Fault::Signature, "signature"),
        (Fault::Key, "signature"),
        (Fault::UserHandle, "user_handle"),
        (Fault::BackupEligible, "backup_flags"),
    ]);
    faults
}

async fn each_is_refused(
    app: &TestApp,
    slug: &str,
    authenticator: &mut Authenticator,
    faults: Vec<(Fault, &str)>,
) {
    for (fault, reason) in faults {
        let before = rows(app, ADA).await;
        let events = app.events_of("factor_checked").await.len();
        let browser = app.browser();
        let walk = reach(&browser, slug, (ADA, PASSWORD)).await;
        let asked = options(&walk);
        let credential = authenticator.assert_with(&asked, &fault);
        let walk = walk.answer(json!({ "credential": credential })).await.asks("webauthn");
        let error = if reason == "unknown" { "webauthn.unknown" } else { "webauthn.failed" };
        assert_eq!(walk.errors(), [error], "{fault:?}: {walk:?}");
        assert_eq!(last_reason(app, "factor_checked").await, reason, "{fault:?}");
        assert_eq!(app.events_of("factor_checked").await.len(), events + 1, "{fault:?}");
        assert_eq!(rows(app, ADA).await, before, "{fault:?}");
        assert_ne!(options(&walk)["challenge"], asked["challenge"], "{fault:?}");
        assert_nobody(&browser).await;
    }
    // The authenticator is as good as ever.
    let walk = reach(&app.browser(), slug, (ADA, PASSWORD)).await;
    let walk = touch(walk, authenticator).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_signs_in_alone_is_refused_for_anything_wrong() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let mut faults = assertion_faults();
    faults.push((Fault::Verification, "user_verification"));
    faults.push((Fault::NoUserHandle, "user_handle"));
    each_is_refused(&app, "alone", &mut telephone, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_refused_for_anything_wrong() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    each_is_refused(&app, "second", &mut telephone, assertion_faults()).await;
    // As a second factor it need not say whose it is.
    let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
    let credential = telephone.assert_with(&options(&walk), &Fault::NoUserHandle);
    let walk = walk.answer(json!({ "credential": credential })).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_does_not_grow_is_refused_and_a_sign_of_danger() {
    let app = app().await;
    let mut key = bound(&app, Authenticator::security_key(ORIGIN)).await;
    key.counter = Some(6);
    let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
    let walk = touch(walk, &mut key).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let faults = [0, 1, 6, 7].map(|counter| (Fault::Counter(counter), "counter"));
    each_is_refused(&app, "second", &mut key, faults.to_vec()).await;
    let events = app.events_of("factor_checked").await;
    let dangers = events.iter().filter(|it| it.data.0["risk"] == "cloned_authenticator");
    assert_eq!(dangers.count(), 4);
    // Wrong in another way as well, it is not even looked at.
    let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
    let mut credential = key.assert_with(&options(&walk), &Fault::Counter(900));
    credential["response"]["signature"] = json!("MEUCIQ");
    let walk = walk.answer(json!({ "credential": credential })).await;
    assert_refused(&walk, "webauthn.failed");
    assert!(passkeys(&app, ADA).await[0].counter < 900);
}

/// A key that does not sync says BS without BE.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_backed_up_is_not() {
    let app = app().await;
    let mut key = bound(&app, Authenticator::security_key(ORIGIN)).await;
    let faults = [Fault::BackupState, Fault::BackupEligible].map(|fault| (fault, "backup_flags"));
    each_is_refused(&app, "second", &mut key, faults.to_vec()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_credential_is_refused_for_anything_wrong() {
    let app = app().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let mut faults = faults();
    faults.extend([
        (Fault::BothIds, "id"),
        (Fault::Algorithm, "algorithm"),
        (Fault::LongId, "credential_id"),
        (Fault::Verification, "user_verification"),
    ]);
    for (fault, reason) in faults {
        let walk = Walk::begin(&browser, "bind-careful").await.asks("webauthn_setup");
        let asked = options(&walk);
        let credential = Authenticator::new(ORIGIN).register_with(&asked, &fault);
        let walk = walk.answer(json!({ "credential": credential })).await.asks("webauthn_setup");
        let error = if reason == "algorithm" { "webauthn.not_allowed" } else { "webauthn.failed" };
        assert_eq!(walk.errors(), [error], "{fault:?}: {walk:?}");
        assert_eq!(last_reason(&app, "factor_added").await, reason, "{fault:?}");
        assert_ne!(options(&walk)["challenge"], asked["challenge"], "{fault:?}");
        assert!(passkeys(&app, ADA).await.is_empty(), "{fault:?}");
    }
    assert!(app.outbox().await.is_empty(), "nobody is told of what was not bound");
    let walk = bind(&browser, "bind-careful", &mut Authenticator::new(ORIGIN)).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_begin_the_sign_in_anew_and_lock_nothing() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    for _ in 0..3 {
        let mut walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
        for _ in 0..4 {
            let credential = telephone.assert_with(&options(&walk), &Fault::Signature);
            walk = walk.answer(json!({ "credential": credential })).await.asks("webauthn");
        }
        let credential = telephone.assert_with(&options(&walk), &Fault::Signature);
        let walk = walk.answer(json!({ "credential": credential })).await.asks("identify");
        assert_eq!(walk.errors(), ["identify.too_many"]);
    }
    let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
    let walk = touch(walk, &mut telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_of_an_authenticator_is_refused() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let before = rows(&app, ADA).await;
    let good = |walk: &Walk, telephone: &mut Authenticator| telephone.assert(&options(walk));
    for change in [
        |it: &mut Value| *it = json!(""),
        |it: &mut Value| *it = json!("{"),
        |it: &mut Value| *it = json!([]),
        |it: &mut Value| *it = json!({}),
        |it: &mut Value| *it = json!(true),
        |it: &mut Value| *it = json!("x".repeat(40_000)),
        |it: &mut Value| it["response"] = json!({}),
        |it: &mut Value| it["response"]["authenticatorData"] = json!(""),
        |it: &mut Value| it["response"]["authenticatorData"] = json!("AAAA"),
        |it: &mut Value| it["response"]["clientDataJSON"] = json!("e30"),
        |it: &mut Value| it["response"]["signature"] = json!(""),
        |it: &mut Value| it["response"]["signature"] = json!("!"),
        |it: &mut Value| it["response"]["userHandle"] = json!(7),
        |it: &mut Value| it["response"]["userHandle"] = json!(""),
        |it: &mut Value| it["id"] = json!(format!("{}=", it["id"].as_str().unwrap())),
    ] {
        let browser = app.browser();
        let walk = Walk::begin(&browser, "alone").await;
        let mut credential = good(&walk, &mut telephone);
        change(&mut credential);
        let walk = walk.answer(json!({ "credential": credential })).await.asks("webauthn");
        assert_eq!(walk.errors(), ["webauthn.failed"], "{credential}: {walk:?}");
        assert_nobody(&browser).await;
    }
    assert_eq!(rows(&app, ADA).await, before);
}

/// Everything in an assertion is signed, or is the signature.
#[tokio::test(flavor = "multi_thread")]
async fn no_bit_of_an_assertion_can_be_changed() {
    let app = app().await;
    let mut key = bound(&app, Authenticator::new(ORIGIN)).await;
    let before = rows(&app, ADA).await;
    let browser = app.browser();
    let mut walk = Walk::begin(&browser, "alone").await;
    for part in ["authenticatorData", "signature", "clientDataJSON", "userHandle"] {
        let mut at = 0;
        loop {
            let mut credential = key.assert(&options(&walk));
            let text = credential["response"][part].as_str().unwrap();
            let mut bytes = B64.decode(text.as_bytes()).unwrap();
            let Some(byte) = bytes.get_mut(at) else { break };
            *byte ^= 1 << (at % 8);
            credential["response"][part] = json!(B64.encode(&bytes));
            walk = walk.answer(json!({ "credential": credential })).await.asks("webauthn");
            assert_eq!((walk.status, walk.errors().len()), (422, 1), "{part} {at}: {walk:?}");
            at += 1;
        }
        assert!(at >= 16, "{part} has {at} bytes");
    }
    assert_eq!(rows(&app, ADA).await, before);
    assert_nobody(&browser).await;
}
