//! Flows as JSON: for a page's own script, which has a cookie, and for a native app, which has none.

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{SIGN_IN, assert_nobody, is_signed_in, me, sign_in_as};

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_by_json_and_is_known_by_its_cookie() {
    let app = TestApp::start().await;
    let browser = app.browser();
    assert_nobody(&app, &browser).await;
    let walk = sign_in_as(&browser, ADA, PASSWORD).await;
    assert_eq!((walk.status, walk.session().is_some()), (200, true), "{walk:?}");
    assert_eq!(walk.body["finished"]["location"], "/");
    assert!(walk.body["finished"]["session"].get("token").is_none(), "it is in the cookie alone");
    assert!(walk.body.get("token").is_none());
    let who = me(&browser).await.expect(200).json();
    assert_eq!((&who["email"], &who["email_verified"]), (&json!(ADA), &json!(true)));
    assert_eq!(who["organisations"][0]["slug"], "acme");
    assert_eq!(who["session"]["id"].as_str(), walk.session());
    assert_eq!((&who["session"]["acr"], &who["session"]["amr"]), (&json!("aal1"), &json!(["pwd"])));
    assert!(is_signed_in(&browser).await, "pages know it, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_native_app_gets_tokens_and_no_cookie() {
    let app = TestApp::start().await;
    let phone = app.browser();
    let walk = Walk::native(&phone, "sign-in").await.asks("identify");
    let walk = walk.answer(json!({ "login": ADA })).await.asks("password");
    let flow = walk.browser().clone();
    let walk = walk.answer(json!({ "password": PASSWORD })).await;
    let token = walk.body["finished"]["session"]["token"].as_str().expect("a token").to_owned();
    assert!(phone.cookies("/").is_empty(), "a native app has no cookies: {:?}", phone.jar());

    let person = phone.clone().with("authorization", &format!("Bearer {token}"));
    assert_eq!(me(&person).await.expect(200).json()["email"], ADA);
    let refused = me(&phone).await.expect(401);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    // The flow's token opens the flow and nothing else, and the session's nothing but the session.
    me(&flow).await.expect(401);
    assert_eq!(person.api(Method::GET, &walk.address(), None).await.status, 410);
    for bad in ["Bearer", "Bearer ", "Basic YTpi", "Bearer a b", &format!("Bearer {token}a")] {
        me(&phone.clone().with("authorization", bad)).await.expect(401);
    }
    // A session of a browser is nothing to a native app's flow.
    let browser = app.browser();
    sign_in_as(&browser, ADA, PASSWORD).await;
    Walk::native(&browser, "sign-in").await.asks("identify");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_json_are_one_flow() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit(SIGN_IN).await.expect(200);
    let id = page.url.query().unwrap().strip_prefix("e=").unwrap().to_owned();
    let walk = Walk::resume(&browser, "sign-in", &id).await.asks("identify");
    assert_eq!(walk.body["challenge"]["data"]["recovery"], "/flow/recovery");
    walk.answer(json!({ "login": ADA })).await.asks("password");
    let page = browser.visit(page.url.as_str()).await.expect(200);
    page.form_with("password").fill("password", "wrong").submit().await.expect(200);
    let walk = Walk::resume(&browser, "sign-in", &id).await.asks("password");
    assert_eq!(walk.errors(), ["password.wrong"]);
    assert_eq!(walk.body["person"], json!({ "login": ADA, "name": null }));
    walk.answer(json!({ "password": PASSWORD })).await;
    assert!(is_signed_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_says_which_field_and_why() {
    let app = TestApp::start().await;
    let walk = Walk::begin(&app.browser(), "sign-in").await;
    let walk = walk.answer(json!({ "login": "  " })).await.asks("identify");
    assert_eq!(walk.status, 422);
    let expected = json!([{ "field": "login", "key": "identify.required", "params": {} }]);
    assert_eq!(walk.body["challenge"]["errors"], expected);
    // Looking again repeats it, and answering goes on from there.
    let walk = walk.look().await.asks("identify");
    assert_eq!(walk.body["challenge"]["errors"], expected);
    walk.answer(json!({ "login": ADA })).await.asks("password");
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_are_problem_documents() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await;
    let step = walk.body["step"].as_i64().unwrap();
    for (body, status, kind) in [
        (json!({ "step": step + 1, "answer": {} }), 409, "step_past"),
        (json!({ "step": step - 1, "answer": {} }), 409, "step_past"),
        (json!({ "step": step, "answer": {}, "skip": true }), 400, "bad_request"),
        (json!({ "step": step.to_string(), "answer": {} }), 400, "bad_request"),
        (json!({ "step": 0.5, "answer": {} }), 400, "bad_request"),
        (json!({ "answer": {} }), 400, "bad_request"),
    ] {
        let page = walk.send(&body).await.expect(status);
        assert_eq!(page.header("content-type"), "application/problem+json", "{body}");
        let problem = page.json();
        assert_eq!(problem["type"], format!("urn:flowgate:problem:{kind}"), "{body}");
        assert_eq!(problem["status"], status, "{body}");
        assert_eq!(problem["request_id"], page.header("x-request-id"), "{body}");
    }
    for address in ["/api/v1/flows/none", "/api/v1/none"] {
        let page = browser.api(Method::GET, address, None).await.expect(404);
        assert_eq!(page.json()["type"], "urn:flowgate:problem:not_found", "{address}");
    }
    walk.look().await.asks("identify");
}
