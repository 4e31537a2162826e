//! Where a person is signed in, and how that ends.

use chrono::Duration;
use serde_json::json;

use super::{
    ADA, EVE, ada, connect, delete, get, is_good, is_signed_in, sign_in, sign_in_bob, start,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_where_they_are_signed_in() {
    let (app, browser) = ada().await;
    let bob = sign_in_bob(&app).await;
    let strange = app.browser().with("user-agent", "<script>alert(1)</script> {{ 7 * 7 }}");
    let known = app.browser().with("user-agent", FIREFOX);
    for other in [&strange, &known] {
        app.clock.advance(Duration::seconds(30));
        let walk = super::sign_in_as(other, ADA, crate::PASSWORD).await;
        let code = super::totp(super::SECRET, store::Clock::now(&app.clock), 0);
        assert!(walk.answer(json!({ "code": code })).await.session().is_some());
    }
    let page = browser.visit("/account/sessions").await.expect(200);
    let rows = page.texts(".rows > li");
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows[0].contains("This one"), "{rows:?}");
    assert!(rows.iter().any(|row| row.starts_with("Firefox on Linux")), "{rows:?}");
    assert!(!page.body.contains("alert(1)") && !page.body.contains("7 * 7"), "{page:?}");
    assert!(rows.iter().any(|row| row.starts_with("Unknown browser")), "{rows:?}");
    let sessions = get(&browser, "/sessions").await;
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.iter().filter(|s| s["current"] == json!(true)).count(), 1);
    assert!(sessions.iter().all(|s| s.get("token_hash").is_none() && s.get("evidence").is_none()));
    assert_eq!(get(&bob, "/sessions").await["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_is_dead_at_once_with_its_tokens() {
    let (app, browser) = ada().await;
    let (lost, other) = (sign_in(&app, ADA).await, sign_in(&app, ADA).await);
    let (mine, stolen) = (connect(&app, &browser).await, connect(&app, &lost).await);
    let id = get(&lost, "").await["session"]["id"].as_str().unwrap().to_owned();
    let page = browser.visit("/account/sessions").await.expect(200);
    let page = page.form_with("end").press("end", &id).submit().await.expect(200);
    assert!(page.text(r#"[role="status"]"#).contains("ended"), "{page:?}");
    assert!(!is_signed_in(&lost).await && !is_good(&app, &stolen).await);
    assert!(is_signed_in(&browser).await && is_signed_in(&other).await);
    assert!(is_good(&app, &mine).await);
    let page = page.form_with("end").press("end", "others").submit().await.expect(200);
    assert_eq!(page.texts(".rows > li").len(), 1);
    assert!(!page.has(r#"button[name="end"]"#));
    assert!(!is_signed_in(&other).await && is_signed_in(&browser).await);
    assert_eq!(app.events_of("session_ended").await.len(), 1);
    assert_eq!(app.events_of("sessions_ended").await.len(), 1);
    delete(&browser, &format!("/sessions/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_ends_sessions_too() {
    let (app, browser) = ada().await;
    let (one, two) = (sign_in(&app, ADA).await, sign_in(&app, ADA).await);
    let id = get(&one, "").await["session"]["id"].as_str().unwrap().to_owned();
    delete(&browser, &format!("/sessions/{id}")).await.expect(204);
    assert!(!is_signed_in(&one).await);
    let ended = delete(&browser, "/sessions").await.expect(200).json();
    assert_eq!(ended, json!({ "ended": 1 }));
    assert!(!is_signed_in(&two).await && is_signed_in(&browser).await);
    let ended = delete(&browser, "/sessions").await.expect(200).json();
    assert_eq!(ended, json!({ "ended": 0 }));
    assert_eq!(app.events_of("sessions_ended").await.len(), 1, "nothing happened twice");
    // One's own is one of them.
    let own = get(&browser, "").await["session"]["id"].as_str().unwrap().to_owned();
    delete(&browser, &format!("/sessions/{own}")).await.expect(204);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_session_is_not_there() {
    let (app, browser) = ada().await;
    let eve = sign_in(&app, EVE).await;
    let id = get(&browser, "").await["session"]["id"].as_str().unwrap().to_owned();
    delete(&eve, &format!("/sessions/{id}")).await.expect(404);
    let page = eve.visit("/account/sessions").await.expect(200);
    let form = page.form(r#"form[action="/account/sessions"]"#);
    form.tamper("end", Some(&id)).send().await.expect(404);
    delete(&eve, "/sessions").await.expect(200);
    assert!(is_signed_in(&browser).await);
}

/// ASVS 7.5.2: who ends sessions has shown again who they are.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_proof_ends_no_session() {
    let app = start().await;
    let browser = sign_in(&app, ADA).await;
    let other = sign_in(&app, ADA).await;
    let page = browser.visit("/account/sessions").await.expect(200);
    app.clock.advance(Duration::minutes(16));
    let answer = page.form_with("end").press("end", "others").send().await.expect(303);
    assert_eq!(answer.location().unwrap().path(), "/flow/step-up");
    assert_eq!(answer.parameter("next").as_deref(), Some("/account/sessions"));
    delete(&browser, "/sessions").await.expect(401);
    assert!(is_signed_in(&other).await);
    let page = browser.visit("/account/sessions").await.expect(200);
    assert!(!page.has(r#"button[name="end"]"#), "it asks for the proof first");
    assert!(page.has(r#"a[href^="/flow/step-up?next="]"#));
}
