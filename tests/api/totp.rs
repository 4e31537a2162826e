//! Authenticator apps by JSON.

use chrono::Duration;
use futures::future::join_all;
use serde_json::json;
use store::Clock as _;

use super::{
    BOB, code, cookie, get, login, native_bob, post, problem, sign_in_ada, sign_in_bob, start,
    text, wrong,
};
use crate::PASSWORD;
use crate::harness::totp;

const SESSION: &str = "flowgate-session";

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_set_up_confirmed_and_asked_for() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let before = cookie(&browser, SESSION);
    let page = post(&browser, "/me/totp", json!({})).await.expect(200);
    assert_eq!(page.header("cache-control"), "no-store");
    let set_up = page.json();
    let secret = text(&set_up["secret"]);
    assert!(secret.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{secret}");
    assert!(secret.len() >= 32, "160 bits");
    assert!(text(&set_up["uri"]).starts_with("otpauth://totp/"));
    assert!(text(&set_up["uri"]).contains(&format!("secret={secret}")));
    assert!(text(&set_up["qr"]).starts_with("data:image/png;base64,"));
    // It counts for nothing until a code came back.
    assert_eq!(get(&browser, "/me/factors").await.json()["factors"], json!([]));
    let now = app.clock.now();
    let right = totp(&secret, now, 0);
    let bad = if right == "000000" { "111111" } else { "000000" };
    let sent = json!({ "setup": set_up["setup"], "code": bad });
    let page = post(&browser, "/me/totp/confirm", sent).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "code.wrong");
    let sent = json!({ "setup": set_up["setup"], "code": right, "name": "Phone" });
    let page = post(&browser, "/me/totp/confirm", sent.clone()).await.expect(200).json();
    assert_eq!(
        (&page["factor"]["factor"], &page["factor"]["name"]),
        (&json!("totp"), &json!("Phone"))
    );
    let codes = page["recovery_codes"].as_array().expect("recovery codes").clone();
    assert_eq!(codes.len(), 10);
    let is_code = |code: &str| code.len() == 11 && code.as_bytes()[5] == b'-';
    assert!(codes.iter().all(|code| is_code(code.as_str().unwrap())), "{codes:?}");
    assert_ne!(cookie(&browser, SESSION), before, "what was proven gets a new secret");
    assert_eq!(get(&browser, "/me").await.expect(200).json()["session"]["acr"], "aal2");
    // Once, and never shown again.
    problem(post(&browser, "/me/totp/confirm", sent).await, 410, "execution_unknown");
    let factors = get(&browser, "/me/factors").await.expect(200);
    assert!(!factors.body.contains(&secret));
    assert_eq!(factors.json()["factors"][0]["name"], "Phone");
    assert_eq!(factors.json()["recovery_codes"]["left"], 10);

    let other = app.browser();
    let half = login(&other, BOB.0, BOB.1).await.expect(200).json();
    assert_eq!((&half["factor"], &half["factors"]), (&json!("totp"), &json!(["totp", "static"])));
    app.clock.advance(Duration::seconds(30));
    let right = json!({ "code": totp(&secret, app.clock.now(), 0) });
    post(&other, "/login/verify", right).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_s_own_secret_changes_with_what_it_proves() {
    let app = start().await;
    let (phone, token) = native_bob(&app).await;
    let set_up = post(&phone, "/me/totp", json!({})).await.expect(200).json();
    let code = totp(&text(&set_up["secret"]), app.clock.now(), 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    let page = post(&phone, "/me/totp/confirm", sent).await.expect(200).json();
    let renewed = text(&page["session"]["token"]);
    assert_ne!(renewed, token);
    problem(get(&phone, "/me").await, 401, "unauthenticated");
    let me = get(&super::bearer(&app, &renewed), "/me").await.expect(200).json();
    assert_eq!(me["session"]["acr"], "aal2");
    assert!(phone.cookies("/").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_is_its_browser_s_alone() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let set_up = post(&browser, "/me/totp", json!({})).await.expect(200).json();
    let code = totp(&text(&set_up["secret"]), app.clock.now(), 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    for stranger in [sign_in_bob(&app).await, sign_in_ada(&app, 0).await] {
        let page = post(&stranger, "/me/totp/confirm", sent.clone()).await;
        problem(page, 410, "execution_unknown");
    }
    // Another flow's execution is none of this one's.
    let step_up = post(&browser, "/me/step-up", json!({ "factor": "password" })).await.expect(200);
    let page = json!({ "setup": step_up.json()["step_up"], "code": code });
    problem(post(&browser, "/me/totp/confirm", page).await, 410, "execution_unknown");
    post(&browser, "/me/totp/confirm", sent).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_confirmations_at_once_one_binds() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let set_up = post(&browser, "/me/totp", json!({})).await.expect(200).json();
    let code = totp(&text(&set_up["secret"]), app.clock.now(), 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    let all = join_all((0..20).map(|_| post(&browser, "/me/totp/confirm", sent.clone()))).await;
    let statuses: Vec<_> = all.iter().map(|page| page.status.as_u16()).collect();
    // Who asks again for an answer that was lost is told that it is done, and no secret twice.
    let told = all.iter().filter(|page| page.status == 200);
    let with_codes = told.filter(|page| page.body.contains("recovery_codes")).count();
    assert_eq!(with_codes, 1, "{statuses:?}");
    assert!(statuses.iter().all(|it| [200, 401, 409, 410].contains(it)), "{statuses:?}");
    let factors = get(&browser, "/me/factors").await.expect(200).json();
    assert_eq!(factors["factors"].as_array().unwrap().len(), 1, "{factors}");
    assert_eq!(app.events_of("factor_added").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_code_makes_the_proof_recent() {
    let app = start().await;
    let browser = sign_in_ada(&app, 0).await;
    app.clock.advance(Duration::minutes(20));
    let page = post(&browser, "/me/recovery-codes", json!({})).await;
    problem(page, 401, "insufficient_user_authentication");
    let page = post(&browser, "/me/totp/verify", json!({ "code": wrong(&app) })).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "code.wrong");
    let before = cookie(&browser, SESSION);
    let right = json!({ "code": code(&app, 0) });
    let page = post(&browser, "/me/totp/verify", right.clone()).await.expect(200).json();
    assert_eq!(page["satisfied"], true);
    assert_ne!(cookie(&browser, SESSION), before);
    assert_eq!(page, get(&browser, "/me/step-up").await.expect(200).json());
    let again = post(&browser, "/me/totp/verify", right).await;
    assert_eq!(problem(again, 409, "answer_refused")["code"], "code.used");
    post(&browser, "/me/recovery-codes", json!({})).await.expect(200);
    // Who has no app is told so.
    let bob = sign_in_bob(&app).await;
    problem(
        post(&bob, "/me/totp/verify", json!({ "code": "123456" })).await,
        404,
        "factor_unknown",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_disabled_with_its_code() {
    let app = start().await;
    let browser = sign_in_ada(&app, -1).await;
    problem(post(&browser, "/me/totp/disable", json!({})).await, 422, "malformed");
    let page = post(&browser, "/me/totp/disable", json!({ "code": wrong(&app) })).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "code.wrong");
    let used = post(&browser, "/me/totp/disable", json!({ "code": code(&app, -1) })).await;
    assert_eq!(problem(used, 409, "answer_refused")["code"], "code.used");
    assert_eq!(get(&browser, "/me/factors").await.json()["factors"].as_array().unwrap().len(), 1);
    let page = post(&browser, "/me/totp/disable", json!({ "code": code(&app, 0) })).await;
    assert!(page.expect(200).json()["disabled"].is_string());
    let factors = get(&browser, "/me/factors").await.expect(200).json();
    assert_eq!(factors["factors"], json!([]));
    login(&app.browser(), crate::ADA, PASSWORD).await.expect(200);
    assert_eq!(app.events_of("factor_removed").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_that_is_pending_is_abandoned_without_a_code() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let set_up = post(&browser, "/me/totp", json!({})).await.expect(200).json();
    let page = post(&browser, "/me/totp/disable", json!({})).await.expect(200).json();
    assert_eq!(page, json!({ "disabled": null }));
    let code = totp(&text(&set_up["secret"]), app.clock.now(), 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    problem(post(&browser, "/me/totp/confirm", sent).await, 410, "execution_unknown");
    assert_eq!(get(&browser, "/me/factors").await.json()["factors"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_app_stays_where_an_organisation_demands_one() {
    let app = start().await;
    let browser = app.browser();
    login(&browser, "tess@trusting.example", PASSWORD).await.expect(200);
    post(&browser, "/login/verify", json!({ "code": code(&app, -1) })).await.expect(200);
    let next = json!({ "code": code(&app, 0) });
    problem(post(&browser, "/me/totp/disable", next.clone()).await, 409, "last_factor");
    // The code was not used up by that.
    post(&browser, "/me/totp/verify", next).await.expect(200);
}
