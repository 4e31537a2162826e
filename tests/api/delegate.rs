//! An app with an access token of the scope `account`: it acts with what was proven in the browser's
//! session, and neither renews that session nor proves anything for it.

use chrono::Duration;
use reqwest::Method;
use serde_json::json;
use store::Clock as _;

use super::{bearer, cookie, delete, get, post, problem, sign_in_ada, sign_in_bob, start, text};
use crate::harness::{Browser, TestApp, totp};

/// An app that the person of `browser` allows to act for them (RFC 8628).
async fn allow(app: &TestApp, browser: &Browser) -> Browser {
    let http = app.browser();
    let form: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];
    let sent = "client_id=flowgate-cli&scope=openid+account";
    let asked = http.raw(Method::POST, "/oauth/device_authorization", form, sent).await;
    let asked = asked.expect(200).json();
    let page = browser.visit("/device").await.expect(200);
    let code = text(&asked["user_code"]);
    let page = page.form_with("user_code").fill("user_code", &code).submit().await.expect(200);
    page.form_with("action").press("action", "allow").submit().await.expect(200);
    let sent = format!(
        "client_id=flowgate-cli&device_code={}&grant_type=urn:ietf:params:oauth:grant-type:device_code",
        text(&asked["device_code"])
    );
    let tokens = http.raw(Method::POST, "/oauth/token", form, sent).await.expect(200).json();
    bearer(app, &text(&tokens["access_token"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_sets_up_an_app_and_leaves_the_browser_s_session_as_it_is() {
    let app = start().await;
    let browser = sign_in_bob(&app).await;
    let cli = allow(&app, &browser).await;
    let before = get(&browser, "/me").await.expect(200).json();
    assert_eq!(get(&cli, "/me").await.expect(200).json()["session"]["id"], before["session"]["id"]);
    let set_up = post(&cli, "/me/totp", json!({})).await.expect(200).json();
    let sent = json!({
        "setup": set_up["setup"], "code": totp(&text(&set_up["secret"]), app.clock.now(), 0),
    });
    // What it began is its own, not the browser's.
    problem(post(&browser, "/me/totp/confirm", sent.clone()).await, 410, "execution_unknown");
    let page = post(&cli, "/me/totp/confirm", sent).await.expect(200).json();
    assert_eq!(page["factor"]["factor"], "totp");
    assert_eq!(page["recovery_codes"].as_array().unwrap().len(), 10);
    assert!(page.get("session").is_none(), "{page}");
    assert!(cli.cookies("/").is_empty());
    // The same secret, and no more proven: a thief of the cookie gains nothing.
    assert_eq!(get(&browser, "/me").await.expect(200).json(), before);
    let lacks = post(&browser, "/me/recovery-codes", json!({})).await;
    let lacks = problem(lacks, 401, "insufficient_user_authentication");
    assert!(lacks["factors"].as_array().unwrap().contains(&json!("totp")), "{lacks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_sent_to_the_browser_for_a_proof() {
    let app = start().await;
    let browser = sign_in_ada(&app, -1).await;
    let cli = allow(&app, &browser).await;
    let secret = cookie(&browser, "flowgate-session");
    for (path, body) in [
        ("/me/step-up", json!({})),
        ("/me/step-up", json!({ "factor": "totp" })),
        ("/me/step-up/verify", json!({ "code": super::code(&app, 0) })),
        ("/me/totp/verify", json!({ "code": super::code(&app, 0) })),
    ] {
        let page = post(&cli, path, body).await;
        assert!(page.header("www-authenticate").contains(r#"max_age="0""#), "{page:?}");
        problem(page, 401, "insufficient_user_authentication");
    }
    app.clock.advance(Duration::minutes(16));
    let page = post(&cli, "/me/recovery-codes", json!({})).await;
    assert!(page.header("www-authenticate").contains(r#"max_age="900""#), "{page:?}");
    problem(page, 401, "insufficient_user_authentication");
    assert_eq!(get(&cli, "/me/step-up").await.expect(200).json()["satisfied"], false);
    // The person proves it there, and it goes on.
    post(&browser, "/me/totp/verify", json!({ "code": super::code(&app, 0) })).await.expect(200);
    assert_ne!(cookie(&browser, "flowgate-session"), secret);
    post(&cli, "/me/recovery-codes", json!({})).await.expect(200);
    get(&browser, "/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_disables_an_app_with_its_code() {
    let app = start().await;
    let browser = sign_in_ada(&app, -1).await;
    let cli = allow(&app, &browser).await;
    let sent = json!({ "code": super::code(&app, 0) });
    let page = post(&cli, "/me/totp/disable", sent).await.expect(200).json();
    assert!(page["disabled"].is_string() && page.get("session").is_none(), "{page}");
    // The removal ends what was issued before, this token too; the session of the browser goes on.
    get(&browser, "/me").await.expect(200);
    assert_eq!(get(&browser, "/me/factors").await.json()["factors"], json!([]));
    assert_eq!(delete(&cli, "/me/factors/none").await.status, 401);
}
