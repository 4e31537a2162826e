//! A mailbox and a number are bound by a code that arrived there.

use serde_json::json;

use super::{NUMBER, WRONG, code, credentials, last_code, signed_in, start};
use crate::flows::sign_in_as;
use crate::harness::Walk;
use crate::{ADA, PASSWORD};

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
