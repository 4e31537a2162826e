//! `message`: something to read before going on.

use crate::flows::sign_in;
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_shown_to_whom_its_condition_names() {
    let stage = "      - gate: {}\n      - login: { session: 12h";
    let message = "      - message: { title: News, text: The canteen serves pancakes today. }\n        \
                   when: '\"acme\" in user.organisations'\n";
    let blueprint = crate::ACME.replacen(stage, &format!("{message}{stage}"), 1);
    assert_ne!(blueprint, crate::ACME);
    let app = TestApp::with_blueprint(&blueprint).await;

    let page = sign_in(app.browser().visit("/flow/sign-in").await).await.expect(200);
    assert_eq!(page.text("h1"), "News");
    assert!(page.body.contains("pancakes"), "{page:?}");
    assert_eq!(page.form("main form").submit().await.expect(200).url.path(), "/account");

    let page = app.browser().visit("/flow/sign-in").await;
    let page = page.form_with("login").fill("login", "bob@acme.example").submit().await;
    let page = page.form_with("password").fill("password", "eight brown barrels").submit().await;
    assert_eq!(page.expect(200).url.path(), "/account", "Bob is in no organisation");
}
