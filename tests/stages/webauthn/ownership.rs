//! Whose credential it is.

use data_encoding::BASE64URL_NOPAD as B64;
use serde_json::json;
use store::credential;

use super::*;

/// Ada's and Bob's authenticators.
async fn two(app: &TestApp) -> (Authenticator, Authenticator) {
    let ada = bound(app, Authenticator::new(ORIGIN)).await;
    let mut bob = Authenticator::new(ORIGIN);
    bind(&signed_in(app, BOB).await, "bind", &mut bob).await;
    (ada, bob)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_proves_themselves_with_what_is_somebody_elses() {
    let app = app().await;
    let (ada, mut bob) = two(&app).await;
    let before = (rows(&app, ADA).await, rows(&app, BOB.0).await);
    let handle = B64.encode(&handle_of(&app, ADA).await);
    let id = B64.encode(&ada.id);
    for (slug, reason) in [("second", "unknown"), ("first", "owner")] {
        for change in 0..3 {
            let browser = app.browser();
            let walk = reach(&browser, slug, (ADA, PASSWORD)).await;
            let mut credential = bob.assert(&options(&walk));
            match change {
                0 => {}
                1 => credential["response"]["userHandle"] = json!(handle),
                _ => {
                    credential["id"] = json!(id);
                    credential["rawId"] = json!(id);
                }
            }
            let walk = walk.answer(json!({ "credential": credential })).await.asks("webauthn");
            assert_eq!(walk.session(), None, "{slug} {change}: {walk:?}");
            assert_eq!(walk.errors().len(), 1, "{slug} {change}: {walk:?}");
            let expected = if change == 2 { "user_handle" } else { reason };
            assert_eq!(last_reason(&app, "factor_checked").await, expected, "{slug} {change}");
            assert_nobody(&browser).await;
        }
    }
    assert_eq!((rows(&app, ADA).await, rows(&app, BOB.0).await), before);
}

async fn handle_of(app: &TestApp, login: &str) -> Vec<u8> {
    let data = passkeys(app, login).await.pop().unwrap().data.0;
    B64.decode(data["user_handle"].as_str().unwrap().as_bytes()).unwrap()
}

/// §14.6.1: nothing about the person can be read from it.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_handle_is_opaque_and_of_one_person() {
    let app = app().await;
    two(&app).await;
    let (ada, bob) = (handle_of(&app, ADA).await, handle_of(&app, BOB.0).await);
    assert_ne!(ada, bob);
    assert!(ada.len() >= 16 && ada.len() <= 64);
    let text = String::from_utf8_lossy(&ada).into_owned();
    assert!(!text.contains("ada") && !text.contains('@'));
}

/// Bob registers what Ada has.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_registers_what_somebody_has() {
    let app = app().await;
    let ada = bound(&app, Authenticator::new(ORIGIN)).await;
    let before = rows(&app, ADA).await;
    let browser = signed_in(&app, BOB).await;
    let walk = Walk::begin(&browser, "bind").await;
    let mut thief = Authenticator::new(ORIGIN);
    thief.id.clone_from(&ada.id);
    let credential = thief.register(&options(&walk));
    let walk = walk.answer(json!({ "credential": credential })).await;
    assert_refused(&walk, "webauthn.registered");
    assert_eq!((rows(&app, ADA).await, passkeys(&app, BOB.0).await.len()), (before, 0));
}

/// Of two who register one credential at the same instant, one has it.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_register_one_credential_at_once_one_has_it() {
    let app = app().await;
    let mut authenticator = Authenticator::new(ORIGIN);
    let mut walks = Vec::new();
    for who in [(ADA, PASSWORD), BOB] {
        let walk = Walk::begin(&signed_in(&app, who).await, "bind").await;
        let credential = authenticator.register(&options(&walk));
        walks.push(tokio::spawn(walk.answer(json!({ "credential": credential }))));
    }
    for walk in walks {
        walk.await.unwrap();
    }
    let count = passkeys(&app, ADA).await.len() + passkeys(&app, BOB.0).await.len();
    assert_eq!(count, 1);
}

/// what is gone by the time of the answer proves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_deleted_meanwhile_proves_nothing() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
    let row = passkeys(&app, ADA).await.pop().unwrap();
    let mut unit = app.app.store.write().await.unwrap();
    credential::delete(&mut unit, &row.user_id, &row.id).await.unwrap();
    unit.commit().await.unwrap();
    let walk = touch(walk, &mut telephone).await;
    assert_refused(&walk, "webauthn.unknown");
}

/// One that was bound meanwhile was not asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_was_not_offered_is_not_taken() {
    let app = app().await;
    let mut first = bound(&app, Authenticator::new(ORIGIN)).await;
    let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
    let browser = app.browser();
    let other = reach(&browser, "second", (ADA, PASSWORD)).await;
    let other = touch(other, &mut first).await;
    assert!(other.session().is_some(), "{other:?}");
    let mut second = Authenticator::new(ORIGIN);
    bind(&browser, "bind", &mut second).await;
    let walk = touch(walk, &mut second).await;
    assert_refused(&walk, "webauthn.unknown");
    let walk = touch(walk, &mut second).await;
    assert!(walk.session().is_some(), "asked again, it is offered: {walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_sign_in_does_not_by_passkey() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    app.disable(ADA).await;
    for slug in ["alone", "autofill"] {
        let browser = app.browser();
        let walk = Walk::begin(&browser, slug).await;
        let walk = touch(walk, &mut telephone).await;
        assert_refused(&walk, "webauthn.unknown");
        assert_eq!(last_reason(&app, "factor_checked").await, "person", "{slug}");
        assert_nobody(&browser).await;
    }
}
