//! Proving again: by JSON, in place, and what is shut until then.

use chrono::Duration;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{
    BOB, code, cookie, delete, get, native_bob, patch, post, problem, sign_in_ada, sign_in_bob,
    start, text, wrong,
};
use crate::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn a_sensitive_endpoint_says_what_is_missing() {
    let app = start().await;
    let browser = sign_in_ada(&app, 0).await;
    let factor = get(&browser, "/me/factors").await.json()["factors"][0]["id"].clone();
    let factor = format!("/me/factors/{}", text(&factor));
    app.clock.advance(Duration::minutes(16));
    // A-73: by whichever method.
    for page in [
        delete(&browser, &factor).await,
        patch(&browser, &factor, json!({ "name": "Mine" })).await,
        post(&browser, "/me/totp", json!({})).await,
        post(&browser, "/me/totp/disable", json!({ "code": code(&app, 0) })).await,
        post(&browser, "/me/passkeys", json!({})).await,
        post(&browser, "/me/recovery-codes", json!({})).await,
        post(&browser, "/me/otp", json!({ "channel": "email", "to": "a@b.example" })).await,
    ] {
        let challenge = page.header("www-authenticate").to_owned();
        let start = r#"Bearer error="insufficient_user_authentication", error_description=""#;
        assert!(challenge.starts_with(start), "{challenge}");
        assert!(challenge.ends_with(r#"max_age="900""#), "{challenge}");
        let lacks = problem(page, 401, "insufficient_user_authentication");
        assert_eq!((&lacks["code"], &lacks["max_age"]), (&json!("step_up_needed"), &json!(900)));
        assert!(lacks["factors"].as_array().unwrap().contains(&json!("totp")), "{lacks}");
    }
    let all = get(&browser, "/me/factors").await.expect(200).json();
    assert_eq!(all["factors"].as_array().unwrap().len(), 1);
    assert_ne!(all["factors"][0]["name"], "Mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_asked_for_and_shown() {
    let app = start().await;
    let browser = sign_in_ada(&app, 0).await;
    let fresh = post(&browser, "/me/step-up", json!({})).await.expect(200).json();
    assert_eq!(fresh["satisfied"], true);
    app.clock.advance(Duration::minutes(16));
    let asked = post(&browser, "/me/step-up", json!({})).await.expect(200).json();
    assert_eq!((&asked["status"], &asked["factor"]), (&json!("needs_proof"), &json!("totp")));
    let sent = json!({ "step_up": asked["step_up"], "code": wrong(&app) });
    let page = post(&browser, "/me/step-up/verify", sent).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "code.wrong");
    let session = get(&browser, "/me").await.json()["session"]["id"].clone();
    let sent = json!({ "step_up": asked["step_up"], "code": code(&app, 0) });
    let done = post(&browser, "/me/step-up/verify", sent.clone()).await.expect(200).json();
    assert_eq!((&done["satisfied"], &done["acr"]), (&json!(true), &json!("aal2")));
    assert_eq!(get(&browser, "/me").await.json()["session"]["id"], session, "no new session");
    problem(post(&browser, "/me/step-up/verify", sent).await, 410, "execution_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_or_a_password_is_shown_without_asking_first() {
    let app = start().await;
    let browser = sign_in_ada(&app, -1).await;
    let set = post(&browser, "/me/recovery-codes", json!({})).await.expect(200).json();
    for body in [
        json!({ "code": code(&app, 0) }),
        json!({ "code": set["codes"][0] }),
        json!({ "code": set["codes"][1], "factor": "static" }),
    ] {
        let page = post(&browser, "/me/step-up/verify", body).await.expect(200).json();
        assert_eq!(page["satisfied"], true);
    }
    assert_eq!(get(&browser, "/me/recovery-codes").await.json()["left"], 8);
    let bob = sign_in_bob(&app).await;
    app.clock.advance(Duration::minutes(16));
    assert_eq!(get(&bob, "/me/step-up").await.json()["satisfied"], false);
    let page = post(&bob, "/me/step-up/verify", json!({ "password": "wrong" })).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "password.wrong");
    post(&bob, "/me/step-up/verify", json!({ "password": BOB.1 })).await.expect(200);
    assert_eq!(get(&bob, "/me/step-up").await.json()["satisfied"], true);
    for body in [json!({}), json!({ "credential": {} }), json!({ "factor": "email", "code": "1" })]
    {
        problem(post(&bob, "/me/step-up/verify", body).await, 422, "malformed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_no_second_factor() {
    let app = start().await;
    let browser = sign_in_ada(&app, 0).await;
    app.clock.advance(Duration::minutes(16));
    let body = json!({ "password": PASSWORD });
    let page = post(&browser, "/me/step-up/verify", body).await.expect(200).json();
    // The password was right, and the policies ask for more.
    assert_eq!(
        (&page["status"], &page["factor"]),
        (&json!("needs_proof"), &json!("totp")),
        "{page}"
    );
    assert_eq!(get(&browser, "/me/step-up").await.json()["satisfied"], false);
    let sent = json!({ "step_up": page["step_up"], "code": code(&app, 0) });
    post(&browser, "/me/step-up/verify", sent).await.expect(200);
    assert_eq!(get(&browser, "/me/step-up").await.json()["satisfied"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_gets_its_session_s_new_token() {
    let app = start().await;
    let (phone, token) = native_bob(&app).await;
    app.clock.advance(Duration::minutes(16));
    let page = post(&phone, "/me/step-up/verify", json!({ "password": BOB.1 })).await;
    let renewed = text(&page.expect(200).json()["session"]["token"]);
    assert_ne!(renewed, token);
    problem(get(&phone, "/me").await, 401, "unauthenticated");
    let phone = super::bearer(&app, &renewed);
    assert_eq!(get(&phone, "/me/step-up").await.json()["satisfied"], true);
    // What it begins is its session's, whatever its token is by then.
    let set_up = post(&phone, "/me/totp", json!({})).await.expect(200).json();
    let page = post(&phone, "/me/step-up/verify", json!({ "password": BOB.1 })).await.expect(200);
    let phone = super::bearer(&app, &text(&page.json()["session"]["token"]));
    let secret = text(&set_up["secret"]);
    let code = crate::harness::totp(&secret, store::Clock::now(&app.clock), 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    post(&phone, "/me/totp/confirm", sent).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_show_one_code_at_once_one_has_shown_it() {
    let app = start().await;
    let browser = sign_in_ada(&app, -1).await;
    let thief = browser.stolen();
    let right = json!({ "code": code(&app, 0) });
    let all = join_all((0..20).map(|_| post(&thief, "/me/totp/verify", right.clone()))).await;
    let statuses: Vec<_> = all.iter().map(|page| page.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(app.events_of("step_up").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_use_the_cookie() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    for header in [("sec-fetch-site", &b"cross-site"[..]), ("origin", b"https://evil.example")] {
        let headers = [("content-type", &b"application/json"[..]), header];
        let page = browser.raw(Method::POST, "/api/v1/me/totp", &headers, "{}").await;
        problem(page, 403, "csrf");
    }
    assert!(cookie(&browser, "flowgate-session").is_some());
}
