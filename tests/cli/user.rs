//! `flowgate user`: people are made, found, kept out and let in, while the server runs.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NEW_PASSWORD, blueprint, enrol, events};
use crate::flows::sign_in_as;
use crate::harness::{Ran, Server, Walk};
use crate::{ADA, PASSWORD};

/// So many are in `blueprints/acme.yaml`.
const PEOPLE: usize = 3;

fn users(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let users = json["users"].as_array().unwrap().iter();
    users.map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_made_and_sets_a_password_by_the_link() {
    let server = Server::start(&blueprint()).await;
    let arguments = ["--email", "grace@acme.example", "--username", "grace", "--name", "Grace"];
    let ran = server.command(&[&["user", "create"], &arguments[..]].concat()).expect(0);
    let link = ran.stdout.trim();
    assert!(link.starts_with(&server.url) && ran.stderr.contains("Grace"), "{ran:#?}");
    let walk = Walk::follow_link(&server.browser(), link).await.asks("prompt");
    let walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert!(sign_in_as(&server.browser(), "grace", NEW_PASSWORD).await.session().is_some());
    // The link came from an administrator: it shows nothing of the mailbox.
    let shown = server.command(&["user", "show", "grace", "--json"]).expect(0).json();
    assert_eq!(shown["user"]["email_verified"], false, "{shown:#}");
    assert_eq!(shown["user"]["admin"], false);
    assert_eq!(events(&server, "user_created").await[0]["actor"], "cli");

    // Another spelling of a name or an address is the same, and nothing is made.
    for names in [
        ["--email", "GRACE@acme.example", "--username", "other"],
        ["--email", "other@acme.example", "--username", "ＧＲＡＣＥ"],
    ] {
        let ran = server.command(&[&["user", "create"], &names[..]].concat()).expect(1);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("somebody has this"), "{ran:#?}");
    }
    assert_eq!(users(&server.command(&["user", "list", "--json"]).expect(0)).len(), PEOPLE + 1);
    let arguments =
        ["user", "create", "--email", "root@acme.example", "--admin", "--verified", "--no-link"];
    let json = server.command(&[&arguments[..], &["--json"]].concat()).expect(0).json();
    let user = &json["user"];
    assert_eq!((&user["admin"], &user["email_verified"]), (&json!(true), &json!(true)), "{json:#}");
    assert_eq!(json["link"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_or_no_name_is_refused_before_anything_happens() {
    let server = Server::start(&blueprint()).await;
    let long = "x".repeat(300);
    for (flag, value) in [
        ("--email", "grace"),
        ("--email", "grace@"),
        ("--email", "grace@acme.example, evil@evil.example"),
        ("--email", "grace@acme.example\nBcc: evil@evil.example"),
        ("--email", "Grace <grace@acme.example>"),
        ("--name", "Gr\u{1b}[2Jace"),
        ("--name", ""),
        ("--username", &long),
        ("--expires", "25h"),
        ("--expires", "1s"),
        ("--expires", "soon"),
    ] {
        let mut arguments = vec!["user", "create", flag, value];
        if flag != "--email" {
            arguments.extend(["--email", "grace@acme.example"]);
        }
        server.command(&arguments).expect(2);
    }
    assert_eq!(users(&server.command(&["user", "list", "--json"]).expect(0)).len(), PEOPLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_any_part_of_a_name() {
    let server = Server::start(&blueprint()).await;
    let found = |text: &str| {
        users(&server.command(&["user", "list", "--json", "--search", text]).expect(0))
    };
    for text in ["ada@", "LOVELACE", "lovel", "AdA", " ada@acme.example "] {
        assert_eq!(found(text), [ADA], "{text}");
    }
    assert_eq!(found("acme").len(), PEOPLE);
    for text in ["%", "_", "a%e", "\\", "nobody", "' OR 1=1 --"] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
    let few = server.command(&["user", "list", "--json", "--limit", "1"]).expect(0);
    assert_eq!((users(&few).len(), &few.json()["more"]), (1, &json!(true)));
    let text = server.command(&["user", "list"]).expect(0).stdout;
    assert_eq!(text.lines().count(), PEOPLE, "{text}");
    assert!(text.contains("administrator"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_shown_without_a_secret() {
    let server = Server::start(&blueprint()).await;
    let browser = server.browser();
    let codes = enrol(&browser, ADA).await;
    let json = server.command(&["user", "show", ADA, "--json"]).expect(0).json();
    let user = &json["user"];
    let kinds: Vec<_> =
        user["factors"].as_array().unwrap().iter().map(|factor| &factor["kind"]).collect();
    assert_eq!(kinds, ["password", "static"], "{json:#}");
    assert_eq!((&user["factors"][1]["left"], &user["factors"][1]["of"]), (&json!(10), &json!(10)));
    assert_eq!(user["organisations"][0]["slug"], "acme");
    assert_eq!(user["sessions"].as_array().map(Vec::len), Some(1));
    let id = user["id"].as_str().unwrap();
    let text = server.command(&["user", "show", id]).expect(0).stdout;
    assert!(text.contains("10 of 10 left") && text.contains("acme"), "{text}");
    let secret = browser.cookies("/").into_iter().find(|it| it.0 == "flowgate-session").unwrap().1;
    for told in [&text, &json.to_string()] {
        for word in ["argon2", "phc", "salt", "hash", &secret, &codes[0], PASSWORD] {
            assert!(!told.contains(word), "{word}: {told}");
        }
    }
    let ran = server.command(&["user", "show", "ned@acme.example"]).expect(1);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("flowgate user list"), "{ran:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_is_out_at_once_and_stays_out_until_enabled() {
    let server = Server::start(&blueprint()).await;
    let browser = server.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let json = server.command(&["user", "disable", ADA, "--json"]).expect(0).json();
    assert!(json["changed"] == true && json["user"]["disabled_at"].is_string(), "{json:#}");
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
    let walk = sign_in_as(&server.browser(), ADA, PASSWORD).await;
    assert!(walk.session().is_none(), "{walk:?}");
    let again = server.command(&["user", "disable", ADA, "--json"]).expect(0).json();
    assert_eq!(again["changed"], false);
    server.command(&["user", "enable", ADA]).expect(0);
    assert!(sign_in_as(&server.browser(), ADA, PASSWORD).await.session().is_some());
    browser.api(Method::GET, "/api/v1/me", None).await.expect(401);
    for kind in ["user_disabled", "user_enabled"] {
        assert_eq!(events(&server, kind).await, [json!({ "actor": "cli" })], "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_resets_a_password() {
    let server = Server::start(&blueprint()).await;
    let ran = server.command(&["user", "reset-password-link", "ada", "--expires", "1h"]).expect(0);
    let walk = Walk::follow_link(&server.browser(), ran.stdout.trim()).await.asks("prompt");
    assert!(walk.answer(json!({ "password": NEW_PASSWORD })).await.session().is_some());
}

/// A typing error makes no new database beside the one that was meant, and no new key.
#[test]
fn a_database_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    for command in [&["user", "list"][..], &["recover", "disable-2fa", "--email", ADA]] {
        let ran = Ran::of(&[command, &["--data", data]].concat()).expect(1);
        assert!(ran.stderr.contains("there is no database at"), "{ran:#?}");
        assert!(!std::path::Path::new(data).exists());
    }
    std::fs::create_dir(data).unwrap();
    let file = format!("{data}/flowgate.db");
    std::fs::write(&file, "").unwrap();
    let ran = Ran::of(&["user", "list", "--data", data]).expect(1);
    assert!(ran.stderr.contains("there is no secret key at"), "{ran:#?}");
    assert_eq!(std::fs::metadata(file).unwrap().len(), 0);
}
