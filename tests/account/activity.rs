//! What happened to an account, in words: one's own alone, page by page.

use serde_json::{Value, json};
use store::event::{self, NewEvent, Outcome};
use store::{Clock as _, Id};

use super::{ADA, EVE, ada, get, sign_in};
use crate::harness::TestApp;

async fn happen(app: &TestApp, login: &str, kind: &'static str, data: Value) -> Id<event::Event> {
    let new = NewEvent {
        user_id: Some(app.person(login).await.id),
        ip: Some("203.0.113.9".to_owned()),
        data,
        ..NewEvent::new(kind, Outcome::Success)
    };
    // One after the other: of one moment the order is any.
    app.clock.advance(chrono::Duration::seconds(1));
    let id: Id<event::Event> = app.app.store.ambient().id();
    let mut unit = app.app.store.write().await.unwrap();
    event::create(&mut unit, id.clone(), app.clock.now(), new).await.unwrap();
    unit.commit().await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_what_happened_in_words_and_nothing_more() {
    let (app, browser) = ada().await;
    let secret = "JBSWY3DPEHPK3PXP";
    happen(&app, ADA, "factor_added", json!({ "factor": "totp", "note": secret })).await;
    happen(&app, ADA, "login", json!({ "factor": "<script>", "agent": "<img src=x>" })).await;
    happen(&app, ADA, "never_heard_of", json!({})).await;
    let page = browser.visit("/account/activity").await.expect(200);
    let rows = page.texts(".events > li");
    assert!(rows[0].contains("never_heard_of"), "{rows:?}");
    assert!(rows[2].starts_with("Second factor added (Authenticator app)"), "{rows:?}");
    assert!(rows[2].contains("203.0.113.9"));
    let answer = get(&browser, "/activity").await.to_string();
    for text in [&page.body, &answer] {
        assert!(!text.contains(secret) && !text.contains("<script>") && !text.contains("<img"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_paged_and_never_another_s() {
    let (app, browser) = ada().await;
    let mut others = Vec::new();
    for _ in 0..60 {
        happen(&app, ADA, "logout", json!({})).await;
        others.push(happen(&app, EVE, "logout", json!({})).await);
    }
    let mut address = "/account/activity".to_owned();
    let (mut pages, mut rows) = (0, 0);
    loop {
        let page = browser.visit(&address).await.expect(200);
        pages += 1;
        rows += page.texts(".events > li").len();
        if !page.has(r#"a[href^="/account/activity?before="]"#) {
            break;
        }
        assert_eq!(page.texts(".events > li").len(), 50);
        address = page.attribute(r#"a[href^="/account/activity?before="]"#, "href");
    }
    let own = app.events().await;
    let ada = app.person(ADA).await.id;
    let own = own.iter().filter(|event| event.user_id.as_ref() == Some(&ada)).count();
    assert_eq!((pages, rows), (own.div_ceil(50), own));

    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let page = get(&browser, &format!("/activity{query}")).await;
        seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?before={next}");
    }
    assert_eq!(seen.len(), own);
    assert!(others.iter().all(|id| !seen.contains(&json!(id))));
    // Another's event is no place to begin.
    let eve = sign_in(&app, EVE).await;
    let hers = get(&eve, "/activity").await["events"][0]["id"].as_str().unwrap().to_owned();
    browser.get(&format!("/account/activity?before={hers}")).await.expect(404);
}
