//! Mailed links at the edges: of flows for who is signed in, of flows that are gone, and how long what
//! they open stays open.

use chrono::Duration;
use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, NEW_PASSWORD, sign_in_as};

async fn link(app: &TestApp) -> String {
    let mails = app.outbox().await;
    let newest = mails.into_iter().rfind(|mail| mail.text.contains("link="));
    newest.expect("a mail with a link").link().to_owned()
}

/// A link of a flow for who is signed in is for them alone, and whoever else tries it uses nothing up.
#[tokio::test(flavor = "multi_thread")]
async fn a_settings_link_needs_the_session_of_its_person() {
    let flow = "flows:
  mailbox:
    use: settings
    stages:
      - email_link: {}
      - prompt: { fields: [{ name: name, type: text }] }
      - user_write: {}
";
    let app = TestApp::with_outbox(&crate::ACME.replace("flows:\n", flow)).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    Walk::begin(&browser, "mailbox").await.asks("email_link");
    let link = link(&app).await;

    let walk = Walk::follow_link(&app.browser(), &link).await;
    assert_eq!((walk.status, walk.problem()), (401, "unauthenticated"), "{walk:?}");
    let stranger = app.browser();
    let page = stranger.visit(&link).await.expect(200);
    page.form("main form").submit().await.expect(401);
    let bob = app.browser();
    assert!(sign_in_as(&bob, BOB.0, BOB.1).await.session().is_some());
    assert_eq!(Walk::follow_link(&bob, &link).await.problem(), "link_invalid");
    assert!(app.events_of("link_used").await.is_empty());

    Walk::follow_link(&browser, &link).await.asks("prompt");
}

/// Nobody recovers by mail from the days when anybody could.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_dies_with_its_flow() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let walk = Walk::begin(&app.browser(), "recovery").await;
    walk.answer(json!({ "login": ADA })).await.asks("email_link");
    let link = link(&app).await;
    app.browser().visit(&link).await.expect(200);

    let (before, rest) = crate::ACME.split_once("  recovery:\n").unwrap();
    let (_, after) = rest.split_once("  sign-out:\n").unwrap();
    let without = format!("{before}  sign-out:\n{after}").replace(", recovery: recovery", "");
    app.apply(&without).await;
    app.browser().visit(&link).await.expect(410);
    let walk = Walk::follow_link(&app.browser(), &link).await;
    assert_eq!((walk.status, walk.problem()), (410, "link_invalid"), "{walk:?}");
    assert!(app.events_of("link_used").await.is_empty());
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
}

/// what a link has opened is not left open.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_s_execution_is_over_after_ten_minutes() {
    let app = TestApp::with_outbox(crate::ACME).await;
    for (minutes, status) in [(9, 200), (10, 410)] {
        let walk = Walk::begin(&app.browser(), "recovery").await;
        walk.answer(json!({ "login": ADA })).await.asks("email_link");
        let walk = Walk::follow_link(&app.browser(), &link(&app).await).await.asks("prompt");
        app.clock.advance(Duration::minutes(minutes));
        assert_eq!(walk.look().await.status, status, "after {minutes} minutes");
        let answer = json!({ "step": walk.body["step"], "answer": { "password": "short" } });
        let page = walk.browser().api(Method::POST, &walk.address(), Some(&answer)).await;
        assert_eq!(page.status == 410, status == 410, "{page:?}");
        app.clock.advance(Duration::hours(1));
    }
    let old = sign_in_as(&app.browser(), ADA, NEW_PASSWORD).await;
    assert_eq!(old.errors(), ["password.wrong"]);
}
