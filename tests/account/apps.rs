//! The apps that a person let see something of them, and how they are cut off.

use serde_json::json;

use super::{ADA, EVE, ada, connect, delete, get, is_good, is_signed_in, sign_in};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_disconnected_with_everything_that_it_had() {
    for by_page in [true, false] {
        let (app, browser) = ada().await;
        let eve = sign_in(&app, EVE).await;
        let page = browser.visit("/account/apps").await.expect(200);
        assert!(!page.has(r#"button[name="disconnect"]"#));
        let (mine, hers) = (connect(&app, &browser).await, connect(&app, &eve).await);
        let page = browser.visit("/account/apps").await.expect(200);
        assert_eq!(page.text(".rows strong"), "Wiki");
        assert!(page.texts(".scopes li").contains(&"Your email address".to_owned()), "{page:?}");
        let listed = get(&browser, "/apps").await;
        assert_eq!(listed["apps"][0]["client"], "wiki");
        if by_page {
            let form = page.form_with("disconnect").press("disconnect", "wiki");
            form.submit().await.expect(200);
        } else {
            delete(&browser, "/apps/wiki").await.expect(204);
        }
        assert!(!is_good(&app, &mine).await && is_good(&app, &hers).await);
        assert_eq!(get(&browser, "/apps").await, json!({ "apps": [] }));
        assert!(is_signed_in(&browser).await);
        assert_eq!(app.events_of("app_disconnected").await.len(), 1);
        delete(&browser, "/apps/wiki").await.expect(404);
        // It asks again.
        let again = connect(&app, &browser).await;
        assert!(is_good(&app, &again).await);
        assert_eq!(get(&browser, "/apps").await["apps"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_connected_is_not_there() {
    let (_app, browser) = ada().await;
    for client in ["wiki", "made-up", "%00", "'"] {
        let answer = delete(&browser, &format!("/apps/{client}")).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{answer:?}");
    }
}

/// An app of the house asks for no consent; what it has can be taken from it all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_never_asks_is_listed_while_it_has_access() {
    let app =
        TestApp::with_outbox(&super::BLUEPRINT.replace("consent: once", "consent: never")).await;
    let browser = sign_in(&app, ADA).await;
    assert_eq!(get(&browser, "/apps").await, json!({ "apps": [] }));
    let token = connect(&app, &browser).await;
    let page = browser.visit("/account/apps").await.expect(200);
    assert_eq!(page.texts(".rows strong"), ["Wiki"]);
    page.form_with("disconnect").press("disconnect", "wiki").submit().await.expect(200);
    assert!(!is_good(&app, &token).await);
    assert_eq!(get(&browser, "/apps").await, json!({ "apps": [] }));
    delete(&browser, "/apps/wiki").await.expect(404);
}
