//! How many guesses and how many codes there are, whoever asks.

use chrono::Duration;
use serde_json::json;

use super::{
    BOB, MAILBOX, NUMBER, WRONG, before_code, code, code_in, compared, credentials, enrol,
    last_code, resend, sent, signed_in, start,
};
use crate::flows::sign_in_as;
use crate::harness::{Browser, Walk};
use crate::{ADA, PASSWORD};

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
