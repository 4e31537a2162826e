//! `flowgate recover`: a way back in that goes past nothing.

use chrono::Duration;
use reqwest::Method;
use serde_json::json;

use super::{NEW_PASSWORD, blueprint, enrol, events};
use crate::flows::sign_in_as;
use crate::harness::{Ran, SECRET, Server, Walk, totp};
use crate::{ADA, PASSWORD};

/// Who has an authenticator app in `blueprints/acme.yaml`.
const TOM: &str = "tom@acme.example";

fn link_of(ran: &Ran, server: &Server) -> String {
    let mut lines = ran.stdout.lines();
    let link = lines.next().expect("a link").to_owned();
    assert_eq!(lines.next(), None, "the link alone: {ran:#?}");
    assert!(link.starts_with(&format!("{}/flow/recovery?link=", server.url)), "{link}");
    link
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_new_password_once() {
    let server = Server::start(&blueprint()).await;
    let link = link_of(&server.command(&["recover", "link", "--email", ADA]).expect(0), &server);
    // Looking at it uses nothing.
    server.browser().visit(&link).await.expect(200);
    let walk = Walk::follow_link(&server.browser(), &link).await.asks("prompt");
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(Walk::follow_link(&server.browser(), &link).await.problem(), "link_invalid");
    assert!(sign_in_as(&server.browser(), ADA, NEW_PASSWORD).await.session().is_some());
    let made = events(&server, "recovery_link_created").await;
    assert_eq!((made.len(), &made[0]["actor"]), (1, &json!("cli")), "{made:#?}");
    let token = link.split("link=").nth(1).unwrap();
    assert!(!made[0].to_string().contains(token), "{made:#?}");
}

/// a link stands for a password, never for a second factor.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_at_the_gate_of_who_has_a_second_factor() {
    let server = Server::start(&blueprint()).await;
    let codes = enrol(&server.browser(), ADA).await;
    let link = link_of(&server.command(&["recover", "link", "--email", ADA]).expect(0), &server);
    let browser = server.browser();
    let walk = Walk::follow_link(&browser, &link).await.asks("static");
    assert!(walk.session().is_none());
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await.asks("static");
    let walk = walk.answer(json!({ "code": codes[0] })).await.asks("prompt");
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_never_a_sign_in_for_who_has_an_authenticator_app() {
    let server = Server::start(&blueprint()).await;
    let ran = server.command(&["recover", "link", "--email", TOM]).expect(0);
    let browser = server.browser();
    let walk = Walk::follow_link(&browser, &link_of(&ran, &server)).await.asks("totp");
    let walk = walk.answer(json!({ "code": "000000" })).await.asks("totp");
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
    let code = totp(SECRET, store::Ambient::system().now(), 0);
    let walk = walk.answer(json!({ "code": code })).await.asks("prompt");
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let me = browser.api(Method::GET, "/api/v1/me", None).await.expect(200).json();
    assert_eq!(me["session"]["acr"], "aal2", "{me:#}");
    sign_in_as(&server.browser(), TOM, NEW_PASSWORD).await.asks("totp");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_link_a_new_password_and_time_end_a_link() {
    let server = Server::start(&blueprint()).await;
    let link = || link_of(&server.command(&["recover", "link", "--email", ADA]).expect(0), &server);
    let (older, newer) = (link(), link());
    let dead = async |link: &str| {
        Walk::follow_link(&server.browser(), link).await.problem() == "link_invalid"
    };
    assert!(dead(&older).await);
    // So does a link that the person asks for themself, and the other way round.
    let walk = Walk::begin(&server.browser(), "recovery").await.answer(json!({ "login": ADA }));
    walk.await.asks("email_link");
    assert!(dead(&newer).await);
    let json = server.command(&["recover", "link", "--email", ADA, "--json"]).expect(0).json();
    let until =
        json["link"]["expires_at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>();
    let left = until.unwrap() - *store::Ambient::system().now();
    assert!(left <= Duration::minutes(30) && left > Duration::minutes(28), "{json:#}");
    assert_eq!(json["link"]["flow"], "recovery");
}

/// It must work when nobody can sign in to do it, and no server runs.
#[tokio::test(flavor = "multi_thread")]
async fn second_factors_are_removed_with_no_server_running() {
    let mut server = Server::start(&blueprint()).await;
    let browser = server.browser();
    enrol(&browser, ADA).await;
    sign_in_as(&server.browser(), ADA, PASSWORD).await.asks("static");
    server.crash();
    let reason = "lost her handbag, came by in person";
    let arguments = ["recover", "disable-2fa", "--email", "ADA@acme.example", "--reason", reason];
    let ran = server.command(&arguments).expect(0);
    assert!(ran.stdout.contains(ADA) && ran.stdout.contains("static"), "{ran:#?}");
    // Nor does the blueprint, which states Tom's app, give it back when it is applied anew.
    server.command(&["recover", "disable-2fa", "--email", TOM]).expect(0);
    server.crash_and_restart().await;
    // What was signed in before is over; the password is enough again.
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
    let walk = sign_in_as(&server.browser(), ADA, PASSWORD).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let of_tom = sign_in_as(&server.browser(), TOM, PASSWORD).await;
    assert!(of_tom.session().is_some(), "{of_tom:?}");
    let removed = events(&server, "second_factors_removed").await;
    assert_eq!((removed.len(), &removed[1]["factors"][0]["kind"]), (2, &json!("totp")));
    assert_eq!((&removed[0]["actor"], &removed[0]["reason"]), (&json!("cli"), &json!(reason)));
    assert_eq!(removed[0]["factors"][0]["kind"], "static");
    let store = server.store().await;
    let mut conn = store.read().await.unwrap();
    let mails = store::mail::newest(&mut conn, 10).await.unwrap();
    let mails = mails.iter().map(|mail| mail.open(store.sealer()).unwrap());
    let told = mails.filter(|mail| mail.subject.contains("second factors"));
    let told: Vec<_> = told.map(|mail| mail.to).collect();
    assert!(told.len() == 2 && told.contains(&ADA.to_owned()), "{told:?}");
    // A second time there is nothing to remove, and nothing happens.
    let ran = server.command(&["recover", "disable-2fa", "--email", ADA, "--json"]).expect(0);
    assert_eq!(ran.json()["removed"], json!([]));
    assert_eq!(events(&server, "second_factors_removed").await.len(), 2);
    walk.browser().api(Method::GET, "/api/v1/me", None).await.expect(200);
}

/// Failures that locked a factor go with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_sees_at_once_what_was_removed() {
    let server = Server::start(&blueprint()).await;
    let browser = server.browser();
    enrol(&browser, ADA).await;
    let mut pending = sign_in_as(&server.browser(), ADA, PASSWORD).await.asks("static");
    for _ in 0..2 {
        pending = pending.answer(json!({ "code": "00000-00000" })).await.asks("static");
    }
    let json = server.command(&["recover", "disable-2fa", "--email", ADA, "--json"]).expect(0);
    assert_eq!(json.json()["removed"][0]["kind"], "static");
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
    // A login that was under way began with what has ended.
    let walk = pending.answer(json!({ "code": "00000-00000" })).await;
    assert!(walk.session().is_none(), "{walk:?}");
    let again = server.browser();
    let codes = enrol(&again, ADA).await;
    let mut walk = sign_in_as(&server.browser(), ADA, PASSWORD).await.asks("static");
    for _ in 0..4 {
        walk = walk.answer(json!({ "code": "00000-00000" })).await.asks("static");
        assert_eq!(walk.errors(), ["code.wrong"]);
    }
    assert!(walk.answer(json!({ "code": codes[0] })).await.session().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_found_or_may_not_sign_in_gets_no_link() {
    let server = Server::start(&blueprint()).await;
    for command in ["link", "disable-2fa"] {
        let ran = server.command(&["recover", command, "--email", "ned@acme.example"]).expect(1);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("flowgate user list"), "{ran:#?}");
        server.command(&["recover", command]).expect(2);
    }
    server.command(&["user", "disable", ADA]).expect(0);
    let ran = server.command(&["recover", "link", "--email", ADA]).expect(1);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("flowgate user enable"), "{ran:#?}");
    let no_flow = crate::ACME.replace("use: recovery", "use: authentication");
    let server = Server::start(&no_flow).await;
    let ran = server.command(&["recover", "link", "--email", ADA]).expect(1);
    assert!(ran.stderr.contains("use: recovery"), "{ran:#?}");
    assert!(events(&server, "recovery_link_created").await.is_empty());
}
