//! Codes by mail and by text message, by JSON.

use chrono::Duration;
use serde_json::{Value, json};

use super::{get, login, post, problem, start, text};
use crate::PASSWORD;
use crate::harness::{Browser, TestApp};

/// May use mails and texts.
const WIM: &str = "wim@weak.example";

/// The code in the last mail or text message to this address or number.
pub(super) async fn sent_code(app: &TestApp, to: &str) -> String {
    let mails = app.outbox().await;
    let mail = mails.iter().rev().find(|mail| mail.to.iter().any(|it| it == to));
    let mail = mail.unwrap_or_else(|| panic!("nothing for {to} in {mails:#?}"));
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    let mut words = mail.text.split(|c: char| !c.is_ascii_alphanumeric());
    words.find(is_code).unwrap_or_else(|| panic!("no code in {mail:?}")).to_owned()
}

/// Wim, who must have a factor and binds an app for a start.
async fn sign_in_wim(app: &TestApp) -> Browser {
    let browser = app.browser();
    let page = login(&browser, WIM, PASSWORD).await;
    let flow = text(&problem(page, 409, "interaction_required")["flow"]);
    let answer = async |answer: Value| {
        let step = browser.api(reqwest::Method::GET, &flow, None).await.json()["step"].clone();
        let body = json!({ "step": step, "answer": answer });
        browser.api(reqwest::Method::POST, &flow, Some(&body)).await
    };
    let page = answer(json!({ "choose": "totp" })).await.expect(200).json();
    let secret = text(&page["challenge"]["data"]["secret"]);
    let code = crate::harness::totp(&secret, store::Clock::now(&app.clock), 0);
    let page = answer(json!({ "code": code })).await.expect(200).json();
    assert_eq!(page["challenge"]["component"], "static_setup", "{page}");
    answer(json!({ "saved": true })).await.expect(200);
    get(&browser, "/me").await.expect(200);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_and_a_number_are_registered_challenged_and_verified() {
    let app = start().await;
    let browser = sign_in_wim(&app).await;
    for (channel, to) in [("email", "codes@wim.example"), ("sms", "+447700900123")] {
        let sent = json!({ "channel": channel, "to": to });
        let page = post(&browser, "/me/otp", sent).await.expect(200);
        assert!(!page.body.contains(to), "{page:?}");
        let set_up = page.json();
        assert!(text(&set_up["sent_to"]).contains('•'), "{set_up}");
        assert_eq!(set_up["resend_in"], 60);
        let resend = json!({ "setup": set_up["setup"] });
        let page = post(&browser, "/me/otp/resend", resend.clone()).await;
        assert_eq!(page.header("retry-after"), "60");
        assert_eq!(problem(page, 429, "answer_refused")["code"], "code.too_soon");
        let first = sent_code(&app, to).await;
        app.clock.advance(Duration::seconds(61));
        post(&browser, "/me/otp/resend", resend).await.expect(200);
        let code = sent_code(&app, to).await;
        assert!(!page_has(&browser, &code).await);
        if first != code {
            let sent = json!({ "setup": set_up["setup"], "code": first });
            let page = post(&browser, "/me/otp/confirm", sent).await;
            assert_eq!(problem(page, 400, "answer_refused")["code"], "code.wrong");
        }
        let sent = json!({ "setup": set_up["setup"], "code": code });
        let page = post(&browser, "/me/otp/confirm", sent.clone()).await.expect(200).json();
        assert_eq!(page["factor"]["factor"], channel);
        problem(post(&browser, "/me/otp/confirm", sent).await, 410, "execution_unknown");

        // Challenge and verify, while signed in.
        app.clock.advance(Duration::minutes(2));
        let asked = post(&browser, "/me/step-up", json!({ "factor": channel })).await;
        let asked = asked.expect(200).json();
        assert_eq!(asked["factor"], channel);
        let code = sent_code(&app, to).await;
        let sent = json!({ "step_up": asked["step_up"], "code": code });
        post(&browser, "/me/step-up/verify", sent).await.expect(200);

        // And to sign in.
        let other = app.browser();
        app.clock.advance(Duration::minutes(2));
        login(&other, WIM, PASSWORD).await.expect(200);
        let chosen = post(&other, "/login/factor", json!({ "factor": channel })).await.expect(200);
        let chosen = chosen.json();
        assert_eq!(chosen["factor"], channel, "{chosen}");
        let again = post(&other, "/login/factor", json!({ "factor": channel })).await;
        assert_eq!(problem(again, 429, "answer_refused")["code"], "code.too_soon");
        let code = sent_code(&app, to).await;
        post(&other, "/login/verify", json!({ "code": code })).await.expect(200);
    }
    let all = get(&browser, "/me/factors").await.expect(200).json();
    let kinds: Vec<_> =
        all["factors"].as_array().unwrap().iter().map(|it| text(&it["factor"])).collect();
    assert_eq!(kinds, ["totp", "email", "sms"]);
}

async fn page_has(browser: &Browser, code: &str) -> bool {
    get(browser, "/me/factors").await.body.contains(code)
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_go_nowhere_that_is_none() {
    let app = start().await;
    let browser = sign_in_wim(&app).await;
    let before = app.outbox().await.len();
    for (channel, to) in [("email", "not an address"), ("email", ""), ("sms", "0123"), ("sms", "a")]
    {
        let sent = json!({ "channel": channel, "to": to });
        let page = post(&browser, "/me/otp", sent).await;
        problem(page, 422, "answer_refused");
    }
    problem(
        post(&browser, "/me/otp", json!({ "channel": "pigeon", "to": "x" })).await,
        422,
        "malformed",
    );
    assert_eq!(app.outbox().await.len(), before);
}
