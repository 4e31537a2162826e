//! What one code is worth: once, for ten minutes, where it was asked for.

use std::collections::BTreeSet;

use chrono::Duration;
use serde_json::{Value, json};
use store::credential;

use super::{
    MAILBOX, NUMBER, OUTBOX, WRONG, before_code, blueprint, code, code_in, compared, enrol,
    last_code, resend, sent, sessions, start,
};
use crate::flows::sign_in_as;
use crate::harness::{Telephone, TestApp};
use crate::{ADA, PASSWORD};

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
