//! The account pages as pages: for whom, what they nudge to, and the way through the step-up.

use chrono::Duration;

use super::{ADA, SECRET, ada, sign_in_bob, start, the_app, totp};
use store::Clock as _;

const PAGES: [&str; 6] = [
    "/account",
    "/account/profile",
    "/account/security",
    "/account/sessions",
    "/account/apps",
    "/account/activity",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_shown_to_who_is_signed_in_and_leads_others_to_the_sign_in_and_back() {
    let (app, browser) = ada().await;
    for path in PAGES {
        let page = browser.get(path).await.expect(200);
        assert!(
            page.has(&format!(r#".sections a[href="{path}"][aria-current="page"]"#)),
            "{page:?}"
        );
        let nobody = app.browser().get(path).await.expect(303);
        assert_eq!(nobody.location().unwrap().path(), "/flow/sign-in");
        assert_eq!(nobody.parameter("next").as_deref(), Some(path));
        // Looking changes nothing.
        assert!(app.events().await.iter().all(|event| event.kind != "profile_changed"));
    }
    let home = browser.visit("/").await.expect(200);
    assert_eq!(home.url.path(), "/account");
    assert!(home.has(r#"form[action="/logout"]"#) && home.text("h1") == "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_what_they_had_better_do() {
    let app = start().await;
    let bob = sign_in_bob(&app).await;
    let page = bob.visit("/account").await;
    assert!(page.text(".nudge").contains("second factor"), "{page:?}");
    let walk = super::sign_in_as(&app.browser(), "gina@patient.example", crate::PASSWORD).await;
    // The gate offers to set one up; it may be put off.
    let walk = if walk.component() == "enrol" {
        walk.answer(serde_json::json!({ "later": true })).await
    } else {
        walk
    };
    let page = walk.browser().visit("/account").await.expect(200);
    assert!(page.text(".nudge.warning").contains("Patient SE asks you"), "{page:?}");
}

/// A-73: a page for a sensitive act asks for a proof first, and is there afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_proof_leads_through_the_step_up_and_back() {
    let (app, browser) = ada().await;
    let path = format!("/account/factors/{}", the_app(&app, ADA).await);
    browser.get(&path).await.expect(200);
    app.clock.advance(Duration::minutes(16));
    let page = browser.get(&path).await.expect(303);
    assert_eq!(page.location().unwrap().path(), "/flow/step-up");
    assert_eq!(page.parameter("next").as_deref(), Some(&*path));
    let page = browser.follow(page).await.expect(200);
    let code = totp(SECRET, app.clock.now(), 0);
    let page = page.form_with("code").fill("code", &code).submit().await.expect(200);
    assert_eq!(page.url.path(), path, "{page:?}");
    assert!(page.has(r#"input[name="name"]"#));
}

/// From the page of factors through the set-up, and back to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_added_from_the_page_of_factors_and_is_there_afterwards() {
    let app = start().await;
    let bob = sign_in_bob(&app).await;
    let page = bob.visit("/account/security").await.expect(200);
    assert!(!page.has(r#"a[href^="/flow/set-up-sms-code"]"#), "nothing sends text messages here");
    let page = page.click(r#"a[href^="/flow/set-up-totp"]"#).await.expect(200);
    let secret = page.text("#secret");
    let code = totp(&secret, app.clock.now(), 0);
    let form = page.form_with("code").fill("code", &code).fill("name", "My phone");
    let page = form.submit().await.expect(200);
    assert_eq!(page.texts("#codes li").len(), 10, "{page:?}");
    let page = page.form(r#"form:has([name="saved"])"#).submit().await.expect(200);
    assert_eq!(page.url.path(), "/account/security");
    assert!(page.texts(".rows a").contains(&"My phone".to_owned()), "{page:?}");
    assert!(page.body.contains("10 of 10 left"), "{page:?}");
    let home = bob.visit("/account").await;
    assert!(!home.has(".nudge"), "{home:?}");
}
