//! Nothing is sent for strangers, and nobody comes in because nothing could be sent.

use std::collections::BTreeSet;

use chrono::Duration;
use serde_json::{Value, json};

use super::{
    BOB, MAILBOX, NUMBER, OUTBOX, WRONG, before_code, blueprint, code, code_in, enrol, last_code,
    resend, sent, sessions, start,
};
use crate::flows::sign_in_as;
use crate::harness::{Telephone, TestApp, Walk};
use crate::{ADA, PASSWORD};

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
