//! A forgotten password: the link that comes by mail.

use crate::ADA;
use crate::harness::TestApp;

use super::{SIGN_IN, is_signed_in, sign_in};

const NEW_PASSWORD: &str = "nine purple parasols";

#[tokio::test(flavor = "multi_thread")]
async fn a_link_by_mail_sets_a_new_password_once() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit("/flow/recovery").await.expect(200);
    page.form_with("login").fill("login", ADA).submit().await.expect(200);
    let mail = app.mailbox.next().await;
    assert_eq!(mail.to, [ADA]);
    assert_eq!(mail.from, "login@acme.example");
    assert!(!mail.subject.is_empty() && mail.html.contains("href"), "{mail:?}");
    assert!(mail.link().starts_with(app.url()), "{mail:?}");

    // Looking at the link, as a mail scanner does, uses nothing up.
    app.browser().visit(mail.link()).await.expect(200);
    let page = browser.visit(mail.link()).await.expect(200);
    let page = page.form("main form").submit().await.expect(200);
    let form = page.form_with("password");
    let page = form.fill("password", "short").submit().await.expect(200);
    assert!(page.has(r#"[name="password"][aria-invalid="true"]"#), "{page:?}");
    page.form_with("password").fill("password", NEW_PASSWORD).submit().await.expect(200);
    assert!(is_signed_in(&browser).await);

    // The old password is gone, and the link is used up.
    let other = app.browser();
    sign_in(other.visit(SIGN_IN).await).await;
    assert!(!is_signed_in(&other).await);
    let page = other.visit(mail.link()).await;
    assert!(!page.has(r#"[name="password"]"#), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whether_an_address_is_known() {
    let app = TestApp::start().await;
    let mut seen = Vec::new();
    for login in ["nobody@acme.example", ADA] {
        let page = app.browser().visit("/flow/recovery").await.expect(200);
        let page = page.form_with("login").fill("login", login).submit().await.expect(200);
        let words = page.texts("main p").join("\n").replace(login, "ADDRESS");
        seen.push((page.status, page.texts("h1"), words));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(app.mailbox.next().await.to, [ADA]);
    assert!(app.mailbox.is_empty().await, "there is no mail to strangers");
}
