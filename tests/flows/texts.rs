//! Texts that want to be markup, lines or commands: they stay texts, on pages, in mails, in the audit
//! trail (A-185, A-187, A-188, A-242, A-248).

use serde_json::json;

use crate::ADA;
use crate::harness::{Page, TestApp, Walk};

use super::{NEW_PASSWORD, SIGN_IN};

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "</title></textarea></style><script>alert(1)</script>",
    "<a href=\"https://evil.example\">click</a>",
    "{{7*7}}${7*7}<%=7*7%>#{7*7}",
    "{% for i in range(999999) %}x{% endfor %}",
    "{% include \"base.html\" %}",
    "&lt;script&gt;&#60;b&#62;",
    "--><!--",
    "\u{202e}gnp.exe\u{2066}",
    "%0d%0aSet-Cookie:%20a=b",
    "=cmd|' /C calc'!A0",
    "../../../etc/passwd",
    "' OR '1'='1",
];

/// Whether a page has an element that only a text could have brought.
#[track_caller]
fn assert_harmless(page: &Page) {
    for selector in [
        "script:not([src^='/static/'])",
        "img:not([src^='/static/'])",
        "[onerror], [onload], [onclick]",
        "main a[href^='javascript'], a[href*='evil.example']",
        "iframe, object, embed, base, meta[http-equiv]",
    ] {
        assert!(!page.has(selector), "{selector}: {page:?}");
    }
    assert!(!page.body.contains(">49<") && !page.body.contains("xxxxxxxx"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_shown_as_it_was_typed() {
    let field = "      - prompt: { fields: [{ name: nickname, type: text }, { name: email, type: email }] }\n";
    let stage = "      - password: { attempts: 5 }\n";
    let app =
        TestApp::with_blueprint(&crate::ACME.replace(stage, &format!("{field}{stage}"))).await;
    for hostile in HOSTILE {
        let page = app.browser().visit(SIGN_IN).await;
        let page = page.form_with("login").fill("login", hostile).submit().await.expect(200);
        assert_harmless(&page);
        let form = page.form_with("nickname").fill("nickname", hostile).fill("email", hostile);
        let page = form.submit().await.expect(200);
        assert_harmless(&page);
        assert_eq!(page.attribute(r#"[name="nickname"]"#, "value"), *hostile);
        assert!(page.has(r#"[name="email"][aria-invalid="true"]"#), "{page:?}");
        let form = page.form_with("nickname").fill("email", ADA);
        let page = form.submit().await.expect(200);
        assert_harmless(&page);
        assert!(page.has(r#"[name="password"]"#), "{page:?}");
        assert!(page.texts("main").concat().contains(hostile.trim()), "{hostile}: {page:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_blueprint_says_is_text() {
    for hostile in &HOSTILE[..11] {
        let text = json!(hostile).to_string();
        let acme = crate::ACME
            .replace("name: Acme GmbH", &format!("name: {text}"))
            .replace("    use: authentication\n", &format!("    use: authentication\n    title: {text}\n"))
            .replace(
                "      - password: { attempts: 5 }\n",
                &format!(
                    "      - message: {{ title: {text}, text: {text} }}\n      - prompt: {{ title: {text}, text: {text}, submit: {text}, fields: [{{ name: a, type: select, label: {text}, help: {text}, options: [{{ value: x, label: {text} }}] }}] }}\n      - password: {{ attempts: 5 }}\n"
                ),
            );
        let app = TestApp::with_blueprint(&acme).await;
        let page = app.browser().visit(SIGN_IN).await.expect(200);
        assert_harmless(&page);
        let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
        assert_harmless(&page);
        assert!(page.texts("main").concat().contains(hostile), "{page:?}");
        let page = page.form("main form").submit().await.expect(200);
        assert!(page.has("select"), "{page:?}");
        assert_harmless(&page);
    }
}

/// A line that ends early is another line: in a header, a mail, a log.
#[tokio::test(flavor = "multi_thread")]
async fn names_have_one_line() {
    let app = TestApp::with_outbox(super::enrolment::SIGN_UP).await;
    for bad in
        ["a\rb", "a\nb", "a\r\nBcc: x@evil.example", "a\0b", "a\u{85}b", "a\u{1b}[31mb", "a\tb"]
    {
        let walk = Walk::begin(&app.browser(), "sign-in").await;
        let walk = walk.answer(json!({ "login": bad })).await.asks("identify");
        assert_eq!(walk.errors(), ["identify.invalid"], "{bad:?}");
        let walk = Walk::begin(&app.browser(), "sign-up").await;
        let email = format!("{bad}@acme.example");
        let walk = walk.answer(json!({ "email": email })).await.asks("prompt");
        assert_eq!(walk.errors().len(), 1, "{bad:?}");
    }
    for bad in [
        "a@acme.example\r\nBcc: x@evil.example",
        "a@acme.example,x@evil.example",
        "a@acme.example;x@evil.example",
        "a@acme.example x@evil.example",
        "<a@acme.example>",
        "A <a@acme.example>",
        "a@acme.example<x@evil.example>",
        "a@acme.example%0aBcc:x@evil.example",
        "\"a@evil.example\"@acme.example",
        "a@evil.example@acme.example",
        "a(x@evil.example)@acme.example",
        "a@acme.example\u{2028}x",
        "a@[127.0.0.1]",
        "a@localhost",
        "@acme.example",
        "a@",
        "a..b@acme.example",
        "a@acme..example",
        "a@-acme.example",
    ] {
        let walk = Walk::begin(&app.browser(), "sign-up").await;
        let walk = walk.answer(json!({ "email": bad })).await.asks("prompt");
        assert_eq!(walk.errors().len(), 1, "{bad:?}: {walk:?}");
    }
    assert!(app.outbox().await.is_empty());
}

/// Whatever address is taken can be mailed to: no answer may tell the two apart, or fail.
#[tokio::test(flavor = "multi_thread")]
async fn unusual_addresses_are_mailed_to_or_refused() {
    let app = TestApp::with_outbox(super::enrolment::SIGN_UP).await;
    let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(60));
    for address in [
        "a+b@acme.example",
        "o'hara@acme.example",
        "a!#$%&*/=?^_`{|}~-@acme.example",
        "ünï@acme.example",
        "a@bücher.example",
        "a@xn--bcher-kva.example",
        "a@ACME.example",
        &long,
        "%0d%0aa@acme.example",
    ] {
        let walk = Walk::begin(&app.browser(), "sign-up").await;
        let walk = walk.answer(json!({ "email": address })).await;
        assert!(["email_link", "prompt"].contains(&walk.component()), "{address}: {walk:?}");
        let is_sent = app.outbox().await.last().is_some_and(|mail| mail.to == [address]);
        assert_eq!(is_sent, walk.component() == "email_link", "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_shows_names_as_text() {
    let app = TestApp::with_outbox(super::enrolment::SIGN_UP).await;
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let address = format!("person{number}@acme.example");
        let walk = Walk::begin(&app.browser(), "sign-up").await;
        walk.answer(json!({ "email": address })).await.asks("email_link");
        let link = app.outbox().await.last().unwrap().link().to_owned();
        let walk = Walk::follow_link(&app.browser(), &link).await.asks("prompt");
        let walk = walk.answer(json!({ "name": hostile, "password": NEW_PASSWORD })).await;
        assert!(walk.session().is_some(), "{walk:?}");
        let walk = Walk::begin(&app.browser(), "recovery").await;
        walk.answer(json!({ "login": address })).await.asks("email_link");
        let mail = app.outbox().await.pop().unwrap();
        // A name that could be read as a message of its own is left out.
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(!part.contains(hostile), "{mail:?}");
        }
        let html = scraper::Html::parse_document(&mail.html);
        let find =
            |selector: &str| html.select(&scraper::Selector::parse(selector).unwrap()).count();
        assert_eq!(find("script, svg, img, iframe, [onerror], a[href*='evil.example']"), 0);
        assert!(!mail.html.contains(">49") && !mail.text.contains("49<"), "{mail:?}");
    }
}

/// What somebody claims to be is data of an event, never an event.
#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_keeps_what_was_claimed_in_its_place() {
    let app = TestApp::start().await;
    let forged = r#"x","outcome":"success","kind":"login"#;
    let browser = app.browser().with("user-agent", forged);
    for login in [forged, "a<b>", "\u{202e}ada"] {
        let walk = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": login })).await;
        walk.answer(json!({ "password": forged })).await.asks("password");
    }
    let events = app.events().await;
    assert!(events.iter().all(|event| event.kind != "login"), "{events:#?}");
    let checked = events.iter().filter(|event| event.kind == "password_checked");
    assert!(checked.clone().count() == 3 && checked.clone().all(|e| e.outcome == "failure"));
}
