//! Whether the person lets the client have it.

use store::client::Consent;
use store::{Id, consent};

use crate::harness::{Bed, SignedIn, answer, error, question, request, settings, waiting};

async fn bed(when: Consent) -> (Bed, SignedIn) {
    let mut wiki = settings();
    wiki.consent = when;
    let bed = Bed::with(wiki).await;
    let ada = bed.sign_in(false).await;
    (bed, ada)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_allowed_it_once_is_asked_again_only_for_more() {
    let (bed, ada) = bed(Consent::Once).await;
    let some = || request(&[("scope", "openid email")]);
    let none = || request(&[("scope", "openid email"), ("prompt", "none")]);
    assert_eq!(error(bed.authorize(none(), Some(&ada)).await), "consent_required");
    let page = question(bed.authorize(some(), Some(&ada)).await);
    assert_eq!(page.scopes, ["openid", "email"]);
    assert_eq!(page.client.id.as_str(), "wiki");
    let fields = answer(bed.decide(&page.interaction, Some(&ada), true).await);
    assert!(bed.redeem(&fields["code"], &[]).await.is_ok());
    assert!(answer(bed.authorize(none(), Some(&ada)).await).contains_key("code"));
    question(bed.authorize(request(&[]), Some(&ada)).await);
    question(
        bed.authorize(request(&[("scope", "openid"), ("prompt", "consent")]), Some(&ada)).await,
    );
    let claims = r#"{"userinfo":{"name":{"essential":true}}}"#;
    let params = request(&[("scope", "openid"), ("claims", claims)]);
    let page = question(bed.authorize(params, Some(&ada)).await);
    assert_eq!(page.scopes, ["openid", "profile"], "a claim counts as its scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refuses_sends_the_client_away() {
    let (bed, ada) = bed(Consent::Once).await;
    let page = question(bed.authorize(request(&[]), Some(&ada)).await);
    let fields = answer(bed.decide(&page.interaction, Some(&ada), false).await);
    assert_eq!((&*fields["error"], &*fields["state"]), ("access_denied", "a state"));
    assert_eq!(bed.events("consent_denied").await, 1);
    assert_eq!(bed.events("authorization_granted").await, 0);
    let again = bed.decide(&page.interaction, Some(&ada), true).await;
    assert!(matches!(again, provider::authorize::Authorize::ErrorPage(_)), "decided");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_saw_the_question_can_answer_it() {
    let (bed, ada) = bed(Consent::Once).await;
    let id = waiting(bed.authorize(request(&[]), None).await);
    let page = question(bed.decide(&id, Some(&ada), true).await);
    assert_eq!(page.interaction, id, "nobody had been asked yet");
    let bob = bed.another_person().await;
    let bob = bed.sign_in_as(&bob, false).await;
    question(bed.decide(&id, Some(&bob), true).await);
    // What is asked for changed since the page was shown.
    bed.change_wiki(|wiki| wiki.settings.scopes.push("groups".to_owned())).await;
    bed.change_wiki(|wiki| wiki.settings.scopes.retain(|scope| scope != "email")).await;
    let page = question(bed.decide(&id, Some(&bob), true).await);
    assert_eq!(page.scopes, ["openid", "profile"]);
    answer(bed.decide(&id, Some(&bob), true).await);
    let mut conn = bed.store.read().await.unwrap();
    let wiki = Id::from("wiki");
    assert!(consent::find(&mut conn, &bob.1.id, &wiki).await.unwrap().is_some());
    assert!(consent::find(&mut conn, &ada.1.id, &wiki).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn some_clients_ask_always_and_some_never() {
    let (bed, ada) = bed(Consent::Always).await;
    for _ in 0..2 {
        let page = question(bed.authorize(request(&[]), Some(&ada)).await);
        answer(bed.decide(&page.interaction, Some(&ada), true).await);
    }
    bed.change_wiki(|wiki| wiki.settings.consent = Consent::Never).await;
    answer(bed.authorize(request(&[]), Some(&ada)).await);
    question(bed.authorize(request(&[("prompt", "consent")]), Some(&ada)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_consent_back_ends_codes_and_tokens() {
    let (bed, ada) = bed(Consent::Once).await;
    let page = question(bed.authorize(request(&[]), Some(&ada)).await);
    let fields = answer(bed.decide(&page.interaction, Some(&ada), true).await);
    let tokens = bed.redeem(&fields["code"], &[]).await.unwrap();
    let code = bed.code(&ada, &[]).await;
    let mut unit = bed.store.write().await.unwrap();
    consent::delete(&mut unit, &bed.ada.id, &Id::from("wiki"), bed.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(bed.userinfo(&tokens.access_token).await, Err(401));
    assert!(bed.redeem(&code, &[]).await.is_err());
}
