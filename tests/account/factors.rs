//! Second factors: listed, renamed and removed by their owner, with a proof of late.

use chrono::Duration;
use reqwest::Method;
use serde_json::json;
use store::{Clock as _, device};

use super::{
    ADA, EVE, ada, connect, delete, factors_of, get, give, is_good, is_signed_in, sign_in, start,
    the_app,
};
use crate::harness::{Browser, TestApp};

/// Names that a page, a log or a terminal could take for something else.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "'; DROP TABLE credentials; --",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_listed_without_its_secret() {
    let (app, browser) = ada().await;
    let id = the_app(&app, ADA).await;
    let page = browser.visit("/account/security").await.expect(200);
    let link = page.text(&format!(r#"a[href="/account/factors/{id}"]"#));
    let factors = get(&browser, "/factors").await;
    assert_eq!(factors["factors"][0]["name"], json!(link));
    assert_eq!(factors["factors"][0]["factor"], "totp");
    // A-71, A-82: base32, hex and raw.
    let sheet = browser.visit(&format!("/account/factors/{id}")).await.expect(200);
    for text in [page.body, sheet.body, factors.to_string()] {
        for secret in [super::SECRET, "12345678901234567890", "3132333435363738"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_renamed_to_whatever_its_owner_calls_it() {
    let (app, browser) = ada().await;
    let id = the_app(&app, ADA).await;
    let path = format!("/account/factors/{id}");
    for name in HOSTILE {
        let page = browser.visit(&path).await.expect(200);
        let page = page.form_with("name").fill("name", name).submit().await.expect(200);
        assert_eq!(page.text("h1"), name, "as text, not as markup");
        assert!(!page.body.contains("<script>alert") && !page.has("img[onerror]"), "{page:?}");
        let list = browser.visit("/account/security").await.expect(200);
        assert_eq!(list.text(&format!(r#"a[href="{path}"]"#)), name);
        assert!(!list.has("main script") && !list.has("img[onerror]"), "{list:?}");
    }
    let body = json!({ "name": " My phone " });
    let address = format!("/api/v1/me/factors/{id}");
    browser.api(Method::PATCH, &address, Some(&body)).await.expect(200);
    assert_eq!(factors_of(&app, ADA).await[0].name, "My phone");
    assert_eq!(app.events_of("factor_renamed").await.len(), HOSTILE.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_is_refused() {
    let (app, browser) = ada().await;
    let id = the_app(&app, ADA).await;
    let before = factors_of(&app, ADA).await[0].name.clone();
    let long = "a".repeat(65);
    for name in ["", "   ", "two\nlines", "\u{1b}[31mred", "\u{202e}gnp.exe", &long] {
        let page = browser.visit(&format!("/account/factors/{id}")).await.expect(200);
        let form = page.form_with("name").tamper("name", Some(name));
        let page = form.submit().await.expect(422);
        assert!(page.has("#e-name"), "{page:?}");
        let address = format!("/api/v1/me/factors/{id}");
        browser.api(Method::PATCH, &address, Some(&json!({ "name": name }))).await.expect(400);
    }
    assert_eq!(factors_of(&app, ADA).await[0].name, before);
    let longest = "ä".repeat(64);
    let address = format!("/api/v1/me/factors/{id}");
    browser.api(Method::PATCH, &address, Some(&json!({ "name": longest }))).await.expect(200);
}

async fn remove_by_page(browser: &Browser, id: &str) {
    let page = browser.visit(&format!("/account/factors/{id}")).await.expect(200);
    let page = page.click(&format!(r#"a[href="/account/factors/{id}/remove"]"#)).await.expect(200);
    let page = page.form(r#"form[action$="/remove"]"#).submit().await.expect(200);
    assert_eq!(page.url.path(), "/account/security");
    assert!(page.text(r#"[role="status"]"#).contains("removed"), "{page:?}");
}

/// A-79: with a factor everything ends that it, or any other, let in before; but not this session.
#[tokio::test(flavor = "multi_thread")]
async fn removing_a_factor_ends_everything_but_this_session() {
    for by_page in [true, false] {
        let (app, browser) = ada().await;
        let elsewhere = sign_in(&app, ADA).await;
        let (mine, theirs) = (connect(&app, &browser).await, connect(&app, &elsewhere).await);
        remember(&app, ADA).await;
        let under_way = browser.visit("/flow/set-up-totp").await.expect(200);
        assert!(is_good(&app, &mine).await && is_good(&app, &theirs).await);
        let id = the_app(&app, ADA).await;
        if by_page {
            remove_by_page(&browser, id.as_str()).await;
        } else {
            delete(&browser, &format!("/factors/{id}")).await.expect(204);
        }
        assert!(factors_of(&app, ADA).await.is_empty());
        assert!(is_signed_in(&browser).await);
        assert!(!is_signed_in(&elsewhere).await);
        assert!(!is_good(&app, &mine).await && !is_good(&app, &theirs).await);
        assert!(get(&browser, "/devices").await["devices"].as_array().unwrap().is_empty());
        let form = under_way.form(r#"form[action^="/flow/set-up-totp"]"#);
        let page = form.tamper("code", Some("123456")).send().await.expect(303);
        assert_eq!(page.location().unwrap().path(), "/", "it is over");
        let events = app.events_of("factor_removed").await;
        assert_eq!((events.len(), &events[0].data["factor"]), (1, &json!("totp")));
        let mails = app.outbox().await;
        let last = mails.last().unwrap();
        assert_eq!(last.to, [ADA]);
        assert!(last.text.contains("/account/security"), "{}", last.text);
        // It is gone, and going again is no second time.
        delete(&browser, &format!("/factors/{id}")).await.expect(404);
        assert_eq!(app.events_of("factor_removed").await.len(), 1);
        // The password alone is enough from now on.
        let walk = super::sign_in_as(&app.browser(), ADA, crate::PASSWORD).await;
        assert!(walk.session().is_some(), "{walk:?}");
    }
}

/// Remembers a device, as the gate does.
pub(super) async fn remember(app: &TestApp, login: &str) -> store::Id<device::Device> {
    let person = app.person(login).await;
    let (ambient, now) = (app.app.store.ambient(), app.clock.now());
    let new = device::NewDevice {
        id: ambient.id(),
        user_id: person.id,
        token_hash: store::token(&ambient.token()),
        security_epoch: person.security_epoch,
        factor: assurance::Factor::Totp,
        proven_at: now,
        ip: Some("203.0.113.9".to_owned()),
        user_agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0".to_owned(),
        ),
        lasts: Duration::days(30),
    };
    let id = new.id.clone();
    let mut unit = app.app.store.write().await.unwrap();
    device::create(&mut unit, new, now).await.unwrap();
    unit.commit().await.unwrap();
    id
}

/// A-76: what is another's is not there.
#[tokio::test(flavor = "multi_thread")]
async fn anothers_factor_is_not_there() {
    let app = start().await;
    let (id, eve) = (the_app(&app, ADA).await, sign_in(&app, EVE).await);
    let own = the_app(&app, EVE).await;
    eve.get(&format!("/account/factors/{id}")).await.expect(404);
    eve.get(&format!("/account/factors/{id}/remove")).await.expect(404);
    let page = eve.visit(&format!("/account/factors/{own}")).await.expect(200);
    let token = page.attribute(r#"[name="csrf"]"#, "value");
    let fields = [("csrf".to_owned(), token), ("name".to_owned(), "mine now".to_owned())];
    for address in [format!("/account/factors/{id}"), format!("/account/factors/{id}/remove")] {
        eve.post(eve.resolve(&address), &page.url, &fields).await.expect(404);
    }
    let address = format!("/api/v1/me/factors/{id}");
    eve.api(Method::PATCH, &address, Some(&json!({ "name": "mine" }))).await.expect(404);
    delete(&eve, &format!("/factors/{id}")).await.expect(404);
    let factors = factors_of(&app, ADA).await;
    assert_eq!(factors.len(), 1);
    assert!(!factors[0].name.contains("mine"));
    // Neither is what is no second factor, or nothing.
    for nothing in ["0190a9c5-3d0e-7d7e-8f6a-3a8f4d3c2b1a", "..", "%27"] {
        eve.get(&format!("/account/factors/{nothing}")).await.expect(404);
    }
    let mut conn = app.app.store.read().await.unwrap();
    let eve_id = app.person(EVE).await.id;
    let all = store::credential::of_kind(&mut conn, &eve_id, "password").await.unwrap();
    let password = all[0].id.clone();
    delete(&eve, &format!("/factors/{password}")).await.expect(404);
}

/// A-73, A-74: by page and by program, a proof that is too old changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_proof_neither_renames_nor_removes() {
    let (app, browser) = ada().await;
    let id = the_app(&app, ADA).await;
    let path = format!("/account/factors/{id}");
    let (sheet, ask) = (browser.visit(&path).await, browser.visit(&format!("{path}/remove")).await);
    app.clock.advance(Duration::minutes(16));
    let answer = sheet.form_with("name").fill("name", "other").send().await.expect(303);
    assert_eq!(answer.location().unwrap().path(), "/flow/step-up");
    let answer = ask.form(r#"form[action$="/remove"]"#).send().await.expect(303);
    assert_eq!(answer.location().unwrap().path(), "/flow/step-up");
    for (method, body) in
        [(Method::PATCH, Some(json!({ "name": "other" }))), (Method::DELETE, None)]
    {
        let address = format!("/api/v1/me/factors/{id}");
        let answer = browser.api(method, &address, body.as_ref()).await.expect(401);
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("insufficient_user_authentication"), "{challenge}");
        assert!(challenge.contains("max_age="), "{challenge}");
    }
    let factors = factors_of(&app, ADA).await;
    assert_eq!(factors.len(), 1);
    assert_ne!(factors[0].name, "other");
    assert!(app.outbox().await.is_empty());
}

/// A-173: no other site changes anything, and looking changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_form_changes_nothing() {
    let (app, browser) = ada().await;
    let id = the_app(&app, ADA).await;
    let page = browser.visit(&format!("/account/factors/{id}")).await.expect(200);
    let token = page.attribute(r#"[name="csrf"]"#, "value");
    let evil = "https://evil.example/".parse().unwrap();
    let eve = sign_in(&app, EVE).await;
    let her_page = eve.visit("/account/profile").await;
    let her_token = her_page.attribute(r#"[name="csrf"]"#, "value");
    for address in [
        format!("/account/factors/{id}"),
        format!("/account/factors/{id}/remove"),
        "/account/profile".to_owned(),
        "/account/security".to_owned(),
        "/account/sessions".to_owned(),
        "/account/apps".to_owned(),
    ] {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let more = [field("name", "x"), field("forget", "all"), field("end", "others")];
        let with = |token: Option<&str>| {
            token
                .map(|token| field("csrf", token))
                .into_iter()
                .chain(more.clone())
                .collect::<Vec<_>>()
        };
        let url = browser.resolve(&address);
        for (from, token) in [
            (&page.url, None),
            (&page.url, Some("x")),
            (&page.url, Some(&*her_token)),
            (&evil, Some(&*token)),
        ] {
            browser.post(url.clone(), from, &with(token)).await.expect(403);
        }
        // By GET there is nothing to do: whatever the query says, it is not done.
        browser
            .get(&format!("{address}?csrf={token}&name=x&forget=all&end=others"))
            .await
            .expect(200);
    }
    let elsewhere = browser.clone().with("origin", "https://evil.example");
    elsewhere.api(Method::DELETE, &format!("/api/v1/me/factors/{id}"), None).await.expect(403);
    assert_eq!(factors_of(&app, ADA).await.len(), 1);
    let kinds: Vec<_> = app.events().await.into_iter().map(|event| event.kind).collect();
    for kind in ["factor_renamed", "factor_removed", "profile_changed", "sessions_ended"] {
        assert!(!kinds.iter().any(|k| k == kind), "{kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_go_with_the_last_factor_that_they_stand_in_for() {
    let (app, browser) = ada().await;
    let codes = give(&app, ADA, "static", "").await;
    let second = give(&app, ADA, "totp", "Tablet").await;
    delete(&browser, &format!("/factors/{second}")).await.expect(204);
    assert!(factors_of(&app, ADA).await.iter().any(|factor| factor.id == codes), "one is left");
    let first = the_app(&app, ADA).await;
    delete(&browser, &format!("/factors/{first}")).await.expect(204);
    assert!(factors_of(&app, ADA).await.is_empty(), "nothing to recover is left");
}
