//! Becoming a person that Flowgate knows: an address is proven before anybody is made of it.

use chrono::Duration;
use futures::future::join_all;
use serde_json::json;
use store::user;

use crate::PASSWORD;
use crate::harness::{TestApp, Walk};

use super::{NEW_PASSWORD, assert_nobody, me, sign_in_as, traces};

/// A blueprint with a flow `sign-up`.
pub(super) const SIGN_UP: &str = include_str!("../blueprints/people.yaml");

const NEW: &str = "new@people.example";

async fn ask(app: &TestApp, address: &str) -> Walk {
    let walk = Walk::begin(&app.browser(), "sign-up").await.asks("prompt");
    walk.answer(json!({ "email": address })).await.asks("email_link")
}

async fn link(app: &TestApp) -> String {
    app.outbox().await.pop().expect("a mail").link().to_owned()
}

async fn people(app: &TestApp) -> i64 {
    user::count(&mut app.app.store.read().await.unwrap()).await.unwrap()
}

fn details() -> serde_json::Value {
    json!({ "name": "Nele Neu", "password": NEW_PASSWORD })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proven_address_becomes_a_person() {
    let app = TestApp::with_outbox(SIGN_UP).await;
    let before = people(&app).await;
    let browser = app.browser();
    let page = browser.visit("/flow/sign-up").await.expect(200);
    let page = page.form_with("email").fill("email", NEW).submit().await.expect(200);
    assert!(page.body.contains(NEW), "{page:?}");
    assert_eq!(people(&app).await, before, "nobody is made of what was typed");
    let page = browser.visit(&link(&app).await).await.expect(200);
    let page = page.form("main form").submit().await.expect(200);
    let form = page.form_with("name").fill("name", "Nele Neu");
    form.fill("password", NEW_PASSWORD).submit().await.expect(200);
    let who = me(&browser).await.expect(200).json();
    assert_eq!((&who["email"], &who["email_verified"]), (&json!(NEW), &json!(true)));
    assert_eq!((&who["name"], &who["admin"]), (&json!("Nele Neu"), &json!(false)));
    assert_eq!(people(&app).await, before + 1);
    assert!(sign_in_as(&app.browser(), NEW, NEW_PASSWORD).await.session().is_some());
    assert_eq!(app.events_of("user_created").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_nobody_asked_for_are_nobody_s() {
    let app = TestApp::with_outbox(SIGN_UP).await;
    let more = json!({
        "email": NEW, "admin": true, "is_admin": "true", "email_verified": true, "role": "admin",
        "organisations": ["strict"], "id": "1", "user_id": "1", "security_epoch": 9, "owner": "x",
        "attributes": { "admin": true }, "password": "not asked for here yet",
    });
    let walk = Walk::begin(&app.browser(), "sign-up").await.answer(more).await.asks("email_link");
    let walk = Walk::follow_link(walk.browser(), &link(&app).await).await.asks("prompt");
    let mut answer = details();
    answer["email"] = json!("rita@people.example");
    answer["username"] = json!("rita");
    answer["admin"] = json!(true);
    let walk = walk.answer(answer).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let person = app.person(NEW).await;
    assert_eq!((person.admin, person.username, person.owner), (false, None, None));
    assert!(person.attributes.is_empty(), "{:?}", person.attributes);
    assert_eq!(me(walk.browser()).await.json()["organisations"], json!([]));
}

/// O-6: a taken address is told to its owner, and to nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_is_told_to_its_owner_alone() {
    let app = TestApp::with_outbox(SIGN_UP).await;
    let mut seen = Vec::new();
    for address in ["ulla@people.example", "emil@people.example"] {
        let page = app.browser().visit("/flow/sign-up").await.expect(200);
        let page = page.form_with("email").fill("email", address).submit().await.expect(200);
        let again = page.form("main form").press("action", "resend").submit().await.expect(200);
        seen.push([traces(&page, address), traces(&again, address)]);
    }
    assert_eq!(seen[0], seen[1]);
    let mut mails = app.outbox().await;
    mails.sort_by_key(|mail| mail.to[0] != "ulla@people.example");
    let [exists, verify] = &*mails else { panic!("{mails:?}") };
    assert!(!exists.text.contains("link=") && verify.text.contains("link="), "{exists:?}");
    assert_ne!(exists.subject, verify.subject);
    assert_eq!(exists.link(), format!("{}/", app.url()));
}

/// However an address is written, its owner gets the mail at the address that is kept, and no more
/// than five an hour.
#[tokio::test(flavor = "multi_thread")]
async fn spellings_of_an_address_are_one_address() {
    let app = TestApp::with_outbox(SIGN_UP).await;
    let variants = |name: &str| {
        let upper = name.to_uppercase();
        let mut title = name.to_owned();
        title[..1].make_ascii_uppercase();
        [name.to_owned(), upper, title].map(|name| format!("{name}@people.example"))
    };
    for _ in 0..3 {
        for address in variants("ulla").into_iter().chain(variants("emil")) {
            ask(&app, &address).await;
        }
    }
    let mails = app.outbox().await;
    let to = |name: &str| {
        let of = |mail: &&crate::harness::Mail| mail.to[0].to_lowercase().starts_with(name);
        mails.iter().filter(of).map(|mail| mail.to.concat()).collect::<Vec<_>>()
    };
    assert_eq!((to("ulla").len(), to("emil").len()), (5, 5), "{mails:?}");
    assert_eq!(to("ulla"), ["ulla@people.example"; 5]);
}

/// A-227: two who are at it at the same time make one account.
#[tokio::test(flavor = "multi_thread")]
async fn one_address_becomes_one_person() {
    let app = TestApp::with_outbox(SIGN_UP).await;
    let before = people(&app).await;
    let mut waiting = Vec::new();
    for address in [NEW, "NEW@people.example"] {
        let walk = ask(&app, address).await;
        let mail = app.outbox().await.pop().unwrap();
        let walk = Walk::follow_link(walk.browser(), mail.link()).await;
        waiting.push(walk.asks("prompt"));
    }
    let walks = join_all(waiting.into_iter().map(|walk| walk.answer(details()))).await;
    let (won, lost): (Vec<_>, Vec<_>) = walks.iter().partition(|walk| walk.session().is_some());
    assert_eq!((won.len(), lost.len()), (1, 1), "{walks:?}");
    assert_eq!(lost[0].errors(), ["prompt.taken"]);
    assert_nobody(&app, lost[0].browser()).await;
    assert_eq!(people(&app).await, before + 1);
    // Who lost is told where the address is asked for, and may give another.
    let page = lost[0].browser().visit(&format!("/flow/sign-up?e={}", lost[0].execution())).await;
    assert!(page.has(r#"[name="email"][aria-invalid="true"]"#), "{page:?}");
    let page = page.form_with("email").fill("email", "newer@people.example").submit().await;
    assert!(page.expect(200).body.contains("newer@people.example"));
    assert_eq!(app.events_of("user_created").await.len(), 1);
}

/// The address was taken while the link was under way, and nothing is left to be asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_taken_address_ends_calmly() {
    let fields = "{ name: email, type: email }, { name: password, type: new_password }";
    let short = SIGN_UP
        .replace("{ name: email, type: email }", fields)
        .replace("      - prompt: { fields: [{ name: name, type: text }, { name: password, type: new_password }] }\n", "");
    let app = TestApp::with_outbox(&short).await;
    let begin = async || {
        let walk = Walk::begin(&app.browser(), "sign-up").await;
        let answer = json!({ "email": NEW, "password": NEW_PASSWORD });
        let walk = walk.answer(answer).await.asks("email_link");
        (walk, link(&app).await)
    };
    let (_, older) = begin().await;
    let (walk, newer) = begin().await;
    assert!(Walk::follow_link(walk.browser(), &newer).await.session().is_some());
    assert_eq!(Walk::follow_link(&app.browser(), &older).await.problem(), "link_invalid");
    // What was chosen beside the address is the chooser's password: nobody signs in without it.
    assert!(sign_in_as(&app.browser(), NEW, NEW_PASSWORD).await.session().is_some());

    app.clock.advance(Duration::hours(1));
    let address = "late@people.example";
    let walk = Walk::begin(&app.browser(), "sign-up").await;
    walk.answer(json!({ "email": address, "password": NEW_PASSWORD })).await.asks("email_link");
    let late = link(&app).await;
    let taken = format!("{short}  late: {{ email: {address}, verified: true }}\n");
    app.apply(&taken).await;
    let walk = Walk::follow_link(&app.browser(), &late).await;
    assert!((400..500).contains(&walk.status) && walk.session().is_none(), "{walk:?}");
}

/// A-100: nobody prepares an account for somebody else's address.
#[tokio::test(flavor = "multi_thread")]
async fn an_unproven_address_is_no_way_in() {
    let app = TestApp::with_outbox(SIGN_UP).await;
    // Vera never proved her address: her password opens her account, a link to her mailbox does not.
    let walk = Walk::begin(&app.browser(), "recovery").await;
    walk.answer(json!({ "login": "vera@strict.example" })).await.asks("email_link");
    assert!(app.outbox().await.is_empty(), "no recovery by an address that was never proven");
    assert!(sign_in_as(&app.browser(), "vera", PASSWORD).await.session().is_some());
    // Without the stage that proves it, nothing was proven, and nobody comes in.
    let without = SIGN_UP.replace("      - email_link: {}\n", "");
    let checked = blueprints::check_sources(
        [blueprints::Source::submitted("a.yaml", without.clone())],
        &blueprints::Options::for_apply(app.app.engine.registry()),
    );
    if checked.blueprint.is_some() {
        app.apply(&without).await;
        let walk = Walk::begin(&app.browser(), "sign-up").await;
        let walk = walk.answer(json!({ "email": NEW })).await.asks("prompt");
        let walk = walk.answer(details()).await;
        assert_eq!((walk.status, walk.session()), (403, None), "{walk:?}");
        assert_nobody(&app, walk.browser()).await;
    }
}
