//! Passkeys by JSON: registered, listed, renamed, deleted; as a second factor, as a step-up, and as
//! the whole sign-in.

use serde_json::{Value, json};

use super::{
    BOB, ORIGIN, delete, get, login, native_bob, patch, post, problem, sign_in_bob, start, text,
};
use crate::harness::{Authenticator, Browser};

async fn register(browser: &Browser, name: &str) -> (Authenticator, Value) {
    let mut authenticator = Authenticator::new(ORIGIN);
    let set_up = post(browser, "/me/passkeys", json!({})).await.expect(200).json();
    let credential = authenticator.register(&set_up["options"]);
    let sent = json!({ "setup": set_up["setup"], "credential": credential, "name": name });
    let page = post(browser, "/me/passkeys/finish", sent).await.expect(200).json();
    (authenticator, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_are_registered_listed_renamed_and_deleted() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let (_, first) = register(&browser, "Laptop").await;
    assert_eq!(first["factor"]["factor"], "webauthn");
    assert_eq!(first["recovery_codes"].as_array().unwrap().len(), 10);
    let (_, second) = register(&browser, "Phone").await;
    assert_eq!(second["factor"]["name"], "Phone");
    assert_eq!(second["recovery_codes"], Value::Null, "the first ones are kept");
    let all = get(&browser, "/me/passkeys").await.expect(200).json();
    let names: Vec<_> =
        all["passkeys"].as_array().unwrap().iter().map(|it| text(&it["name"])).collect();
    assert_eq!(names, ["Laptop", "Phone"]);
    let path = format!("/me/passkeys/{}", text(&first["factor"]["id"]));
    patch(&browser, &path, json!({ "name": "Desk" })).await.expect(200);
    delete(&browser, &path).await.expect(204);
    problem(delete(&browser, &path).await, 404, "not_found");
    let all = get(&browser, "/me/passkeys").await.expect(200).json();
    assert_eq!(all["passkeys"].as_array().unwrap().len(), 1);
    assert_eq!(get(&browser, "/me/totp").await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_good_for_its_own_set_up_alone() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    let one = post(&browser, "/me/passkeys", json!({})).await.expect(200).json();
    let two = post(&browser, "/me/passkeys", json!({})).await.expect(200).json();
    let credential = authenticator.register(&one["options"]);
    let sent = json!({ "setup": two["setup"], "credential": credential });
    let page = post(&browser, "/me/passkeys/finish", sent).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "webauthn.failed");
    let sent = json!({ "setup": one["setup"], "credential": credential });
    post(&browser, "/me/passkeys/finish", sent.clone()).await.expect(200);
    problem(post(&browser, "/me/passkeys/finish", sent).await, 410, "execution_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_a_second_factor_and_a_step_up() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let (mut authenticator, _) = register(&browser, "Laptop").await;
    let other = app.browser();
    let half = login(&other, BOB.0, BOB.1).await.expect(200).json();
    assert_eq!(half["factor"], "webauthn");
    let credential = authenticator.assert(&half["challenge"]["options"]);
    let page = post(&other, "/login/verify", json!({ "credential": credential })).await;
    assert_eq!(page.expect(200).json()["session"]["acr"], "phr");
    let asked =
        post(&other, "/me/step-up", json!({ "factor": "webauthn" })).await.expect(200).json();
    let credential = authenticator.assert(&asked["challenge"]["options"]);
    let sent = json!({ "step_up": asked["step_up"], "credential": credential });
    let page = post(&other, "/me/step-up/verify", sent).await.expect(200).json();
    assert_eq!(page["satisfied"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_signs_in() {
    let app = start().await;
    let (mut authenticator, _) = register(&sign_in_bob(&app).await, "Laptop").await;
    let browser = app.browser();
    let asked = post(&browser, "/login/passkey", json!({})).await.expect(200).json();
    assert_eq!(asked["options"]["allowCredentials"].as_array().map_or(0, Vec::len), 0);
    // Nobody has proven anything yet.
    problem(get(&browser, "/login").await, 401, "unauthenticated");
    let credential = authenticator.assert(&asked["options"]);
    let by_code = post(&browser, "/login/verify", json!({ "credential": credential })).await;
    problem(by_code, 401, "unauthenticated");
    let sent = json!({ "credential": credential });
    let stolen = json!({ "credential": credential, "login": asked["login"] });
    let page = post(&app.browser(), "/login/passkey/finish", stolen).await;
    problem(page, 401, "unauthenticated");
    let page = post(&browser, "/login/passkey/finish", sent.clone()).await.expect(200);
    assert_eq!(page.json()["email"], BOB.0);
    assert_eq!(page.json()["session"]["acr"], "phr");
    problem(post(&browser, "/login/passkey/finish", sent).await, 401, "unauthenticated");
    // As an app.
    let asked = post(&app.browser(), "/login/passkey?client=native", json!({})).await.expect(200);
    let asked = asked.json();
    let phone = super::bearer(&app, &text(&asked["token"]));
    let credential = authenticator.assert(&asked["options"]);
    let sent = json!({ "credential": credential, "login": asked["login"] });
    let page = post(&phone, "/login/passkey/finish", sent).await.expect(200).json();
    let phone = super::bearer(&app, &text(&page["session"]["token"]));
    assert_eq!(get(&phone, "/me").await.expect(200).json()["email"], BOB.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_registers_a_passkey() {
    let app = start().await;
    let (phone, _) = native_bob(&app).await;
    let (_, page) = register(&phone, "Phone").await;
    let phone = super::bearer(&app, &text(&page["session"]["token"]));
    let all = get(&phone, "/me/passkeys").await.expect(200).json();
    assert_eq!(all["passkeys"].as_array().unwrap().len(), 1);
}
