//! Flows for who is signed in: nobody else begins one, or goes on with one (A-08, CVE-2022-46145).

use chrono::Duration;
use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, NEW_PASSWORD, assert_nobody, me, sign_in_as};

/// `blueprints/acme.yaml` with flows for who is signed in.
fn blueprint() -> String {
    let flows = "flows:
  password:
    use: settings
    stages:
      - password: { attempts: 2 }
      - prompt: { fields: [{ name: password, type: new_password }] }
      - user_write: {}
      - login: {}
  name:
    use: settings
    stages:
      - prompt: { fields: [{ name: name, type: text }] }
      - user_write: {}
  careless:
    use: settings
    stages:
      - prompt: { fields: [{ name: password, type: new_password }] }
      - user_write: {}
  again:
    use: step_up
    stages:
      - identify: {}
      - password: {}
      - gate: {}
      - login: {}
";
    crate::ACME.replace("flows:\n", flows)
}

const FLOWS: [&str; 4] = ["password", "name", "careless", "again"];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_begins_a_flow_that_is_for_who_is_signed_in() {
    let app = TestApp::with_outbox(&blueprint()).await;
    let half = Walk::begin(&app.browser(), "sign-in").await.answer(json!({ "login": ADA })).await;
    for slug in FLOWS {
        for browser in [&app.browser(), half.browser()] {
            let page = browser.get(&format!("/flow/{slug}")).await;
            assert!(!page.has("input:not([type=hidden])"), "{slug}: {page:?}");
            assert!(page.status == 401 || page.status == 303, "{slug}: {page:?}");
            let walk = Walk::begin(browser, slug).await;
            assert_eq!((walk.status, walk.problem()), (401, "unauthenticated"), "{slug}");
            let address = format!("/api/v1/flows/{slug}?client=native");
            browser.api(Method::GET, &address, None).await.expect(401);
        }
    }
}

/// The session is looked at again with every answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_flow_ends_with_its_session_and_is_of_its_person() {
    let app = TestApp::with_outbox(&blueprint()).await;
    for slug in FLOWS {
        let browser = app.browser();
        assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
        let walk = Walk::begin(&browser, slug).await;
        assert_eq!(walk.status, 200, "{walk:?}");
        assert_ne!(walk.component(), "identify", "the session says who it is");
        // Somebody else signs in here: that flow is not theirs.
        let other = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": BOB.0 })).await;
        assert!(other.answer(json!({ "password": BOB.1 })).await.session().is_some());
        assert_eq!(walk.look().await.problem(), "execution_unknown", "{slug}");
        let answer = json!({ "password": NEW_PASSWORD, "name": "Mallory" });
        let page = walk.send(&json!({ "step": walk.body["step"], "answer": answer })).await;
        assert_eq!(page.status, 410, "{slug}: {page:?}");
        // And without a session it is nobody's.
        let page = browser.visit("/").await;
        page.form(r#"form[action="/logout"]"#).submit().await.expect(200);
        assert_eq!(walk.look().await.status, 401, "{slug}");
        walk.send(&json!({ "step": walk.body["step"], "answer": answer })).await.expect(401);
    }
    let ada = app.person(ADA).await;
    assert_eq!(
        (ada.name.as_str(), app.person(BOB.0).await.name.as_str()),
        ("Ada Lovelace", "Bob Babbage")
    );
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_changes_what_is_theirs() {
    let app = TestApp::with_outbox(&blueprint()).await;
    let (browser, elsewhere) = (app.browser(), app.browser());
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    assert!(sign_in_as(&elsewhere, ADA, PASSWORD).await.session().is_some());
    let walk = Walk::begin(&browser, "name").await.asks("prompt");
    walk.answer(json!({ "name": "Augusta Ada King" })).await;
    assert_eq!(me(&browser).await.json()["name"], "Augusta Ada King");
    let walk = Walk::begin(&browser, "password").await.asks("password");
    let walk = walk.answer(json!({ "password": PASSWORD })).await.asks("prompt");
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    me(&browser).await.expect(200);
    me(&elsewhere).await.expect(401);
    assert_eq!(app.outbox().await.len(), 1, "the owner is told");
    assert!(sign_in_as(&app.browser(), ADA, NEW_PASSWORD).await.session().is_some());
}

/// A-80: a browser that was left open sets no password, whatever the flow forgot to ask.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_session_sets_no_password() {
    let app = TestApp::with_outbox(&blueprint()).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    app.clock.advance(Duration::minutes(16));
    let walk = Walk::begin(&browser, "careless").await.asks("prompt");
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert_eq!(walk.status, 403, "{walk:?}");
    assert!(app.outbox().await.is_empty());
    assert!(app.events_of("password_changed").await.is_empty());
    me(&browser).await.expect(200);
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
}

/// Too many wrong passwords begin the flow again: with the same person.
#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_begins_again_is_still_about_its_person() {
    let app = TestApp::with_outbox(&blueprint()).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let mut walk = Walk::begin(&browser, "password").await.asks("password");
    for _ in 0..2 {
        walk = walk.answer(json!({ "password": "wrong" })).await.asks("password");
    }
    assert_eq!(walk.errors(), ["identify.too_many"]);
    let walk = walk.look().await.asks("password");
    app.clock.advance(Duration::minutes(1));
    walk.answer(json!({ "password": PASSWORD })).await.asks("prompt");
    assert_eq!(me(&browser).await.json()["email"], ADA);
}

/// A step-up proves anew, and gives the session a new secret.
#[tokio::test(flavor = "multi_thread")]
async fn proving_again_renews_the_session() {
    let app = TestApp::with_outbox(&blueprint()).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let before = me(&browser).await.json()["session"].clone();
    let thief = browser.stolen();
    app.clock.advance(Duration::hours(1));
    let walk = Walk::begin(&browser, "again").await.asks("password");
    let walk = walk.answer(json!({ "login": BOB.0, "password": PASSWORD })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let after = me(&browser).await.json()["session"].clone();
    assert_ne!(before["auth_time"], after["auth_time"]);
    me(&thief).await.expect(401);
    assert_eq!(me(&browser).await.json()["email"], ADA);
    browser.jar().clear();
    assert_nobody(&app, &browser).await;
}
