//! Who may bind a factor: whoever has shown what the account asks for, just now, and nobody else.

use chrono::Duration;
use serde_json::json;
use store::{Clock as _, credential};

use crate::flows::sign_in_as;
use crate::harness::{Browser, SECRET, TestApp, Walk, totp};
use crate::{ADA, PASSWORD};

const FACTORS: &str = include_str!("../blueprints/factors.yaml");
const BOB: (&str, &str) = ("bob@acme.example", "nine silver spoons");

async fn apps_of(app: &TestApp, login: &str) -> i64 {
    let person = app.person(login).await;
    let mut conn = app.app.store.read().await.unwrap();
    credential::count(&mut conn, &person.id, "totp").await.unwrap()
}

/// The secret that a set-up shows, and the code that confirms it.
fn right(app: &TestApp, walk: &Walk) -> serde_json::Value {
    let secret = walk.body["challenge"]["data"]["secret"].as_str().expect("a secret");
    json!({ "code": totp(secret, app.clock.now(), 0) })
}

async fn in_browser(app: &TestApp, (login, password): (&str, &str)) -> Browser {
    let browser = app.browser();
    assert!(sign_in_as(&browser, login, password).await.session().is_some());
    browser
}

/// a remembered browser spares a question; it does not let whoever sits at it bind a factor of
/// their own while the policy gives time to enrol another.
#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_browser_binds_nothing() {
    let app = TestApp::with_outbox(FACTORS).await;
    let (tess, browser) = ("tess@trusting.example", app.browser());
    let walk = sign_in_as(&browser, tess, PASSWORD).await.asks("totp");
    let code = totp(SECRET, app.clock.now(), 0);
    let walk = walk.answer(json!({ "code": code, "remember_device": true })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let stricter = "mfa: required, remember_device: 30d, factors: [email], grace: 7d";
    app.apply(&FACTORS.replace("mfa: required, remember_device: 30d", stricter)).await;
    app.clock.advance(Duration::minutes(1));
    browser.jar().keep_only("device");
    let walk = sign_in_as(&browser, tess, PASSWORD).await;
    assert_ne!(walk.component(), "enrol", "{walk:?}");
    // Whoever shows the app is offered it.
    browser.jar().keep_only("nothing");
    let walk = sign_in_as(&browser, tess, PASSWORD).await.asks("totp");
    let code = totp(SECRET, app.clock.now(), 0);
    walk.answer(json!({ "code": code })).await.asks("enrol");
}

/// A set-up that was begun before another factor was there asks for that one first.
#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_under_way_is_no_way_round_a_factor_that_came_since() {
    let app = TestApp::with_outbox(FACTORS).await;
    let (thief, owner) = (in_browser(&app, BOB).await, in_browser(&app, BOB).await);
    let held = Walk::begin(&thief, "set-up-totp").await.asks("totp_setup");
    let walk = Walk::begin(&owner, "set-up-totp").await.asks("totp_setup");
    let code = right(&app, &walk);
    walk.answer(code).await.asks("static_setup");
    assert_eq!(apps_of(&app, BOB.0).await, 1);
    let answer = right(&app, &held);
    let walk = held.answer(answer).await;
    assert_eq!(walk.component(), "totp", "the gate asks for the app: {walk:?}");
    assert_eq!(apps_of(&app, BOB.0).await, 1);
}

/// A page that stood open for longer than a proof is recent binds nothing by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_that_stood_open_for_long_asks_again() {
    let app = TestApp::with_outbox(FACTORS).await;
    let browser = in_browser(&app, BOB).await;
    let mut walk = Walk::begin(&browser, "set-up-totp").await.asks("totp_setup");
    for _ in 0..2 {
        app.clock.advance(Duration::minutes(8));
        walk = walk.look().await;
        if walk.component() == "totp_setup" {
            walk = walk.answer(json!({ "code": "000000" })).await;
        }
    }
    assert_eq!(walk.component(), "password", "{walk:?}");
    assert_eq!(apps_of(&app, BOB.0).await, 0);
}

/// Of several answers at once those that may not be compared keep nobody out.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_takes_no_step() {
    let app = TestApp::with_outbox(FACTORS).await;
    for _ in 0..5 {
        let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("totp");
        walk.answer(json!({ "code": "000000" })).await;
    }
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("totp");
    let step = walk.body["step"].clone();
    let code = json!({ "code": totp(SECRET, app.clock.now(), 0) });
    let walk = walk.answer(code.clone()).await.asks("totp");
    assert_eq!((walk.errors(), &walk.body["step"]), (vec!["code.locked"], &step));
    assert_eq!(walk.look().await.errors(), ["code.locked"], "the page says so too");
    app.clock.advance(Duration::seconds(31));
    let code = json!({ "code": totp(SECRET, app.clock.now(), 0) });
    assert!(walk.answer(code).await.session().is_some());
}
