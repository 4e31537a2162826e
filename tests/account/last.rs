//! A-77: where a second factor is demanded, the last one stays.

use std::sync::Arc;

use serde_json::json;
use store::credential;
use tokio::sync::Barrier;

use super::{ADA, TESS, ada, delete, factors_of, give, is_signed_in, sign_in, start, the_app};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_factor_that_counts_stays_and_the_page_says_who_asks_for_it() {
    let app = start().await;
    let tess = sign_in(&app, TESS).await;
    let id = the_app(&app, TESS).await;
    let page = tess.get(&format!("/account/factors/{id}/remove")).await.expect(409);
    assert!(page.text(r#"[role="alert"]"#).contains("Trusting Ltd"), "{page:?}");
    assert!(!page.has(r#"form[action$="/remove"]"#), "{page:?}");
    let sheet = tess.visit(&format!("/account/factors/{id}")).await.expect(200);
    let token = sheet.attribute(r#"[name="csrf"]"#, "value");
    let fields = [("csrf".to_owned(), token)];
    let url = tess.resolve(&format!("/account/factors/{id}/remove"));
    tess.post(url, &page.url, &fields).await.expect(409);
    let answer = delete(&tess, &format!("/factors/{id}")).await.expect(409).json();
    assert_eq!(answer["type"], "urn:flowgate:problem:last_factor");
    assert_eq!(answer["organisations"], json!(["Trusting Ltd"]));
    assert_eq!(factors_of(&app, TESS).await.len(), 1);
    assert!(app.outbox().await.is_empty() && app.events_of("factor_removed").await.is_empty());
    assert!(is_signed_in(&tess).await);
}

/// Recovery codes run out: they do not make up for a device.
#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_alone_are_not_enough_to_be_left_with() {
    let app = start().await;
    let tess = sign_in(&app, TESS).await;
    let codes = give(&app, TESS, "static", "").await;
    let id = the_app(&app, TESS).await;
    delete(&tess, &format!("/factors/{id}")).await.expect(409);
    delete(&tess, &format!("/factors/{codes}")).await.expect(204);
    assert_eq!(factors_of(&app, TESS).await.len(), 1);
}

/// A factor that the organisation does not count is no reason to keep it, and none to let another go.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_count_neither_stays_nor_replaces() {
    let app = start().await;
    let tess = sign_in(&app, TESS).await;
    let mailbox = give(&app, TESS, "email", "Work").await;
    let id = the_app(&app, TESS).await;
    delete(&tess, &format!("/factors/{id}")).await.expect(409);
    delete(&tess, &format!("/factors/{mailbox}")).await.expect(204);
    assert_eq!(factors_of(&app, TESS).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_remove_every_factor_at_once_one_is_left() {
    for same_session in [true, false] {
        let app = start().await;
        let first = sign_in(&app, TESS).await;
        let mut browsers = vec![first.clone()];
        let mut ids = vec![the_app(&app, TESS).await];
        for _ in 0..2 {
            browsers.push(if same_session { first.clone() } else { sign_in(&app, TESS).await });
        }
        for name in ["Tablet", "Watch"] {
            ids.push(give(&app, TESS, "totp", name).await);
        }
        let barrier = Arc::new(Barrier::new(ids.len()));
        let removals = ids.into_iter().zip(&browsers).map(|(id, browser)| {
            let (browser, barrier) = (browser.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                delete(&browser, &format!("/factors/{id}")).await.status.as_u16()
            })
        });
        let mut statuses = Vec::new();
        for removal in removals.collect::<Vec<_>>() {
            statuses.push(removal.await.unwrap());
        }
        let removed = statuses.iter().filter(|status| **status == 204).count();
        let left = factors_of(&app, TESS).await.len();
        assert_eq!(removed + left, 3, "{statuses:?}");
        assert!(left >= 1 && removed >= 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [204, 401, 409].contains(status)), "{statuses:?}");
        assert_eq!(app.events_of("factor_removed").await.len(), removed);
        assert_eq!(app.outbox().await.len(), removed);
        if same_session {
            assert!(is_signed_in(&first).await);
        } else {
            // Whoever was first ended the others.
            assert_eq!(removed, 1, "{statuses:?}");
        }
    }
}

/// The policy that holds when it is removed decides, not the one at sign-in.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_has_become_stricter_is_heeded() {
    let (app, browser) = ada().await;
    let id = the_app(&app, ADA).await;
    let stricter = super::BLUEPRINT.replacen(
        "    name: Ada Lovelace\n",
        "    name: Ada Lovelace\n    organisations: [strict]\n",
        1,
    );
    app.apply(&stricter).await;
    let answer = delete(&browser, &format!("/factors/{id}")).await.expect(409).json();
    assert_eq!(answer["organisations"], json!(["Strict AG"]));
}

/// Whoever has nothing but a factor keeps it, whatever is asked of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_only_way_in_stays() {
    let (app, browser) = ada().await;
    let person = app.person(ADA).await.id;
    let mut unit = app.app.store.write().await.unwrap();
    let passwords = credential::of_kind(&mut unit, &person, "password").await.unwrap();
    credential::delete(&mut unit, &person, &passwords[0].id).await.unwrap();
    unit.commit().await.unwrap();
    let id = give(&app, ADA, "webauthn", "Key").await;
    let code = the_app(&app, ADA).await;
    // An app alone is half a login: with the key she comes in, without it she does not.
    delete(&browser, &format!("/factors/{code}")).await.expect(204);
    let answer = delete(&browser, &format!("/factors/{id}")).await.expect(409).json();
    assert_eq!(answer["type"], "urn:flowgate:problem:last_factor");
    let page = browser.get(&format!("/account/factors/{id}/remove")).await.expect(409);
    assert!(page.text(r#"[role="alert"]"#).contains("no longer sign in"), "{page:?}");
    assert_eq!(factors_of(&app, ADA).await.len(), 1);
}
