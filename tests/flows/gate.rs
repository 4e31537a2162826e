//! Who comes in with what: the policies of a person's organisations, on a real login.

use chrono::Duration;
use serde_json::{Value, json};
use store::credential::{self, Credential};
use store::{Clock as _, Document};

use crate::PASSWORD;
use crate::harness::{RelyingParty, TestApp, Walk};

use super::enrolment::SIGN_UP as PEOPLE;
use super::{NEW_PASSWORD, SIGN_IN, assert_nobody, me, sign_in_as};

/// Gives somebody a confirmed second factor.
async fn enrol(app: &TestApp, login: &str, kind: &str) {
    let person = app.person(login).await;
    let now = app.clock.now();
    let factor = Credential {
        id: app.app.store.ambient().id(),
        user_id: person.id,
        kind: kind.to_owned(),
        name: String::new(),
        unique_key: None,
        data: Document(json!({})),
        sealed: None,
        confirmed_at: Some(now),
        created_at: now,
        last_used_at: None,
        counter: -1,
    };
    let mut unit = app.app.store.write().await.unwrap();
    credential::create(&mut unit, &factor).await.unwrap();
    unit.commit().await.unwrap();
}

/// The codes of the reasons of a refusal.
fn codes(explanation: &Value) -> Vec<&str> {
    let reasons = explanation["reasons"].as_array().into_iter().flatten();
    reasons.filter_map(|reason| reason["code"].as_str()).collect()
}

/// Signs in with the right password, which must not be enough, for a reason among `because`.
async fn assert_refused(app: &TestApp, login: &str, because: &str) {
    let browser = app.browser();
    let walk = sign_in_as(&browser, login, PASSWORD).await;
    assert_eq!((walk.status, walk.session()), (403, None), "{login}: {walk:?}");
    let explanation = &walk.body["denied"]["explanation"];
    assert!(codes(explanation).contains(&because), "{login}: {walk:?}");
    assert_nobody(app, &browser).await;
    let person = Some(app.person(login).await.id);
    let denied = app.events_of("flow_denied").await;
    let own = denied.iter().find(|event| event.user_id == person);
    assert_eq!(&own.unwrap().data["explanation"], explanation, "{login}");
}

async fn assert_admitted(app: &TestApp, login: &str) -> Value {
    let browser = app.browser();
    let walk = sign_in_as(&browser, login, PASSWORD).await;
    assert!(walk.session().is_some(), "{login}: {walk:?}");
    let who = me(&browser).await.expect(200).json();
    assert_eq!((&who["session"]["acr"], &who["session"]["amr"]), (&json!("aal1"), &json!(["pwd"])));
    who
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organisation_s_policy_decides() {
    let app = TestApp::with_outbox(PEOPLE).await;
    assert_admitted(&app, "rita").await;
    assert_admitted(&app, "ulla").await;
    assert_refused(&app, "stan", "mfa_required").await;
    // The strictest holds: being relaxed elsewhere is no help.
    assert_refused(&app, "mick", "mfa_required").await;
    // A factor that somebody has is asked for, unless the organisation never asks.
    enrol(&app, "rita", "totp").await;
    enrol(&app, "ulla", "totp").await;
    assert_admitted(&app, "rita").await;
    assert_refused(&app, "ulla", "factor_enrolled").await;
    // The page says who asks for what.
    let page = app.browser().visit(SIGN_IN).await;
    let page = page.form_with("login").fill("login", "stan").submit().await;
    let page = page.form_with("password").fill("password", PASSWORD).submit().await.expect(403);
    assert!(page.texts("main li").concat().contains("Strict AG"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_report_mode_changes_nothing_and_says_what_it_would_have_done() {
    let app = TestApp::with_outbox(PEOPLE).await;
    assert_admitted(&app, "cora").await;
    let login = app.events_of("login").await.pop().unwrap();
    let report = &login.data["explanation"]["report"];
    assert_eq!(report.as_array().map(Vec::len), Some(1), "{login:#?}");
    assert_eq!(report[0]["outcome"], "enrol", "{report:#}");
    assert!(codes(&report[0]).contains(&"mfa_required"), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_ends() {
    let app = TestApp::with_outbox(PEOPLE).await;
    app.clock.advance(Duration::days(6));
    assert_admitted(&app, "gina").await;
    app.clock.advance(Duration::days(1));
    assert_refused(&app, "gina", "grace_over").await;
}

/// Who joins by their address is judged as a member, in that very login.
#[tokio::test(flavor = "multi_thread")]
async fn joining_takes_effect_before_the_decision() {
    let app = TestApp::with_outbox(PEOPLE).await;
    assert_refused(&app, "nora", "mfa_required").await;
    assert_refused(&app, "nora", "mfa_required").await;
    let who = assert_admitted(&app, "olga").await;
    assert_eq!(who["organisations"][0]["slug"], "usual", "{who:#}");
    // An address that nobody proved belongs nowhere.
    let who = assert_admitted(&app, "vera").await;
    assert_eq!(who["organisations"], json!([]), "{who:#}");
    // Nor does a domain that only ends alike.
    for address in
        ["a@notstrict.example", "a@sub.strict.example", "a@strict.example.people.example"]
    {
        let walk = enrolled(&app, address).await;
        assert!(walk.session().is_some(), "{address}: {walk:?}");
        assert_eq!(me(walk.browser()).await.json()["organisations"], json!([]), "{address}");
    }
    let walk = enrolled(&app, "New@STRICT.example").await;
    assert_eq!((walk.status, walk.session()), (403, None), "{walk:?}");
    assert_nobody(&app, walk.browser()).await;
    // Nothing that the refused flow wanted has happened, and the trail says nothing else.
    let created = app.events_of("user_created").await.len();
    assert_eq!(created, 3, "three were made, and one was refused");
}

/// The end of `sign-up` with an address whose mailbox is one's own.
async fn enrolled(app: &TestApp, address: &str) -> Walk {
    let walk = Walk::begin(&app.browser(), "sign-up").await;
    let walk = walk.answer(json!({ "email": address })).await.asks("email_link");
    let link = app.outbox().await.pop().unwrap().link().to_owned();
    let walk = Walk::follow_link(walk.browser(), &link).await.asks("prompt");
    walk.answer(json!({ "name": "New", "password": NEW_PASSWORD })).await
}

/// a link by mail stands for one factor, whatever the flow does with it.
#[tokio::test(flavor = "multi_thread")]
async fn recovery_is_no_way_round_a_second_factor() {
    let gate = "      - gate: {}\n";
    let prompt = "      - prompt: { fields: [{ name: password, type: new_password }] }\n";
    let late = PEOPLE.replacen(&format!("{gate}{prompt}"), prompt, 1);
    assert_ne!(late, PEOPLE);
    for blueprint in [PEOPLE, &late] {
        let app = TestApp::with_outbox(blueprint).await;
        enrol(&app, "ulla", "totp").await;
        for login in ["stan", "ulla"] {
            let browser = app.browser();
            let walk = Walk::begin(&browser, "recovery").await;
            walk.answer(json!({ "login": login })).await.asks("email_link");
            let link = app.outbox().await.pop().unwrap().link().to_owned();
            let mut walk = Walk::follow_link(&browser, &link).await;
            if walk.component() == "prompt" {
                walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
            }
            assert_eq!((walk.status, walk.session()), (403, None), "{walk:?}");
            assert_nobody(&app, &browser).await;
            // Nor did it change the password, say so, or count as a failure.
            let walk = sign_in_as(&app.browser(), login, NEW_PASSWORD).await.asks("password");
            assert_eq!(walk.errors(), ["password.wrong"]);
        }
        assert!(app.events_of("password_changed").await.is_empty());
        assert!(app.outbox().await.iter().all(|mail| mail.text.contains("link=")));
    }
}

/// A refusal for want of a second factor is no wrong password.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_is_never_counted_as_wrong() {
    let app = TestApp::with_outbox(PEOPLE).await;
    for _ in 0..12 {
        assert_refused(&app, "stan", "mfa_required").await;
    }
}

/// a policy that was turned on is asked at the next request, not at the next login.
#[tokio::test(flavor = "multi_thread")]
async fn a_stricter_policy_holds_for_who_is_signed_in() {
    let app = TestApp::with_outbox(PEOPLE).await;
    let wiki = RelyingParty::wiki(app.url()).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, "rita", PASSWORD).await.session().is_some());
    let silent = wiki.request(&[("prompt", "none")]);
    assert!(browser.get(&silent).await.expect(303).parameter("code").is_some());
    app.apply(&PEOPLE.replace("policy: { mfa: off }", "policy: { mfa: required }")).await;
    let answer = browser.get(&silent).await.expect(303);
    assert_eq!(answer.parameter("code"), None, "{answer:?}");
    assert!(answer.parameter("error").is_some(), "{answer:?}");
}
