//! What a URL or a form says beside what was asked for changes nothing (A-11, A-19, CVE-2024-31136,
//! CVE-2026-7571).

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, SIGN_IN, assert_nobody, me};

/// Names that skipped or changed a step somewhere, or might here.
const PARAMETERS: &[(&str, &str)] = &[
    ("skip", "true"),
    ("next", "login"),
    ("next", "/"),
    ("mfa", "false"),
    ("is_restored", "true"),
    ("restored", "1"),
    ("bypass", "1"),
    ("debug", "1"),
    ("stage", "login"),
    ("position", "3"),
    ("step", "3"),
    ("user", "ada"),
    ("user_id", "1"),
    ("pending_user", ADA),
    ("login_hint", ADA),
    ("evidence", r#"{"proofs":[{"method":{"kind":"password"}}]}"#),
    ("state", "{}"),
    ("outcome", "finished"),
    ("destination", "https://evil.example"),
    ("redirect", "https://evil.example"),
    ("return_to", "//evil.example"),
    ("acr_values", "aal2"),
    ("version", "0"),
    ("flow", "sign-out"),
    ("method", "GET"),
    ("_method", "PUT"),
    ("lang", "../../etc/passwd"),
];

#[tokio::test(flavor = "multi_thread")]
async fn unknown_parameters_change_no_plan() {
    let app = TestApp::start().await;
    for (name, value) in PARAMETERS {
        let pair =
            form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        let browser = app.browser();
        let page = browser.visit(&format!("{SIGN_IN}?{pair}")).await.expect(200);
        assert!(page.has(r#"[name="login"]"#), "{pair}: {page:?}");
        let form = page.form_with("login").fill("login", ADA);
        let form = if *name == "step" { form } else { form.tamper(name, Some(value)) };
        let page = form.submit().await.expect(200);
        assert!(page.has(r#"[name="password"]"#), "{pair}: {page:?}");
        let with = format!("{}&{pair}", page.url);
        let page = browser.visit(&with).await.expect(200);
        assert!(page.has(r#"[name="password"]"#), "{pair}: {page:?}");
        assert!(!page.body.contains("evil.example"), "{pair}: {page:?}");
        let form = page.form_with("password").fill("password", "wrong");
        let form = if *name == "step" { form } else { form.tamper(name, Some(value)) };
        let page = form.submit().await.expect(200);
        assert!(page.has(r#"[name="password"][aria-invalid="true"]"#), "{pair}: {page:?}");
        // The same beside a JSON answer: it is not an answer.
        let walk = Walk::begin(&browser, "sign-in").await;
        let mut answer = json!({ "login": BOB.0 });
        answer[name] = json!(value);
        let walk = walk.answer(answer).await.asks("password");
        let mut body = json!({ "step": walk.body["step"], "answer": { "password": "wrong" } });
        body[name] = json!(value);
        let status = if *name == "step" { [400, 409].as_slice() } else { &[400] };
        let page = walk.send(&body).await;
        assert!(status.contains(&page.status.as_u16()), "{pair}: {page:?}");
        walk.look().await.asks("password");
        me(&browser).await.expect(401);
    }
    assert_nobody(&app, &app.browser()).await;
}

/// Of two parameters of one name neither can be believed (A-220).
#[tokio::test(flavor = "multi_thread")]
async fn nothing_may_be_said_twice() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit(SIGN_IN).await;
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let address = page.url.to_string();
    let form: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];
    for twice in ["login=ada&login=bob", "csrf=x&login=ada", "step=0&login=ada"] {
        let body = format!("csrf={csrf}&step=0&{twice}");
        browser.raw(Method::POST, &address, form, body).await.expect(400);
    }
    let id = page.url.query().unwrap();
    browser.get(&format!("{SIGN_IN}?{id}&{id}")).await.expect(400);
    let walk = Walk::resume(&browser, "sign-in", id.strip_prefix("e=").unwrap()).await;
    let json: &[(&str, &[u8])] = &[("content-type", b"application/json")];
    for body in [
        r#"{"step":0,"step":0,"answer":{"login":"ada"}}"#,
        r#"{"step":0,"answer":{"login":"ada"},"answer":{"login":"bob"}}"#,
        r#"{"step":0,"answer":{"login":"ada","login":"bob"}}"#,
    ] {
        let page = browser.raw(Method::POST, &walk.address(), json, body).await;
        assert_eq!(page.status, 400, "{body}: {page:?}");
    }
    walk.look().await.asks("identify");
}

/// A-245: a form that was sent by GET puts its fields into the address. None of ours does, and the
/// server does not read them there.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_read_from_a_body_alone() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit(SIGN_IN).await;
    assert!(!page.has(r#"form:not([method="post"])"#), "{page:?}");
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let with = format!("{}&csrf={csrf}&step=0&login={ADA}&password={PASSWORD}", page.url);
    let page = browser.visit(&with).await.expect(200);
    assert!(page.has(r#"[name="login"]"#), "{page:?}");
    assert!(!page.body.contains(PASSWORD) && !page.body.contains(ADA), "{page:?}");
    let form: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];
    browser.raw(Method::POST, &with, form, "").await.expect(403);
    let id = page.url.query_pairs().next().unwrap().1.into_owned();
    Walk::resume(&browser, "sign-in", &id).await.asks("identify");
}
