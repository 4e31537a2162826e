//! Codes by mail and by text message: once, for ten minutes, where they were asked for; counted before
//! they are compared, sent to nobody for strangers, and dead with their sender.
//! `codes.rs` is about one code, `limits.rs` about many, `strangers.rs` about who gets none, and
//! `set_up.rs` about new mailboxes and numbers.

mod codes;
mod limits;
mod set_up;
mod strangers;

use serde_json::{Value, json};
use store::Document;
use store::credential::{self, Credential};

use crate::flows::sign_in_as;
use crate::harness::{Browser, Mail, TestApp, Walk};
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
