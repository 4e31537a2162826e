//! Sensitive acts in a session that was proven long ago, and what the API says of it (RFC 9470).

use chrono::{DateTime, Duration, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use store::Clock as _;

use crate::harness::{Browser, Page, RelyingParty, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, NEW_PASSWORD, me, sign_in, sign_in_as};

async fn step_up(browser: &Browser) -> Value {
    browser.api(Method::GET, "/api/v1/me/step-up", None).await.expect(200).json()
}

fn time(value: &Value) -> DateTime<Utc> {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_says_until_when_it_is_good_for_a_sensitive_act() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    browser.api(Method::GET, "/api/v1/me/step-up", None).await.expect(401);
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let start = *app.clock.now();
    let status = step_up(&browser).await;
    assert_eq!(status["satisfied"], true, "{status:#}");
    assert_eq!(time(&status["until"]), start + Duration::minutes(15));
    assert_eq!(time(&status["auth_time"]), start);
    assert_eq!((&status["acr"], &status["amr"]), (&json!("aal1"), &json!(["pwd"])));
    assert_eq!((&status["max_age"], &status["factors"]), (&json!(900), &json!(["password"])));

    app.clock.advance(Duration::minutes(15));
    assert_eq!(step_up(&browser).await["satisfied"], true, "to the second");
    app.clock.advance(Duration::seconds(1));
    let status = step_up(&browser).await;
    assert_eq!((&status["satisfied"], &status["until"]), (&json!(false), &Value::Null));
    assert_eq!(status["factors"], json!(["password"]), "{status:#}");
    me(&browser).await.expect(200);
}

/// An organisation's `recent` is what counts.
#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_says_how_recent_is_recent() {
    let policy = "    name: Acme GmbH\n    policy: { recent: 2m }";
    let app = TestApp::with_outbox(&crate::ACME.replace("    name: Acme GmbH", policy)).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let status = step_up(&browser).await;
    assert_eq!(status["max_age"], 120);
    assert_eq!(time(&status["until"]), *app.clock.now() + Duration::minutes(2));
    app.clock.advance(Duration::seconds(121));
    assert_eq!(step_up(&browser).await["satisfied"], false);
}

/// RFC 9470 §3, A-40: what an organisation demands by now holds in a session that is older, also where
/// it claims the person's domain only since.
#[tokio::test(flavor = "multi_thread")]
async fn a_stricter_policy_holds_in_sessions_that_there_are() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, BOB.0, BOB.1).await.session().is_some());
    let end_others = async || browser.api(Method::DELETE, "/api/v1/me/sessions", None).await;
    assert!(end_others().await.status.is_success());
    let policy = "    name: Acme GmbH
    domains: [acme.example]
    join: domain
    policy: { mfa: required }";
    app.apply(&crate::ACME.replace("    name: Acme GmbH", policy)).await;
    let refused = end_others().await.expect(401);
    let challenge = refused.header("www-authenticate");
    assert!(challenge.starts_with(r#"Bearer error="insufficient_user_authentication""#));
    assert!(challenge.ends_with(r#", acr_values="aal2 phr phrh""#), "{challenge}");
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:flowgate:problem:insufficient_user_authentication");
    assert_eq!(problem["code"], "enrolment_needed", "{problem:#}");
    assert_eq!(problem["acr_values"], json!(["aal2", "phr", "phrh"]));
    assert_eq!(problem.get("max_age"), None, "the password is fresh: {problem:#}");
    let status = step_up(&browser).await;
    assert_eq!((&status["satisfied"], &status["until"]), (&json!(false), &Value::Null));
    // Looking is not sensitive.
    me(&browser).await.expect(200);
    let page = browser.get("/account/factors/1").await.expect(303);
    assert_eq!(page.location().unwrap().path(), "/flow/step-up");
    assert_eq!(page.parameter("next").as_deref(), Some("/account/factors/1"));
}

/// Who must prove something first is led back to where they wanted to go: a page of ours, and no other
/// (A-175).
#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_leads_back_to_the_page_that_asked_for_it() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    // Nobody is signed in: first that.
    let page = browser.visit("/account/sessions").await.expect(200);
    assert_eq!(page.url.path(), "/flow/sign-in");
    let page = sign_in(page).await.expect(200);
    assert_eq!(page.url.path(), "/account/sessions");

    app.clock.advance(Duration::minutes(16));
    let form = page.form(r#"form[action="/account/sessions"]"#);
    let page = form.send().await.expect(303);
    assert_eq!(page.location().unwrap().path(), "/flow/step-up");
    assert_eq!(page.parameter("next").as_deref(), Some("/account/sessions"));
    let page = browser.visit("/account/factors/1?lang=en").await.expect(200);
    assert_eq!(page.url.path(), "/flow/step-up");
    let page = page.form_with("password").fill("password", PASSWORD).submit().await;
    assert_eq!((page.url.path(), page.status.as_u16()), ("/account/factors/1", 404), "{page:?}");

    for evil in
        ["//evil.example", "/\\evil.example", "https://evil.example/account", "/oauth/logout"]
    {
        let browser = app.browser();
        let next =
            form_urlencoded::Serializer::new(String::new()).append_pair("next", evil).finish();
        let page = browser.visit(&format!("/flow/sign-in?{next}")).await.expect(200);
        let page = sign_in(page).await.expect(200);
        assert_eq!(page.url.path(), "/account", "{evil}");
        // Also where nothing is to be done.
        let page = browser.get(&format!("/flow/sign-in?{next}")).await.expect(303);
        assert_eq!(page.location().unwrap().path(), "/", "{evil}");
    }
}

/// A-80: the old password is asked for again, however it goes on, and without it nothing is set.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_session_changes_no_password_without_the_old_one() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    app.clock.advance(Duration::minutes(16));
    let walk = Walk::begin(&browser, "change-password").await.asks("password");
    for answer in [
        json!({ "password": NEW_PASSWORD }),
        json!({}),
        json!({ "password": "" }),
        json!({ "new_password": NEW_PASSWORD, "current": PASSWORD }),
    ] {
        walk.look().await.answer(answer).await.asks("password");
    }
    assert!(app.events_of("password_changed").await.is_empty());
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
    let walk = walk.look().await.answer(json!({ "password": PASSWORD })).await.asks("prompt");
    walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert_eq!(app.events_of("password_changed").await.len(), 1);
}

/// A relying party's page may send its request as a form. Without cookies nobody knows whose browser
/// it is, so nothing is set that would take another sign-in's place.
#[tokio::test(flavor = "multi_thread")]
async fn another_site_s_request_takes_no_cookie_away() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let wiki = RelyingParty::wiki(app.url()).await;
    let request = wiki.request(&[]);
    let (address, query) = request.split_once('?').unwrap();
    let headers: &[(&str, &[u8])] = &[
        ("content-type", b"application/x-www-form-urlencoded"),
        ("sec-fetch-site", b"cross-site"),
        ("origin", b"https://wiki.example"),
    ];
    let page: Page = app.browser().raw(Method::POST, address, headers, query).await.expect(303);
    assert!(page.headers.get("set-cookie").is_none(), "{page:?}");
    assert_eq!(page.location().unwrap().path(), "/oauth/authorize");
    assert_eq!(page.parameter("client_id").as_deref(), Some("wiki"));
    assert_eq!(page.parameter("state").as_deref(), Some("state-of-the-app"));
}
