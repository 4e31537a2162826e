//! Two tabs, a double submit, the back button: one login's state seen from several places.

use crate::harness::TestApp;
use crate::{ADA, PASSWORD};

use super::{SIGN_IN, is_signed_in, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_have_a_login_each() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let first = browser.visit(SIGN_IN).await;
    let second = browser.clone().visit(SIGN_IN).await;
    assert_ne!(first.url, second.url);
    let first = first.form_with("login").fill("login", ADA).submit().await;
    let second = second.form_with("login").fill("login", "nobody@acme.example").submit().await;
    assert!(first.has(r#"[name="password"]"#) && second.has(r#"[name="password"]"#));
    first.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    assert!(is_signed_in(&browser).await);
    // The tab that was left behind ends where a person would expect: signed in, or told what is wrong.
    let page = second.form_with("password").fill("password", PASSWORD).submit().await;
    assert!(page.status.as_u16() < 500, "{page:?}");
    assert!(is_signed_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_submit_is_one_answer() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit(SIGN_IN).await;
    let page = page.form_with("login").fill("login", ADA).submit().await;
    let form = page.form_with("password").fill("password", PASSWORD);
    let (first, second) = tokio::join!(form.clone().send(), form.clone().send());
    for page in [&first, &second] {
        assert_eq!(page.status, 303, "{page:?}");
    }
    assert!(is_signed_in(&browser).await);
    // One of them made the session. The other leads to it, or brings the same once more.
    let cookies = [&first, &second].map(|page| page.headers.get("set-cookie"));
    let mut sessions: Vec<_> = cookies.into_iter().flatten().collect();
    sessions.dedup();
    assert_eq!(sessions.len(), 1, "{first:?} {second:?}");
    assert_eq!(app.events_of("login").await.len(), 1);
    // Much later, the same form again.
    let page = form.submit().await.expect(200);
    assert_eq!(page.url.path(), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_an_old_step_shows_where_the_login_stands() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let identify = browser.visit(SIGN_IN).await;
    let old = identify.form_with("login").fill("login", ADA);
    old.clone().submit().await.expect(200);
    let page = old.fill("login", "nobody@acme.example").submit().await.expect(200);
    assert!(page.has(r#"[name="password"]"#) && page.body.contains(ADA), "{page:?}");
    page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    assert!(is_signed_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_belongs_to_the_browser_that_began_it() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit(SIGN_IN).await;
    let page = page.form_with("login").fill("login", ADA).submit().await;
    let stranger = app.browser();
    stranger.visit(SIGN_IN).await.expect(200);
    let shown = stranger.visit(page.url.as_str()).await;
    assert!(!shown.body.contains(ADA) && !shown.has(r#"[name="password"]"#), "{shown:?}");
    sign_in(browser.visit(SIGN_IN).await).await.expect(200);
}
