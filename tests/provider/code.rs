//! The authorization code flow with PKCE, from the first request to the claims.

use chrono::Duration;
use serde_json::json;

use crate::ADA;
use crate::flows::sign_in;
use crate::harness::{Browser, Page, RelyingParty, TestApp, claims};

/// Signs in at a client and consents; returns the redirect back to it.
async fn authorize(browser: &Browser, client: &RelyingParty, changes: &[(&str, &str)]) -> Page {
    let page = browser.visit(&client.request(changes)).await;
    let page = if page.has(r#"[name="login"]"#) { sign_in(page).await } else { page };
    if !page.has(r#"button[value="allow"]"#) {
        return page;
    }
    page.form_with("action").press("action", "allow").submit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_becomes_claims_once() {
    let app = TestApp::start().await;
    for client in [RelyingParty::wiki(app.url()).await, RelyingParty::desk(app.url()).await] {
        let browser = app.browser();
        let back = authorize(&browser, &client, &[]).await.expect(303);
        assert!(back.location().unwrap().as_str().starts_with(client.redirect_uri), "{back:?}");
        assert_eq!(back.parameter("state").as_deref(), Some("state-of-the-app"));
        assert_eq!(back.parameter("iss").as_deref(), Some(app.url()), "RFC 9207");
        let code = back.parameter("code").unwrap();

        let answer = client.redeem(&code).await.expect(200);
        assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
        let tokens = answer.json();
        let id = claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(id["iss"], app.url());
        assert_eq!(id["aud"], client.id);
        assert_eq!(id["nonce"], "nonce-of-the-app");
        assert_eq!((&id["acr"], &id["amr"]), (&json!("aal1"), &json!(["pwd"])));
        assert_eq!(tokens.get("refresh_token"), None);

        let token = tokens["access_token"].as_str().unwrap();
        let person = client.userinfo(token).await.expect(200).json();
        assert_eq!((&person["sub"], &person["email"]), (&id["sub"], &json!(ADA)));

        // Its second use takes back what the first one gave (RFC 6749 §4.1.2).
        let again = client.redeem(&code).await.expect(400).json();
        assert_eq!(again["error"], "invalid_grant");
        client.userinfo(token).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_short_lived_and_belongs_to_its_client() {
    let app = TestApp::start().await;
    let (wiki, desk) = (RelyingParty::wiki(app.url()).await, RelyingParty::desk(app.url()).await);
    let browser = app.browser();
    let code = authorize(&browser, &wiki, &[]).await.parameter("code").unwrap();
    assert_eq!(desk.redeem(&code).await.expect(400).json()["error"], "invalid_grant");
    let code = authorize(&browser, &wiki, &[]).await.parameter("code").unwrap();
    app.clock.advance(Duration::minutes(11));
    assert_eq!(wiki.redeem(&code).await.expect(400).json()["error"], "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_asked_once_or_always_and_can_be_denied() {
    let app = TestApp::start().await;
    let (wiki, desk) = (RelyingParty::wiki(app.url()).await, RelyingParty::desk(app.url()).await);
    let browser = app.browser();
    let page = sign_in(browser.visit(&wiki.request(&[])).await).await.expect(200);
    let back = page.form_with("action").press("action", "deny").submit().await.expect(303);
    assert_eq!(back.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(back.parameter("code"), None);
    for client in [&wiki, &desk] {
        authorize(&browser, client, &[]).await.expect(303).parameter("code").unwrap();
    }
    browser.visit(&wiki.request(&[])).await.expect(303).parameter("code").unwrap();
    let page = browser.visit(&desk.request(&[])).await.expect(200);
    assert!(page.has(r#"button[value="allow"]"#), "desk asks always: {page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_and_max_age_are_obeyed() {
    let app = TestApp::start().await;
    let wiki = RelyingParty::wiki(app.url()).await;
    let browser = app.browser();
    let silent = async |prompt: &str| {
        let page = browser.visit(&wiki.request(&[("prompt", prompt)])).await.expect(303);
        page.parameter("error").unwrap_or_default()
    };
    assert_eq!(silent("none").await, "login_required");
    authorize(&browser, &wiki, &[]).await.expect(303);
    assert_eq!(silent("none").await, "");
    app.clock.advance(Duration::minutes(10));
    for changes in [("prompt", "login"), ("max_age", "300")] {
        let page = browser.visit(&wiki.request(&[changes])).await.expect(200);
        assert!(page.has(r#"[name="login"], [name="password"]"#), "{changes:?}: {page:?}");
    }
}
