//! Whole logins, and what interrupts and attacks them: one file per flow or per kind of trouble.
//! `CVE-…` and `A-…` stand beside the weakness that a test is about.

mod account;
mod bodies;
mod conditions;
mod crash;
mod enrolment;
mod executions;
mod forgery;
mod gate;
mod headers;
mod idle;
mod json;
mod limits;
mod links;
mod lock;
mod mutants;
mod parameters;
mod recency;
mod recovery;
mod secrets;
mod sessions;
mod settings;
mod sign_in;
mod tabs;
mod texts;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Browser, Page, RelyingParty, TestApp, Walk};
use crate::{ADA, PASSWORD};

const SIGN_IN: &str = "/flow/sign-in";

/// What Bob of `blueprints/acme.yaml` signs in with.
const BOB: (&str, &str) = ("bob@acme.example", "eight brown barrels");

/// A password that is none of theirs, and good enough to be set.
const NEW_PASSWORD: &str = "nine purple parasols";

/// From the page that asks who it is to whatever comes after the password.
pub(crate) async fn sign_in(page: Page) -> Page {
    let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
    page.form_with("password").fill("password", PASSWORD).submit().await
}

/// Signs in by JSON, as far as a password takes.
pub(crate) async fn sign_in_as(browser: &Browser, login: &str, password: &str) -> Walk {
    let walk = Walk::begin(browser, "sign-in").await.asks("identify");
    let walk = walk.answer(json!({ "login": login })).await.asks("password");
    walk.answer(json!({ "password": password })).await
}

/// Whether a person is signed in here: the home page is then theirs.
async fn is_signed_in(browser: &Browser) -> bool {
    let page = browser.visit("/").await.expect(200);
    page.url.path() == "/account" && page.body.contains(ADA)
}

/// Who the API says is signed in here.
async fn me(browser: &Browser) -> Page {
    browser.api(Method::GET, "/api/v1/me", None).await
}

/// Nobody is signed in here, and no relying party is told otherwise.
async fn assert_nobody(app: &TestApp, browser: &Browser) {
    me(browser).await.expect(401);
    let wiki = RelyingParty::wiki(app.url()).await;
    let answer = browser.get(&wiki.request(&[("prompt", "none")])).await.expect(303);
    assert_eq!(answer.parameter("error").as_deref(), Some("login_required"), "{answer:?}");
    assert_eq!(answer.parameter("code"), None, "{answer:?}");
}

/// All that an answer shows, without what differs by chance or was typed.
fn traces(page: &Page, login: &str) -> Vec<String> {
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let id = page.url.query().and_then(|query| query.strip_prefix("e=")).unwrap_or("?");
    let clean = |text: &str| {
        text.replace(&csrf, "CSRF")
            .replace(nonce, "NONCE")
            .replace(id, "ID")
            .replace(page.header("x-request-id"), "REQUEST")
            .replace(&login.replace('\'', "&#x27;"), "LOGIN")
            // The letter in the circle beside a name, and the page's length with it.
            .replace(&format!(">{}<", &login[..1].to_uppercase()), ">L<")
    };
    let mut traces = vec![page.status.to_string(), clean(&page.body)];
    for (name, value) in &page.headers {
        if !["date", "content-length"].contains(&name.as_str()) {
            traces.push(format!("{name}: {}", clean(value.to_str().unwrap())));
        }
    }
    let cookies: Vec<_> = page.browser.cookies("/").into_iter().map(|(name, _)| name).collect();
    traces.push(format!("{cookies:?}"));
    traces
}
