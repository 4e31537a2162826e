//! Signing in with a password, and out.

use crate::harness::TestApp;
use crate::{ADA, PASSWORD};

use super::{SIGN_IN, is_signed_in, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_signs_in_and_signing_out_ends_it() {
    let app = TestApp::start().await;
    let browser = app.browser();
    assert!(!is_signed_in(&browser).await);
    sign_in(browser.visit(SIGN_IN).await).await.expect(200);
    assert!(is_signed_in(&browser).await);
    assert!(!is_signed_in(&app.browser()).await, "another browser is nobody");
    let thief = browser.stolen();
    browser.visit("/flow/sign-out").await.form("main form").submit().await.expect(200);
    assert!(!is_signed_in(&browser).await);
    assert!(!is_signed_in(&thief).await, "the session is over, not only its cookie");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_person_and_a_wrong_password_look_the_same() {
    let app = TestApp::start().await;
    let mut seen = Vec::new();
    for (login, password) in [("nobody@acme.example", PASSWORD), (ADA, "not the password")] {
        let browser = app.browser();
        let page = browser.visit(SIGN_IN).await;
        let page = page.form_with("login").fill("login", login).submit().await.expect(200);
        let page = page.form_with("password").fill("password", password).submit().await;
        assert!(!is_signed_in(&browser).await);
        assert!(page.has(r#"[name="password"][aria-invalid="true"]"#), "{page:?}");
        seen.push((page.status, page.texts("h1"), page.texts(".wrong"), page.texts("main p")));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_time_is_over() {
    let app = TestApp::start().await;
    let browser = app.browser();
    sign_in(browser.visit(SIGN_IN).await).await.expect(200);
    app.clock.advance(chrono::Duration::hours(11));
    assert!(is_signed_in(&browser).await);
    app.clock.advance(chrono::Duration::hours(2));
    assert!(!is_signed_in(&browser).await, "sign-in grants 12 hours");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_token_or_from_elsewhere_is_refused() {
    let app = TestApp::start().await;
    let page = app.browser().visit(SIGN_IN).await.expect(200);
    let form = page.form_with("login").fill("login", ADA);
    form.clone().tamper("csrf", None).send().await.expect(403);
    form.clone().tamper("csrf", Some("forged")).send().await.expect(403);
    // The form of another browser: its token belongs to that one.
    let other = app.browser().visit(SIGN_IN).await.expect(200);
    let token = other.attribute(r#"[name="csrf"]"#, "value");
    form.clone().tamper("csrf", Some(&token)).send().await.expect(403);
    form.send().await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_the_browser_s_language() {
    let app = TestApp::start().await;
    let page = app.browser().with("accept-language", "de-AT,de;q=0.9").visit(SIGN_IN).await;
    assert_eq!(page.attribute("html", "lang"), "de");
    let page = app.browser().with("accept-language", "tlh").visit(SIGN_IN).await;
    assert_eq!(page.attribute("html", "lang"), "en");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_is_recorded_and_no_secret_is() {
    let app = TestApp::start().await;
    let page = app.browser().visit(SIGN_IN).await;
    let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
    let page = page.form_with("password").fill("password", "not the password").submit().await;
    page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    let mut conn = app.app.store.read().await.unwrap();
    let events = store::event::newest(&mut conn, None, 100).await.unwrap();
    for expected in
        [("password_checked", "failure"), ("password_checked", "success"), ("login", "success")]
    {
        let found = events.iter().any(|event| (&*event.kind, &*event.outcome) == expected);
        assert!(found, "{expected:?} is not among {events:#?}");
    }
    let written = format!("{events:?}");
    assert!(!written.contains(PASSWORD) && !written.contains("not the password"), "{written}");
}
