//! Signing in by JSON, and what half a sign-in is good for: nothing.

use std::collections::BTreeSet;

use chrono::Duration;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{
    BOB, bearer, code, cookie, get, login, post, problem, sign_in_ada, start, text, wrong,
};
use crate::harness::TestApp;
use crate::{ADA, PASSWORD};

const SESSION: &str = "flowgate-session";
const LOGIN: &str = "flowgate-login";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_alone_signs_in_who_has_nothing_else() {
    let app = start().await;
    let browser = app.browser();
    let page = login(&browser, BOB.0, BOB.1).await.expect(200);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.json(), get(&browser, "/me").await.expect(200).json());
    assert_eq!(page.json()["session"]["acr"], "aal1");
    assert!(!page.body.contains("token"), "a browser's secret is in its cookie alone");
    assert!(cookie(&browser, SESSION).is_some());
    assert_eq!(cookie(&browser, LOGIN), None);
    // Nothing waits.
    problem(get(&browser, "/login").await, 401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_and_a_wrong_password_are_one_answer() {
    let app = start().await;
    let mut answers = BTreeSet::new();
    for (name, password) in [(ADA, "wrong"), ("nobody@acme.example", PASSWORD), (BOB.0, PASSWORD)] {
        let page = login(&app.browser(), name, password).await;
        assert_eq!(page.header("www-authenticate"), "Bearer");
        let mut answer = problem(page, 401, "answer_refused");
        assert_eq!(answer["code"], "password.wrong");
        assert_eq!(answer["errors"][0]["field"], "password");
        answer.as_object_mut().unwrap().remove("request_id");
        answers.insert(answer.to_string());
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_leaves_half_a_sign_in_that_its_code_completes() {
    let app = start().await;
    let browser = app.browser();
    let half = login(&browser, ADA, PASSWORD).await.expect(200).json();
    assert_eq!(half["status"], "needs_mfa");
    assert_eq!((&half["factor"], &half["factors"]), (&json!("totp"), &json!(["totp"])));
    assert_eq!(half["challenge"], json!({ "digits": 6 }));
    assert_eq!(cookie(&browser, SESSION), None);
    assert_eq!(cookie(&browser, LOGIN), Some(text(&half["login"])));
    assert_eq!(get(&browser, "/login").await.expect(200).json(), half);
    problem(get(&browser, "/me").await, 401, "unauthenticated");

    let refused = post(&browser, "/login/verify", json!({ "code": wrong(&app) })).await;
    let refused = problem(refused, 400, "answer_refused");
    assert_eq!(refused["code"], "code.wrong");
    let errors = json!([{ "field": "code", "key": "code.wrong", "params": {} }]);
    assert_eq!(refused["errors"], errors);
    assert!(text(&refused["detail"]).starts_with("That code isn’t right"));

    let page = post(&browser, "/login/verify", json!({ "code": code(&app, 0) })).await.expect(200);
    assert_eq!(page.json(), get(&browser, "/me").await.expect(200).json());
    assert_eq!(page.json()["email"], ADA);
    assert_eq!(page.json()["session"]["acr"], "aal2");
    assert_eq!(cookie(&browser, LOGIN), None);
    let again = post(&browser, "/login/verify", json!({ "code": code(&app, 1) })).await;
    problem(again, 401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_verified_without_half_a_sign_in() {
    let app = start().await;
    let nobody = app.browser();
    let right = json!({ "code": code(&app, 0) });
    problem(post(&nobody, "/login/verify", right.clone()).await, 401, "unauthenticated");
    let stranger = app.browser();
    login(&stranger, BOB.0, BOB.1).await.expect(200);
    problem(post(&stranger, "/login/verify", right.clone()).await, 401, "unauthenticated");
    // Knowing the name of another browser's is of no use (A-13).
    let half = login(&app.browser(), ADA, PASSWORD).await.expect(200).json();
    let stolen = json!({ "code": code(&app, 0), "login": half["login"] });
    problem(post(&nobody, "/login/verify", stolen.clone()).await, 401, "unauthenticated");
    problem(post(&stranger, "/login/verify", stolen).await, 401, "unauthenticated");
    let choice = json!({ "factor": "totp", "login": half["login"] });
    problem(post(&nobody, "/login/factor", choice).await, 401, "unauthenticated");
    assert!(app.events_of("login").await.len() == 1, "Bob's alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_sign_in_is_over_after_ten_minutes() {
    let app = start().await;
    let browser = app.browser();
    let half = login(&browser, ADA, PASSWORD).await.expect(200).json();
    app.clock.advance(Duration::minutes(10) + Duration::seconds(1));
    let sent = json!({ "code": code(&app, 0), "login": half["login"] });
    problem(post(&browser, "/login/verify", sent).await, 401, "unauthenticated");
    problem(get(&browser, "/login").await, 401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_wrong_codes_end_the_sign_in_and_lock_the_factor() {
    let app = start().await;
    let browser = app.browser();
    login(&browser, ADA, PASSWORD).await.expect(200);
    for _ in 0..4 {
        let page = post(&browser, "/login/verify", json!({ "code": wrong(&app) })).await;
        assert_eq!(problem(page, 400, "answer_refused")["code"], "code.wrong");
    }
    let page = post(&browser, "/login/verify", json!({ "code": wrong(&app) })).await;
    assert_eq!(problem(page, 401, "answer_refused")["code"], "identify.too_many");
    assert_eq!(cookie(&browser, LOGIN), None);
    problem(get(&browser, "/login").await, 401, "unauthenticated");
    // A new one does not make the codes good (A-46).
    login(&browser, ADA, PASSWORD).await.expect(200);
    let page = post(&browser, "/login/verify", json!({ "code": code(&app, 0) })).await;
    assert_eq!(page.header("retry-after"), "60");
    assert_eq!(problem(page, 429, "answer_refused")["code"], "code.locked");
    app.clock.advance(Duration::seconds(60));
    post(&browser, "/login/verify", json!({ "code": code(&app, 0) })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_send_one_code_at_once_one_is_signed_in() {
    let app = start().await;
    let browser = app.browser();
    login(&browser, ADA, PASSWORD).await.expect(200);
    let right = json!({ "code": code(&app, 0) });
    let all = join_all((0..20).map(|_| post(&browser, "/login/verify", right.clone()))).await;
    let statuses: Vec<_> = all.iter().map(|page| page.status.as_u16()).collect();
    // Who asks again in the same browser, for an answer that was lost, gets the same one.
    let signed_in = all.iter().filter(|page| page.status == 200);
    let sessions: BTreeSet<_> = signed_in.map(|page| text(&page.json()["session"]["id"])).collect();
    assert_eq!(sessions.len(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 401, 409, 429].contains(status)), "{statuses:?}");
    assert_eq!(app.events_of("login").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_browsers_that_send_one_code_at_once_one_is_signed_in() {
    let app = start().await;
    let mut browsers = Vec::new();
    for _ in 0..20 {
        let browser = app.browser();
        login(&browser, ADA, PASSWORD).await.expect(200);
        browsers.push(browser);
    }
    let right = json!({ "code": code(&app, 0) });
    let all = join_all(browsers.iter().map(|it| post(it, "/login/verify", right.clone()))).await;
    let statuses: Vec<_> = all.iter().map(|page| page.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(app.events_of("login").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_is_told_from_a_wrong_one() {
    let app = start().await;
    sign_in_ada(&app, 0).await;
    let browser = app.browser();
    login(&browser, ADA, PASSWORD).await.expect(200);
    let page = post(&browser, "/login/verify", json!({ "code": code(&app, 0) })).await;
    assert_eq!(problem(page, 409, "answer_refused")["code"], "code.used");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_signs_in_with_bearer_values_and_no_cookie() {
    let app = start().await;
    let phone = app.browser();
    let body = json!({ "login": ADA, "password": PASSWORD });
    let half = post(&phone, "/login?client=native", body).await.expect(200).json();
    assert!(phone.cookies("/").is_empty());
    let token = text(&half["token"]);
    let waiting = bearer(&app, &token);
    let named = format!("/login?login={}", text(&half["login"]));
    assert_eq!(get(&waiting, &named).await.expect(200).json()["factor"], "totp");
    problem(get(&waiting, "/me").await, 401, "unauthenticated");
    let sent = json!({ "code": code(&app, 0), "login": half["login"] });
    // The name without the secret, and the secret without the name.
    problem(post(&phone, "/login/verify", sent.clone()).await, 401, "unauthenticated");
    let nameless = json!({ "code": code(&app, 0) });
    problem(post(&waiting, "/login/verify", nameless).await, 401, "unauthenticated");
    let page = post(&waiting, "/login/verify", sent).await.expect(200);
    assert!(waiting.cookies("/").is_empty());
    let session = text(&page.json()["session"]["token"]);
    let mut me = get(&bearer(&app, &session), "/me").await.expect(200).json();
    me["session"]["token"] = json!(session);
    assert_eq!(page.json(), me);
    problem(get(&waiting, "/me").await, 401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_changes_nothing() {
    let app = start().await;
    let browser = app.browser();
    for (body, what) in [
        (r#"{"login": "a"}"#, "missing field `password`"),
        (r#"{"login": "a", "password": "b", "admin": true}"#, "unknown field `admin`"),
        (r#"{"login": "a", "login": "b", "password": "c"}"#, "object of the documented"),
        (r#"["a", "b"]"#, "object of the documented"),
        (r#"{"login": 1, "password": "b"}"#, "object of the documented"),
        ("{", "object of the documented"),
        ("", "missing field `login`"),
    ] {
        let json: &[(&str, &[u8])] = &[("content-type", b"application/json")];
        let page = browser.raw(Method::POST, "/api/v1/login", json, body).await;
        let detail = problem(page, 422, "malformed")["detail"].to_string();
        assert!(detail.contains(what), "{body}: {detail}");
    }
    let form: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];
    let page = browser.raw(Method::POST, "/api/v1/login", form, "login=a&password=b").await;
    problem(page, 415, "media_type");
    let json: &[(&str, &[u8])] = &[("content-type", b"application/json")];
    let long = format!(r#"{{"login": "{}", "password": "b"}}"#, "a".repeat(65 * 1024));
    problem(browser.raw(Method::POST, "/api/v1/login", json, long).await, 413, "too_large");
    let page = login(&browser, "  ", PASSWORD).await;
    assert_eq!(problem(page, 422, "answer_refused")["code"], "identify.required");
    login(&browser, ADA, PASSWORD).await.expect(200);
    for body in [json!({}), json!({ "password": "x" }), json!({ "code": "1", "credential": {} })] {
        problem(post(&browser, "/login/verify", body).await, 422, "malformed");
    }
    let page = post(&browser, "/login/verify", json!({ "code": "12" })).await;
    assert_eq!(problem(page, 422, "answer_refused")["code"], "code.format");
    let page = post(&browser, "/login/factor", json!({ "factor": "sms" })).await;
    assert_eq!(problem(page, 400, "factor_not_offered")["factors"], json!(["totp"]));
    // None of it was a try.
    post(&browser, "/login/verify", json!({ "code": code(&app, 0) })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_names_nothing() {
    let app = start().await;
    let browser = super::sign_in_bob(&app).await;
    for id in ["", "\0", "a\0b", "'; --", "ä", "../x", &"a".repeat(9999)] {
        let sent = json!({ "code": "123456", "login": id });
        problem(post(&browser, "/login/verify", sent).await, 401, "unauthenticated");
        for path in ["/me/totp/confirm", "/me/otp/confirm"] {
            let sent = json!({ "setup": id, "code": "123456" });
            problem(post(&browser, path, sent).await, 410, "execution_unknown");
        }
        let sent = json!({ "step_up": id, "code": "123456" });
        problem(post(&browser, "/me/step-up/verify", sent).await, 410, "execution_unknown");
    }
    let sent = json!({ "login": "a\0b", "password": "a\0b" });
    let page = post(&app.browser(), "/login", sent).await;
    assert_eq!(problem(page, 422, "answer_refused")["code"], "identify.invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_sign_somebody_in() {
    let app = start().await;
    let body = json!({ "login": BOB.0, "password": BOB.1 }).to_string();
    for header in [("sec-fetch-site", &b"cross-site"[..]), ("origin", b"https://evil.example")] {
        let headers = [("content-type", &b"application/json"[..]), header];
        let browser = app.browser();
        let page = browser.raw(Method::POST, "/api/v1/login", &headers, body.clone()).await;
        problem(page, 403, "csrf");
        assert_eq!(cookie(&browser, SESSION), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_have_a_factor_sets_one_up_on_a_page() {
    let app = start().await;
    let browser = app.browser();
    let page = login(&browser, "stan@strict.example", PASSWORD).await;
    let needed = problem(page, 409, "interaction_required");
    assert_eq!(needed["component"], "enrol");
    assert_eq!(cookie(&browser, SESSION), None);
    // The browser that asked goes on there.
    let page = browser.visit(&text(&needed["url"])).await.expect(200);
    assert!(page.has(r#"[name="choose"]"#), "{page:?}");
    let flow = browser.api(Method::GET, &text(&needed["flow"]), None).await.expect(200);
    assert_eq!(flow.json()["challenge"]["component"], "enrol");
    problem(get(&browser, "/me").await, 401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_time_to_set_up_a_factor_is_told_until_when() {
    let app = start().await;
    let browser = app.browser();
    let page = login(&browser, "gina@patient.example", PASSWORD).await.expect(200).json();
    assert_eq!(page["email"], "gina@patient.example");
    assert!(text(&page["enrol"]["deadline"]).starts_with("2030-01-08"), "{page}");
    assert!(page["enrol"]["factors"].as_array().unwrap().contains(&json!("totp")), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_browser_is_not_asked_again() {
    let app = start().await;
    let browser = app.browser();
    let half = login(&browser, "tess@trusting.example", PASSWORD).await.expect(200).json();
    assert_eq!(half["remember_days"], 30);
    let sent = json!({ "code": code(&app, 0), "remember_device": true });
    post(&browser, "/login/verify", sent).await.expect(200);
    let page = login(&browser, "tess@trusting.example", PASSWORD).await.expect(200).json();
    assert_eq!(page["email"], "tess@trusting.example");
    let page = login(&app.browser(), "tess@trusting.example", PASSWORD).await.expect(200).json();
    assert_eq!(page["status"], "needs_mfa");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_disabled_meanwhile_is_not_signed_in() {
    let app = start().await;
    let browser = app.browser();
    login(&browser, ADA, PASSWORD).await.expect(200);
    app.disable(ADA).await;
    let page = post(&browser, "/login/verify", json!({ "code": code(&app, 0) })).await;
    assert!([400, 401, 403].contains(&page.status.as_u16()), "{page:?}");
    assert_eq!(cookie(&browser, SESSION), None);
    assert!(app.events_of("login").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_checked_by_one_counter_wherever_it_is_typed() {
    // A-65: no other way to try passwords than the one that counts.
    let app = TestApp::with_outbox(super::PEOPLE).await;
    for _ in 0..5 {
        login(&app.browser(), BOB.0, "wrong").await.expect(401);
    }
    login(&app.browser(), BOB.0, "wrong").await;
    let page = login(&app.browser(), BOB.0, BOB.1).await;
    assert!(page.headers.contains_key("retry-after"));
    assert_eq!(problem(page, 429, "answer_refused")["code"], "password.locked");
}
