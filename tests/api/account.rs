//! The account beside its factors: whether it is as the document says. What it does is tested in
//! `tests/account/`.

use serde_json::json;

use super::{delete, get, patch, problem, sign_in_ada, sign_in_bob, start, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_as_it_is_described() {
    let app = start().await;
    let browser = sign_in_ada(&app, 0).await;
    for path in ["/me", "/me/sessions", "/me/devices", "/me/apps", "/me/activity", "/me/step-up"] {
        get(&browser, path).await.expect(200);
    }
    let activity = get(&browser, "/me/activity").await.json();
    assert!(!activity["events"].as_array().unwrap().is_empty(), "{activity}");
    patch(&browser, "/me", json!({ "name": "Ada King", "language": "de" })).await.expect(204);
    let me = get(&browser, "/me").await.json();
    assert_eq!((&me["name"], &me["language"]), (&json!("Ada King"), &json!("de")));
    problem(patch(&browser, "/me", json!({ "admin": true })).await, 422, "malformed");
    problem(patch(&browser, "/me", json!({ "language": "xx" })).await, 400, "bad_request");
    for path in ["/me/sessions/none", "/me/devices/none", "/me/apps/none"] {
        problem(delete(&browser, path).await, 404, "not_found");
    }
    delete(&browser, "/me/sessions").await.expect(200);
    delete(&browser, "/me/devices").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_browser_and_another_session_are_listed_and_ended() {
    let app = start().await;
    let browser = app.browser();
    super::login(&browser, "tess@trusting.example", crate::PASSWORD).await.expect(200);
    let sent = json!({ "code": super::code(&app, 0), "remember_device": true });
    super::post(&browser, "/login/verify", sent).await.expect(200);
    let devices = get(&browser, "/me/devices").await.expect(200).json();
    let device = text(&devices["devices"][0]["id"]);
    delete(&browser, &format!("/me/devices/{device}")).await.expect(204);
    let (one, other) = (sign_in_bob(&app).await, sign_in_bob(&app).await);
    let sessions = get(&one, "/me/sessions").await.expect(200).json();
    let sessions = sessions["sessions"].as_array().unwrap();
    let elsewhere = sessions.iter().find(|session| session["current"] == false).unwrap();
    delete(&one, &format!("/me/sessions/{}", text(&elsewhere["id"]))).await.expect(204);
    problem(get(&other, "/me").await, 401, "unauthenticated");
}
