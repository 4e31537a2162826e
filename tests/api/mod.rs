//! The JSON API: signing in, proving again, and factors, as a browser's page and as an app call it. One
//! file per group of endpoints; `seeds.rs` walks the tables of `docs/api.md`, `canary.rs` looks for
//! secrets in everything that is shown or kept. Whatever is answered here is compared with the OpenAPI
//! document (`contract.rs`).

mod account;
mod canary;
mod contract;
mod delegate;
mod factors;
mod login;
mod openapi;
mod otp;
mod passkeys;
mod password;
mod seeds;
mod step_up;
mod totp;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Browser, Page, SECRET, TestApp, totp};
use crate::{ADA, PASSWORD};

/// People with factors, and organisations that ask for them.
const PEOPLE: &str = include_str!("../blueprints/factors.yaml");

const BOB: (&str, &str) = ("bob@acme.example", "nine silver spoons");

/// The page in front of the authenticator. The app itself is reached by another address.
const ORIGIN: &str = "https://id.acme.example";

const SETTINGS: &[(&str, &str)] =
    &[("webauthn-rp-id", "acme.example"), ("webauthn-origins", ORIGIN), ("sms-provider", "outbox")];

async fn start() -> TestApp {
    TestApp::with_settings(PEOPLE, SETTINGS).await
}

async fn get(browser: &Browser, path: &str) -> Page {
    send(browser, Method::GET, path, None).await
}

async fn post(browser: &Browser, path: &str, body: Value) -> Page {
    send(browser, Method::POST, path, Some(&body)).await
}

async fn patch(browser: &Browser, path: &str, body: Value) -> Page {
    send(browser, Method::PATCH, path, Some(&body)).await
}

async fn delete(browser: &Browser, path: &str) -> Page {
    send(browser, Method::DELETE, path, None).await
}

async fn send(browser: &Browser, method: Method, path: &str, body: Option<&Value>) -> Page {
    let path = format!("/api/v1{path}");
    let page = browser.api(method.clone(), &path, body).await;
    contract::check(&method, &path, body, &page);
    page
}

/// A name and a password.
async fn login(browser: &Browser, login: &str, password: &str) -> Page {
    post(browser, "/login", json!({ "login": login, "password": password })).await
}

/// Ada, whose app shows the code of the step `steps` from now.
async fn sign_in_ada(app: &TestApp, steps: i64) -> Browser {
    let browser = app.browser();
    login(&browser, ADA, PASSWORD).await.expect(200);
    post(&browser, "/login/verify", json!({ "code": code(app, steps) })).await.expect(200);
    browser
}

/// Bob, who has a password and nothing else.
async fn sign_in_bob(app: &TestApp) -> Browser {
    let browser = app.browser();
    login(&browser, BOB.0, BOB.1).await.expect(200);
    browser
}

/// Bob's app on a telephone: what it sends as bearer.
async fn native_bob(app: &TestApp) -> (Browser, String) {
    let body = json!({ "login": BOB.0, "password": BOB.1 });
    let page = post(&app.browser(), "/login?client=native", body).await.expect(200);
    let token = page.json()["session"]["token"].as_str().expect("a session's token").to_owned();
    (bearer(app, &token), token)
}

/// An app with a bearer value.
fn bearer(app: &TestApp, token: &str) -> Browser {
    app.browser().with("authorization", &format!("Bearer {token}"))
}

/// What Ada's app shows.
fn code(app: &TestApp, steps: i64) -> String {
    totp(SECRET, store::Clock::now(&app.clock), steps)
}

/// A code that is none of hers.
fn wrong(app: &TestApp) -> String {
    let right: Vec<_> = (-3..=3).map(|steps| code(app, steps)).collect();
    let mut codes = (0..10).map(|digit| digit.to_string().repeat(6));
    codes.find(|code| !right.contains(code)).expect("a wrong code")
}

/// Fails unless the answer is a problem of this kind.
#[track_caller]
fn problem(page: Page, status: u16, kind: &str) -> Value {
    let page = page.expect(status);
    assert_eq!(page.header("content-type"), "application/problem+json", "{page:?}");
    assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
    let problem = page.json();
    assert_eq!(problem["type"], format!("urn:flowgate:problem:{kind}"), "{page:?}");
    assert_eq!(problem["status"], status, "{page:?}");
    problem
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The value of a cookie.
fn cookie(browser: &Browser, name: &str) -> Option<String> {
    browser.cookies("/").into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}
