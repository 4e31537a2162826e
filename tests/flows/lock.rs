//! Guessing passwords: what a guess costs, for whom, and that nothing gives one more.

use chrono::Duration;
use serde_json::json;

use crate::harness::{Browser, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{BOB, SIGN_IN, assert_nobody, me, sign_in_as, traces};

/// One more wrong password, in a flow and a browser of its own; the error that it gets.
async fn guess(app: &TestApp, login: &str) -> String {
    let walk = sign_in_as(&app.browser(), login, "not the password").await;
    walk.errors().first().copied().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_wrong_passwords_begin_the_login_again() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let mut page = browser.visit(SIGN_IN).await;
    page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
    for _ in 0..5 {
        page = page.form_with("password").fill("password", "wrong").submit().await.expect(200);
    }
    assert!(page.has(r#"[name="login"]"#), "it begins again: {page:?}");
    assert!(!page.has(r#"[name="password"]"#), "{page:?}");
    // The right one is no use now, and later it is.
    let walk = sign_in_as(&browser, ADA, PASSWORD).await.asks("password");
    assert_eq!(walk.errors(), ["password.locked"]);
    assert_eq!(walk.body["challenge"]["errors"][0]["params"]["minutes"], "1");
    assert_nobody(&app, &browser).await;
    app.clock.advance(Duration::seconds(31));
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let reasons = app.events_of("password_checked").await;
    let wrong = reasons.iter().filter(|event| event.data["reason"] == "wrong").count();
    let locked = reasons.iter().filter(|event| event.data["reason"] == "locked").count();
    assert_eq!((wrong, locked), (5, 1), "{reasons:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_further_failure_locks_twice_as_long_until_success_clears_it() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        assert_eq!(guess(&app, ADA).await, "password.wrong");
    }
    for seconds in [30, 60, 120, 240, 480, 900, 900] {
        app.clock.advance(Duration::seconds(seconds - 1));
        assert_eq!(guess(&app, ADA).await, "password.locked", "after {seconds} s less one");
        app.clock.advance(Duration::seconds(1));
        assert_eq!(guess(&app, ADA).await, "password.wrong", "after {seconds} s");
    }
    app.clock.advance(Duration::minutes(15));
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
    for _ in 0..4 {
        assert_eq!(guess(&app, ADA).await, "password.wrong");
    }
    assert!(sign_in_as(&app.browser(), ADA, PASSWORD).await.session().is_some());
}

/// A-50, CVE-2025-24806: two names of one person are one person; A-47: another person is another.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_one_counter_under_all_names() {
    let app = TestApp::start().await;
    for login in [ADA, "ada", "ADA@Acme.Example", " Ada ", "ａｄａ"] {
        assert_eq!(guess(&app, login).await, "password.wrong", "{login}");
    }
    assert_eq!(guess(&app, "ada").await, "password.locked");
    assert_eq!(guess(&app, ADA).await, "password.locked");
    assert!(sign_in_as(&app.browser(), BOB.0, BOB.1).await.session().is_some());
}

/// A-48: as many guesses at once as one likes are not one more than in a row.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_same_time_are_counted_one_by_one() {
    let app = TestApp::start().await;
    let mut walks = Vec::new();
    for _ in 0..20 {
        let walk = Walk::begin(&app.browser(), "sign-in").await;
        walks.push(walk.answer(json!({ "login": ADA })).await.asks("password"));
    }
    let guesses = walks.into_iter().map(|walk| walk.answer(json!({ "password": "wrong" })));
    let answers = futures::future::join_all(guesses).await;
    let with = |key: &str| answers.iter().filter(|walk| walk.errors() == [key]).count();
    assert_eq!((with("password.wrong"), with("password.locked")), (5, 15));
}

/// O-6: whoever guesses learns nothing of who there is: not from a status, a header, a cookie or a
/// byte of a page, from the first try to the lock and beyond.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_disabled_and_wrong_are_the_same_to_the_byte() {
    // Their names are of one length, so that pages can be.
    let more = "  \
  eve:
    email: eve@acme.example
    verified: true
";
    let app = TestApp::with_outbox(&format!("{}{more}", crate::ACME)).await;
    app.disable(BOB.0).await;
    let mut seen = Vec::new();
    // Known, disabled, without a password, and two that nobody has.
    for login in [ADA, BOB.0, "eve@acme.example", "ned@acme.example", "ned's@acme.example"] {
        let browser = app.browser();
        let mut pages = vec![browser.visit(SIGN_IN).await];
        for round in 0..8 {
            let last = pages.last().unwrap();
            let page = if last.has(r#"[name="login"]"#) {
                last.form_with("login").fill("login", login).submit().await
            } else {
                let word = if round == 7 { "" } else { "wrong" };
                last.form_with("password").fill("password", word).submit().await
            };
            pages.push(page);
        }
        me(&browser).await.expect(401);
        seen.push(pages.iter().map(|page| traces(page, login)).collect::<Vec<_>>());
    }
    for (person, of_others) in seen.iter().enumerate().skip(1) {
        for (round, (one, other)) in seen[0].iter().zip(of_others).enumerate() {
            assert_eq!(one, other, "person {person}, page {round}");
        }
    }
}

/// A-235: the same work for everybody. What takes time is the hash, and it is always made.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_password_is_nobody_s_and_costs_nothing() {
    let app = TestApp::start().await;
    let browser: Browser = app.browser();
    for length in [129, 513, 60_000] {
        let walk = sign_in_as(&browser, ADA, &"x".repeat(length)).await.asks("password");
        assert_eq!(walk.errors(), ["password.wrong"], "{length} characters");
    }
}
