//! One execution: whose it is, on which blueprint it runs, how long it lives, and that each of its
//! steps is taken once.

use chrono::Duration;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::harness::{RelyingParty, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, NEW_PASSWORD, SIGN_IN, assert_nobody, me, sign_in, sign_in_as};

/// A double click, and worse: one answer is taken, and every tab ends with the session that it made.
#[tokio::test(flavor = "multi_thread")]
async fn submits_at_the_same_time_make_one_session() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": ADA })).await;
    let body = json!({ "step": walk.body["step"], "answer": { "password": PASSWORD } });
    // Not more than may fail: each is counted as a guess until it turns out right.
    let pages = join_all((0..5).map(|_| walk.send(&body))).await;
    let mut sessions = Vec::new();
    for page in pages {
        let answer = page.json();
        match page.status.as_u16() {
            200 => sessions.push(answer["finished"]["session"]["id"].clone()),
            409 => assert_eq!(answer["type"], "urn:flowgate:problem:step_past"),
            _ => panic!("{page:?}"),
        }
    }
    sessions.push(walk.look().await.body["finished"]["session"]["id"].clone());
    sessions.dedup();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let logins = app.events_of("login").await;
    assert_eq!(logins.len(), 1, "{logins:#?}");
    assert_eq!(me(&browser).await.expect(200).json()["session"]["id"], sessions[0]);
}

/// A-10: what ended is delivered once more for half a minute, to the browser that ended it; then,
/// or after signing out, it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_finished_login_cannot_be_replayed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": ADA })).await;
    let last = json!({ "step": walk.body["step"], "answer": { "password": PASSWORD } });
    let first = walk.send(&last).await.expect(200).json();
    // Its answer was lost: the same again, and even a wrong one, brings the same session.
    app.clock.advance(Duration::seconds(29));
    let again = walk.send(&last).await.expect(200).json();
    assert_eq!(again["finished"]["session"]["id"], first["finished"]["session"]["id"]);
    let thief = app.browser();
    thief.visit(SIGN_IN).await;
    assert_eq!(thief.api(Method::GET, &walk.address(), None).await.status, 410);
    app.clock.advance(Duration::seconds(2));
    walk.send(&last).await.expect(410);
    assert_eq!(walk.look().await.problem(), "execution_unknown");
    // A page of it leads home who is signed in.
    let page = browser.visit(&format!("{SIGN_IN}?e={}", walk.execution())).await.expect(200);
    assert_eq!(page.url.path(), "/account");

    let walk = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": ADA })).await;
    let last = json!({ "step": walk.body["step"], "answer": { "password": PASSWORD } });
    walk.send(&last).await.expect(200);
    let page = browser.visit("/").await;
    page.form(r#"form[action="/logout"]"#).submit().await.expect(200);
    walk.send(&last).await.expect(410);
    assert_nobody(&app, &browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_is_of_one_browser_and_one_flow() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": ADA })).await;
    let stranger = app.browser();
    let page = stranger.visit(SIGN_IN).await;
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let id = walk.execution();
    let elsewhere = [
        (&stranger, "sign-in"),
        (&stranger, "recovery"),
        (&browser, "recovery"),
        (&browser, "sign-out"),
    ];
    for (browser, slug) in elsewhere {
        browser.get(&format!("/flow/{slug}?e={id}")).await.expect(410);
        let address = format!("/api/v1/flows/{slug}?e={id}");
        browser.api(Method::GET, &address, None).await.expect(410);
        let body = json!({ "step": 1, "answer": { "password": PASSWORD } });
        browser.api(Method::POST, &address, Some(&body)).await.expect(410);
    }
    let fields = [("csrf", &*csrf), ("step", "1"), ("password", PASSWORD)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    stranger.call(&format!("{SIGN_IN}?e={id}"), &fields).await.expect(410);
    for id in ["", "x", "00000000-0000-0000-0000-000000000000", "%FF", "%0A", "1' OR '1'='1"] {
        browser.api(Method::GET, &format!("/api/v1/flows/sign-in?e={id}"), None).await.expect(410);
        browser.get(&format!("/flow/sign-in?e={id}")).await.expect(410);
    }
    // Without its cookie the browser is a stranger itself.
    let walk = walk.look().await.asks("password");
    let body = json!({ "step": 1, "answer": { "password": PASSWORD } });
    let bare = app.browser().api(Method::POST, &walk.address(), Some(&body)).await;
    assert_eq!(bare.status, 410, "{bare:?}");
    assert!(walk.answer(json!({ "password": PASSWORD })).await.session().is_some());
}

/// What an app asked for in one browser is answered in that one.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_s_request_is_of_one_browser() {
    let app = TestApp::start().await;
    let wiki = RelyingParty::wiki(app.url()).await;
    let browser = app.browser();
    let begun = browser.get(&wiki.request(&[])).await.expect(303);
    let flow = begun.location().unwrap();
    let id = begun.parameter("interaction").unwrap_or_else(|| panic!("{begun:?}"));
    for stranger in [app.browser(), app.browser().with("authorization", "Bearer x")] {
        stranger.visit(SIGN_IN).await;
        stranger.get(flow.as_str()).await.expect(410);
        let page = stranger.get(&format!("/oauth/authorize/{id}")).await;
        assert!(page.status.is_client_error() && !page.body.contains("Wiki"), "{page:?}");
    }
    let address = format!("/api/v1/flows/sign-in?client=native&interaction={id}");
    app.browser().api(Method::GET, &address, None).await.expect(410);
    let page = browser.visit(flow.as_str()).await.expect(200);
    assert!(page.body.contains("Wiki"), "{page:?}");
    let page = sign_in(page).await.expect(200);
    assert!(page.has(r#"button[value="allow"]"#), "{page:?}");
}

/// Two people at two tabs of one browser: each execution is about its own person to the end.
#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_do_not_mix() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let first = Walk::begin(&browser, "sign-in").await;
    let second = Walk::begin(&browser, "sign-in").await;
    let first = first.answer(json!({ "login": ADA })).await;
    let second = second.answer(json!({ "login": BOB.0 })).await;
    // The other tab's password is none here.
    let first = first.answer(json!({ "password": BOB.1 })).await.asks("password");
    let second = second.answer(json!({ "password": PASSWORD })).await.asks("password");
    assert!(second.answer(json!({ "password": BOB.1 })).await.session().is_some());
    assert_eq!(me(&browser).await.json()["email"], BOB.0);
    assert!(first.answer(json!({ "password": PASSWORD })).await.session().is_some());
    assert_eq!(me(&browser).await.json()["email"], ADA);
}

/// A-16, CVE-2026-33544: what many people do at the same time is what each of them does alone.
#[tokio::test(flavor = "multi_thread")]
async fn many_logins_at_once_do_not_cross() {
    let app = TestApp::start().await;
    // Each attempt is counted until it turns out right: of one person not more at once than may fail.
    for _ in 0..4 {
        let logins = (0..8).map(async |number| {
            let browser = app.browser();
            let (login, password) = if number % 2 == 0 { (ADA, PASSWORD) } else { BOB };
            let walk = sign_in_as(&browser, login, password).await;
            assert!(walk.session().is_some(), "{walk:?}");
            assert_eq!(me(&browser).await.json()["email"], login);
        });
        join_all(logins).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_button_leads_to_where_the_login_stands() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let identify = browser.visit(SIGN_IN).await;
    let form = identify.form_with("login").fill("login", ADA);
    let password = form.clone().submit().await.expect(200);
    let wrong = password.form_with("password").fill("password", "wrong").submit().await;
    // Each page that was left is answered with the way to the present one.
    for old in [form, password.form_with("password").fill("password", PASSWORD)] {
        let page = old.send().await.expect(303);
        assert_eq!(page.location().unwrap(), wrong.url);
    }
    let failures = app.events_of("password_checked").await;
    assert_eq!(failures.len(), 1, "an answer to an old step is not looked at: {failures:#?}");
    let page = browser.visit(wrong.url.as_str()).await;
    page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    me(&browser).await.expect(200);
}

/// A login that began on one blueprint ends on it, whatever is applied meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_on_the_blueprint_that_it_began_with() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let old = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": ADA })).await;
    let page = browser.visit(&format!("{SIGN_IN}?e={}", old.execution())).await.expect(200);
    let news = "      - password: { attempts: 5 }\n      - message: { text: News }\n";
    let changed = crate::ACME.replace("      - password: { attempts: 5 }\n", news);
    app.apply(&changed).await;
    let new = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("message");
    page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    me(&browser).await.expect(200);
    // A version in which the flow is gone ends nobody's login either.
    let from = crate::ACME.find("  recovery:\n").unwrap();
    let to = crate::ACME.find("  sign-out:\n").unwrap();
    let without = format!("{}{}", &crate::ACME[..from], &crate::ACME[to..]);
    let without = without.replace(", recovery: recovery", "");
    let recovery = Walk::begin(&app.browser(), "recovery").await.asks("identify");
    app.apply(&without).await;
    assert_eq!(Walk::begin(&app.browser(), "recovery").await.status, 404);
    recovery.answer(json!({ "login": ADA })).await.asks("email_link");
    assert!(new.answer(json!({ "action": "continue" })).await.session().is_some());
}

/// A-13: who has proven nothing has an hour; what is half proven lives ten minutes.
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_logins_expire() {
    let message = "      - password: { attempts: 5 }\n      - message: { text: News }\n";
    let blueprint = crate::ACME.replace("      - password: { attempts: 5 }\n", message);
    let app = TestApp::with_blueprint(&blueprint).await;
    let minutes = |count| app.clock.advance(Duration::minutes(count));

    let walk = Walk::begin(&app.browser(), "sign-in").await.answer(json!({ "login": ADA })).await;
    minutes(59);
    let walk = walk.look().await.asks("password");
    minutes(1);
    let body = json!({ "step": walk.body["step"], "answer": { "password": PASSWORD } });
    walk.send(&body).await.expect(410);
    assert_eq!(walk.look().await.problem(), "execution_unknown");

    let browser = app.browser();
    let walk = sign_in_as(&browser, ADA, PASSWORD).await.asks("message");
    minutes(9);
    let walk = walk.look().await.asks("message");
    minutes(1);
    let body = json!({ "step": walk.body["step"], "answer": { "action": "continue" } });
    walk.send(&body).await.expect(410);
    assert_nobody(&app, &browser).await;
    // The page says that it took too long, and how to begin again.
    let page = browser.visit(&format!("{SIGN_IN}?e={}", walk.execution())).await.expect(410);
    assert!(page.has("main h1"), "{page:?}");

    // Proving something late does not buy time beyond the hour.
    let walk = Walk::begin(&app.browser(), "sign-in").await.answer(json!({ "login": ADA })).await;
    minutes(55);
    let walk = walk.answer(json!({ "password": PASSWORD })).await.asks("message");
    minutes(5);
    assert_eq!(walk.look().await.problem(), "execution_unknown");
}

/// A-43, A-124: a sign-in that had the password and waits does not outlive that password.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_sign_ins_under_way() {
    let message = "      - password: { attempts: 5 }\n      - message: { text: News }\n";
    let blueprint = crate::ACME.replace("      - password: { attempts: 5 }\n", message);
    let app = TestApp::with_outbox(&blueprint).await;
    let thief = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("message");

    let owner = Walk::begin(&app.browser(), "recovery").await;
    let owner = owner.answer(json!({ "login": ADA })).await.asks("email_link");
    let link = app.outbox().await.pop().expect("a mail").link().to_owned();
    let owner = Walk::follow_link(owner.browser(), &link).await.asks("prompt");
    let owner = owner.answer(json!({ "password": NEW_PASSWORD })).await;
    assert!(owner.session().is_some(), "{owner:?}");

    let thief = thief.answer(json!({ "action": "continue" })).await;
    assert!(thief.session().is_none(), "{thief:?}");
    assert_nobody(&app, thief.browser()).await;
    me(owner.browser()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_stays_refused() {
    let deny = "      - password: { attempts: 5 }\n      - deny: { text: Closed }\n        when: user.admin\n";
    let blueprint = crate::ACME.replace("      - password: { attempts: 5 }\n", deny);
    let app = TestApp::with_blueprint(&blueprint).await;
    let browser = app.browser();
    let page = sign_in(browser.visit(SIGN_IN).await).await.expect(403);
    assert!(page.body.contains("Closed"), "{page:?}");
    let id = page.url.query().unwrap().strip_prefix("e=").unwrap();
    let walk = Walk::resume(&browser, "sign-in", id).await;
    assert_eq!((walk.status, &walk.body["denied"]["text"]), (403, &json!("Closed")));
    for step in 0..4 {
        let page = walk.send(&json!({ "step": step, "answer": { "password": PASSWORD } })).await;
        assert_eq!(page.json()["denied"]["text"], "Closed", "{page:?}");
    }
    assert_nobody(&app, &browser).await;
    let denied = app.events_of("flow_denied").await;
    assert_eq!((denied.len(), &denied[0].data["stage"]), (1, &json!("deny")), "{denied:#?}");
}
