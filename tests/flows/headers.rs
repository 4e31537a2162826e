//! What every answer says to browsers, whether it went well or not, and whose name a request may use.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use store::execution::{self, Execution};
use store::{Clock as _, Document, Id};

use crate::ADA;
use crate::harness::{Browser, Page, TestApp, Walk};

use super::{SIGN_IN, sign_in};

const FORM: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];

/// A-244, CVE-2020-1728.
#[track_caller]
fn assert_sealed(page: &Page) {
    let policy = page.header("content-security-policy");
    let directives: BTreeMap<_, _> =
        policy.split(';').filter_map(|part| part.trim().split_once(' ')).collect();
    for (name, value) in [
        ("default-src", "'none'"),
        ("script-src", "'self'"),
        ("base-uri", "'none'"),
        ("frame-ancestors", "'none'"),
    ] {
        assert_eq!(directives.get(name), Some(&value), "{policy}: {page:?}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{page:?}");
    }
    assert!(["no-referrer", "same-origin"].contains(&page.header("referrer-policy")), "{page:?}");
    assert!(
        !page.header("permissions-policy").is_empty() && !page.header("x-request-id").is_empty()
    );
    let is_everybody_s = ["/static/", "/favicon.ico", "/.well-known/"]
        .iter()
        .any(|prefix| page.url.path().starts_with(prefix));
    if page.status != 200 || !is_everybody_s {
        assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
    }
    assert!(page.headers.get("server").is_none(), "{page:?}");
    assert!(page.headers.get("x-powered-by").is_none(), "{page:?}");
    assert!(![301, 302, 307, 308].contains(&page.status.as_u16()), "303 alone: {page:?}");
}

/// An execution of `browser` that no program can read.
async fn damaged_execution(app: &TestApp, browser: &Browser) -> String {
    let secret = browser.cookies("/").into_iter().find(|cookie| cookie.0 == "flowgate-browser");
    let now = app.clock.now();
    let row = Execution {
        id: Id::from("damaged"),
        flow: "sign-in".to_owned(),
        version: 1,
        browser_hash: store::token(&secret.unwrap().1),
        step: 0,
        state: Document(json!({ "v": "not a state" })),
        sealed: None,
        created_at: now,
        expires_at: now.plus(chrono::Duration::hours(1)),
        finished_at: None,
    };
    let mut unit = app.app.store.write().await.unwrap();
    execution::create(&mut unit, &row).await.unwrap();
    unit.commit().await.unwrap();
    format!("{SIGN_IN}?e={}", row.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_sealed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let mut pages = vec![browser.get(SIGN_IN).await.expect(303)];
    let asked = browser.visit(SIGN_IN).await.expect(200);
    let token = asked.attribute(r#"[name="csrf"]"#, "value");
    let damaged = damaged_execution(&app, &browser).await;
    let failed = browser.get(&damaged).await.expect(500);
    assert!(failed.has("main h1") && failed.body.contains(failed.header("x-request-id")));
    assert!(!failed.body.contains("damaged") && !failed.body.contains("state"), "{failed:?}");
    let large = format!("csrf={token}&login={}", "x".repeat(70_000));
    pages.extend([
        failed,
        browser.api(Method::GET, "/api/v1/flows/sign-in?e=damaged", None).await.expect(500),
        browser.get("/none").await.expect(404),
        browser.get("/flow/none").await.expect(404),
        browser.get("/flow/sign-in?e=none").await.expect(410),
        browser.get("/flow/recovery?link=none").await.expect(410),
        browser.raw(Method::DELETE, SIGN_IN, &[], "").await.expect(405),
        browser.raw(Method::POST, "/healthz", &[], "").await.expect(405),
        browser.raw(Method::POST, asked.url.as_str(), FORM, &*large).await.expect(413),
        browser.raw(Method::POST, asked.url.as_str(), &[], "{}").await.expect(415),
        browser.raw(Method::POST, asked.url.as_str(), FORM, "a=1").await.expect(403),
        browser.get("/static/none.css").await.expect(404),
        browser.get("/static/../../Cargo.toml").await.expect(404),
        browser.get("/static/%2e%2e/%2e%2e/Cargo.toml").await.expect(404),
        browser.get("/").await.expect(303),
        browser.get("/favicon.ico").await,
        browser.get("/healthz").await.expect(200),
        browser.get("/readyz").await.expect(200),
        browser.get("/oauth/authorize").await.expect(400),
        browser.get("/.well-known/openid-configuration").await.expect(200),
        browser.api(Method::GET, "/api/v1/me", None).await.expect(401),
        browser.api(Method::POST, "/oauth/token", None).await,
    ]);
    pages.push(asked);
    let home = sign_in(browser.visit(SIGN_IN).await).await.expect(200);
    pages.push(home);
    for page in &pages {
        assert_sealed(page);
        if page.status.as_u16() >= 400 && page.has("h1") {
            assert!(page.has("html[lang]") && page.has("main"), "{page:?}");
        }
    }
    let allowed = pages.iter().find(|page| page.status == 405).unwrap();
    assert!(allowed.header("allow").contains("GET"), "{allowed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_for_good() {
    let https = [("public-url", "https://id.acme.example")];
    let app = TestApp::with_settings(crate::ACME, &https).await;
    let host: &[(&str, &[u8])] = &[("host", b"id.acme.example")];
    for address in [SIGN_IN, "/none", "/healthz"] {
        let page = app.browser().raw(Method::GET, address, host, "").await;
        assert!(page.header("strict-transport-security").contains("max-age="), "{page:?}");
    }
    let plain = TestApp::start().await.browser().get(SIGN_IN).await;
    assert!(plain.headers.get("strict-transport-security").is_none());
}

/// A-143, A-219: the address of this server is what its configuration says.
#[tokio::test(flavor = "multi_thread")]
async fn another_host_is_answered_by_nobody() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let own = app.app.settings.public_host().to_owned();
    let port = own.rsplit(':').next().unwrap();
    for host in [
        "evil.example".to_owned(),
        format!("{own}.evil.example"),
        format!("evil.example:{port}"),
        format!("localhost:{port}"),
        "127.0.0.1".to_owned(),
        format!("{own}@evil.example"),
        String::new(),
    ] {
        let headers: &[(&str, &[u8])] = &[("host", host.as_bytes())];
        for address in [SIGN_IN, "/api/v1/flows/sign-in", "/.well-known/openid-configuration"] {
            let page = app.browser().raw(Method::GET, address, headers, "").await;
            assert_eq!(page.status, 421, "{host}: {page:?}");
            assert!(!page.body.contains("evil.example"), "{host}: {page:?}");
        }
        // Whatever looks after the process may call it by any name.
        app.browser().raw(Method::GET, "/healthz", headers, "").await.expect(200);
    }
    // What a proxy or an attacker adds poisons neither links nor metadata.
    let poisoned = app
        .browser()
        .with("x-forwarded-host", "evil.example")
        .with("x-forwarded-proto", "https")
        .with("forwarded", "host=evil.example")
        .with("x-host", "evil.example");
    let walk = Walk::begin(&poisoned, "recovery").await.answer(json!({ "login": ADA })).await;
    assert!(!walk.body.to_string().contains("evil.example"), "{walk:?}");
    let mail = app.outbox().await.remove(0);
    assert!(mail.link().starts_with(app.url()), "{mail:?}");
    assert!(!mail.text.contains("evil.example") && !mail.html.contains("evil.example"), "{mail:?}");
    let page = poisoned.get("/.well-known/openid-configuration").await.expect(200);
    assert_eq!(page.json()["issuer"], app.url());
}

/// HEAD asks what GET would say, and neither changes anything.
#[tokio::test(flavor = "multi_thread")]
async fn looking_signs_nobody_in() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for method in [Method::HEAD, Method::GET, Method::OPTIONS] {
        for address in ["/", SIGN_IN, "/flow/recovery", "/flow/sign-out", "/logout"] {
            let page = browser.raw(method.clone(), address, &[], "").await;
            assert!(page.status.as_u16() < 500, "{page:?}");
            assert!(browser.cookies("/").iter().all(|(name, _)| name == "flowgate-browser"));
        }
    }
    assert!(app.events().await.iter().all(|event| event.kind.contains("blueprint")));
}
