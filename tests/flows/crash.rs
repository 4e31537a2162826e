//! `kill -9` at the worst moments: what was answered is kept, what was not can be done again.

use std::time::Duration;

use crate::harness::Server;
use crate::{ACME, ADA, PASSWORD};

use super::{SIGN_IN, is_signed_in, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_goes_on_after_a_crash() {
    let mut server = Server::start(ACME).await;
    let browser = server.browser();
    let page = browser.visit(SIGN_IN).await.expect(200);
    server.crash_and_restart().await;
    // The page that was open before the crash is answered by the new process.
    let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
    server.crash_and_restart().await;
    // So is a reload of it.
    let page = browser.visit(page.url.as_str()).await.expect(200);
    page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    assert!(is_signed_in(&browser).await, "{}", server.last_words());
    server.crash_and_restart().await;
    assert!(is_signed_in(&browser).await, "{}", server.last_words());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_are_still_counted_after_a_crash() {
    let mut server = Server::start(ACME).await;
    let browser = server.browser();
    let page = browser.visit(SIGN_IN).await;
    let mut page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
    for _ in 0..5 {
        if !page.has(r#"[name="password"]"#) {
            break;
        }
        page = page.form_with("password").fill("password", "not the password").submit().await;
    }
    server.crash_and_restart().await;
    // A new login, in a new browser, with the right password: five were wrong before.
    let other = server.browser();
    sign_in(other.visit(SIGN_IN).await).await;
    assert!(!is_signed_in(&other).await, "a restart must give no new tries");
}

/// The answer is lost on its way, at a different moment each time: before the server read the
/// request, while it hashed, after it committed.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_asked_for_again_or_was_taken() {
    let mut server = Server::start(ACME).await;
    for delay in [0, 1, 2, 4, 8, 16, 32, 64] {
        let browser = server.browser();
        let page = browser.visit(SIGN_IN).await.expect(200);
        let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
        let address = page.url.to_string();
        let form = page.form_with("password").fill("password", PASSWORD);
        // It panics when the connection breaks, which is what is wanted.
        let lost = tokio::spawn(form.send());
        tokio::time::sleep(Duration::from_millis(delay)).await;
        server.crash_and_restart().await;
        lost.await.ok();
        // A reload shows the step that is due, or the session that the lost answer would have brought.
        let page = browser.visit(&address).await.expect(200);
        if page.has(r#"[name="password"]"#) {
            page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
        }
        assert!(is_signed_in(&browser).await, "after {delay} ms:\n{}", server.last_words());
    }
}
