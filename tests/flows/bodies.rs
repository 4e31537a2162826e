//! Bodies that nobody of good will sends: too large, too deep, of another kind, not even text (A-251,
//! CVE-2026-46689, A-253).

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{SIGN_IN, me, sign_in_as};

const JSON: &[(&str, &[u8])] = &[("content-type", b"application/json")];
const FORM: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_refused_and_the_largest_that_is_not_is_read() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await;
    let page = browser.visit(SIGN_IN).await;
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    for length in [64 * 1024 + 1, 1 << 20, 16 << 20] {
        let body = "x".repeat(length);
        let form = format!("csrf={csrf}&step=0&login={body}");
        for (address, headers, body) in [
            (&*walk.address(), JSON, &body),
            ("/oauth/token", FORM, &body),
            (page.url.as_str(), FORM, &form),
            ("/logout", FORM, &form),
        ] {
            // It may hang up before it has read what it does not want.
            match browser.attempt(Method::POST, address, headers, &**body).await {
                Ok(page) => assert_eq!(page.status, 413, "{address}: {page:?}"),
                Err(error) => assert!(length > 1 << 16 && error.is_request(), "{error:?}"),
            }
        }
    }
    let start = json!({ "step": 0, "answer": { "login": "" } }).to_string().len();
    let login = "x".repeat(64 * 1024 - start);
    let body = json!({ "step": 0, "answer": { "login": login } });
    assert_eq!(body.to_string().len(), 64 * 1024);
    walk.send(&body).await.expect(422);
    me(&browser).await.expect(401);
}

/// A parser that descends once per bracket must stop in time: in axum an overflow ends the process.
#[tokio::test(flavor = "multi_thread")]
async fn deep_bodies_are_refused() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await;
    for depth in [100, 127, 128, 129, 1_000, 10_000, 20_000, 30_000] {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            if open.len() + close.len() > 60_000 {
                continue;
            }
            for body in [
                format!("{open}1{close}"),
                open.clone(),
                format!(r#"{{"step":0,"answer":{open}1{close}}}"#),
                format!(r#"{{"step":0,"answer":{{"login":{open}1{close}}}}}"#),
                format!(r#"{{"step":{open}{close},"answer":{{}}}}"#),
            ] {
                let page = browser.raw(Method::POST, &walk.address(), JSON, body).await;
                let status = page.status.as_u16();
                assert!([400, 409, 422].contains(&status), "{depth} times {open:.5}: {page:?}");
            }
        }
        let form = format!("csrf=x&step=0&login{}=1", "[a]".repeat(depth.min(15_000)));
        browser.raw(Method::POST, SIGN_IN, FORM, form).await.expect(403);
        let deep = "%5B".repeat(depth.min(2_000));
        for address in [format!("{SIGN_IN}?e={deep}"), format!("{SIGN_IN}?{deep}=1")] {
            let page = browser.get(&address).await;
            assert!(page.status.as_u16() < 500, "{page:?}");
        }
    }
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some(), "it lives");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_fields_are_read_or_refused() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit(SIGN_IN).await;
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let mut form = format!("csrf={csrf}&step=0&login={ADA}");
    for number in 0..8_000 {
        write!(form, "&a{number}=").unwrap();
    }
    assert!(form.len() < 64 * 1024);
    browser.raw(Method::POST, page.url.as_str(), FORM, &*form).await.expect(303);
    let query = "&x=1".repeat(5_000);
    let page = browser.get(&format!("{SIGN_IN}?a=1{query}")).await;
    assert!(page.status.as_u16() < 500, "{page:?}");
    // A header block this long may be refused, but must not be a failure of ours.
    let walk = Walk::begin(&browser, "sign-in").await;
    let mut answer = serde_json::Map::new();
    answer.insert("login".to_owned(), json!(ADA));
    answer.extend((0..3_000).map(|number| (format!("a{number}"), json!(number))));
    walk.answer(json!(answer)).await.asks("password");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_is_no_answer() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await;
    let page = browser.visit(SIGN_IN).await;
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let bodies: [&[u8]; 9] = [
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{\"step\":0,\"answer\":{\"login\":\"ada\"}}",
        b"{\"step\":0,\"answer\":{\"login\":\"\xff\"}}",
        b"{\"step\":0,\"answer\":{\"login\":\"\\ud800\"}}",
        b"{\"step\":0,\"answer\":{\"login\":\"a\x00b\"}}",
        b"{\"step\":1e400,\"answer\":{}}",
        b"{\"step\":99999999999999999999,\"answer\":{}}",
        b"{\"step\":NaN,\"answer\":{}}",
        b"{'step':0,'answer':{'login':'ada'}}",
    ];
    for body in bodies {
        let page = browser.raw(Method::POST, &walk.address(), JSON, body).await;
        assert_eq!(page.status, 400, "{}: {page:?}", String::from_utf8_lossy(body));
    }
    // An escaped NUL is a character, and one that no name has.
    let escaped = r#"{"step":0,"answer":{"login":"a\u0000b"}}"#;
    browser.raw(Method::POST, &walk.address(), JSON, escaped).await.expect(422);
    for login in ["%00", "a%00b", "%ff%fe", "%", "%zz", "%u0041", "a%0d%0ab"] {
        let form = format!("csrf={csrf}&step=0&login={login}");
        let answer = browser.raw(Method::POST, page.url.as_str(), FORM, form).await;
        assert!([303, 400].contains(&answer.status.as_u16()), "{login}: {answer:?}");
    }
    for boundary in ["x", ""] {
        let kind = format!("multipart/form-data; boundary={boundary}");
        let headers: [(&str, &[u8]); 1] = [("content-type", kind.as_bytes())];
        let body = "--x\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\nada\r\n--x--\r\n";
        let answer = browser.raw(Method::POST, page.url.as_str(), &headers, body).await;
        assert_eq!(answer.status, 415, "{answer:?}");
    }
    me(&browser).await.expect(401);
}

/// A NUL is a character in a URL and none in a PostgreSQL text: unknown, not a failure of ours.
#[tokio::test(flavor = "multi_thread")]
async fn nul_is_found_nowhere() {
    let app = TestApp::start().await;
    let browser = app.browser();
    browser.visit(SIGN_IN).await;
    for address in [
        "/flow/sign-in?e=%00",
        "/flow/sign-in?link=%00",
        "/flow/sign-in?interaction=%00",
        "/flow/%00",
        "/api/v1/flows/sign-in?e=a%00",
        "/api/v1/flows/sign-in?interaction=%00",
        "/oauth/authorize/%00",
        "/oauth/authorize?client_id=%00&response_type=code",
        "/oauth/logout?client_id=%00",
        "/static/%00",
    ] {
        browser.get(address).await.expect(400);
    }
    let body = json!({ "step": 0, "answer": {} });
    for address in ["/api/v1/flows/sign-in?e=%00", "/api/v1/flows/sign-in?link=%00"] {
        browser.api(Method::POST, address, Some(&body)).await.expect(400);
    }
    for body in ["client_id=%00", "client_id=wiki&code=%00&grant_type=authorization_code"] {
        for address in ["/oauth/token", "/oauth/authorize", "/oauth/logout"] {
            let page = browser.raw(Method::POST, address, FORM, body).await;
            assert!(page.status.as_u16() < 500, "{address}: {page:?}");
        }
    }
}
