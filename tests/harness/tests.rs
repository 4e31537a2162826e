//! The harness itself: what it stands for must be true, or the tests on it prove nothing.

use std::collections::HashMap;

use axum::extract::Form as Body;
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, Html, IntoResponse as _, Redirect};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::Duration;
use lettre::message::MultiPart;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use reqwest::Method;
use serde_json::json;
use store::Clock as _;

use super::{Mailbox, MockClock, Site};

const PAGE: &str = r#"<!doctype html><h1>  Who
    are <em>you</em>? </h1><a href="/seen?x=1">seen</a>
    <form method="post" action="/answer"><input type="hidden" name="csrf" value="t&amp;k">
    <input name="login" value="old"><input type="checkbox" name="remember" value="true">
    <input name="gone" disabled value="1"><select name="language"><option value="en">English<option
    value="de" selected>Deutsch</select><textarea name="note">hi</textarea><button type="button">eye
    </button><button>Continue</button><button name="action" value="other">Other</button></form>"#;

async fn site() -> Site {
    Site::serve(async |_| {
        let answer = async |Body(fields): Body<HashMap<String, String>>| Json(fields);
        let seen = async |headers: HeaderMap| {
            let header = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            Json(json!({
                "cookie": header("cookie"),
                "site": header("sec-fetch-site"),
                "language": header("accept-language"),
            }))
        };
        let enter = async || {
            let cookies = AppendHeaders([
                (header::SET_COOKIE, "a=1; Path=/; HttpOnly"),
                (header::SET_COOKIE, "b=2; Path=/else"),
                (header::SET_COOKIE, "c=3; Path=/; Max-Age=0"),
            ]);
            (cookies, Redirect::to("/page")).into_response()
        };
        Router::new()
            .route("/page", get(async || Html(PAGE)))
            .route("/answer", post(answer))
            .route("/seen", get(seen))
            .route("/enter", get(enter))
            .route("/leave", get(async || Redirect::to("https://wiki.example/callback?code=7")))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_sent_as_a_browser_sends_it() {
    let site = site().await;
    let page = site.browser().visit("/page").await.expect(200);
    assert_eq!(page.text("h1"), "Who are you?");
    assert!(page.has("select") && !page.has("table"));
    let sent = page.form_with("login").fill("login", "ada").tick("remember").submit().await.json();
    let expected = json!({
        "csrf": "t&k", "login": "ada", "remember": "true", "language": "de", "note": "hi"
    });
    assert_eq!(sent, expected);
    let form = page.form("form").tamper("csrf", None).tamper("x", Some("1"));
    let sent = form.press("action", "other").submit().await.json();
    let expected =
        json!({"login": "old", "language": "de", "note": "hi", "x": "1", "action": "other"});
    assert_eq!(sent, expected);
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "a person sees no field gone")]
async fn a_field_that_nobody_sees_cannot_be_filled() {
    let site = site().await;
    let _ = site.browser().visit("/page").await.form("form").fill("gone", "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_kept_by_path_and_shared_between_tabs_alone() {
    let site = site().await;
    let browser = site.browser().with("accept-language", "de");
    let page = browser.visit("/enter").await.expect(200);
    let tab = browser.clone();
    let seen = tab.visit("/seen").await.json();
    assert_eq!(seen, json!({"cookie": "a=1", "site": "none", "language": "de"}));
    assert_eq!(page.click("a").await.json()["site"], "same-origin");
    assert_eq!(browser.cookies("/else/where").len(), 2);
    let thief = browser.stolen();
    thief.jar().replace("a", "9");
    assert_eq!(thief.visit("/seen").await.json()["cookie"], "a=9");
    browser.jar().clear();
    assert_eq!(tab.api(Method::GET, "/seen", None).await.json()["cookie"], json!(null));
    assert_eq!(site.browser().visit("/seen").await.json()["cookie"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_elsewhere_is_where_it_stops() {
    let site = site().await;
    let page = site.browser().visit("/leave").await.expect(303);
    assert_eq!(page.location().unwrap().host_str(), Some("wiki.example"));
    assert_eq!(page.parameter("code").as_deref(), Some("7"));
    assert_eq!(page.parameter("error"), None);
    assert_eq!(page.header("location"), "https://wiki.example/callback?code=7");
    assert!(page.url.as_str().starts_with(&site.url));
}

#[test]
fn the_clock_moves_only_when_it_is_moved() {
    let clock = MockClock::new();
    let before = clock.now();
    assert_eq!(clock.now(), before);
    clock.clone().advance(Duration::minutes(5));
    assert_eq!(clock.now(), before.plus(Duration::minutes(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_delivered_decoded() {
    let mailbox = Mailbox::open().await;
    assert!(mailbox.is_empty().await);
    let text = "Grüße,\n.a line with a dot\nhttp://127.0.0.1:1/flow/recovery?token=a-b_c=\n";
    let body = MultiPart::alternative_plain_html(text.to_owned(), "<p>Grüße</p>".to_owned());
    let mail = Message::builder()
        .from("Flowgate <id@acme.example>".parse().unwrap())
        .to("ada@acme.example".parse().unwrap())
        .subject("Für Ada")
        .multipart(body)
        .unwrap();
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&mailbox.url()).unwrap().build();
    transport.send(mail).await.unwrap();
    let mail = mailbox.next().await;
    assert_eq!(mail.from, "id@acme.example");
    assert_eq!(mail.to, ["ada@acme.example"]);
    assert_eq!(mail.subject, "Für Ada");
    assert_eq!(mail.text.replace('\r', ""), text);
    assert!(mail.html.contains("<p>Grüße</p>"));
    assert_eq!(mail.link(), "http://127.0.0.1:1/flow/recovery?token=a-b_c=");
}
