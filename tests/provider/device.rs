//! The device authorization grant over HTTP (RFC 8628): a television asks, Ada allows it in her
//! browser, and whoever guesses, forges or comes second gets nothing (A-158).

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::flows::sign_in;
use crate::harness::{Browser, Page, TestApp, claims};
use crate::{ADA, PASSWORD};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `blueprints/acme.yaml` with two televisions.
pub(super) fn blueprint() -> String {
    let device = |id: &str| {
        format!(
            "  {id}:\n    name: The {id}\n    kind: public\n    grants: [device_code]\n    consent: never\n"
        )
    };
    crate::ACME.replace("clients:\n", &format!("clients:\n{}{}", device("tv"), device("radio")))
}

/// A program without a browser.
struct Device {
    http: Browser,
    client: &'static str,
    asked: Value,
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Device {
    async fn ask(app: &TestApp, client: &'static str, more: &[(&str, &str)]) -> Self {
        let http = app.browser();
        let sent = [&[("client_id", client), ("scope", "openid email")], more].concat();
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(sent).finish();
        let headers: &[(&str, &[u8])] = &[
            ("content-type", b"application/x-www-form-urlencoded"),
            ("user-agent", b"curl/8.5 <b>trust me</b>"),
        ];
        let address = "/oauth/device_authorization";
        let answer = http.raw(Method::POST, address, headers, body).await.expect(200);
        assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
        Self { http, client, asked: answer.json() }
    }

    fn get(&self, name: &str) -> &str {
        self.asked[name].as_str().unwrap()
    }

    async fn poll_as(&self, client: &str) -> Page {
        let sent = fields(&[
            ("grant_type", GRANT),
            ("client_id", client),
            ("device_code", self.get("device_code")),
        ]);
        self.http.call("/oauth/token", &sent).await
    }

    async fn poll(&self) -> Page {
        self.poll_as(self.client).await
    }

    /// The error that the token endpoint answers with.
    async fn error(&self) -> String {
        let answer = self.poll().await.expect(400).json();
        answer["error"].as_str().unwrap().to_owned()
    }
}

/// Types a code into the page at `/device`.
async fn enter(browser: &Browser, code: &str) -> Page {
    let page = browser.visit("/device").await.expect(200);
    page.form_with("user_code").fill("user_code", code).submit().await
}

/// Answers the question of a page.
pub(super) async fn press(page: &Page, action: &str) -> Page {
    page.form_with("action").press("action", action).submit().await
}

async fn signed_in(app: &TestApp) -> Browser {
    let browser = app.browser();
    sign_in(browser.visit("/flow/sign-in").await).await.expect(200);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_allowed_in_a_browser() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let device = Device::ask(&app, "tv", &[]).await;
    assert_eq!(device.get("verification_uri"), format!("{}/device", app.url()));
    assert_eq!((&device.asked["expires_in"], &device.asked["interval"]), (&json!(600), &json!(5)));
    assert_eq!(device.error().await, "authorization_pending");

    let browser = app.browser();
    let page = browser.visit("/device").await.expect(200);
    assert!(page.url.path().starts_with("/flow/"), "nobody is signed in: {page:?}");
    let page = sign_in(page).await.expect(200);
    assert_eq!(page.url.path(), "/device", "back again");
    let code = device.get("user_code").to_lowercase().replace('-', "");
    let page = page.form_with("user_code").fill("user_code", &code).submit().await.expect(200);
    let shown = page.text("main");
    for words in ["The tv", ADA, "127.0.0.1", "curl"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!page.body.contains("trust me"), "what a device says of itself is not repeated");
    assert_eq!(page.texts("ul.rows li").len(), 2);
    let done = press(&page, "allow").await.expect(200);
    assert!(done.has(".badge.success"), "{done:?}");

    let answer = device.poll().await.expect(200);
    assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
    let tokens = answer.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["scope"]),
        (&json!("Bearer"), &json!("openid email"))
    );
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!((&id["aud"], &id["iss"]), (&json!("tv"), &json!(app.url())));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let device_with_token = device.http.clone().with("authorization", &bearer);
    let person = device_with_token.get("/oauth/userinfo").await.expect(200).json();
    assert_eq!((&person["sub"], &person["email"]), (&id["sub"], &json!(ADA)));
    assert_eq!(device.error().await, "invalid_grant", "a second time");
    device_with_token.api(Method::GET, "/api/v1/me", None).await.expect(401);

    let events = app.events_of("device_allowed").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].data["device"]["ip"], "127.0.0.1", "{events:#?}");
    // Whoever signs out takes it back.
    let page = browser.visit("/account").await.expect(200);
    page.form(r#"form[action="/logout"]"#).submit().await;
    device_with_token.get("/oauth/userinfo").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_simultaneous_polls_one_gets_tokens() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let device = Device::ask(&app, "tv", &[]).await;
    let browser = signed_in(&app).await;
    press(&enter(&browser, device.get("user_code")).await, "allow").await.expect(200);
    let answers = futures::future::join_all((0..20).map(|_| device.poll())).await;
    let tokens = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 400);
    assert!(refused.clone().all(|answer| answer.json()["error"] == "invalid_grant"));
    assert_eq!((tokens, refused.count()), (1, 19));
    assert_eq!(app.events_of("token_issued").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_the_code_in_it_still_asks() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let device = Device::ask(&app, "tv", &[]).await;
    let browser = app.browser();
    let link = device.get("verification_uri_complete");
    let page = sign_in(browser.visit(link).await).await.expect(200);
    assert_eq!(page.attribute("#f-user_code", "value"), device.get("user_code"));
    assert!(!page.has(r#"[value="allow"]"#), "one click is not enough: {page:?}");
    // Looking allows nothing, neither at the form nor at the question.
    let page = page.form_with("user_code").submit().await.expect(200);
    assert!(page.has(r#"[value="allow"]"#), "{page:?}");
    browser.visit(page.url.as_str()).await.expect(200);
    assert_eq!(device.error().await, "authorization_pending");
    let done = press(&page, "deny").await.expect(200);
    assert!(!done.has(".badge.success"), "{done:?}");
    assert_eq!(device.error().await, "access_denied");
    // Back to the question: it has its answer.
    browser.visit(page.url.as_str()).await.expect(410);
    press(&page, "allow").await.expect(410);
    assert_eq!(device.error().await, "access_denied");
    let hostile = browser.visit("/device?user_code=%3Cscript%3E").await.expect(200);
    assert_eq!(hostile.attribute("#f-user_code", "value"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_answers_allow_nothing() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let device = Device::ask(&app, "tv", &[]).await;
    let browser = signed_in(&app).await;
    let page = enter(&browser, device.get("user_code")).await.expect(200);
    let form = page.form_with("action").press("action", "allow");
    form.clone().tamper("csrf", None).send().await.expect(403);
    form.clone().tamper("csrf", Some("AAAA")).send().await.expect(403);
    let evil = browser.resolve("/").join("http://evil.example/").unwrap();
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let sent = fields(&[("csrf", &csrf), ("step", "0"), ("action", "allow")]);
    browser.post(page.url.clone(), &evil, &sent).await.expect(403);
    let sent = fields(&[("csrf", &csrf), ("step", "0"), ("action", "yes")]);
    browser.post(page.url.clone(), &page.url, &sent).await.expect(400);
    // Another person's browser has neither the question nor a token for it.
    let other = signed_in(&app).await;
    other.visit(page.url.as_str()).await.expect(410);
    app.browser().post(page.url.clone(), &page.url, &sent).await.expect(303);
    assert_eq!(device.error().await, "authorization_pending");
    let nobody = enter(&browser, device.get("user_code")).await.expect(200);
    assert!(nobody.has(r#"[value="allow"]"#), "it still waits: {nobody:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_told_and_counted_for_the_person() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let device = Device::ask(&app, "tv", &[]).await;
    let browser = signed_in(&app).await;
    let page = enter(&browser, "hello").await.expect(200);
    assert!(page.has(".wrong") && page.text(".wrong").contains("as it is shown"), "{page:?}");
    for _ in 0..5 {
        let page = enter(&browser, "BBBB-BBBB").await.expect(200);
        assert!(page.has(".wrong"), "{page:?}");
        assert_eq!(page.attribute("#f-user_code", "value"), "BBBB-BBBB");
    }
    // Another session of hers is no help, and the right code none either.
    let again = signed_in(&app).await;
    for browser in [&browser, &again] {
        let page = enter(browser, device.get("user_code")).await.expect(429);
        assert!(page.text(".wrong").contains('1'), "in a minute: {page:?}");
    }
    assert_eq!(app.events_of("device_code_unknown").await.len(), 5);
    app.clock.advance(Duration::minutes(1));
    let page = enter(&browser, device.get("user_code")).await.expect(200);
    press(&page, "allow").await.expect(200);
    device.poll().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_waits_politely_for_ten_minutes_and_only_for_itself() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let device = Device::ask(&app, "tv", &[]).await;
    assert_eq!(device.error().await, "authorization_pending");
    assert_eq!(device.error().await, "slow_down");
    app.clock.advance(Duration::seconds(5));
    assert_eq!(device.error().await, "slow_down", "ten seconds by now");
    app.clock.advance(Duration::seconds(15));
    assert_eq!(device.error().await, "authorization_pending");
    let foreign = device.poll_as("radio").await.expect(400).json();
    assert_eq!(foreign["error"], "invalid_grant");
    device.poll_as("wiki").await.expect(401);
    let browser = signed_in(&app).await;
    app.clock.advance(Duration::minutes(10));
    assert_eq!(device.error().await, "expired_token");
    let page = enter(&browser, device.get("user_code")).await.expect(200);
    assert!(page.has(".wrong"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_can_ask_for_a_fresh_proof() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let browser = signed_in(&app).await;
    app.clock.advance(Duration::minutes(30));
    let device = Device::ask(&app, "tv", &[("max_age", "0")]).await;
    let page = enter(&browser, device.get("user_code")).await.expect(200);
    assert_eq!(page.url.path(), "/flow/step-up", "half an hour is too long ago: {page:?}");
    assert_eq!(device.error().await, "authorization_pending");
    let page = page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    assert!(page.url.path().starts_with("/device/"), "back again: {page:?}");
    press(&page, "allow").await.expect(200);
    let tokens = device.poll().await.expect(200).json();
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(id["auth_time"], id["iat"], "proven just now");
}

/// A-26, A-158: the policies hold for what a device gets as for anything else.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_became_stricter_holds_for_what_is_not_fetched_yet() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let device = Device::ask(&app, "tv", &[]).await;
    let browser = signed_in(&app).await;
    press(&enter(&browser, device.get("user_code")).await, "allow").await.expect(200);
    let strict = blueprint().replace(
        "    name: Acme GmbH\n",
        "    name: Acme GmbH\n    policy: { mfa: required, factors: [webauthn] }\n",
    );
    app.apply(&strict).await;
    assert_eq!(device.error().await, "invalid_grant");
    // And who has not proven enough is sent to prove it, not asked to allow.
    let device = Device::ask(&app, "tv", &[]).await;
    let page = enter(&browser, device.get("user_code")).await;
    assert!(!page.has(r#"[value="allow"]"#), "{page:?}");
    assert_eq!(device.error().await, "authorization_pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_as_oauth_tells_them() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let http = app.browser();
    for (sent, status, error) in [
        (&[("client_id", "tv")][..], 400, "invalid_scope"),
        (&[("client_id", "nobody"), ("scope", "openid")], 401, "invalid_client"),
        (&[("client_id", "desk"), ("scope", "openid")], 400, "unauthorized_client"),
        (&[("client_id", "tv"), ("scope", "openid"), ("max_age", "x")], 400, "invalid_request"),
        (&[("client_id", "tv"), ("client_id", "tv")], 400, "invalid_request"),
    ] {
        let answer = http.call("/oauth/device_authorization", &fields(sent)).await.expect(status);
        assert_eq!(answer.json()["error"], error, "{sent:?}");
    }
    let json: &[(&str, &[u8])] = &[("content-type", b"application/json")];
    let answer = http.raw(Method::POST, "/oauth/device_authorization", json, "{}").await;
    assert_eq!(answer.expect(400).json()["error"], "invalid_request");
    let metadata = http.visit("/.well-known/openid-configuration").await.expect(200).json();
    let endpoint = format!("{}/oauth/device_authorization", app.url());
    assert_eq!(metadata["device_authorization_endpoint"], endpoint);
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
}
