//! Codes by mail and by text message: once, for ten minutes, where they were asked for; counted before
//! they are compared, sent to nobody for strangers, and dead with their sender.

use std::collections::BTreeSet;

use chrono::Duration;
use serde_json::{Value, json};
use store::Document;
use store::credential::{self, Credential};

use crate::flows::sign_in_as;
use crate::harness::{Browser, Mail, Telephone, TestApp, Walk};
use crate::{ADA, PASSWORD};

const BOB: (&str, &str) = ("bob@acme.example", "eight brown barrels");

/// Where the codes of these tests go.
const MAILBOX: &str = "codes@ada.example";
const NUMBER: &str = "+447700900123";

/// The wrong guess of these tests; the seeded generator makes another code.
const WRONG: &str = "000000";

/// ACME with a policy that takes weak factors too, and flows for what is tested.
fn blueprint() -> String {
    let policy = "    name: Acme GmbH\n    policy:\n      mfa: required\n      \
                  factors: [webauthn, totp, static, email, sms]\n";
    let flows = "flows:
  by-mail:
    use: authentication
    stages: [identify: {}, email_otp: { first: true }, password: {}, gate: {}, login: {}]
  too-early:
    use: authentication
    stages: [identify: {}, email_otp: {}, password: {}, gate: {}, login: {}]
  too-early-text:
    use: authentication
    stages: [identify: {}, sms_otp: {}, password: {}, gate: {}, login: {}]
  add-mail:
    use: settings
    stages: [gate: {}, email_otp_setup: {}, login: {}]
  add-text:
    use: settings
    stages: [gate: {}, sms_otp_setup: {}, login: {}]
";
    crate::ACME.replace("    name: Acme GmbH\n", policy).replace("flows:\n", flows).replace(
        "    password: eight brown barrels\n",
        "    password: eight brown barrels\n    organisations: [acme]\n",
    )
}

const OUTBOX: [(&str, &str); 1] = [("sms-provider", "outbox")];

/// An app that keeps mails and text messages, with Ada's mailbox for codes.
async fn start() -> TestApp {
    let app = TestApp::with_settings(&blueprint(), &OUTBOX).await;
    enrol(&app, ADA, "email", MAILBOX).await;
    app
}

/// Gives a person a factor.
async fn enrol(app: &TestApp, login: &str, kind: &str, to: &str) -> Credential {
    let user = app.person(login).await;
    let (ambient, now) = (app.app.store.ambient(), app.app.store.ambient().now());
    let field = if kind == "email" { "address" } else { "number" };
    let credential = Credential {
        id: ambient.id(),
        unique_key: Some(format!("{kind}:{}:{to}", user.id)),
        user_id: user.id,
        kind: kind.to_owned(),
        name: to.to_owned(),
        data: Document(json!({ field: to })),
        sealed: None,
        confirmed_at: Some(now),
        created_at: now,
        last_used_at: None,
        counter: -1,
    };
    let mut unit = app.app.store.write().await.unwrap();
    credential::create(&mut unit, &credential).await.unwrap();
    unit.commit().await.unwrap();
    credential
}

/// Ada, whose password was right, before the code of her mailbox.
async fn before_code(app: &TestApp) -> Walk {
    sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("email_otp")
}

fn is_code(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The code in a message.
#[track_caller]
fn code_in(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words.into_iter().find(|word| is_code(word)).unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// The messages with a code that went to `to`.
async fn sent(app: &TestApp, to: &str) -> Vec<Mail> {
    let mut mails = app.outbox().await;
    mails.retain(|mail| mail.to == [to] && mail.text.split_whitespace().any(is_code));
    mails
}

/// The code that was sent last.
async fn last_code(app: &TestApp, to: &str) -> String {
    code_in(&sent(app, to).await.last().expect("a code was sent").text)
}

fn code(code: &str) -> Value {
    json!({ "code": code })
}

fn resend() -> Value {
    json!({ "action": "resend" })
}

/// How often a code was compared and wrong.
async fn compared(app: &TestApp) -> usize {
    let events = app.events_of("factor_checked").await;
    events.iter().filter(|event| event.data.0["reason"] == "code.wrong").count()
}

async fn sessions(app: &TestApp) -> usize {
    app.events_of("login").await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_mail_signs_in_once() {
    let app = start().await;
    let walk = before_code(&app).await;
    let data = &walk.body["challenge"]["data"];
    assert_eq!((&data["sent_to"], &data["resend_in"]), (&json!("c•••@ada.example"), &json!(60)));
    let mails = sent(&app, MAILBOX).await;
    assert_eq!(mails.len(), 1);
    let right = code_in(&mails[0].text);
    assert!(!mails[0].subject.contains(&right), "locked screens show it: {}", mails[0].subject);
    assert!(mails[0].html.contains(&right));
    assert!(!walk.body.to_string().contains(&right), "A-63: {walk:?}");
    let walk = walk.answer(code(WRONG)).await.asks("email_otp");
    assert_eq!(walk.errors(), ["code.wrong"]);
    let walk = walk.answer(code(&right)).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let login = &app.events_of("login").await[0];
    assert_eq!(login.data.0["amr"], json!(["pwd", "mfa"]), "{login:?}");
    // It is spent for every other execution, and so is its place in the one that it finished.
    let again = before_code(&app).await.answer(code(&right)).await;
    assert_eq!(again.errors(), ["code.wrong"]);
    assert!(app.events().await.iter().all(|event| !event.data.0.to_string().contains(&right)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_text_message_arrives_at_the_provider_and_signs_in() {
    let telephone = Telephone::open().await;
    let url = telephone.url();
    let settings = [Telephone::SETTINGS.as_slice(), &[("sms-url", &url)]].concat();
    let app = TestApp::with_settings(&blueprint(), &settings).await;
    enrol(&app, ADA, "sms", NUMBER).await;
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("sms_otp");
    assert_eq!(walk.body["challenge"]["data"]["sent_to"], "+44•••••23");
    assert!(!walk.body.to_string().contains(NUMBER));
    let text = telephone.next().await;
    let right = code_in(&text.text);
    assert_eq!(text.to, NUMBER);
    assert_eq!(
        text.text.lines().last(),
        Some(&*format!("@127.0.0.1 #{right}")),
        "bound to the origin"
    );
    let walk = walk.answer(code(&right)).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

/// one valid code, twenty requests at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_however_many_send_it_at_once() {
    let app = start().await;
    let walk = before_code(&app).await;
    let right = last_code(&app, MAILBOX).await;
    let others = async |count: usize| {
        let mut walks = Vec::new();
        for _ in 0..count {
            walks.push(sign_in_as(&app.browser(), ADA, PASSWORD).await);
        }
        walks
    };
    // The browser that asked, many times over; and others, which did not.
    let same = std::iter::repeat_n(walk.clone(), 17);
    let requests = same.chain(others(3).await).map(|walk| {
        let answer = code(&right);
        tokio::spawn(async move { walk.answer(answer).await })
    });
    let mut made = BTreeSet::new();
    for request in requests.collect::<Vec<_>>() {
        made.extend(request.await.unwrap().session().map(str::to_owned));
    }
    assert_eq!((made.len(), sessions(&app).await), (1, 1), "{made:?}");
}

/// mistake 3: new flows, browsers, addresses and codes are no new tries; nor is a
/// restart.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_guesses_are_limited_for_the_person_whatever_else_changes() {
    let mut app = start().await;
    for round in 0..12 {
        if round == 6 {
            app = app.restart().await;
        }
        let browser = app.browser().with("x-forwarded-for", &format!("198.51.100.{round}"));
        let mut walk = sign_in_as(&browser, ADA, PASSWORD).await.asks("email_otp");
        for _ in 0..3 {
            walk = walk.answer(code(WRONG)).await;
        }
    }
    assert_eq!(compared(&app).await, 5, "A-46");
    // The right one is no way out, and a new code forgives nothing (NIST SP 800-63B-4 §3.1.3.2).
    app.clock.advance(Duration::hours(2));
    let walk = before_code(&app).await;
    let mut walk = walk.answer(code(WRONG)).await.asks("email_otp");
    for _ in 0..3 {
        app.clock.advance(Duration::seconds(61));
        walk = walk.answer(resend()).await.asks("email_otp");
    }
    let right = last_code(&app, MAILBOX).await;
    let walk = walk.answer(code(WRONG)).await;
    let walk = walk.answer(code(&right)).await;
    assert_eq!(walk.errors(), ["code.locked"], "{walk:?}");
    assert_eq!(walk.session(), None);
    // A lock on this factor locks no other.
    enrol(&app, ADA, "sms", NUMBER).await;
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await;
    let walk = walk.answer(json!({ "choose": "sms" })).await.asks("sms_otp");
    let walk = walk.answer(code(&last_code(&app, NUMBER).await)).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_the_login_and_the_owner_hears_of_it() {
    let app = start().await;
    let mut walk = before_code(&app).await;
    for _ in 0..5 {
        walk = walk.answer(code(WRONG)).await;
    }
    assert_eq!(walk.clone().asks("identify").errors(), ["identify.too_many"]);
    let told: Vec<_> = app.outbox().await.into_iter().filter(|mail| mail.to == [ADA]).collect();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lasts_ten_minutes() {
    let app = start().await;
    let walk = before_code(&app).await;
    let right = last_code(&app, MAILBOX).await;
    app.clock.advance(Duration::minutes(9));
    let walk = walk.answer(code(WRONG)).await.asks("email_otp");
    app.clock.advance(Duration::seconds(60));
    let walk = walk.answer(code(&right)).await.asks("email_otp");
    assert_eq!(walk.errors(), ["code.expired"]);
    let walk = walk.answer(resend()).await.asks("email_otp");
    let newer = last_code(&app, MAILBOX).await;
    assert_ne!(newer, right);
    let walk = walk.answer(code(&right)).await;
    assert_eq!(walk.errors(), ["code.wrong"], "the older one is dead");
    app.clock.advance(Duration::seconds(9 * 60 + 59));
    let walk = walk.answer(code(&newer)).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

/// A-7, ASVS 6.6.2.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_only_where_it_was_asked_for() {
    let app = start().await;
    let one = before_code(&app).await;
    let code_of_one = last_code(&app, MAILBOX).await;
    let other = before_code(&app).await;
    let code_of_other = last_code(&app, MAILBOX).await;
    assert_ne!(code_of_one, code_of_other);
    let crossed = one.clone().answer(code(&code_of_other)).await;
    assert_eq!(crossed.errors(), ["code.wrong"]);
    let other = other.answer(code(&code_of_one)).await;
    assert_eq!(other.errors(), ["code.wrong"]);
    // Two flows of one browser are two as well.
    let browser = app.browser();
    let left = sign_in_as(&browser, ADA, PASSWORD).await.asks("email_otp");
    let code_of_left = last_code(&app, MAILBOX).await;
    let right = sign_in_as(&browser, ADA, PASSWORD).await.asks("email_otp");
    assert_eq!(right.answer(code(&code_of_left)).await.errors(), ["code.wrong"]);
    assert!(left.answer(code(&code_of_left)).await.session().is_some());
    assert!(crossed.answer(code(&code_of_one)).await.session().is_some());
}

///
#[tokio::test(flavor = "multi_thread")]
async fn a_code_may_be_typed_with_gaps_and_is_no_number() {
    let app = start().await;
    let mut walk = before_code(&app).await;
    let right = last_code(&app, MAILBOX).await;
    let (head, tail) = right.split_at(3);
    let number: u32 = right.parse().unwrap();
    for typed in [
        json!(format!("+{right}")),
        json!(format!("{right}0")),
        json!(&right[1..]),
        json!(number),
        json!([right]),
        json!({ "code": right }),
        json!(format!("{right}\u{0}")),
        json!(format!("{right}\n")),
    ] {
        walk = walk.answer(json!({ "code": typed })).await.asks("email_otp");
        assert!(!walk.errors().is_empty(), "{typed}");
    }
    assert_eq!(compared(&app).await, 0, "none of them is a code, so none is compared");
    let wide: String =
        tail.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    let walk = walk.answer(code(&format!(" {head} - {wide} "))).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

/// nothing is not equal to nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_omitted_code_equals_no_code_that_is_not_there() {
    let nothings = || {
        let values =
            [json!(null), json!(""), json!([]), json!(false), json!(0), json!({}), json!("0")];
        let mut answers: Vec<Value> = values.into_iter().map(|it| json!({ "code": it })).collect();
        answers.extend([json!({}), json!({ "code": null, "action": null }), code(WRONG)]);
        answers
    };
    // None was sent: there were too many.
    let app = start().await;
    for _ in 0..5 {
        before_code(&app).await;
    }
    for answer in nothings() {
        let walk = before_code(&app).await;
        assert_eq!(walk.errors(), ["code.too_soon"]);
        let walk = walk.answer(answer.clone()).await;
        assert!(!walk.errors().is_empty() && walk.session().is_none(), "{answer}: {walk:?}");
    }
    // One was, and has expired.
    let app = start().await;
    for answer in nothings() {
        let walk = before_code(&app).await;
        app.clock.advance(Duration::minutes(9));
        let walk = walk.answer(json!({})).await.asks("email_otp");
        app.clock.advance(Duration::minutes(5));
        let walk = walk.answer(answer.clone()).await;
        assert!(!walk.errors().is_empty() && walk.session().is_none(), "{answer}: {walk:?}");
        app.clock.advance(Duration::hours(1));
    }
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_sent_a_minute_apart_and_five_an_hour_whoever_asks() {
    let app = start().await;
    let walk = before_code(&app).await.answer(resend()).await.asks("email_otp");
    assert_eq!(walk.errors(), ["code.too_soon"]);
    app.clock.advance(Duration::seconds(59));
    let walk = walk.answer(resend()).await;
    assert_eq!(walk.errors(), ["code.too_soon"]);
    app.clock.advance(Duration::seconds(1));
    let walk = walk.answer(resend()).await;
    assert_eq!(walk.errors(), [""; 0]);
    assert_eq!(sent(&app, MAILBOX).await.len(), 2);
    // Other browsers, four at once: more would be too many tries of the password.
    let mut refused = 0;
    for _ in 0..2 {
        let browsers: Vec<Browser> = (0..4).map(|_| app.browser()).collect();
        let asked = browsers.into_iter().map(|browser| {
            tokio::spawn(async move { sign_in_as(&browser, ADA, PASSWORD).await.asks("email_otp") })
        });
        for one in asked.collect::<Vec<_>>() {
            refused += usize::from(one.await.unwrap().errors() == ["code.too_soon"]);
        }
    }
    assert_eq!((sent(&app, MAILBOX).await.len(), refused), (5, 5));
    // The last code is still good, and the page says for how long there is no other.
    app.clock.advance(Duration::seconds(61));
    let walk = walk.answer(resend()).await.asks("email_otp");
    assert_eq!(walk.errors(), ["code.too_soon"]);
    assert_eq!(walk.body["challenge"]["data"]["resend_in"], 60 * 60 - 61);
    app.clock.advance(Duration::seconds(60 * 60 - 61));
    before_code(&app).await;
    assert_eq!(sent(&app, MAILBOX).await.len(), 6);
}

/// whoever knows but a name has nothing sent, and learns nothing.
#[tokio::test(flavor = "multi_thread")]
async fn for_a_stranger_nothing_is_sent_and_every_name_looks_alike() {
    let app = start().await;
    enrol(&app, ADA, "sms", NUMBER).await;
    for (flow, component) in [("too-early", "email_otp"), ("too-early-text", "sms_otp")] {
        let mut seen = Vec::new();
        // Has the factor; has none; is nobody.
        for login in [ADA, BOB.0, "ned@acme.example"] {
            let walk = Walk::begin(&app.browser(), flow).await;
            let walk = walk.answer(json!({ "login": login })).await.asks(component);
            let first = walk.body["challenge"].clone();
            app.clock.advance(Duration::seconds(61));
            let walk = walk.answer(resend()).await.asks(component);
            let again = walk.body["challenge"].clone();
            let walk = walk.answer(code(WRONG)).await.asks(component);
            seen.push((first, again, walk.body["challenge"].clone(), walk.status));
        }
        assert!(seen.iter().all(|it| *it == seen[0]), "{seen:#?}");
        assert_eq!(seen[0].0["data"]["sent_to"], Value::Null);
    }
    assert!(app.outbox().await.is_empty(), "{:?}", app.outbox().await);
}

/// Where a code alone signs in, it goes to who has a verified address; to strangers all is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_comes_first_goes_to_the_own_address_and_tells_strangers_nothing() {
    let app = TestApp::with_settings(&blueprint(), &OUTBOX).await;
    app.disable(BOB.0).await;
    let mut seen = Vec::new();
    for login in [ADA, BOB.0, "ned@acme.example"] {
        let mut pages = Vec::new();
        let walk = Walk::begin(&app.browser(), "by-mail").await;
        let mut walk = walk.answer(json!({ "login": login })).await.asks("email_otp");
        pages.push(walk.body["challenge"].clone());
        // More than are sent in an hour.
        for _ in 0..7 {
            app.clock.advance(Duration::seconds(61));
            walk = walk.answer(resend()).await.asks("email_otp");
            pages.push(walk.body["challenge"].clone());
        }
        walk = walk.answer(code(WRONG)).await;
        pages.push(walk.body["challenge"].clone());
        seen.push(pages);
    }
    assert!(seen.iter().all(|it| *it == seen[0]), "{seen:#?}");
    let to: BTreeSet<_> = app.outbox().await.into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, BTreeSet::from([ADA.to_owned()]));
    assert_eq!(sent(&app, ADA).await.len(), 5);

    app.clock.advance(Duration::hours(2));
    let walk = Walk::begin(&app.browser(), "by-mail").await;
    let walk = walk.answer(json!({ "login": ADA })).await.asks("email_otp");
    let walk = walk.answer(code(&last_code(&app, ADA).await)).await;
    walk.asks("password");
}

/// who cannot be reached does not come in for that, and may show something else.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_sender_keeps_the_gate_shut_and_other_factors_open() {
    let telephone = Telephone::open().await;
    telephone.answer(500);
    let url = telephone.url();
    let dead = [("smtp-url", "smtp://127.0.0.1:1"), ("sms-url", &*url)];
    let settings = [Telephone::SETTINGS.as_slice(), &dead].concat();
    let app = TestApp::with_settings(&blueprint(), &settings).await;
    enrol(&app, ADA, "sms", NUMBER).await;
    enrol(&app, ADA, "email", MAILBOX).await;
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("sms_otp");
    assert_eq!(walk.body["challenge"]["data"]["others"], json!(["email"]));
    let walk = walk.answer(code(WRONG)).await.asks("sms_otp");
    let walk = walk.answer(json!({ "choose": "email" })).await.asks("email_otp");
    assert_eq!(walk.body["challenge"]["data"]["others"], json!(["sms"]));
    let walk = walk.answer(code(WRONG)).await.asks("email_otp");
    assert_eq!((walk.session(), sessions(&app).await), (None, 0));
    // Once it is back, what waits arrives, as long as it is good.
    telephone.answer(202);
    let walk = walk.answer(json!({ "choose": "sms" })).await.asks("sms_otp");
    app.clock.advance(Duration::seconds(4));
    let right = code_in(&telephone.next().await.text);
    let walk = walk.answer(code(&right)).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

/// a factor that cannot be asked for opens nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_a_number_alone_gets_nobody_in() {
    let app = TestApp::with_outbox(&blueprint()).await;
    enrol(&app, ADA, "sms", NUMBER).await;
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await;
    assert_eq!((walk.status, walk.session()), (403, None), "{walk:?}");
    enrol(&app, ADA, "email", MAILBOX).await;
    let walk = before_code(&app).await;
    assert_eq!(walk.body["challenge"]["data"]["others"], json!([]));
    let walk = Walk::begin(&app.browser(), "too-early-text").await;
    walk.answer(json!({ "login": ADA })).await.asks("sms_otp");
}

/// what was removed proves nothing, not even by a code that is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_dies_with_the_mailbox_it_went_to() {
    let app = TestApp::with_settings(&blueprint(), &OUTBOX).await;
    let removed = enrol(&app, ADA, "email", MAILBOX).await;
    let walk = before_code(&app).await;
    let right = last_code(&app, MAILBOX).await;
    enrol(&app, ADA, "email", "other@ada.example").await;
    let mut unit = app.app.store.write().await.unwrap();
    credential::delete(&mut unit, &removed.user_id, &removed.id).await.unwrap();
    unit.commit().await.unwrap();
    let walk = walk.answer(code(&right)).await.asks("email_otp");
    assert_eq!(walk.errors(), ["code.wrong"]);
}

/// A browser in which Ada is signed in, by her mailbox for codes.
async fn signed_in(app: &TestApp) -> Browser {
    let walk = before_code(app).await;
    let walk = walk.answer(code(&last_code(app, MAILBOX).await)).await;
    assert!(walk.session().is_some(), "{walk:?}");
    walk.browser().clone()
}

async fn credentials(app: &TestApp, kind: &str) -> Vec<Credential> {
    let user = app.person(ADA).await;
    let mut conn = app.app.store.read().await.unwrap();
    credential::of_kind(&mut conn, &user.id, kind).await.unwrap()
}

/// From the set-up's end to the flow's: recovery codes may be shown between.
async fn finish(walk: Walk) -> Walk {
    if walk.component() == "static_setup" {
        return walk.answer(json!({ "saved": true })).await;
    }
    walk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_bound_only_by_the_code_that_arrived_there() {
    let app = start().await;
    let browser = signed_in(&app).await;
    let walk = Walk::begin(&browser, "add-mail").await.asks("email_otp_setup");
    let data = &walk.body["challenge"]["data"];
    assert_eq!((&data["phase"], &data["address"]), (&json!("address"), &json!(ADA)));
    // A code before an address was ever typed is none.
    let walk = walk.answer(code(WRONG)).await.asks("email_otp_setup");
    assert_eq!(walk.errors(), ["prompt.email"]);
    let new = "new@ada.example";
    let walk = walk.answer(json!({ "address": new })).await.asks("email_otp_setup");
    let data = &walk.body["challenge"]["data"];
    assert_eq!((&data["phase"], &data["sent_to"]), (&json!("confirm"), &json!("n•••@ada.example")));
    let walk = walk.answer(code(WRONG)).await;
    assert_eq!((walk.errors(), credentials(&app, "email").await.len()), (vec!["code.wrong"], 1));
    let right = last_code(&app, new).await;
    let walk = finish(walk.answer(code(&right)).await).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
    let bound = credentials(&app, "email").await;
    assert!(bound.iter().any(|it| it.data.0["address"] == new), "{bound:?}");
    assert_eq!(bound.len(), 2);
    let told: Vec<_> = app.outbox().await.into_iter().filter(|mail| mail.to == [ADA]).collect();
    assert_eq!(told.len(), 1, "the owner is told: {told:?}");
    assert_eq!(
        app.events_of("factor_added")
            .await
            .iter()
            .filter(|it| it.data.0["factor"] == "email")
            .count(),
        1
    );
    // The same once more, in another spelling.
    let walk = Walk::begin(&browser, "add-mail").await.asks("email_otp_setup");
    let walk = walk.answer(json!({ "address": "NEW@ada.example" })).await;
    assert_eq!(walk.errors(), ["prompt.taken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_bound_only_by_the_code_that_arrived_there() {
    let app = start().await;
    let browser = signed_in(&app).await;
    let walk = Walk::begin(&browser, "add-text").await.asks("sms_otp_setup");
    let walk = walk.answer(json!({ "number": "+44 (7700) 900-123" })).await.asks("sms_otp_setup");
    assert_eq!(walk.body["challenge"]["data"]["sent_to"], "+44•••••23");
    let wrong = last_code(&app, NUMBER).await;
    // Another number: the code that went to the first is dead.
    let other = "+447700900124";
    let walk = walk.answer(json!({ "number": other })).await.asks("sms_otp_setup");
    let walk = walk.answer(code(&wrong)).await;
    assert_eq!((walk.errors(), credentials(&app, "sms").await.len()), (vec!["code.wrong"], 0));
    let walk = finish(walk.answer(code(&last_code(&app, other).await)).await).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
    let bound = credentials(&app, "sms").await;
    assert_eq!((bound.len(), &bound[0].data.0["number"]), (1, &json!(other)));
    // It signs in from now on.
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await;
    let walk = walk.answer(json!({ "choose": "sms" })).await.asks("sms_otp");
    assert!(walk.answer(code(&last_code(&app, other).await)).await.session().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_single_address_or_number_gets_nothing() {
    let app = start().await;
    let browser = signed_in(&app).await;
    let before = app.outbox().await.len();
    let mut walk = Walk::begin(&browser, "add-mail").await.asks("email_otp_setup");
    for typed in [
        json!("ada"),
        json!(""),
        json!(null),
        json!(["a@evil.example", "b@evil.example"]),
        json!("a@evil.example,b@evil.example"),
        json!("a@evil.example\r\nBcc: b@evil.example"),
        json!("a@evil.example\n"),
        json!("<a@evil.example>"),
    ] {
        // What stands at the end is trimmed, as people paste it.
        if typed == "a@evil.example\n" {
            continue;
        }
        walk = walk.answer(json!({ "address": typed })).await.asks("email_otp_setup");
        assert!(!walk.errors().is_empty(), "{typed}");
    }
    let mut walk = Walk::begin(&browser, "add-text").await.asks("sms_otp_setup");
    for typed in [
        json!("07700900123"),
        json!("+447700900123,+447700900124"),
        json!("+447700900123\r\nX: y"),
        json!("+447700900123;phone-context=x"),
        json!("+44770090012３"),
        json!(447_700_900_123_u64),
        json!([NUMBER]),
        json!({ "to": NUMBER }),
    ] {
        walk = walk.answer(json!({ "number": typed })).await.asks("sms_otp_setup");
        assert!(!walk.errors().is_empty(), "{typed}");
    }
    assert_eq!(app.outbox().await.len(), before);
}

/// A set-up is no cannon: a number gets five codes an hour from everybody together.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_s_number_gets_five_codes_an_hour_from_everybody_together() {
    let app = start().await;
    enrol(&app, BOB.0, "email", "codes@bob.example").await;
    let ada = signed_in(&app).await;
    let walk = sign_in_as(&app.browser(), BOB.0, BOB.1).await.asks("email_otp");
    let walk = walk.answer(code(&last_code(&app, "codes@bob.example").await)).await;
    let bob = walk.browser().clone();
    for browser in [&ada, &bob] {
        for _ in 0..4 {
            let walk = Walk::begin(browser, "add-text").await.asks("sms_otp_setup");
            walk.answer(json!({ "number": NUMBER })).await.asks("sms_otp_setup");
        }
    }
    assert_eq!(sent(&app, NUMBER).await.len(), 5);
    // What was refused counts for nothing: Bob may still ask for his own.
    let walk = Walk::begin(&bob, "add-text").await;
    let walk = walk.answer(json!({ "number": "+447700900199" })).await;
    assert_eq!(walk.errors(), [""; 0]);
    let walk = Walk::begin(&ada, "add-text").await;
    let walk = walk.answer(json!({ "number": "+447700900198" })).await;
    assert_eq!(walk.errors(), [""; 0], "her fifth");
    let walk = Walk::begin(&ada, "add-text").await;
    let walk = walk.answer(json!({ "number": "+447700900197" })).await;
    assert_eq!(walk.errors(), ["code.too_soon"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_five_mailboxes_for_codes_at_most() {
    let app = start().await;
    for number in 1..5 {
        enrol(&app, ADA, "email", &format!("{number}@ada.example")).await;
    }
    let walk = before_code(&app).await;
    let last = app.outbox().await.pop().unwrap();
    let walk = walk.answer(code(&code_in(&last.text))).await;
    let walk = Walk::begin(walk.browser(), "add-mail").await.asks("email_otp_setup");
    let walk = walk.answer(json!({ "address": "6@ada.example" })).await;
    assert_eq!(walk.errors(), ["factor.too_many"]);
    assert_eq!(credentials(&app, "email").await.len(), 5);
}
