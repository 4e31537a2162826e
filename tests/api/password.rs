//! The password by JSON.

use chrono::Duration;
use serde_json::json;

use super::{BOB, bearer, cookie, get, login, native_bob, post, problem, sign_in_bob, start, text};

const NEW: &str = "nine purple parasols";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_with_the_one_that_held() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let other = sign_in_bob(&app).await;
    let wrong = json!({ "current": "wrong", "new": NEW });
    let page = post(&browser, "/me/password", wrong).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "password.wrong");
    problem(post(&browser, "/me/password", json!({ "new": NEW })).await, 422, "malformed");
    let short = json!({ "current": BOB.1, "new": "short" });
    let page = post(&browser, "/me/password", short).await;
    assert!(text(&problem(page, 422, "answer_refused")["code"]).starts_with("new_password."));
    let before = cookie(&browser, "flowgate-session");
    let right = json!({ "current": BOB.1, "new": NEW });
    let page = post(&browser, "/me/password", right).await.expect(200);
    assert_eq!(page.json(), json!({ "changed": true }));
    assert_ne!(cookie(&browser, "flowgate-session"), before);
    get(&browser, "/me").await.expect(200);
    problem(get(&other, "/me").await, 401, "unauthenticated");
    login(&app.browser(), BOB.0, BOB.1).await.expect(401);
    login(&app.browser(), BOB.0, NEW).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_goes_on_with_a_new_token_and_a_recent_proof() {
    let app = start().await;
    let (phone, token) = native_bob(&app).await;
    let sent = json!({ "current": BOB.1, "new": NEW });
    app.clock.advance(Duration::minutes(16));
    let page = post(&phone, "/me/password", sent.clone()).await;
    problem(page, 401, "insufficient_user_authentication");
    let page = post(&phone, "/me/step-up/verify", json!({ "password": BOB.1 })).await.expect(200);
    let phone = bearer(&app, &text(&page.json()["session"]["token"]));
    let page = post(&phone, "/me/password", sent).await.expect(200).json();
    let renewed = text(&page["session"]["token"]);
    assert_ne!(renewed, token);
    get(&bearer(&app, &renewed), "/me").await.expect(200);
    problem(get(&phone, "/me").await, 401, "unauthenticated");
}
