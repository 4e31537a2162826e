//! The account of a person, as they see it on its pages and as programs see it under `/api/v1/me`: one
//! file per part, named as in `server/account/`.

mod activity;
mod apps;
mod devices;
mod factors;
mod last;
mod pages;
mod profile;
mod sessions;

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};
use store::credential::{self, Credential};
use store::{Clock as _, Document, Id};

use crate::flows::sign_in_as;
use crate::harness::{Browser, Page, RelyingParty, SECRET, TestApp, totp};
use crate::{ADA, PASSWORD};

/// In an organisation that requires a second factor; has an app.
const TESS: &str = "tess@trusting.example";
/// Has another app.
const EVE: &str = "eve@evil.example";
const EVES_SECRET: &str = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U";
/// Has no second factor, and needs none.
const BOB: (&str, &str) = ("bob@acme.example", "nine silver spoons");

/// `blueprints/factors.yaml` with an app to connect.
static BLUEPRINT: LazyLock<String> = LazyLock::new(|| {
    let clients = "clients:
  wiki:
    name: Wiki
    kind: confidential
    secret: a-secret-that-only-wiki-knows-0123456789
    redirect_uris: [\"http://127.0.0.1:9/callback\"]
    consent: once
flows:
";
    include_str!("../blueprints/factors.yaml").replacen("flows:\n", clients, 1)
});

async fn start() -> TestApp {
    TestApp::with_outbox(&BLUEPRINT).await
}

/// A browser in which this person is signed in with their password and their app.
async fn sign_in(app: &TestApp, login: &str) -> Browser {
    // No step of an app is good twice.
    app.clock.advance(chrono::Duration::seconds(30));
    let secret = if login == EVE { EVES_SECRET } else { SECRET };
    let walk = sign_in_as(&app.browser(), login, PASSWORD).await.asks("totp");
    let walk = walk.answer(json!({ "code": totp(secret, app.clock.now(), 0) })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    walk.browser().clone()
}

/// A browser in which Bob is signed in, whose password is enough.
async fn sign_in_bob(app: &TestApp) -> Browser {
    let walk = sign_in_as(&app.browser(), BOB.0, BOB.1).await;
    assert!(walk.session().is_some(), "{walk:?}");
    walk.browser().clone()
}

/// What the API answers.
async fn get(browser: &Browser, path: &str) -> Value {
    browser.api(Method::GET, &format!("/api/v1/me{path}"), None).await.expect(200).json()
}

async fn delete(browser: &Browser, path: &str) -> Page {
    browser.api(Method::DELETE, &format!("/api/v1/me{path}"), None).await
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.api(Method::GET, "/api/v1/me", None).await.status == 200
}

async fn factors_of(app: &TestApp, login: &str) -> Vec<Credential> {
    let person = app.person(login).await;
    let mut conn = app.app.store.read().await.unwrap();
    let mut all = credential::of_user(&mut conn, &person.id).await.unwrap();
    all.retain(|credential| credential.kind != "password");
    all
}

/// The person's one app.
async fn the_app(app: &TestApp, login: &str) -> Id<Credential> {
    let factors = factors_of(app, login).await;
    factors.iter().find(|factor| factor.kind == "totp").unwrap().id.clone()
}

/// Gives a person another credential, beside what they have.
async fn give(app: &TestApp, login: &str, kind: &str, name: &str) -> Id<Credential> {
    let person = app.person(login).await;
    let now = app.clock.now();
    let credential = Credential {
        id: app.app.store.ambient().id(),
        user_id: person.id,
        kind: kind.to_owned(),
        name: name.to_owned(),
        unique_key: None,
        data: Document(json!({})),
        sealed: None,
        confirmed_at: Some(now),
        created_at: now,
        last_used_at: None,
        counter: -1,
    };
    let mut unit = app.app.store.write().await.unwrap();
    credential::create(&mut unit, &credential).await.unwrap();
    unit.commit().await.unwrap();
    credential.id
}

/// Lets the wiki see who is signed in in this browser. Returns its access token.
async fn connect(app: &TestApp, browser: &Browser) -> String {
    let wiki = RelyingParty::wiki(app.url()).await;
    let mut page = browser.visit(&wiki.request(&[])).await;
    if page.location().is_none() {
        page = page.form_with("csrf").press("action", "allow").send().await;
        page = browser.follow(page).await;
    }
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code: {page:?}"));
    let answer = wiki.redeem(&code).await.expect(200).json();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Whether an access token still opens anything.
async fn is_good(app: &TestApp, token: &str) -> bool {
    RelyingParty::wiki(app.url()).await.userinfo(token).await.status == 200
}

/// Signs in as Ada.
async fn ada() -> (TestApp, Browser) {
    let app = start().await;
    let browser = sign_in(&app, ADA).await;
    (app, browser)
}
