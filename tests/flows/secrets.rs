//! Where secrets must never stand: in answers, events, logs, or readable in the database (A-63, A-82,
//!

use reqwest::Method;
use serde_json::json;

use crate::ADA;
use crate::harness::{Page, Server, TestApp, Walk};

use super::{SIGN_IN, me, sign_in_as};

const RIGHT: &str = "canary sings at dawn 1";
const WRONG: &str = "canary sings at noon 2";
const NEW: &str = "canary sings at dusk 3";

/// `blueprints/acme.yaml` where Ada's password is a canary.
fn blueprint() -> String {
    crate::ACME.replace(crate::PASSWORD, RIGHT)
}

/// Every spelling in which a canary might come up.
fn spellings(secret: &str) -> Vec<String> {
    let plus = form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
    vec![
        secret.to_owned(),
        plus.replace('+', "%20"),
        plus,
        data_encoding::BASE64.encode(secret.as_bytes()),
        data_encoding::BASE64URL_NOPAD.encode(secret.as_bytes()),
        data_encoding::HEXLOWER.encode(secret.as_bytes()),
    ]
}

#[track_caller]
fn assert_silent(what: &str, text: &str, secrets: &[&str]) {
    for secret in secrets {
        for spelling in spellings(secret) {
            assert!(!text.contains(&spelling), "{spelling} stands in {what}:\n{text}");
        }
    }
}

fn whole(page: &Page) -> String {
    format!("{page:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_tokens_are_in_no_answer_and_no_event() {
    let app = TestApp::with_outbox(&blueprint()).await;
    let browser = app.browser();
    let mut seen = Vec::new();
    let page = browser.visit(SIGN_IN).await;
    let page = page.form_with("login").fill("login", ADA).submit().await;
    let page = page.form_with("password").fill("password", WRONG).submit().await.expect(200);
    seen.push(whole(&page));
    seen.push(whole(&browser.api(Method::GET, &format!("/api/v1{}", page.url.path()), None).await));
    let page = page.form_with("password").fill("password", RIGHT).submit().await.expect(200);
    seen.extend([whole(&page), whole(&me(&browser).await)]);
    // A password in the field of the name is shown, to whoever typed it there, and to nobody else.
    sign_in_as(&app.browser(), RIGHT, WRONG).await;

    let walk = Walk::begin(&app.browser(), "recovery").await.answer(json!({ "login": ADA })).await;
    seen.push(format!("{walk:?}"));
    let link = app.outbox().await[0].link().to_owned();
    let token = link.split("link=").nth(1).unwrap().to_owned();
    let other = app.browser();
    let walk = Walk::follow_link(&other, &link).await.asks("prompt");
    seen.push(format!("{walk:?}"));
    let walk = walk.answer(json!({ "password": "short canary 4" })).await.asks("prompt");
    assert!(!walk.body.to_string().contains("short canary"), "{walk:?}");
    let walk = walk.answer(json!({ "password": NEW })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    seen.push(format!("{walk:?}"));
    seen.push(whole(&other.visit("/").await));

    let session = |name: &str, browser: &crate::harness::Browser| {
        let cookies = browser.cookies("/");
        cookies.into_iter().find(|cookie| cookie.0 == name).unwrap().1
    };
    let (first, second) =
        (session("flowgate-session", &browser), session("flowgate-session", &other));
    let secret = session("flowgate-browser", &browser);
    for text in &seen {
        assert_silent("an answer", text, &[RIGHT, WRONG, NEW, &token]);
    }
    let events = format!("{:?}", app.events().await);
    assert_silent(
        "the audit trail",
        &events,
        &[RIGHT, WRONG, NEW, &token, &first, &second, &secret],
    );
    assert!(!events.contains("argon2"), "{events}");
    // Nor are hashes anywhere.
    for text in &seen {
        assert!(!text.contains("argon2") && !text.contains("$m="), "{text}");
    }
    for mail in app.outbox().await {
        assert_silent("a mail", &format!("{mail:?}"), &[RIGHT, WRONG, NEW, &first, &second]);
    }
}

/// While a login is under way, whoever reads the database reads no secret of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_execution_keeps_its_secrets_under_seal() {
    let late = "      - prompt: { fields: [{ name: password, type: new_password }] }\n      - message: { text: Wait }\n";
    let soon = "      - prompt: { fields: [{ name: password, type: new_password }] }\n";
    let app = TestApp::with_outbox(&blueprint().replace(soon, late)).await;
    let browser = app.browser();
    Walk::begin(&browser, "recovery").await.answer(json!({ "login": ADA })).await;
    let link = app.outbox().await[0].link().to_owned();
    let walk = Walk::follow_link(&browser, &link).await.asks("prompt");
    let walk = walk.answer(json!({ "password": NEW })).await.asks("message");
    let mut conn = app.app.store.read().await.unwrap();
    let secret = browser.cookies("/").into_iter().find(|c| c.0 == "flowgate-browser").unwrap().1;
    let (id, now) = (store::Id::from(walk.execution()), store::Clock::now(&app.clock));
    let row = store::execution::find(&mut conn, &id, &store::token(&secret), now).await;
    let row = row.unwrap().unwrap();
    drop(conn);
    let state = row.state.0.to_string();
    assert_silent("the state", &state, &[NEW, RIGHT, &secret]);
    assert!(!state.contains("argon2"), "{state}");
    assert!(row.sealed.is_some());
    assert!(walk.answer(json!({ "action": "continue" })).await.session().is_some());
}

/// The log of the product, at its most talkative.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_no_secret() {
    let server = Server::start_with(&blueprint(), &["--log", "trace"]).await;
    let browser = server.browser();
    sign_in_as(&browser, ADA, WRONG).await.asks("password");
    assert!(sign_in_as(&browser, ADA, RIGHT).await.session().is_some());
    let page = browser.visit("/flow/recovery").await.expect(200);
    page.form_with("login").fill("login", ADA).submit().await.expect(200);
    let forged = "a\u{1b}[31m<b>";
    Walk::begin(&server.browser().with("user-agent", "x\ty"), "sign-in").await;
    server.browser().get(&format!("{SIGN_IN}?e={forged}&link=%0d%0afake%20line")).await;
    let cookies = browser.cookies("/");
    let mut secrets = vec![RIGHT, WRONG];
    secrets.extend(cookies.iter().map(|(_, value)| value.as_str()));
    let log = server.output();
    assert!(log.contains("/api/v1/flows/sign-in"), "{log}");
    assert_silent("the log", &log, &secrets);
    assert!(!log.contains("argon2id$"), "{log}");
    assert!(!log.contains("link="), "queries may hold links and codes: {log}");
    assert!(log.lines().all(|line| !line.starts_with("fake line")), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}
