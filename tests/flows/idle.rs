//! When sessions end by themselves: unused (`session-idle`), or longer than a policy now allows.

use chrono::Duration;
use serde_json::json;
use store::{Clock as _, session};

use crate::harness::{Browser, RelyingParty, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{assert_nobody, me, sign_in_as};

async fn last_seen(app: &TestApp, browser: &Browser) -> store::Time {
    let cookies = browser.cookies("/");
    let token = cookies.iter().find(|cookie| cookie.0 == "flowgate-session").unwrap();
    let mut conn = app.app.store.read().await.unwrap();
    let found = session::find_by_token(&mut conn, &store::token(&token.1), app.clock.now()).await;
    found.unwrap().unwrap().0.last_seen_at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_used_says_when_at_most_once_a_minute() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let start = app.clock.now();
    app.clock.advance(Duration::seconds(59));
    me(&browser).await.expect(200);
    assert_eq!(last_seen(&app, &browser).await, start);
    app.clock.advance(Duration::seconds(1));
    let requests = (0..5).map(|_| me(&browser));
    futures::future::join_all(requests).await;
    assert_eq!(last_seen(&app, &browser).await, app.clock.now());
    // Whatever uses it counts.
    app.clock.advance(Duration::minutes(5));
    browser.get("/account").await.expect(200);
    assert_eq!(last_seen(&app, &browser).await, app.clock.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_ends_where_that_is_set() {
    let idle = [("session-idle", "1h")];
    let app = TestApp::with_settings(crate::ACME, &idle).await;
    let busy = app.browser();
    let lazy = app.browser();
    assert!(sign_in_as(&busy, ADA, PASSWORD).await.session().is_some());
    let walk = Walk::begin(&lazy, "sign-in").await;
    let walk = walk.answer(json!({ "login": ADA, "remember_me": true })).await;
    assert!(walk.answer(json!({ "password": PASSWORD })).await.session().is_some());
    app.clock.advance(Duration::minutes(59));
    me(&busy).await.expect(200);
    app.clock.advance(Duration::minutes(1));
    me(&busy).await.expect(200);
    assert_nobody(&app, &lazy).await;
    app.clock.advance(Duration::minutes(60));
    assert_nobody(&app, &busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_lasts_where_nothing_is_set() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    app.clock.advance(Duration::minutes(12 * 60 - 1));
    me(&browser).await.expect(200);
}

/// A policy that was shortened holds for sessions that are older than it.
#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_policy_cuts_sessions_that_there_are() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    app.clock.advance(Duration::minutes(119));
    let policy = "    name: Acme GmbH\n    policy: { session: 2h }";
    app.apply(&crate::ACME.replace("    name: Acme GmbH", policy)).await;
    me(&browser).await.expect(200);
    app.clock.advance(Duration::minutes(1));
    me(&browser).await.expect(401);
    assert_nobody(&app, &browser).await;
}

/// The same where only relying parties ask, to within a minute.
#[tokio::test(flavor = "multi_thread")]
async fn relying_parties_hear_of_no_session_that_was_cut() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let wiki = RelyingParty::wiki(app.url()).await;
    app.clock.advance(Duration::minutes(119));
    browser.get(&wiki.request(&[])).await.expect(200);
    let policy = "    name: Acme GmbH\n    policy: { session: 2h }";
    app.apply(&crate::ACME.replace("    name: Acme GmbH", policy)).await;
    app.clock.advance(Duration::minutes(1));
    let answer = browser.get(&wiki.request(&[("prompt", "none")])).await.expect(303);
    assert_eq!(answer.parameter("error").as_deref(), Some("login_required"), "{answer:?}");
}
