//! Factors and recovery codes by JSON: listed, renamed, deleted, made anew.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    code, delete, get, login, patch, post, problem, sign_in_ada, sign_in_bob, start, text,
};
use crate::{ADA, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn factors_are_listed_renamed_and_deleted() {
    let app = start().await;
    let browser = sign_in_ada(&app, 0).await;
    let all = get(&browser, "/me/factors").await.expect(200).json();
    let id = text(&all["factors"][0]["id"]);
    assert_eq!(all["factors"][0]["factor"], "totp");
    assert_eq!(all["recovery_codes"], Value::Null);
    let path = format!("/me/factors/{id}");
    let page = patch(&browser, &path, json!({ "name": "My phone" })).await.expect(200);
    assert_eq!(page.json()["name"], "My phone");
    patch(&browser, &path, json!({ "name": "a\u{202e}b" })).await.expect(400);
    problem(patch(&browser, &path, json!({ "title": "x" })).await, 422, "malformed");
    assert_eq!(get(&browser, "/me/factors").await.json()["factors"][0]["name"], "My phone");
    // It is no passkey, and nobody else's.
    problem(delete(&browser, &format!("/me/passkeys/{id}")).await, 404, "not_found");
    let bob = sign_in_bob(&app).await;
    problem(delete(&bob, &path).await, 404, "not_found");
    problem(patch(&bob, &path, json!({ "name": "Mine" })).await, 404, "not_found");
    delete(&browser, &path).await.expect(204);
    problem(delete(&browser, &path).await, 404, "not_found");
    assert_eq!(login(&app.browser(), ADA, PASSWORD).await.expect(200).json()["email"], ADA);
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_shown_once_and_each_is_good_once() {
    let app = start().await;
    let browser = sign_in_ada(&app, 0).await;
    let none = get(&browser, "/me/recovery-codes").await.expect(200).json();
    assert_eq!(none, json!({ "left": 0, "of": 0, "created_at": null }));
    let first = post(&browser, "/me/recovery-codes", json!({})).await.expect(200).json();
    let codes: BTreeSet<String> = first["codes"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(codes.len(), 10);
    let left = get(&browser, "/me/recovery-codes").await.expect(200);
    assert_eq!(left.json()["left"], 10);
    assert!(codes.iter().all(|code| !left.body.contains(code.as_str())));

    let other = app.browser();
    login(&other, ADA, PASSWORD).await.expect(200);
    let asked = post(&other, "/login/factor", json!({ "factor": "static" })).await.expect(200);
    assert_eq!(asked.json()["factor"], "static");
    assert_eq!(asked.json()["challenge"]["pattern"], "XXXXX-XXXXX");
    let one = codes.iter().next().unwrap().to_lowercase().replace('-', " ");
    post(&other, "/login/verify", json!({ "code": one })).await.expect(200);
    assert_eq!(get(&browser, "/me/recovery-codes").await.json()["left"], 9);
    let third = app.browser();
    login(&third, ADA, PASSWORD).await.expect(200);
    post(&third, "/login/factor", json!({ "factor": "static" })).await.expect(200);
    let page = post(&third, "/login/verify", json!({ "code": one })).await;
    assert_eq!(problem(page, 409, "answer_refused")["code"], "code.used");

    // A new set kills the old one.
    let second = post(&browser, "/me/recovery-codes", json!({})).await.expect(200).json();
    assert_eq!(get(&browser, "/me/recovery-codes").await.json()["left"], 10);
    let old = codes.iter().nth(1).unwrap();
    let page = post(&third, "/login/verify", json!({ "code": old })).await;
    assert_eq!(problem(page, 400, "answer_refused")["code"], "code.wrong");
    let new = json!({ "code": second["codes"][0] });
    post(&third, "/login/verify", new).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_registered_by_nobody_or_half_a_sign_in() {
    //
    let app = start().await;
    let half = app.browser();
    login(&half, ADA, PASSWORD).await.expect(200);
    let native = json!({ "login": ADA, "password": PASSWORD });
    let native = post(&app.browser(), "/login?client=native", native).await.expect(200).json();
    let native = super::bearer(&app, &text(&native["token"]));
    for browser in [app.browser(), half.clone(), native] {
        for (path, body) in [
            ("/me/totp", json!({})),
            ("/me/totp/confirm", json!({ "setup": "x", "code": code(&app, 0) })),
            ("/me/totp/verify", json!({ "code": code(&app, 0) })),
            ("/me/totp/disable", json!({ "code": code(&app, 0) })),
            ("/me/passkeys", json!({})),
            ("/me/passkeys/finish", json!({ "setup": "x", "credential": {} })),
            ("/me/otp", json!({ "channel": "email", "to": "eve@evil.example" })),
            ("/me/otp/confirm", json!({ "setup": "x", "code": "123456" })),
            ("/me/recovery-codes", json!({})),
            ("/me/step-up", json!({})),
            ("/me/step-up/verify", json!({ "code": code(&app, 0) })),
        ] {
            problem(post(&browser, path, body).await, 401, "unauthenticated");
        }
    }
    assert!(app.events_of("factor_added").await.is_empty());
    assert!(app.outbox().await.is_empty());
    // And the sign-in goes on.
    post(&half, "/login/verify", json!({ "code": code(&app, 0) })).await.expect(200);
}

/// From now on Bob is of an organisation that demands a factor.
async fn demand_a_factor(app: &crate::harness::TestApp) {
    let bob = "    password: nine silver spoons\n";
    let member = format!("{bob}    organisations: [strict]\n");
    app.apply(&super::PEOPLE.replace(bob, &member)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_have_a_factor_by_now_sets_one_up() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    demand_a_factor(&app).await;
    // Everything else that is sensitive waits for it.
    let page = post(&browser, "/me/recovery-codes", json!({})).await;
    let lacks = problem(page, 401, "insufficient_user_authentication");
    assert_eq!(lacks["code"], "enrolment_needed");
    let set_up = post(&browser, "/me/totp", json!({})).await.expect(200).json();
    let now = store::Clock::now(&app.clock);
    let code = crate::harness::totp(&text(&set_up["secret"]), now, 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    let page = post(&browser, "/me/totp/confirm", sent).await.expect(200).json();
    assert_eq!(page["factor"]["factor"], "totp");
    assert_eq!(get(&browser, "/me").await.json()["session"]["acr"], "aal2");
    assert_eq!(get(&browser, "/me/factors").await.json()["factors"].as_array().unwrap().len(), 1);
    post(&browser, "/me/recovery-codes", json!({})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_set_up_only_after_a_recent_proof() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    demand_a_factor(&app).await;
    app.clock.advance(chrono::Duration::minutes(16));
    for path in ["/me/totp", "/me/passkeys"] {
        let page = post(&browser, path, json!({})).await;
        problem(page, 401, "insufficient_user_authentication");
    }
    // The step-up asks for the password, and has the factor set up in place.
    let page = post(&browser, "/me/step-up/verify", json!({ "password": super::BOB.1 })).await;
    assert_eq!(problem(page, 409, "interaction_required")["component"], "enrol");
}
