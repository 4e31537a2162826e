//! Passkeys and security keys, by the JSON API and a soft authenticator: `sign_in.rs` is what works,
//! `faults.rs` every answer with one thing wrong, `ownership.rs` whose credential it is, `replay.rs`
//! what was answered before, `set_up.rs` what may be bound, `attestation.rs` whose word counts,
//! `gate.rs` what policies ask for.

mod attestation;
mod faults;
mod gate;
mod ownership;
mod replay;
mod set_up;
mod sign_in;

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use store::credential::{self, Credential};

use crate::harness::{Authenticator, Browser, TestApp, Walk};
use crate::{ADA, PASSWORD};

/// What Bob of `blueprints/acme.yaml` signs in with.
const BOB: (&str, &str) = ("bob@acme.example", "eight brown barrels");

/// The page in front of the authenticator. The app itself is reached by another address.
const ORIGIN: &str = "https://id.acme.example";

pub(super) const SETTINGS: &[(&str, &str)] =
    &[("webauthn-rp-id", "acme.example"), ("webauthn-origins", ORIGIN)];

const FLOWS: &str = "flows:
  autofill:
    use: authentication
    stages:
      - identify: { remember: true, passkeys: autofill }
      - password: {}
        when: not proven(\"any\")
      - gate: {}
      - login: {}
  alone:
    use: authentication
    stages: [webauthn: { passwordless: true }, login: {}]
  second:
    use: authentication
    stages: [identify: {}, password: {}, webauthn: {}, login: {}]
  careful:
    use: authentication
    stages: [identify: {}, password: {}, webauthn: { user_verification: required }, login: {}]
  touch:
    use: authentication
    stages: [identify: {}, password: {}, webauthn: { user_verification: discouraged }, login: {}]
  greeted:
    use: authentication
    stages:
      - identify: { passkeys: button }
      - message: { text: Welcome back }
        when: proven(\"webauthn\") && assurance.phishing_resistant
      - password: {}
        when: not proven(\"any\")
      - login: {}
  first:
    use: authentication
    stages: [identify: {}, webauthn: {}, login: {}]
  only-yubikeys:
    use: authentication
    stages:
      - identify: {}
      - password: {}
      - webauthn: { allow_aaguids: [ee882879-721c-4913-9775-3dfcce97072a] }
      - login: {}
  bind:
    use: settings
    stages: [webauthn_setup: {}, login: {}]
  bind-careful:
    use: settings
    stages: [webauthn_setup: { user_verification: required }, login: {}]
  bind-resident:
    use: settings
    stages: [webauthn_setup: { resident_key: required }, login: {}]
  bind-attested:
    use: settings
    stages: [webauthn_setup: { attestation: direct }, login: {}]
  bind-yubikey:
    use: settings
    stages: [webauthn_setup: { allow_aaguids: [ee882879-721c-4913-9775-3dfcce97072a] }, login: {}]
  bind-no-yubikey:
    use: settings
    stages: [webauthn_setup: { deny_aaguids: [ee882879-721c-4913-9775-3dfcce97072a] }, login: {}]
";

fn blueprint() -> String {
    crate::ACME.replace("flows:\n", FLOWS)
}

async fn app() -> TestApp {
    TestApp::with_settings(&blueprint(), SETTINGS).await
}

/// The options that a page gives its browser.
fn options(walk: &Walk) -> Value {
    let data = &walk.body["challenge"]["data"];
    let options = data.get("options").or_else(|| data["passkey"].get("options"));
    options.filter(|options| options.is_object()).unwrap_or_else(|| panic!("{walk:?}")).clone()
}

/// The page of `slug` that asks for a credential, for a person who has proven a password where the
/// flow asks for one.
async fn reach(browser: &Browser, slug: &str, (login, password): (&str, &str)) -> Walk {
    let mut walk = Walk::begin(browser, slug).await;
    if walk.component() == "identify" {
        walk = walk.answer(json!({ "login": login })).await;
    }
    if walk.component() == "password" {
        walk = walk.answer(json!({ "password": password })).await;
    }
    walk.asks("webauthn")
}

/// Somebody signs in with a password, and with a passkey where they have one.
async fn signed_in(app: &TestApp, (login, password): (&str, &str)) -> Browser {
    let browser = app.browser();
    let walk = crate::flows::sign_in_as(&browser, login, password).await;
    assert!(walk.session().is_some(), "{walk:?}");
    browser
}

/// Binds the authenticator's credential in the settings flow `slug`, and saves the recovery codes.
async fn bind(browser: &Browser, slug: &str, authenticator: &mut Authenticator) -> Walk {
    let walk = Walk::begin(browser, slug).await.asks("webauthn_setup");
    let credential = authenticator.register(&options(&walk));
    let walk = walk.answer(json!({ "credential": credential })).await;
    if walk.component() == "static_setup" {
        return walk.answer(json!({ "saved": true })).await;
    }
    walk
}

/// Answers the page as the authenticator does.
async fn touch(walk: Walk, authenticator: &mut Authenticator) -> Walk {
    let credential = authenticator.assert(&options(&walk));
    walk.answer(json!({ "credential": credential })).await
}

/// Ada's new authenticator.
async fn bound(app: &TestApp, mut authenticator: Authenticator) -> Authenticator {
    let browser = signed_in(app, (ADA, PASSWORD)).await;
    let walk = bind(&browser, "bind", &mut authenticator).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
    authenticator
}

/// The passkeys of a person, whole.
async fn passkeys(app: &TestApp, login: &str) -> Vec<Credential> {
    let person = app.person(login).await;
    let mut conn = app.app.store.read().await.unwrap();
    credential::of_kind(&mut conn, &person.id, "webauthn").await.unwrap()
}

/// Everything that an assertion could change, for comparison.
async fn rows(app: &TestApp, login: &str) -> Vec<String> {
    let show = |it: Credential| {
        format!(
            "{} {} {} {:?} {} {:?}",
            it.id, it.user_id, it.name, it.last_used_at, it.counter, it.data
        )
    };
    passkeys(app, login).await.into_iter().map(show).collect()
}

/// Why the last check or set-up of a factor failed. Then a second passes, so that what comes next is
/// later: events of one instant have no order.
async fn last_reason(app: &TestApp, kind: &str) -> String {
    let events = app.events_of(kind).await;
    let last = events.iter().rfind(|event| event.outcome == "failure");
    let last = last.unwrap_or_else(|| panic!("nothing failed: {events:?}"));
    app.clock.advance(Duration::seconds(1));
    last.data.0["reason"].as_str().unwrap_or_default().to_owned()
}

/// No session came of it.
#[track_caller]
fn assert_refused(walk: &Walk, error: &str) {
    assert_eq!(walk.errors(), [error], "{walk:?}");
    assert_eq!((walk.status, walk.session()), (422, None), "{walk:?}");
}

async fn assert_nobody(browser: &Browser) {
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
}

/// The session's `acr` and `amr`.
async fn claims(browser: &Browser) -> (String, Value) {
    let me = browser.api(Method::GET, "/api/v1/me", None).await.expect(200).json();
    (me["session"]["acr"].as_str().unwrap().to_owned(), me["session"]["amr"].clone())
}
