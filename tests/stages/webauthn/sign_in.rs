//! What works, and what the session then says.

use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_signs_in_and_says_who_it_is() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "alone").await.asks("webauthn");
    let data = &walk.body["challenge"]["data"];
    assert_eq!((&data["mode"], &data["user_verification"]), (&json!("passwordless"), &json!(true)));
    let asked = options(&walk);
    assert_eq!(
        (&asked["userVerification"], &asked["rpId"]),
        (&json!("required"), &json!("acme.example"))
    );
    assert_eq!(asked["allowCredentials"], json!([]));
    assert!(asked["challenge"].as_str().unwrap().len() >= 22, "16 bytes and more: {asked}");
    let walk = walk.answer(json!({ "credential": telephone.assert(&asked) })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(claims(&browser).await, ("phr".to_owned(), json!(["swk", "mfa"])));
    let me = browser.api(Method::GET, "/api/v1/me", None).await.json();
    assert_eq!(me["email"], ADA);
    let event = app.events_of("factor_checked").await.pop().unwrap();
    assert_eq!((event.outcome.as_str(), &event.data.0["user_verified"]), ("success", &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_picked_where_names_are_typed() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "autofill").await.asks("identify");
    assert_eq!(walk.body["challenge"]["data"]["passkey"]["mode"], "autofill");
    let credential = telephone.assert(&options(&walk)).to_string();
    // As the form sends it: text, with nothing typed and the box ticked.
    let walk = walk.answer(json!({ "credential": credential, "remember_me": "on" })).await;
    assert!(walk.session().is_some(), "no password is asked for: {walk:?}");
    assert_eq!(claims(&browser).await.0, "phr");
    // Typing a name leads to the password as ever, and from there to the passkey.
    let browser = app.browser();
    let walk = Walk::begin(&browser, "autofill").await;
    let walk = walk.answer(json!({ "login": ADA, "credential": "" })).await.asks("password");
    let walk = walk.answer(json!({ "password": PASSWORD })).await.asks("webauthn");
    assert_eq!(options(&walk)["allowCredentials"].as_array().unwrap().len(), 1);
    let walk = touch(walk, &mut telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(claims(&browser).await.1, json!(["pwd", "swk", "mfa"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_security_key_is_a_second_factor_and_no_more() {
    let app = app().await;
    let mut key = bound(&app, Authenticator::security_key(ORIGIN)).await;
    let row = passkeys(&app, ADA).await.pop().unwrap();
    assert_eq!(row.data.0["presence_only"], true);
    let browser = app.browser();
    let walk = reach(&browser, "second", (ADA, PASSWORD)).await;
    let walk = touch(walk, &mut key).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(claims(&browser).await, ("phr".to_owned(), json!(["pwd", "swk", "mfa"])));
    // Alone it is one factor, which the person's own second factor makes too little.
    let browser = app.browser();
    let walk = reach(&browser, "first", (ADA, "")).await;
    let walk = touch(walk, &mut key).await;
    assert!(walk.session().is_none() && walk.body["denied"].is_object(), "{walk:?}");
    let counter = passkeys(&app, ADA).await[0].counter;
    assert_eq!(counter, 2, "what was shown was shown, whatever came of it");
    // And it is not asked by whoever wants the person verified.
    for slug in ["alone", "careful"] {
        let walk = reach(&app.browser(), slug, (ADA, PASSWORD)).await;
        let walk = touch(walk, &mut key).await;
        assert_refused(&walk, "webauthn.failed");
        assert_eq!(last_reason(&app, "factor_checked").await, "user_verification", "{slug}");
    }
}

/// A PIN that whoever found a key has set says nothing of its owner (Web Authentication §7.2.24).
#[tokio::test(flavor = "multi_thread")]
async fn verification_of_a_key_that_never_had_any_counts_once_something_known_was_shown() {
    let app = app().await;
    let mut key = bound(&app, Authenticator::security_key(ORIGIN)).await;
    key.verifies = true;
    let walk = Walk::begin(&app.browser(), "alone").await;
    let walk = touch(walk, &mut key).await;
    assert_refused(&walk, "webauthn.failed");
    assert_eq!(passkeys(&app, ADA).await[0].data.0["presence_only"], true);

    let walk = reach(&app.browser(), "careful", (ADA, PASSWORD)).await;
    let walk = touch(walk, &mut key).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(passkeys(&app, ADA).await[0].data.0["presence_only"], false);

    let walk = Walk::begin(&app.browser(), "alone").await;
    let walk = touch(walk, &mut key).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_can_verify_serves_by_touch_and_is_worth_a_touch() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    telephone.verifies = false;
    let browser = app.browser();
    let walk = reach(&browser, "touch", (ADA, PASSWORD)).await;
    assert_eq!(options(&walk)["userVerification"], "discouraged");
    let walk = touch(walk, &mut telephone).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let event = app.events_of("factor_checked").await.pop().unwrap();
    assert_eq!(event.data.0["user_verified"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_know_that_a_passkey_was_shown() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let walk = Walk::begin(&app.browser(), "greeted").await.asks("identify");
    assert_eq!(walk.body["challenge"]["data"]["passkey"]["mode"], "button");
    let walk = touch(walk, &mut telephone).await.asks("message");
    assert_eq!(walk.body["person"], json!({ "login": ADA, "name": "Ada Lovelace" }));
    let walk = walk.answer(json!({ "action": "continue" })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let walk = Walk::begin(&app.browser(), "greeted").await;
    walk.answer(json!({ "login": ADA })).await.asks("password");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_and_the_time_of_use_are_kept_after_success() {
    let app = app().await;
    let mut key = bound(&app, Authenticator::security_key(ORIGIN)).await;
    assert_eq!(passkeys(&app, ADA).await[0].counter, 0);
    app.clock.advance(Duration::minutes(1));
    let walk = reach(&app.browser(), "second", (ADA, PASSWORD)).await;
    let walk = touch(walk, &mut key).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let row = passkeys(&app, ADA).await.pop().unwrap();
    assert_eq!(row.counter, 1);
    assert!(row.last_used_at.unwrap() > row.created_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_for_products_is_kept_at_sign_in_too() {
    let app = app().await;
    let mut telephone = bound(&app, Authenticator::new(ORIGIN)).await;
    let walk = reach(&app.browser(), "only-yubikeys", (ADA, PASSWORD)).await;
    assert_eq!(options(&walk)["allowCredentials"], json!([]));
    let walk = touch(walk, &mut telephone).await;
    assert_refused(&walk, "webauthn.not_allowed");
    assert_eq!(last_reason(&app, "factor_checked").await, "not_allowed");
}

/// Web Authentication §14.6.2: the options tell nobody whether there is such a person or key.
#[tokio::test(flavor = "multi_thread")]
async fn options_say_nothing_of_who_exists() {
    let app = app().await;
    bound(&app, Authenticator::new(ORIGIN)).await;
    let mut seen = Vec::new();
    for login in [ADA, BOB.0, "nobody@acme.example"] {
        let walk = reach(&app.browser(), "first", (login, "")).await;
        let mut body = walk.body.clone();
        body["challenge"]["data"]["options"]["challenge"] = json!("?");
        body["execution"] = json!("?");
        body["person"]["login"] = json!("?");
        seen.push(body);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_domain_there_are_no_passkeys_and_the_rest_works() {
    let app = TestApp::with_settings(&blueprint(), &[]).await;
    let walk = Walk::begin(&app.browser(), "alone").await;
    assert_eq!(
        (walk.status, &walk.body["denied"]["key"]),
        (403, &json!("webauthn.off")),
        "{walk:?}"
    );
    let walk = Walk::begin(&app.browser(), "autofill").await.asks("identify");
    assert_eq!(walk.body["challenge"]["data"]["passkey"], json!(null));
    let walk = walk.answer(json!({ "login": ADA })).await.asks("password");
    let walk = walk.answer(json!({ "password": PASSWORD })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let walk = Walk::begin(&browser, "bind").await;
    assert_eq!(walk.body["denied"]["key"], "webauthn.off", "{walk:?}");
}
