//! What people change of themselves in the flows that are always there: their address, and whether
//! there is an account at all.

use chrono::Duration;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use store::user::{self, Login};

use crate::harness::{Browser, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, me, sign_in_as};

const NEW: &str = "ada@elsewhere.example";

async fn signed_in(app: &TestApp, login: &str, password: &str) -> Browser {
    let browser = app.browser();
    assert!(sign_in_as(&browser, login, password).await.session().is_some());
    browser
}

async fn link_to(app: &TestApp, address: &str) -> String {
    let mails = app.outbox().await;
    let mail = mails.iter().rev().find(|mail| mail.to == [address] && mail.text.contains("link="));
    mail.expect("a mail with a link").link().to_owned()
}

async fn ask_for(app: &TestApp, browser: &Browser, address: &str) -> Walk {
    let _ = app;
    let walk = Walk::begin(browser, "change-email").await.asks("prompt");
    walk.answer(json!({ "email": address })).await.asks("email_link")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_counts_once_it_is_proven_and_both_are_told() {
    let app = TestApp::start().await;
    let browser = signed_in(&app, ADA, PASSWORD).await;
    let other = signed_in(&app, ADA, PASSWORD).await;
    let session = me(&browser).await.json()["session"]["id"].clone();
    ask_for(&app, &browser, NEW).await;
    assert_eq!(me(&browser).await.json()["email"], json!(ADA), "not yet");
    let link = link_to(&app, NEW).await;
    // The link is of no use to anybody else, not even where she is signed in by nobody.
    let walk = Walk::follow_link(&app.browser(), &link).await;
    assert_eq!(walk.status, 401, "{walk:?}");
    let bob = signed_in(&app, BOB.0, BOB.1).await;
    assert_eq!(Walk::follow_link(&bob, &link).await.status, 410);
    let walk = Walk::follow_link(&browser, &link).await;
    assert_eq!(walk.status, 200, "{walk:?}");
    let who = me(&browser).await.json();
    assert_eq!((&who["email"], &who["email_verified"]), (&json!(NEW), &json!(true)));
    assert_eq!(who["session"]["id"], session, "the same session goes on");
    assert_eq!(me(&other).await.status, 401, "every other one has ended");
    let told = app.outbox().await;
    for address in [ADA, NEW] {
        let is_notice = |mail: &&_| -> bool {
            let mail: &crate::harness::Mail = mail;
            mail.to == [address] && mail.text.contains(NEW) && !mail.text.contains("link=")
        };
        assert_eq!(told.iter().filter(is_notice).count(), 1, "{address}: {told:#?}");
    }
    assert!(sign_in_as(&app.browser(), NEW, PASSWORD).await.session().is_some());
    assert_eq!(app.events_of("address_changed").await.len(), 1);
}

/// an address that somebody has is not given away, and who asks learns nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_person_is_not_to_be_had() {
    let app = TestApp::start().await;
    let browser = signed_in(&app, ADA, PASSWORD).await;
    let before = app.outbox().await.len();
    ask_for(&app, &browser, BOB.0).await;
    assert_eq!(app.outbox().await.len(), before, "nothing is sent");
    assert_eq!(me(&browser).await.json()["email"], json!(ADA));
}

/// ASVS 7.5.1: an open browser is not enough.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_session_changes_no_address_and_deletes_nobody() {
    let app = TestApp::start().await;
    let browser = signed_in(&app, ADA, PASSWORD).await;
    app.clock.advance(Duration::hours(1));
    for flow in ["change-email", "change-password", "delete-account", "set-up-totp"] {
        let walk = Walk::begin(&browser, flow).await.asks("password");
        let walk = walk.answer(json!({ "email": NEW, "confirm": true, "code": "000000" })).await;
        assert_eq!(walk.component(), "password", "{flow}: {walk:?}");
    }
    assert_eq!(me(&browser).await.json()["email"], json!(ADA));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_deletes_their_account_for_good() {
    let app = TestApp::start().await;
    let browser = signed_in(&app, BOB.0, BOB.1).await;
    let other = signed_in(&app, BOB.0, BOB.1).await;
    let walk = Walk::begin(&browser, "delete-account").await.asks("user_delete");
    let walk = walk.answer(json!({ "confirm": false })).await.asks("user_delete");
    assert_eq!(walk.errors(), ["user_delete.confirm_first"]);
    let walk = walk.answer(json!({ "confirm": true })).await;
    assert_eq!(walk.status, 200, "{walk:?}");
    for gone in [&browser, &other] {
        assert_eq!(gone.api(Method::GET, "/api/v1/me", None).await.status, 401);
    }
    let mut conn = app.app.store.read().await.unwrap();
    let found = user::find_by_login(&mut conn, BOB.0, &[Login::Email]).await.unwrap();
    assert!(found.is_none());
    drop(conn);
    assert_eq!(app.events_of("user_deleted").await.len(), 1);
    let mails = app.outbox().await;
    assert!(mails.iter().any(|mail| mail.to == [BOB.0]), "the owner is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    let app = TestApp::start().await;
    let browser = signed_in(&app, ADA, PASSWORD).await;
    let walk = Walk::begin(&browser, "delete-account").await.asks("user_delete");
    let walk = walk.answer(json!({ "confirm": true })).await.asks("user_delete");
    assert_eq!(walk.errors(), ["user_delete.last_admin"]);
    assert_eq!(me(&browser).await.status, 200);
}

/// A-77's class: two who are the last but one at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_cannot_both_go_at_once() {
    let two = crate::ACME.replace(
        "    password: eight brown barrels\n",
        "    password: eight brown barrels\n    admin: true\n",
    );
    assert_ne!(two, crate::ACME);
    let app = TestApp::with_blueprint(&two).await;
    let mut walks = Vec::new();
    for (login, password) in [(ADA, PASSWORD), BOB] {
        let browser = signed_in(&app, login, password).await;
        walks.push(Walk::begin(&browser, "delete-account").await.asks("user_delete"));
    }
    let yes = json!({ "confirm": true });
    let all = join_all(walks.into_iter().map(|walk| walk.answer(yes.clone()))).await;
    assert!(all.iter().all(|walk| walk.status < 500), "{all:#?}");
    let mut conn = app.app.store.read().await.unwrap();
    assert_eq!(user::count_admins(&mut conn).await.unwrap(), 1, "{all:#?}");
}
