//! What a person is called, and the language in which they are written to.

use reqwest::Method;
use serde_json::json;

use super::{ADA, ada, get};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_how_they_are_called_and_written_to() {
    let (app, browser) = ada().await;
    let page = browser.visit("/account/profile").await.expect(200);
    let hostile = "<b>Ada</b> \"King\" & {{ 7 * 7 }}";
    let form = page.form_with("name").fill("name", hostile).fill("language", "de");
    let page = form.submit().await.expect(200);
    assert_eq!(page.attribute(r#"input[name="name"]"#, "value"), hostile);
    assert!(!page.has("b"), "{page:?}");
    let ada = app.person(ADA).await;
    assert_eq!((ada.name.as_str(), ada.language.as_deref()), (hostile, Some("de")));
    assert_eq!(app.events_of("profile_changed").await.len(), 1);
    // The same again is no change.
    page.form_with("name").submit().await.expect(200);
    assert_eq!(app.events_of("profile_changed").await.len(), 1);

    let patch = |body| {
        let browser = browser.clone();
        async move { browser.api(Method::PATCH, "/api/v1/me", Some(&body)).await }
    };
    // Without a language of their own they are written to in that of their browser.
    let page = browser.visit("/account/profile").await;
    page.form_with("name").fill("language", "browser").submit().await.expect(200);
    assert_eq!(app.person(ADA).await.language, None);
    patch(json!({ "language": "de" })).await.expect(204);

    patch(json!({ "name": "Augusta" })).await.expect(204);
    let me = get(&browser, "").await;
    assert_eq!((&me["name"], &me["language"]), (&json!("Augusta"), &json!("de")));
    patch(json!({ "language": "", "name": "" })).await.expect(204);
    let me = get(&browser, "").await;
    assert_eq!((&me["name"], &me["language"]), (&json!(""), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_persons_to_change_stays() {
    let (app, browser) = ada().await;
    let before = app.person(ADA).await;
    for body in [
        json!({ "admin": true }),
        json!({ "email": "ada@evil.example" }),
        json!({ "name": "x", "email_verified": true }),
        json!({ "name": "a\u{1b}[31m" }),
        json!({ "name": "a".repeat(201) }),
        json!({ "language": "tlh" }),
        json!({ "language": "../../etc/passwd" }),
        json!([]),
        json!({ "name": ["x"] }),
    ] {
        let answer = browser.api(Method::PATCH, "/api/v1/me", Some(&body)).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{body}: {answer:?}");
    }
    let page = browser.visit("/account/profile").await.expect(200);
    let form = page.form_with("name").tamper("name", Some(&"a".repeat(201)));
    let page = form.tamper("admin", Some("true")).submit().await.expect(422);
    assert!(page.has("#e-name"), "{page:?}");
    let form = page.form_with("name").tamper("name", Some("Ada")).tamper("language", Some("tlh"));
    form.submit().await.expect(422);
    let after = app.person(ADA).await;
    assert_eq!((after.name, after.language), (before.name, before.language));
    assert_eq!((after.admin, after.email), (before.admin, before.email));
}
