//! A forgotten password: the link that comes by mail, and everything that it must not do.

use chrono::Duration;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{
    BOB, NEW_PASSWORD, SIGN_IN, assert_nobody, is_signed_in, me, sign_in, sign_in_as, traces,
};

/// Asks for a link in a new browser, as far as the page that waits.
async fn ask(app: &TestApp, login: &str) -> Walk {
    let walk = Walk::begin(&app.browser(), "recovery").await.asks("identify");
    walk.answer(json!({ "login": login })).await.asks("email_link")
}

/// The newest link.
async fn link(app: &TestApp) -> String {
    let mut mails = app.outbox().await.into_iter();
    let newest = mails.rfind(|mail| mail.text.contains("link="));
    newest.expect("a mail with a link").link().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_by_mail_sets_a_new_password_once() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.visit("/flow/recovery").await.expect(200);
    page.form_with("login").fill("login", ADA).submit().await.expect(200);
    let mail = app.mailbox.next().await;
    assert_eq!(mail.to, [ADA]);
    assert_eq!(mail.from, "login@acme.example");
    assert!(!mail.subject.is_empty() && mail.html.contains("href"), "{mail:?}");
    assert!(mail.link().starts_with(app.url()), "{mail:?}");

    let page = browser.visit(mail.link()).await.expect(200);
    let page = page.form("main form").submit().await.expect(200);
    let form = page.form_with("password");
    let page = form.fill("password", "short").submit().await.expect(200);
    assert!(page.has(r#"[name="password"][aria-invalid="true"]"#), "{page:?}");
    page.form_with("password").fill("password", NEW_PASSWORD).submit().await.expect(200);
    assert!(is_signed_in(&browser).await);

    // The old password is gone, and the link is used up.
    let other = app.browser();
    sign_in(other.visit(SIGN_IN).await).await;
    assert!(!is_signed_in(&other).await);
    let page = other.visit(mail.link()).await.expect(410);
    assert!(!page.has(r#"[name="password"]"#), "{page:?}");
    assert!(sign_in_as(&other, ADA, NEW_PASSWORD).await.session().is_some());
}

/// A-229: mail scanners look at every link.
#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_link_changes_nothing() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let waiting = ask(&app, ADA).await;
    let link = link(&app).await;
    for method in [Method::GET, Method::HEAD, Method::GET, Method::OPTIONS] {
        let scanner = app.browser();
        let page = scanner.raw(method, &link, &[], "").await;
        assert!(page.status.as_u16() < 500, "{page:?}");
        scanner.visit(&link).await.expect(200);
        waiting.look().await.asks("email_link");
        assert_nobody(&app, &scanner).await;
    }
    assert!(app.events_of("link_used").await.is_empty());
    let page = app.browser().visit(&link).await.expect(200);
    let page = page.form("main form").submit().await.expect(200);
    assert!(page.has(r#"[name="password"]"#), "{page:?}");
}

/// A-224: of twenty clicks at once one counts; and afterwards none.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_used_once() {
    let app = TestApp::with_outbox(crate::ACME).await;
    ask(&app, ADA).await;
    let link = link(&app).await;
    let browsers: Vec<_> = (0..20).map(|_| app.browser()).collect();
    let clicks = browsers.iter().map(|browser| Walk::follow_link(browser, &link));
    let walks = join_all(clicks).await;
    let won: Vec<_> = walks.iter().filter(|walk| walk.component() == "prompt").collect();
    let lost = walks.iter().filter(|walk| walk.problem() == "link_invalid").count();
    assert_eq!((won.len(), lost), (1, 19), "{walks:?}");
    assert_eq!(app.events_of("link_used").await.len(), 1);
    let again = Walk::follow_link(won[0].browser(), &link).await;
    assert_eq!(again.problem(), "link_invalid");
}

/// A-02, CVE-2026-18963: who asked for the mail does not get on without it.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_link_nothing_goes_on() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let walk = ask(&app, ADA).await;
    let page = walk.browser().visit("/flow/recovery").await;
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    for answer in [
        json!({}),
        json!({ "action": "confirm" }),
        json!({ "action": "continue" }),
        json!({ "action": "resend" }),
        json!({ "password": NEW_PASSWORD }),
        json!({ "login": ADA }),
        json!({ "email": ADA, "password": NEW_PASSWORD, "action": "continue" }),
        json!({ "link": "x", "token": "x" }),
    ] {
        for step in 0..12 {
            let page = walk.send(&json!({ "step": step, "answer": answer })).await;
            assert!(page.status.as_u16() < 500, "{page:?}");
            let now = walk.look().await.asks("email_link");
            assert!(now.session().is_none());
        }
    }
    // A second tab, the address of the next page, other words for the link.
    let id = walk.execution();
    for query in [
        format!("e={id}&link="),
        format!("e={id}&link={}", "a".repeat(43)),
        format!("e={id}&stage=prompt"),
        format!("link={id}"),
        format!("link={csrf}"),
    ] {
        let page = walk.browser().get(&format!("/flow/recovery?{query}")).await;
        assert!(!page.has(r#"[name="password"]"#), "{query}: {page:?}");
        let fields = [("csrf", &*csrf), ("step", "1"), ("action", "confirm")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let page = walk.browser().call(&format!("/flow/recovery?{query}"), &fields).await;
        let page = walk.browser().follow(page).await;
        assert!(!page.has(r#"[name="password"]"#), "{query}: {page:?}");
    }
    walk.look().await.asks("email_link");
    assert_nobody(&app, walk.browser()).await;
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
}

/// Whoever began it, here an attacker, gains nothing from a click in another browser.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_goes_on_where_it_is_confirmed_and_there_alone() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let attacker = ask(&app, ADA).await;
    let victim = app.browser();
    let walk = Walk::follow_link(&victim, &link(&app).await).await.asks("prompt");
    assert_ne!(walk.execution(), attacker.execution());
    attacker.look().await.asks("email_link");
    assert_eq!(attacker.browser().get(&walk.address()).await.status, 410);
    assert!(walk.answer(json!({ "password": NEW_PASSWORD })).await.session().is_some());
    me(&victim).await.expect(200);
    let now = attacker.look().await.asks("email_link");
    assert_nobody(&app, now.browser()).await;
    // In the browser that began it, it is the same execution that goes on.
    app.clock.advance(Duration::hours(1));
    let own = ask(&app, ADA).await;
    let walk = Walk::follow_link(own.browser(), &link(&app).await).await.asks("prompt");
    assert_eq!(walk.execution(), own.execution());
}

/// A-05, CVE-2023-26481: whom a link stands for never changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_s_person_stays_the_person() {
    // Somebody put the question who it is behind the link, too.
    let again = "      - email_link: { expires: 30m }\n      - identify: {}\n";
    let twice = crate::ACME.replace("      - email_link: { expires: 30m }\n", again);
    for blueprint in [crate::ACME, &twice] {
        let app = TestApp::with_outbox(blueprint).await;
        let walk = ask(&app, BOB.0).await;
        let walk = Walk::follow_link(walk.browser(), &link(&app).await).await.asks("prompt");
        let walk = walk.answer(json!({ "login": ADA })).await.asks("prompt");
        let answer = json!({ "login": ADA, "email": ADA, "user": "ada", "password": NEW_PASSWORD });
        let walk = walk.answer(answer).await;
        assert!(walk.session().is_some(), "{walk:?}");
        assert_eq!(me(walk.browser()).await.json()["email"], BOB.0);
        assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
        let wrong = sign_in_as(&app.browser(), ADA, NEW_PASSWORD).await;
        assert_eq!(wrong.errors(), ["password.wrong"]);
    }
}

/// A-221: a link dies by the next one, by a new password, with time; and works for its flow alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_does_not_outlive_its_purpose() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let dead = async |link: &str| {
        app.browser().visit(link).await.expect(410);
        Walk::follow_link(&app.browser(), link).await.problem() == "link_invalid"
    };
    let walk = ask(&app, ADA).await;
    let older = link(&app).await;
    let soon = walk.answer(json!({ "action": "resend" })).await;
    assert_eq!(soon.errors(), ["email_link.too_soon"]);
    app.clock.advance(Duration::seconds(61));
    soon.answer(json!({ "action": "resend" })).await.asks("email_link");
    let newer = link(&app).await;
    assert!(older != newer && dead(&older).await);
    // Another flow's address is not its address, and trying that uses nothing up.
    let elsewhere = newer.replace("/flow/recovery", "/flow/sign-in");
    assert!(dead(&elsewhere).await);
    Walk::follow_link(&app.browser(), &newer).await.asks("prompt");

    ask(&app, ADA).await;
    let before = link(&app).await;
    app.clock.advance(Duration::minutes(29));
    app.browser().visit(&before).await.expect(200);
    app.clock.advance(Duration::minutes(1));
    assert!(dead(&before).await, "it is good for half an hour");

    // Of two flows each has its own link; the password that one sets ends the other.
    let two = TestApp::with_outbox(&crate::ACME.replace(
        "  sign-out:",
        "  other:\n    use: recovery\n    stages:\n      - identify: {}\n      - email_link: {}\n      - gate: {}\n      - login: {}\n\n  sign-out:",
    ))
    .await;
    let other = Walk::begin(&two.browser(), "other").await.answer(json!({ "login": ADA })).await;
    other.asks("email_link");
    let other = link(&two).await;
    ask(&two, BOB.0).await;
    let of_bob = link(&two).await;
    let walk = ask(&two, ADA).await;
    let walk = Walk::follow_link(walk.browser(), &link(&two).await).await;
    walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert_eq!(Walk::follow_link(&two.browser(), &other).await.problem(), "link_invalid");
    Walk::follow_link(&two.browser(), &of_bob).await.asks("prompt");
}

/// A-220, CVE-2023-7028: a mail goes to one address, and that is the one that is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_to_the_address_that_is_kept() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let evil = "evil@evil.example";
    let browser = app.browser();
    let page = browser.visit("/flow/recovery").await;
    let csrf = page.attribute(r#"[name="csrf"]"#, "value");
    let form: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];
    for fields in [
        format!("login={ADA}&login={evil}"),
        format!("login[]={ADA}&login[]={evil}"),
        format!("login={ADA},{evil}"),
        format!("login={ADA};{evil}"),
        format!("login={ADA}%20{evil}"),
        format!("login={ADA}%0d%0aBcc:{evil}"),
    ] {
        let body = format!("csrf={csrf}&step=0&{fields}");
        browser.raw(Method::POST, page.url.as_str(), form, body).await;
    }
    for login in [
        json!([ADA, evil]),
        json!({ "to": ADA, "cc": evil }),
        json!(format!("{ADA},{evil}")),
        json!(format!("{ADA}\n{evil}")),
        json!(null),
    ] {
        let walk = Walk::begin(&app.browser(), "recovery").await;
        walk.answer(json!({ "login": login, "email": evil, "to": [evil] })).await;
    }
    assert!(app.outbox().await.is_empty(), "{:?}", app.outbox().await);
    // However it was written, it is written to as it is kept.
    let walk = Walk::begin(&app.browser(), "recovery").await;
    let answer = json!({ "login": " ADA@ＡＣＭＥ.example ", "email": evil, "to": [evil] });
    walk.answer(answer).await.asks("email_link");
    let mails = app.outbox().await;
    assert_eq!((mails.len(), &*mails[0].to), (1, [ADA.to_owned()].as_slice()), "{mails:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_five_mails_an_hour() {
    let app = TestApp::with_outbox(crate::ACME).await;
    for login in [ADA, "ADA@acme.example", "ada", "Ada@Acme.example", ADA, ADA, "ada"] {
        ask(&app, login).await;
    }
    let walk = ask(&app, ADA).await;
    app.clock.advance(Duration::seconds(61));
    walk.answer(json!({ "action": "resend" })).await.asks("email_link");
    assert_eq!(app.outbox().await.len(), 5);
    ask(&app, BOB.0).await;
    assert_eq!(app.outbox().await.len(), 6, "others have mails of their own");
    app.clock.advance(Duration::minutes(60));
    ask(&app, ADA).await;
    assert_eq!(app.outbox().await.len(), 7);
}

/// O-6: the page, its headers and cookies are the same for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whether_an_address_is_known() {
    let more = "  eve:\n    email: eve@acme.example\n    password: seven green lanterns\n";
    let app = TestApp::with_outbox(&format!("{}{more}", crate::ACME)).await;
    app.disable(BOB.0).await;
    let mut seen = Vec::new();
    // Known, unknown, without a proven address, disabled.
    for login in [ADA, "ned@acme.example", "eve@acme.example", BOB.0] {
        let page = app.browser().visit("/flow/recovery").await.expect(200);
        let page = page.form_with("login").fill("login", login).submit().await.expect(200);
        let again = page.form("main form").press("action", "resend").submit().await.expect(200);
        seen.push([traces(&page, login), traces(&again, login)]);
    }
    assert!(seen.iter().all(|others| *others == seen[0]), "{seen:#?}");
    let to: Vec<_> = app.outbox().await.into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, [ADA], "nobody else gets a mail");
}

/// A-223: what was signed in before is over, and the owner hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_everything_and_is_told_to_the_owner() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let before = app.browser();
    assert!(sign_in_as(&before, ADA, PASSWORD).await.session().is_some());
    let bob = app.browser();
    assert!(sign_in_as(&bob, BOB.0, BOB.1).await.session().is_some());
    let half = Walk::begin(&app.browser(), "sign-in").await.answer(json!({ "login": ADA })).await;
    let walk = ask(&app, ADA).await;
    let walk = Walk::follow_link(walk.browser(), &link(&app).await).await;
    me(&before).await.expect(200);
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
    me(walk.browser()).await.expect(200);
    me(&before).await.expect(401);
    me(&bob).await.expect(200);
    // A sign-in that was under way is about nobody any more: it begins anew.
    let half = half.answer(json!({ "password": PASSWORD })).await.asks("password");
    half.answer(json!({ "password": NEW_PASSWORD })).await.asks("password");
    assert!(sign_in_as(&app.browser(), ADA, NEW_PASSWORD).await.session().is_some());
    let mails = app.outbox().await;
    assert_eq!((mails.len(), &*mails[1].to), (2, [ADA.to_owned()].as_slice()));
    assert!(!mails[1].text.contains("link="), "it only says so: {}", mails[1].text);
    let person = app.person(ADA).await.id;
    let changed = app.events_of("password_changed").await;
    assert_eq!((changed.len(), &changed[0].user_id), (1, &Some(person)));
}

/// A password that was chosen before the mail is the one that is set, in the browser that chose it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_before_the_mail_is_kept_for_who_chose_it() {
    let prompt = "      - prompt: { fields: [{ name: password, type: new_password }] }\n";
    let mail = "      - email_link: { expires: 30m }\n      - gate: {}\n";
    let early = crate::ACME.replace(&format!("{mail}{prompt}"), &format!("{prompt}{mail}"));
    assert_ne!(early, crate::ACME);
    let app = TestApp::with_outbox(&early).await;
    let chosen = async || {
        let walk = Walk::begin(&app.browser(), "recovery").await;
        let walk = walk.answer(json!({ "login": ADA })).await.asks("prompt");
        walk.answer(json!({ "password": NEW_PASSWORD })).await.asks("email_link")
    };
    // In another browser it is an attacker's: the person comes in, and keeps their password.
    chosen().await;
    let walk = Walk::follow_link(&app.browser(), &link(&app).await).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
    let own = chosen().await;
    let walk = Walk::follow_link(own.browser(), &link(&app).await).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert!(sign_in_as(&app.browser(), ADA, NEW_PASSWORD).await.session().is_some());
    let old = sign_in_as(&app.browser(), ADA, PASSWORD).await;
    assert_eq!(old.errors(), ["password.wrong"]);
}
