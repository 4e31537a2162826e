//! Budgets per client address: a shield, and no more than that.

use chrono::Duration;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Browser, Page, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, SIGN_IN, me, sign_in_as};

const SETTINGS: &[(&str, &str)] = &[("rate-limit", "on"), ("trusted-proxies", "127.0.0.1")];

async fn start() -> TestApp {
    TestApp::with_settings(crate::ACME, SETTINGS).await
}

/// A browser behind another address.
fn at(app: &TestApp, address: &str) -> Browser {
    app.browser().with("x-forwarded-for", address)
}

fn assert_limited(page: &Page, seconds: &str) {
    assert_eq!(page.status, 429, "{page:?}");
    assert_eq!(page.header("retry-after"), seconds, "{page:?}");
}

/// a thousand failures from one address leave every other address alone.
#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_at_everybody_is_stopped_and_nobody_else() {
    let app = start().await;
    let attacker = at(&app, "203.0.113.9");
    let walk = Walk::begin(&attacker, "sign-in").await.answer(json!({ "login": "nobody" })).await;
    let (mut answered, mut refused) = (1, 0);
    for _ in 0..1000 {
        let page = walk.send(&json!({ "step": 1, "answer": { "password": "x" } })).await;
        match page.status.as_u16() {
            429 => refused += 1,
            _ => answered += 1,
        }
    }
    assert_eq!((answered, refused), (60, 941));
    let page = walk.send(&json!({ "step": 1, "answer": { "password": "x" } })).await;
    assert_limited(&page, "1");
    assert_eq!(page.json()["type"], "urn:flowgate:problem:too_many_requests");
    assert_eq!(page.header("content-type"), "application/problem+json");
    assert!(sign_in_as(&at(&app, "203.0.113.10"), ADA, PASSWORD).await.session().is_some());
    // Time gives back what was spent.
    app.clock.advance(Duration::seconds(10));
    assert!(sign_in_as(&attacker, ADA, PASSWORD).await.session().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_a_page_and_are_told_how_long_to_wait() {
    let app = start().await;
    let browser = at(&app, "203.0.113.9");
    let mut last = browser.get(SIGN_IN).await.expect(303);
    for _ in 0..119 {
        last = at(&app, "203.0.113.9").get(SIGN_IN).await.expect(303);
    }
    let page = browser.get(SIGN_IN).await;
    assert_limited(&page, "1");
    assert!(page.has("h1") && page.header("content-type").starts_with("text/html"), "{page:?}");
    assert!(page.headers.get("set-cookie").is_none());
    // What was begun goes on, and what is read costs nothing.
    last.browser.visit(last.location().unwrap().as_str()).await.expect(200);
    browser.get("/healthz").await.expect(200);
    browser.get("/.well-known/openid-configuration").await.expect(200);
    me(&browser).await.expect(401);
    app.clock.advance(Duration::seconds(1));
    browser.get(SIGN_IN).await.expect(303);
}

/// A relying party's requests make rows, too.
#[tokio::test(flavor = "multi_thread")]
async fn requests_of_relying_parties_are_counted() {
    let app = start().await;
    let browser = at(&app, "203.0.113.9");
    for _ in 0..60 {
        browser.get("/oauth/authorize?client_id=wiki").await.expect(400);
        browser
            .raw(
                Method::POST,
                "/oauth/authorize",
                &[
                    ("x-forwarded-for", b"203.0.113.9"),
                    ("content-type", b"application/x-www-form-urlencoded"),
                ],
                "",
            )
            .await
            .expect(400);
    }
    assert_limited(&browser.get("/oauth/authorize?client_id=wiki").await, "1");
}

/// No other way of writing an address has a budget of its own, or none.
#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_an_address_goes_round_a_budget() {
    let app = start().await;
    let browser = at(&app, "203.0.113.9");
    let forms = ["/flow/sign-in", "/flow/sign-in?E=1", "/flow/sign-in?x=e", "/flow/%73ign-in"];
    let json = ["/api/v1/flows/sign-in?link=x", "/api/v1/flows/sign-in?client=native"];
    let addresses: Vec<_> = forms.iter().chain(&json).collect();
    for _ in 0..20 {
        for address in &addresses {
            let page = browser.get(address).await;
            assert!([200, 303].contains(&page.status.as_u16()), "{address}: {page:?}");
        }
    }
    for address in addresses {
        assert_limited(&browser.get(address).await, "1");
    }
    for (spent, slug) in [(30, "r%65covery"), (0, "recovery"), (0, "%72ecovery")] {
        let address = format!("/api/v1/flows/{slug}?e=x");
        for _ in 0..spent {
            browser.api(Method::POST, &address, Some(&json!({}))).await;
        }
        assert_limited(&browser.api(Method::POST, &address, Some(&json!({}))).await, "4");
    }
}

/// Other people's mailboxes have a smaller budget.
#[tokio::test(flavor = "multi_thread")]
async fn mails_are_counted_by_themselves() {
    let app = start().await;
    for number in 0..30 {
        let walk = Walk::begin(&at(&app, "203.0.113.9"), "recovery").await;
        let login = format!("nobody-{number}@acme.example");
        assert_eq!(walk.answer(json!({ "login": login })).await.component(), "email_link");
    }
    let walk = Walk::begin(&at(&app, "203.0.113.9"), "recovery").await;
    assert_limited(&walk.send(&json!({ "step": 0, "answer": { "login": ADA } })).await, "4");
    assert!(app.outbox().await.is_empty());
    assert!(sign_in_as(&at(&app, "203.0.113.9"), ADA, PASSWORD).await.session().is_some());
}

/// the counter of the account is another matter; whoever has many addresses meets it.
#[tokio::test(flavor = "multi_thread")]
async fn many_addresses_do_not_make_many_tries() {
    let app = start().await;
    let mut locked = 0;
    for number in 0..20 {
        // What is no trusted proxy's word changes nothing.
        let browser = at(&app, &format!("203.0.113.{number}")).with("x-real-ip", "192.0.2.1");
        let walk = sign_in_as(&browser, ADA, "wrong").await.asks("password");
        locked += u32::from(walk.errors() != ["password.wrong"]);
    }
    assert!(locked > 0, "the account's own counter");
    let walk = sign_in_as(&at(&app, "198.51.100.1"), ADA, PASSWORD).await;
    assert!(walk.session().is_none(), "{walk:?}");
}

/// the account's counter is in the database, and one for all names of an account.
#[tokio::test(flavor = "multi_thread")]
async fn neither_a_restart_nor_another_name_gives_new_tries() {
    let mut app = start().await;
    for (number, login) in
        [ADA, "ada", "ADA@acme.example", " Ada ", "ＡＤＡ"].into_iter().enumerate()
    {
        let browser = at(&app, &format!("203.0.113.{number}"));
        let walk = sign_in_as(&browser, login, "wrong").await.asks("password");
        assert_eq!(walk.errors(), ["password.wrong"], "{login}");
        app = app.restart().await;
    }
    for login in [ADA, "ada"] {
        let walk = sign_in_as(&at(&app, "198.51.100.1"), login, PASSWORD).await.asks("password");
        assert_eq!(walk.errors(), ["password.locked"], "{login}");
    }
    // Another one is as free as before.
    let walk = sign_in_as(&at(&app, "203.0.113.1"), BOB.0, BOB.1).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_can_be_switched_off() {
    let app = TestApp::with_settings(crate::ACME, &[("rate-limit", "off")]).await;
    for _ in 0..200 {
        app.browser().get(SIGN_IN).await.expect(303);
    }
}
