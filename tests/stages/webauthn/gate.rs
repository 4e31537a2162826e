//! What `gate` asks for where policies want passkeys, and how it sets one up in place.

use serde_json::json;

use super::*;
use crate::harness::Fault;

/// Acme demands `policy`; Ada is in it and has a password.
fn strict(policy: &str) -> String {
    blueprint()
        .replace("    name: Acme GmbH\n", &format!("    name: Acme GmbH\n    policy: {policy}\n"))
}

const RESISTANT: &str = "{ mfa: required, phishing_resistant: true }";

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_passkey_yet_sets_one_up_in_place() {
    let app = TestApp::with_settings(&strict(RESISTANT), SETTINGS).await;
    let browser = app.browser();
    let walk = crate::flows::sign_in_as(&browser, ADA, PASSWORD).await.asks("enrol");
    assert_eq!(walk.body["challenge"]["data"]["factors"], json!(["webauthn"]));
    let walk = walk.answer(json!({ "choose": "webauthn" })).await.asks("webauthn_setup");
    assert_eq!(walk.body["challenge"]["data"]["back"], true);
    // One that is wrong leaves everything as it was, and another can be made.
    let mut telephone = Authenticator::new(ORIGIN);
    let wrong = telephone.register_with(&options(&walk), &Fault::Challenge);
    let walk = walk.answer(json!({ "credential": wrong })).await.asks("webauthn_setup");
    assert_refused(&walk, "webauthn.failed");
    assert_nobody(&browser).await;
    let credential = telephone.register(&options(&walk));
    let walk = walk.answer(json!({ "credential": credential, "name": "Phone" })).await;
    let walk = walk.asks("static_setup").answer(json!({ "saved": true })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(claims(&browser).await.0, "phr");
    // From now on it is asked for.
    let browser = app.browser();
    let walk = crate::flows::sign_in_as(&browser, ADA, PASSWORD).await.asks("webauthn");
    assert_eq!(walk.body["challenge"]["data"]["others"], json!([]));
    let walk = touch(walk, &mut telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");
    // And alone it is enough.
    let walk = touch(Walk::begin(&app.browser(), "autofill").await, &mut telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

/// A page that nobody could answer is not offered.
#[tokio::test(flavor = "multi_thread")]
async fn where_there_can_be_no_passkeys_none_is_offered() {
    let app = TestApp::with_settings(&strict("{ mfa: required }"), &[]).await;
    let walk = crate::flows::sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("enrol");
    let offered = walk.body["challenge"]["data"]["factors"].as_array().unwrap().clone();
    assert!(!offered.contains(&json!("webauthn")) && !offered.is_empty(), "{walk:?}");
    let walk = walk.answer(json!({ "choose": "webauthn" })).await.asks("enrol");
    assert_eq!(walk.errors(), ["error.answer"]);
    // Where nothing else would do, the sign-in ends.
    let app = TestApp::with_settings(&strict(RESISTANT), &[]).await;
    let walk = crate::flows::sign_in_as(&app.browser(), ADA, PASSWORD).await;
    assert!(walk.session().is_none() && walk.body["denied"].is_object(), "{walk:?}");
}

/// A step-up within a session asks for the passkey again, and refuses somebody else's.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_stepped_up_by_its_persons_passkey_alone() {
    let app = app().await;
    let mut ada = bound(&app, Authenticator::new(ORIGIN)).await;
    let mut bob = Authenticator::new(ORIGIN);
    bind(&signed_in(&app, BOB).await, "bind", &mut bob).await;
    let browser = app.browser();
    touch(Walk::begin(&browser, "alone").await, &mut ada).await;
    app.clock.advance(Duration::hours(1));
    let walk = Walk::begin(&browser, "step-up").await.asks("webauthn");
    let walk = touch(walk, &mut bob).await;
    assert_refused(&walk, "webauthn.unknown");
    let walk = touch(walk, &mut ada).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
    let me = browser.api(Method::GET, "/api/v1/me", None).await.expect(200).json();
    assert_eq!(me["email"], ADA);
}
