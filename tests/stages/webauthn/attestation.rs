//! Whose word counts for what an authenticator is: a chain to the operator's roots, and nothing else.

use serde_json::json;

use super::*;
use crate::harness::Attestation;

const ROOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/harness/attestation/root.pem");

async fn app_with_roots() -> TestApp {
    let settings = [SETTINGS, &[("webauthn-attestation-roots", ROOTS)]].concat();
    TestApp::with_settings(&blueprint(), &settings).await
}

fn attested(by: Attestation) -> Authenticator {
    let mut key = Authenticator::security_key(ORIGIN);
    key.verifies = true;
    key.attestation = by;
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_maker_speaks_for_it_is_hardware() {
    let app = app_with_roots().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let mut key = attested(Attestation::Maker);
    let walk = bind(&browser, "bind-attested", &mut key).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
    let data = passkeys(&app, ADA).await.pop().unwrap().data.0;
    assert_eq!((&data["attested"], &data["hardware"]), (&json!(true), &json!(true)));
    assert!(!data.to_string().contains("x5c") && data.to_string().len() < 1500, "{data}");
    let browser = app.browser();
    let walk = touch(Walk::begin(&browser, "alone").await, &mut key).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(claims(&browser).await, ("phrh".to_owned(), json!(["hwk", "mfa"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_syncs_is_not_hardware_whoever_speaks_for_it() {
    let app = app_with_roots().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let mut telephone = attested(Attestation::Maker);
    telephone.synced = true;
    bind(&browser, "bind-attested", &mut telephone).await;
    let data = passkeys(&app, ADA).await.pop().unwrap().data.0;
    assert_eq!((&data["attested"], &data["hardware"]), (&json!(true), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_roots_are_given_nobody_else_speaks_for_a_key() {
    let app = app_with_roots().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    for by in [Attestation::None, Attestation::Itself, Attestation::Stranger, Attestation::Forged] {
        let walk = bind(&browser, "bind-attested", &mut attested(by)).await;
        assert_refused(&walk, "webauthn.not_allowed");
        assert_eq!(last_reason(&app, "factor_added").await, "attestation", "{by:?}");
    }
    assert!(passkeys(&app, ADA).await.is_empty());
    // A stage that asks for no attestation takes it without; it is then no hardware.
    bind(&browser, "bind", &mut attested(Attestation::Maker)).await;
    assert_eq!(passkeys(&app, ADA).await.pop().unwrap().data.0["hardware"], false);
}

/// Without roots an attestation is asked for and nothing depends on it, but a false one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn an_attestation_that_nobody_verifies_proves_nothing() {
    let app = app().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let walk = Walk::begin(&browser, "bind-attested").await;
    assert_eq!(options(&walk)["attestation"], "direct");
    let walk = bind(&browser, "bind-attested", &mut attested(Attestation::Forged)).await;
    assert_refused(&walk, "webauthn.not_allowed");
    for by in [Attestation::None, Attestation::Itself, Attestation::Maker, Attestation::Stranger] {
        let walk = bind(&browser, "bind-attested", &mut attested(by)).await;
        assert!(walk.body["finished"].is_object(), "{by:?}: {walk:?}");
        app.clock.advance(Duration::seconds(1));
        let data = passkeys(&app, ADA).await.pop().unwrap().data.0;
        assert_eq!((&data["attested"], &data["hardware"]), (&json!(false), &json!(false)));
    }
}
