//! What was answered before: a challenge serves one answer, in one browser, for five minutes.

use serde_json::json;

use super::*;
use crate::harness::Fault;

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_good_in_the_flow_that_asked_for_it_alone() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    for slug in ["alone", "second"] {
        let browser = app.browser();
        let walk = reach(&browser, slug, (ADA, PASSWORD)).await;
        let captured = telephone.assert(&options(&walk));
        // In another flow of the same browser, and in another browser's.
        for thief in [browser.clone(), app.browser()] {
            let other = reach(&thief, slug, (ADA, PASSWORD)).await;
            let other = other.answer(json!({ "credential": captured })).await;
            assert_refused(&other, "webauthn.failed");
            assert_eq!(last_reason(&app, "factor_checked").await, "challenge");
        }
        // To the execution itself, from another browser.
        let stolen = Walk::resume(&app.browser(), slug, walk.execution()).await;
        assert_eq!((stolen.status, stolen.problem()), (410, "execution_unknown"));
        let walk = walk.answer(json!({ "credential": captured })).await;
        assert!(walk.session().is_some(), "{walk:?}");
        // And never again.
        let other = reach(&app.browser(), slug, (ADA, PASSWORD)).await;
        let other = other.answer(json!({ "credential": captured })).await;
        assert_refused(&other, "webauthn.failed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_serves_one_answer() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let walk = Walk::begin(&app.browser(), "alone").await;
    let asked = options(&walk);
    let wrong = telephone.assert_with(&asked, &Fault::Signature);
    let walk = walk.answer(json!({ "credential": wrong })).await;
    assert_refused(&walk, "webauthn.failed");
    assert_eq!(last_reason(&app, "factor_checked").await, "signature");
    let walk = walk.answer(json!({ "credential": telephone.assert(&asked) })).await;
    assert_refused(&walk, "webauthn.failed");
    assert_eq!(last_reason(&app, "factor_checked").await, "challenge");
    let walk = touch(walk, &mut telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_ends_after_five_minutes() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let walk = Walk::begin(&app.browser(), "alone").await;
    app.clock.advance(Duration::minutes(5));
    let in_time = touch(walk, &mut telephone).await;
    assert!(in_time.session().is_some(), "{in_time:?}");
    let walk = Walk::begin(&app.browser(), "alone").await;
    app.clock.advance(Duration::minutes(5) + Duration::seconds(1));
    let walk = touch(walk, &mut telephone).await;
    assert_refused(&walk, "webauthn.expired");
    let walk = touch(walk, &mut telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");

    let browser = signed_in_with(&app, &mut telephone).await;
    let walk = Walk::begin(&browser, "bind").await;
    let credential = Authenticator::new(ORIGIN).register(&options(&walk));
    app.clock.advance(Duration::minutes(6));
    let walk = walk.answer(json!({ "credential": credential })).await;
    assert_refused(&walk, "webauthn.expired");
    assert_eq!(passkeys(&app, ADA).await.len(), 1);
}

async fn signed_in_with(app: &TestApp, telephone: &mut Authenticator) -> Browser {
    let browser = app.browser();
    let walk = Walk::begin(&browser, "alone").await;
    let walk = touch(walk, telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");
    browser
}

/// Two browsers show the same counter at the same instant: one of them is a copy.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_with_one_counter_at_once_one_signs_in() {
    let app = app().await;
    let mut key = bound(&app, Authenticator::security_key(ORIGIN)).await;
    let mut walks = Vec::new();
    for _ in 0..8 {
        let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
        let credential = key.assert_with(&options(&walk), &Fault::Counter(40));
        walks.push((walk, credential));
    }
    let tasks: Vec<_> = walks
        .into_iter()
        .map(|(walk, credential)| tokio::spawn(walk.answer(json!({ "credential": credential }))))
        .collect();
    let mut sessions = 0;
    for task in tasks {
        sessions += usize::from(task.await.unwrap().session().is_some());
    }
    assert_eq!(sessions, 1);
    assert_eq!(passkeys(&app, ADA).await[0].counter, 40);
}

/// two ceremonies of one browser stay apart.
#[tokio::test(flavor = "multi_thread")]
async fn two_ceremonies_side_by_side_take_each_its_own_answer() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let browser = app.browser();
    let one = Walk::begin(&browser, "alone").await;
    let two = Walk::begin(&browser, "alone").await;
    let (for_one, for_two) = (telephone.assert(&options(&one)), telephone.assert(&options(&two)));
    let crossed = one.answer(json!({ "credential": for_two })).await;
    assert_refused(&crossed, "webauthn.failed");
    let two = two.answer(json!({ "credential": for_two })).await;
    assert!(two.session().is_some(), "{two:?}");
    let one = crossed.answer(json!({ "credential": for_one })).await;
    assert_refused(&one, "webauthn.failed");
}
