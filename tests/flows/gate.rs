//! Who comes in with what: the policies of a person's organisations, on a real login.

use chrono::Duration;
use serde_json::{Value, json};
use store::credential::{self, Credential};
use store::{Clock as _, Document};

use crate::PASSWORD;
use crate::harness::{RelyingParty, SECRET, TestApp, Walk};

use super::enrolment::SIGN_UP as PEOPLE;
use super::{NEW_PASSWORD, SIGN_IN, assert_nobody, me, sign_in_as};

/// Gives somebody an authenticator app.
async fn enrol(app: &TestApp, login: &str) {
    let person = app.person(login).await;
    let (store, now) = (&app.app.store, app.clock.now());
    let id = store.ambient().id();
    let place = credential::place(&id);
    let secret = data_encoding::BASE32_NOPAD.decode(SECRET.as_bytes()).unwrap();
    let sealed = store.sealer().seal(store.ambient(), &place, &secret).unwrap();
    let factor = Credential {
        id,
        user_id: person.id,
        kind: "totp".to_owned(),
        name: "Phone".to_owned(),
        unique_key: None,
        data: Document(json!({ "digits": 6, "period": 30 })),
        sealed: Some(sealed),
        confirmed_at: Some(now),
        created_at: now,
        last_used_at: None,
        counter: -1,
    };
    let mut unit = store.write().await.unwrap();
    credential::create(&mut unit, &factor).await.unwrap();
    unit.commit().await.unwrap();
}

/// The codes of the reasons of a refusal.
fn codes(explanation: &Value) -> Vec<&str> {
    let reasons = explanation["reasons"].as_array().into_iter().flatten();
    reasons.filter_map(|reason| reason["code"].as_str()).collect()
}

/// Signs in with the right password, which must not be enough, for a reason among `because`; what is
/// asked next.
async fn assert_asked(app: &TestApp, login: &str, because: &str) -> String {
    let browser = app.browser();
    let walk = sign_in_as(&browser, login, PASSWORD).await;
    assert_eq!((walk.status, walk.session()), (200, None), "{login}: {walk:?}");
    let data = &walk.body["challenge"]["data"];
    assert!(codes(data).contains(&because), "{login}: {walk:?}");
    assert_nobody(app, &browser).await;
    walk.component().to_owned()
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
    assert_eq!(assert_asked(&app, "stan", "mfa_required").await, "enrol");
    // The strictest holds: being relaxed elsewhere is no help.
    assert_eq!(assert_asked(&app, "mick", "mfa_required").await, "enrol");
    // A factor that somebody has is asked for, unless the organisation never asks.
    enrol(&app, "rita").await;
    enrol(&app, "ulla").await;
    assert_admitted(&app, "rita").await;
    assert_eq!(assert_asked(&app, "ulla", "factor_enrolled").await, "totp");
    // The page says who asks for what.
    let page = app.browser().visit(SIGN_IN).await;
    let page = page.form_with("login").fill("login", "stan").submit().await;
    let page = page.form_with("password").fill("password", PASSWORD).submit().await.expect(200);
    assert!(page.text("main").contains("Strict AG"), "{page:?}");
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
    let browser = app.browser();
    let walk = sign_in_as(&browser, "gina", PASSWORD).await.asks("enrol");
    assert!(walk.answer(json!({ "later": true })).await.session().is_some());
    app.clock.advance(Duration::days(1));
    assert_eq!(assert_asked(&app, "gina", "grace_over").await, "enrol");
}

/// Who joins by their address is judged as a member, in that very login.
#[tokio::test(flavor = "multi_thread")]
async fn joining_takes_effect_before_the_decision() {
    let app = TestApp::with_outbox(PEOPLE).await;
    assert_asked(&app, "nora", "mfa_required").await;
    assert_asked(&app, "nora", "mfa_required").await;
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
    let walk = walk.asks("enrol");
    assert_nobody(&app, walk.browser()).await;
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
        enrol(&app, "ulla").await;
        for login in ["stan", "ulla"] {
            let browser = app.browser();
            let walk = Walk::begin(&browser, "recovery").await;
            walk.answer(json!({ "login": login })).await.asks("email_link");
            let link = app.outbox().await.pop().unwrap().link().to_owned();
            let mut walk = Walk::follow_link(&browser, &link).await;
            if walk.component() == "prompt" {
                walk = walk.answer(json!({ "password": NEW_PASSWORD })).await;
            }
            if walk.status != 403 {
                let wanted = if login == "ulla" { "totp" } else { "enrol" };
                walk = walk.asks(wanted).answer(json!({})).await;
            }
            assert_eq!(walk.session(), None, "{walk:?}");
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
        assert_asked(&app, "stan", "mfa_required").await;
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
