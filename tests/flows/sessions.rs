//! Sessions and their cookies: how they are set, renewed and ended.

use chrono::{DateTime, Duration, Utc};
use reqwest::Method;
use serde_json::json;
use store::Clock as _;

use crate::harness::{Page, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, SIGN_IN, assert_nobody, is_signed_in, me, sign_in, sign_in_as};

const SESSION: &str = "flowgate-session";
const BROWSER: &str = "flowgate-browser";

/// The `Set-Cookie` headers of an answer.
fn set_cookies(page: &Page) -> Vec<String> {
    let values = page.headers.get_all("set-cookie").iter();
    values.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// The value of a cookie.
fn value(cookies: &[(String, String)], name: &str) -> Option<String> {
    cookies.iter().find(|cookie| cookie.0 == name).map(|cookie| cookie.1.clone())
}

/// Its attributes, in small letters, without name, value and expiry.
fn attributes(cookie: &str) -> Vec<String> {
    let mut attributes: Vec<_> =
        cookie.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
    attributes.retain(|part| !part.starts_with("expires="));
    attributes.sort();
    attributes
}

/// A-121, CVE-2024-28197: over HTTPS no other host can set or read them.
#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_bound_to_the_host_and_out_of_reach_of_scripts() {
    let https = [("public-url", "https://id.acme.example")];
    for (app, prefix, expected) in [
        (TestApp::start().await, "", vec!["httponly", "path=/", "samesite=lax"]),
        (
            TestApp::with_settings(crate::ACME, &https).await,
            "__Host-",
            vec!["httponly", "path=/", "samesite=lax", "secure"],
        ),
    ] {
        let host = app.app.settings.public_host().to_owned();
        let browser = app.browser().with("host", &host);
        let walk = sign_in_as(&browser, ADA, PASSWORD).await;
        assert!(walk.session().is_some(), "{walk:?}");
        let names: Vec<_> = browser.cookies("/").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [format!("{prefix}{BROWSER}"), format!("{prefix}{SESSION}")]);
        let first = app.browser().with("host", &host).get(SIGN_IN).await.expect(303);
        assert_eq!(attributes(&set_cookies(&first)[0]), expected);
        let page = browser.api(Method::POST, &walk.address(), Some(&json!({}))).await;
        assert_eq!(page.status, 400, "{page:?}");
        let again = walk.send(&json!({ "step": 2, "answer": {} })).await.expect(200);
        assert_eq!(attributes(&set_cookies(&again)[0]), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staying_signed_in_is_for_who_asked_for_it() {
    let app = TestApp::start().await;
    for (remember, hours) in [(false, 12), (true, 30 * 24)] {
        let browser = app.browser();
        let page = browser.visit(SIGN_IN).await;
        let form = page.form_with("login").fill("login", ADA);
        let form = if remember { form.tick("remember_me") } else { form };
        let page = form.submit().await.expect(200);
        let form = page.form_with("password").fill("password", PASSWORD);
        let page = form.send().await.expect(303);
        let cookies = set_cookies(&page);
        let expires = cookies[0].split("Expires=").nth(1);
        let until = app.clock.now().plus(Duration::hours(hours));
        let expected = remember.then(|| until.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        assert_eq!(expires.map(str::to_owned), expected, "{cookies:?}");
        let session = me(&browser).await.expect(200).json()["session"].clone();
        let ends: DateTime<Utc> = serde_json::from_value(session["expires_at"].clone()).unwrap();
        assert_eq!(ends, *until);
    }
    // Where the flow does not offer it, asking for it is no use.
    let silent = crate::ACME.replace(", remember: true", "");
    let app = TestApp::with_blueprint(&silent).await;
    let walk = Walk::begin(&app.browser(), "sign-in").await;
    let walk = walk.answer(json!({ "login": ADA, "remember_me": true })).await;
    let walk = walk.answer(json!({ "password": PASSWORD })).await;
    let ends = walk.body["finished"]["session"]["expires_at"].clone();
    let ends: DateTime<Utc> = serde_json::from_value(ends).unwrap();
    assert_eq!(ends, *app.clock.now().plus(Duration::hours(12)));
}

/// A-122, CVE-2024-7341; A-17, CVE-2023-6787: whoever signs in gets a new session, and the one that
/// was there is over.
#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_makes_another_session() {
    let app = TestApp::start().await;
    let browser = app.browser();
    // Begun before anybody is signed in, as in three tabs.
    let tabs = [
        Walk::begin(&browser, "sign-in").await,
        Walk::begin(&browser, "sign-in").await,
        Walk::begin(&browser, "sign-in").await,
    ];
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut thieves = Vec::new();
    for (walk, (login, password)) in tabs.into_iter().zip([(ADA, PASSWORD), (ADA, PASSWORD), BOB]) {
        let walk = walk.answer(json!({ "login": login })).await;
        let walk = walk.answer(json!({ "password": password })).await;
        let id = walk.session().unwrap_or_else(|| panic!("{walk:?}")).to_owned();
        let token = value(&browser.cookies("/"), SESSION).unwrap();
        assert!(seen.iter().all(|old| old.0 != id && old.1 != token), "{seen:?}");
        assert_eq!(me(&browser).await.expect(200).json()["email"], login);
        for thief in &thieves {
            me(thief).await.expect(401);
        }
        seen.push((id, token));
        thieves.push(browser.stolen());
    }
}

/// A session cookie that somebody planted is not the one that signing in makes valid.
#[tokio::test(flavor = "multi_thread")]
async fn a_planted_cookie_is_no_session() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let planted = "p".repeat(43);
    let url = browser.resolve("/");
    browser.jar().store(&url, &format!("{SESSION}={planted}; Path=/"));
    me(&browser).await.expect(401);
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    assert_ne!(value(&browser.cookies("/"), SESSION), Some(planted.clone()));
    browser.jar().replace(SESSION, &planted);
    me(&browser).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_takes_a_confirmed_request_and_ends_the_session() {
    let app = TestApp::start().await;
    let browser = app.browser();
    sign_in(browser.visit(SIGN_IN).await).await.expect(200);
    let thief = browser.stolen();
    // No link, picture or form of another site signs anybody out.
    browser.get("/logout").await.expect(405);
    browser.visit("/flow/sign-out").await.expect(200);
    browser.call("/logout", &[]).await.expect(403);
    assert!(is_signed_in(&browser).await);
    let page = browser.visit("/").await;
    let page = page.form(r#"form[action="/logout"]"#).send().await.expect(303);
    let cookies = set_cookies(&page);
    assert!(cookies[0].starts_with("flowgate-session=;"), "{cookies:?}");
    assert!(attributes(&cookies[0]).contains(&"max-age=0".to_owned()), "{cookies:?}");
    assert_nobody(&app, &browser).await;
    me(&thief).await.expect(401);
    assert_eq!(app.events_of("logout").await.len(), 1);
}

/// A-130, CVE-2026-25748: what is no cookie of ours is nobody, quickly and calmly.
#[tokio::test(flavor = "multi_thread")]
async fn broken_cookies_are_nobody() {
    let app = TestApp::start().await;
    let real = app.browser();
    sign_in(real.visit(SIGN_IN).await).await.expect(200);
    let token = value(&real.cookies("/"), SESSION).unwrap();
    let with = |value: &str| format!("{SESSION}={value}").into_bytes();
    let mut broken = vec![
        with(""),
        with("a"),
        with(&token[1..]),
        with(&format!("{token}a")),
        with(&token.to_uppercase()),
        with(&format!("{token}%00")),
        with(&"a".repeat(8192)),
        with("' OR 1=1 --"),
        // Two of one name: neither can be believed (cookie tossing).
        [with(&token), b"; ".to_vec(), with(&token)].concat(),
        [with(&"b".repeat(43)), b"; ".to_vec(), with(&token)].concat(),
        [with(&token), b"; other=\xff\xfe".to_vec()].concat(),
        b"\xff\xfe\xfd".to_vec(),
        b"=; ;;; =".to_vec(),
        [b"__Host-".to_vec(), with(&token)].concat(),
        format!("Flowgate-Session={token}").into_bytes(),
    ];
    broken.push([b"a=".to_vec(), b"x".repeat(4000), b"; ".to_vec(), with("short")].concat());
    for cookie in &broken {
        let shown = String::from_utf8_lossy(cookie);
        let stranger = app.browser();
        let headers: &[(&str, &[u8])] = &[("cookie", cookie)];
        let page = stranger.raw(Method::GET, "/api/v1/me", headers, "").await;
        assert_eq!(page.status, 401, "{shown}: {page:?}");
        let page = stranger.raw(Method::GET, SIGN_IN, headers, "").await;
        assert_eq!(page.status, 303, "{shown}: {page:?}");
        assert!(page.location().unwrap().query().is_some(), "it begins a login: {shown}");
        let page = stranger.raw(Method::POST, "/logout", headers, "csrf=x").await;
        assert!(page.status.is_client_error(), "{shown}: {page:?}");
    }
    // A header of 64 kB may be too much to read, but not to survive.
    let long = with(&"a".repeat(64 * 1024));
    let page = app.browser().raw(Method::GET, "/api/v1/me", &[("cookie", &long)], "").await;
    assert!(page.status.is_client_error(), "{page:?}");
    me(&real).await.expect(200);
}

/// A-43, A-109: who may not sign in any more is out, wherever they stood.
#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_person_is_out_everywhere_at_once() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let signed_in = app.browser();
    sign_in(signed_in.visit(SIGN_IN).await).await.expect(200);
    let waiting =
        Walk::begin(&app.browser(), "sign-in").await.answer(json!({ "login": ADA })).await;
    let mailed = Walk::begin(&app.browser(), "recovery").await;
    mailed.answer(json!({ "login": ADA })).await.asks("email_link");
    let link = app.outbox().await[0].link().to_owned();
    app.disable(ADA).await;
    assert_nobody(&app, &signed_in).await;
    // The right password is answered as a wrong one.
    let walk = waiting.answer(json!({ "password": PASSWORD })).await.asks("password");
    assert_eq!(walk.errors(), ["password.wrong"]);
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("password");
    assert_eq!(walk.errors(), ["password.wrong"]);
    let walk = Walk::follow_link(&app.browser(), &link).await;
    assert_eq!(walk.problem(), "link_invalid", "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_may_shorten_a_session() {
    let policy = "    name: Acme GmbH\n    policy: { session: 2h }";
    let app = TestApp::with_blueprint(&crate::ACME.replace("    name: Acme GmbH", policy)).await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await;
    let walk = walk.answer(json!({ "login": ADA, "remember_me": true })).await;
    walk.answer(json!({ "password": PASSWORD })).await;
    app.clock.advance(Duration::minutes(119));
    me(&browser).await.expect(200);
    app.clock.advance(Duration::minutes(2));
    me(&browser).await.expect(401);
}
