//! Browsers on which nobody asks for a second factor for a while, and how they are forgotten.

use serde_json::json;

use super::factors::remember;
use super::{ADA, EVE, ada, delete, get, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_forgets_a_device_and_all_of_them() {
    let (app, browser) = ada().await;
    assert!(!browser.visit("/account/security").await.has(r#"button[name="forget"]"#));
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(remember(&app, ADA).await);
    }
    let page = browser.visit("/account/security").await.expect(200);
    assert!(page.body.contains("Firefox on Linux"), "{page:?}");
    let page = page.form_with("forget").press("forget", ids[0].as_str()).submit().await.expect(200);
    assert!(page.has(r#"[role="status"]"#));
    delete(&browser, &format!("/devices/{}", ids[1])).await.expect(204);
    delete(&browser, &format!("/devices/{}", ids[1])).await.expect(404);
    assert_eq!(get(&browser, "/devices").await["devices"].as_array().unwrap().len(), 2);
    let page = browser.visit("/account/security").await;
    page.form_with("forget").press("forget", "all").submit().await.expect(200);
    assert_eq!(get(&browser, "/devices").await, json!({ "devices": [] }));
    assert_eq!(app.events_of("device_forgotten").await.len(), 2);
    assert_eq!(delete(&browser, "/devices").await.expect(200).json(), json!({ "forgotten": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_device_is_not_there() {
    let (app, browser) = ada().await;
    let id = remember(&app, ADA).await;
    let eve = sign_in(&app, EVE).await;
    delete(&eve, &format!("/devices/{id}")).await.expect(404);
    remember(&app, EVE).await;
    let page = eve.visit("/account/security").await.expect(200);
    let token = page.attribute(r#"[name="csrf"]"#, "value");
    let fields = [("csrf".to_owned(), token), ("forget".to_owned(), id.to_string())];
    eve.post(eve.resolve("/account/security"), &page.url, &fields).await.expect(404);
    delete(&eve, "/devices").await.expect(200);
    assert_eq!(get(&browser, "/devices").await["devices"][0]["id"], json!(id));
}
