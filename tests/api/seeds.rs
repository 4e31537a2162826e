//! The tables of `docs/api.md`, row by row: what was called here must be all that a table names.

use std::collections::BTreeSet;
use std::sync::Mutex;

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use store::Clock as _;

use super::{BOB, ORIGIN, PASSWORD, contract, problem, send, start, text, wrong};
use crate::harness::{Authenticator, Browser, Page, TestApp, totp};

/// A person who walks a table.
struct Walker {
    app: TestApp,
    browser: Browser,
    called: Mutex<BTreeSet<String>>,
}

impl Walker {
    async fn start() -> Self {
        let app = start().await;
        let browser = app.browser();
        Self { app, browser, called: Mutex::default() }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Page {
        let called = format!("{method} {}", contract::template(&format!("/api/v1{path}")));
        self.called.lock().unwrap().insert(called);
        send(&self.browser, method, path, body.as_ref()).await
    }

    async fn get(&self, path: &str) -> Page {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Page {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Page {
        self.call(Method::DELETE, path, None).await
    }

    /// Another browser from here on.
    fn leave(&mut self) {
        self.browser = self.app.browser();
    }

    async fn login(&self, login: &str, password: &str) -> Page {
        self.post("/login", json!({ "login": login, "password": password })).await
    }

    /// Sets up an authenticator app; its secret, and the answer.
    async fn enrol_totp(&self) -> (String, Value) {
        let set_up = self.post("/me/totp", json!({})).await.expect(200).json();
        assert!(text(&set_up["qr"]).starts_with("data:image/png;base64,"));
        assert!(text(&set_up["uri"]).starts_with("otpauth://totp/"));
        let secret = text(&set_up["secret"]);
        let sent = json!({ "setup": set_up["setup"], "code": self.code(&secret) });
        let page = self.post("/me/totp/confirm", sent).await.expect(200).json();
        (secret, page)
    }

    async fn register(&self, name: &str) -> (Authenticator, Value) {
        let mut authenticator = Authenticator::new(ORIGIN);
        let set_up = self.post("/me/passkeys", json!({})).await.expect(200).json();
        let credential = authenticator.register(&set_up["options"]);
        let sent = json!({ "setup": set_up["setup"], "credential": credential, "name": name });
        let page = self.post("/me/passkeys/finish", sent).await.expect(200).json();
        (authenticator, page)
    }

    async fn sign_in_with(&self, authenticator: &mut Authenticator) {
        let asked = self.post("/login/passkey", json!({})).await.expect(200).json();
        let credential = authenticator.assert(&asked["options"]);
        let sent = json!({ "credential": credential });
        let page = self.post("/login/passkey/finish", sent).await.expect(200).json();
        assert_eq!(page["session"]["acr"], "phr");
    }

    fn code(&self, secret: &str) -> String {
        totp(secret, self.app.clock.now(), 0)
    }

    /// A moment later, at which the app shows another code.
    fn later(&self) {
        self.app.clock.advance(Duration::seconds(30));
    }

    /// Fails unless everything that the table names was called.
    fn covers(&self, seed: &str) {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api.md");
        let docs = std::fs::read_to_string(docs).unwrap();
        let section = docs.split("\n### ").find(|section| section.starts_with(seed));
        let section = section.unwrap_or_else(|| panic!("docs/api.md has no table {seed}"));
        let spans = section.split('`').skip(1).step_by(2);
        let named: BTreeSet<_> = spans.filter(|span| span.contains(" /api/v1/")).collect();
        assert!(named.len() > 5, "{named:?}");
        let called = self.called.lock().unwrap();
        let missing: Vec<_> = named.iter().filter(|row| !called.contains(**row)).collect();
        assert!(missing.is_empty(), "docs/api.md, {seed}: nobody called {missing:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hitkeep() {
    let mut walker = Walker::start().await;
    walker.login(BOB.0, BOB.1).await.expect(200);
    let (secret, _) = walker.enrol_totp().await;
    walker.later();
    let sent = json!({ "code": walker.code(&secret) });
    walker.post("/me/totp/disable", sent).await.expect(200);
    let (mut authenticator, _) = walker.register("Laptop").await;
    let (_, second) = walker.register("Phone").await;
    assert_eq!(walker.get("/me/passkeys").await.json()["passkeys"].as_array().unwrap().len(), 2);
    let path = format!("/me/passkeys/{}", text(&second["factor"]["id"]));
    walker.delete(&path).await.expect(204);
    walker.leave();
    walker.sign_in_with(&mut authenticator).await;
    walker.covers("000");
}

#[tokio::test(flavor = "multi_thread")]
async fn thogits() {
    let mut walker = Walker::start().await;
    walker.login(BOB.0, BOB.1).await.expect(200);
    // A set-up that was never confirmed goes without a code.
    walker.post("/me/totp", json!({})).await.expect(200);
    walker.post("/me/totp/disable", json!({})).await.expect(200);
    let (secret, _) = walker.enrol_totp().await;
    walker.leave();
    let sent = json!({ "code": walker.code(&secret) });
    problem(walker.post("/login/verify", sent).await, 401, "unauthenticated");
    walker.later();
    let half = walker.login(BOB.0, BOB.1).await.expect(200).json();
    assert_eq!(half["status"], "needs_mfa");
    assert_eq!(walker.get("/login").await.expect(200).json(), half);
    problem(walker.get("/me").await, 401, "unauthenticated");
    let bad = if walker.code(&secret) == "000000" { "111111" } else { "000000" };
    problem(walker.post("/login/verify", json!({ "code": bad })).await, 400, "answer_refused");
    let sent = json!({ "code": walker.code(&secret) });
    let user = walker.post("/login/verify", sent).await.expect(200).json();
    assert_eq!(user["email"], BOB.0);
    assert_eq!(walker.get("/me").await.expect(200).json(), user);
    problem(walker.post("/me/totp/disable", json!({})).await, 422, "malformed");
    walker.later();
    let sent = json!({ "code": walker.code(&secret) });
    walker.post("/me/totp/disable", sent).await.expect(200);
    walker.leave();
    assert_eq!(walker.login(BOB.0, BOB.1).await.expect(200).json()["email"], BOB.0);
    walker.covers("001");
}

#[tokio::test(flavor = "multi_thread")]
async fn ankra() {
    let mut walker = Walker::start().await;
    // Its organisation demands a factor: the flow goes on until there is one.
    let needed = walker.login("stan@strict.example", PASSWORD).await;
    let flow = text(&problem(needed, 409, "interaction_required")["flow"]);
    let flow = flow.strip_prefix("/api/v1").unwrap().to_owned();
    let step = walker.get(&flow).await.expect(200).json();
    assert_eq!(step["challenge"]["component"], "enrol");
    let sent = json!({ "step": step["step"], "answer": { "choose": "totp" } });
    let step = walker.post(&flow, sent).await.expect(200).json();
    let secret = text(&step["challenge"]["data"]["secret"]);
    let answer = json!({ "code": walker.code(&secret) });
    let sent = json!({ "step": step["step"], "answer": answer });
    let step = walker.post(&flow, sent).await.expect(200).json();
    let codes = step["challenge"]["data"]["codes"].as_array().expect("recovery codes").clone();
    assert!(codes.iter().all(|code| text(code).len() == 11 && &text(code)[5..6] == "-"));
    let sent = json!({ "step": step["step"], "answer": { "saved": true } });
    walker.post(&flow, sent).await.expect(200);

    let factors = walker.get("/me/factors").await.expect(200).json();
    let path = format!("/me/factors/{}", text(&factors["factors"][0]["id"]));
    problem(walker.delete(&path).await, 409, "last_factor");
    let (mut authenticator, laptop) = walker.register("Laptop").await;
    walker.register("Phone").await;
    assert_eq!(walker.get("/me/passkeys").await.json()["passkeys"].as_array().unwrap().len(), 2);
    let left = walker.get("/me/recovery-codes").await.expect(200).json();
    assert_eq!((&left["left"], &left["of"]), (&json!(10), &json!(10)));
    let codes = walker.post("/me/recovery-codes", json!({})).await.expect(200).json();
    assert_eq!(walker.get("/me/step-up").await.expect(200).json()["satisfied"], true);

    // A passkey, a code or a recovery code.
    walker.leave();
    let half = walker.login("stan@strict.example", PASSWORD).await.expect(200).json();
    assert_eq!(half["factors"].as_array().unwrap().len(), 3, "{half}");
    let half =
        walker.post("/login/factor", json!({ "factor": "webauthn" })).await.expect(200).json();
    let credential = authenticator.assert(&half["challenge"]["options"]);
    walker.post("/login/verify", json!({ "credential": credential })).await.expect(200);
    walker.leave();
    walker.login("stan@strict.example", PASSWORD).await.expect(200);
    walker.post("/login/factor", json!({ "factor": "static" })).await.expect(200);
    walker.post("/login/verify", json!({ "code": codes["codes"][0] })).await.expect(200);
    let path = format!("/me/passkeys/{}", text(&laptop["factor"]["id"]));
    walker.delete(&path).await.expect(204);
    walker.leave();
    walker.later();
    walker.login("stan@strict.example", PASSWORD).await.expect(200);
    walker.post("/login/factor", json!({ "factor": "totp" })).await.expect(200);
    let sent = json!({ "code": walker.code(&secret) });
    walker.post("/login/verify", sent).await.expect(200);

    // Repeated failures end the pending login.
    walker.leave();
    walker.login(crate::ADA, PASSWORD).await.expect(200);
    for _ in 0..4 {
        let sent = json!({ "code": wrong(&walker.app) });
        walker.post("/login/verify", sent).await.expect(400);
    }
    let sent = json!({ "code": wrong(&walker.app) });
    walker.post("/login/verify", sent).await.expect(401);
    problem(walker.get("/login").await, 401, "unauthenticated");

    // The first app by the API.
    walker.leave();
    walker.login(BOB.0, BOB.1).await.expect(200);
    let (_, page) = walker.enrol_totp().await;
    assert_eq!(page["recovery_codes"].as_array().unwrap().len(), 10);
    walker.covers("002");
}

#[tokio::test(flavor = "multi_thread")]
async fn qeet() {
    let walker = Walker::start().await;
    walker.login(BOB.0, BOB.1).await.expect(200);
    let (secret, enrolled) = walker.enrol_totp().await;
    assert_eq!(walker.get("/me/recovery-codes").await.json()["left"], 10);
    walker.post("/me/recovery-codes", json!({})).await.expect(200);
    for (channel, to) in [("email", "codes@bob.example"), ("sms", "+447700900123")] {
        let sent = json!({ "channel": channel, "to": to });
        let set_up = walker.post("/me/otp", sent).await.expect(200).json();
        super::otp::sent_code(&walker.app, to).await;
        walker.app.clock.advance(Duration::seconds(61));
        let resend = json!({ "setup": set_up["setup"] });
        walker.post("/me/otp/resend", resend).await.expect(200);
        let code = super::otp::sent_code(&walker.app, to).await;
        let sent = json!({ "setup": set_up["setup"], "code": code });
        walker.post("/me/otp/confirm", sent).await.expect(200);
        walker.app.clock.advance(Duration::seconds(61));
        let asked =
            walker.post("/me/step-up", json!({ "factor": channel })).await.expect(200).json();
        let code = super::otp::sent_code(&walker.app, to).await;
        let sent = json!({ "step_up": asked["step_up"], "code": code });
        walker.post("/me/step-up/verify", sent).await.expect(200);
    }
    let (mut authenticator, _) = walker.register("Key").await;
    walker.app.clock.advance(Duration::minutes(16));
    assert_eq!(walker.get("/me/step-up").await.json()["satisfied"], false);
    let path = format!("/me/factors/{}", text(&enrolled["factor"]["id"]));
    problem(walker.delete(&path).await, 401, "insufficient_user_authentication");
    let asked =
        walker.post("/me/step-up", json!({ "factor": "webauthn" })).await.expect(200).json();
    let credential = authenticator.assert(&asked["challenge"]["options"]);
    let session = walker.get("/me").await.json()["session"]["id"].clone();
    let sent = json!({ "step_up": asked["step_up"], "credential": credential });
    walker.post("/me/step-up/verify", sent).await.expect(200);
    assert_eq!(walker.get("/me").await.json()["session"]["id"], session);
    assert_eq!(walker.get("/me/step-up").await.json()["satisfied"], true);
    let sent = json!({ "code": walker.code(&secret) });
    walker.post("/me/totp/verify", sent).await.expect(200);
    walker.delete(&path).await.expect(204);
    walker.covers("003");
}

#[tokio::test(flavor = "multi_thread")]
async fn authentik() {
    let mut walker = Walker::start().await;
    walker.login(BOB.0, BOB.1).await.expect(200);
    walker.enrol_totp().await;
    let (mut authenticator, page) = walker.register("Key").await;
    let first = walker.post("/me/recovery-codes", json!({})).await.expect(200).json();
    let second = walker.post("/me/recovery-codes", json!({})).await.expect(200).json();
    let all = walker.get("/me/factors").await.expect(200).json();
    assert_eq!(all["factors"].as_array().unwrap().len(), 2);
    assert_eq!(all["recovery_codes"]["left"], 10);
    let path = format!("/me/factors/{}", text(&page["factor"]["id"]));
    let name = Some(json!({ "name": "Blue key" }));
    walker.call(Method::PATCH, &path, name).await.expect(200);
    walker.leave();
    walker.login(BOB.0, BOB.1).await.expect(200);
    walker.post("/login/factor", json!({ "factor": "static" })).await.expect(200);
    walker.post("/login/verify", json!({ "code": first["codes"][0] })).await.expect(400);
    walker.post("/login/verify", json!({ "code": second["codes"][0] })).await.expect(200);
    walker.leave();
    walker.sign_in_with(&mut authenticator).await;
    walker.delete(&path).await.expect(204);
    walker.covers("004");
}
