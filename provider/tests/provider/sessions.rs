//! Who is there: prompt, `max_age`, hints, levels, and the way through the sign-in flow.

use assurance::Acr;
use chrono::Duration;
use provider::authorize::PageProblem;
use provider::{Caller, Trace};
use store::{session, user};

use crate::harness::{Bed, answer, error, page, request, waiting};

const ESSENTIAL: (&str, &str) =
    ("claims", r#"{"id_token":{"acr":{"essential":true,"values":["phr","aal2"]}}}"#);

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_for_a_person_and_is_answered_once() {
    let bed = Bed::new().await;
    let id = waiting(bed.authorize(request(&[("login_hint", "ada")]), None).await);
    let facts = bed.provider.interaction_facts(&id, &bed.browser).await.unwrap().unwrap();
    assert_eq!(facts.client.name, "The wiki");
    assert_eq!(facts.login_hint.as_deref(), Some("ada"));
    assert_eq!(waiting(bed.resume(&id, None).await), id, "coming back without a session");
    bed.pass(30);
    let ada = bed.sign_in(false).await;
    let fields = answer(bed.resume(&id, Some(&ada)).await);
    assert_eq!(fields["state"], "a state");
    let tokens = bed.redeem(&fields["code"], &[]).await.unwrap();
    assert_eq!(bed.claims(&tokens.id_token.unwrap())["nonce"], "a nonce");
    assert_eq!(page(bed.resume(&id, Some(&ada)).await).problem, PageProblem::Gone);
    assert!(bed.provider.interaction_facts(&id, &bed.browser).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_gets_nothing_of_a_request_that_waits() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let id = waiting(bed.authorize(request(&[]), None).await);
    let stranger = store::token("another browser");
    let caller = Caller { browser: &stranger, session: Some(&ada), trace: Trace::default() };
    let answered = bed.provider.resume(&id, &caller).await.unwrap();
    assert_eq!(page(answered).problem, PageProblem::Gone);
    let answered = bed.provider.decide_consent(&id, &caller, true).await.unwrap();
    assert_eq!(page(answered).problem, PageProblem::Gone);
    assert!(bed.provider.interaction_facts(&id, &stranger).await.unwrap().is_none());
    bed.pass(3600);
    assert_eq!(page(bed.resume(&id, Some(&ada)).await).problem, PageProblem::Gone, "an hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_a_request_waited_counts() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let id = waiting(bed.authorize(request(&[]), None).await);
    bed.change_wiki(|wiki| wiki.settings.redirect_uris.clear()).await;
    assert_eq!(page(bed.resume(&id, Some(&ada)).await).problem, PageProblem::RedirectUri);
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_none_shows_nothing() {
    let bed = Bed::new().await;
    let none = || request(&[("prompt", "none")]);
    assert_eq!(error(bed.authorize(none(), None).await), "login_required");
    let ada = bed.sign_in(false).await;
    assert!(answer(bed.authorize(none(), Some(&ada)).await).contains_key("code"));
    bed.pass(11);
    let old = request(&[("prompt", "none"), ("max_age", "10")]);
    assert_eq!(error(bed.authorize(old, Some(&ada)).await), "login_required");
    bed.enrol_totp().await;
    let answered = bed.authorize(none(), Some(&ada)).await;
    assert_eq!(error(answered), "interaction_required", "a policy asks for more");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_login_takes_a_new_sign_in_and_nothing_else() {
    for prompt in ["login", "select_account", "login consent"] {
        let bed = Bed::new().await;
        let ada = bed.sign_in(false).await;
        let params = request(&[("prompt", prompt)]);
        let id = waiting(bed.authorize(params, Some(&ada)).await);
        let facts = bed.provider.interaction_facts(&id, &bed.browser).await.unwrap().unwrap();
        assert!(facts.is_fresh);
        assert_eq!(facts.demand.max_age, Some(0));
        bed.pass(5);
        let again = bed.sign_in(false).await;
        // The old session will not do, the new one does.
        bed.pass(5);
        if prompt == "login consent" {
            let page = crate::harness::question(bed.resume(&id, Some(&again)).await);
            assert_eq!(page.interaction, id);
            continue;
        }
        let before = bed.now().minus(Duration::seconds(10));
        let fields = answer(bed.resume(&id, Some(&again)).await);
        let tokens = bed.redeem(&fields["code"], &[]).await.unwrap();
        let claims = bed.claims(&tokens.id_token.unwrap());
        assert!(claims["auth_time"].as_i64().unwrap() > before.timestamp());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_session_is_not_taken_for_a_new_one() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    bed.pass(1);
    let id = waiting(bed.authorize(request(&[("prompt", "login")]), Some(&ada)).await);
    for _ in 0..10 {
        assert_eq!(waiting(bed.resume(&id, Some(&ada)).await), id);
    }
    assert_eq!(error(bed.resume(&id, Some(&ada)).await), "login_required", "an end to the circle");
}

#[tokio::test(flavor = "multi_thread")]
async fn max_age_counts_from_the_request() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    bed.pass(10);
    let within = |seconds: &str| request(&[("max_age", seconds)]);
    assert!(answer(bed.authorize(within("10"), Some(&ada)).await).contains_key("code"));
    let id = waiting(bed.authorize(within("9"), Some(&ada)).await);
    bed.pass(100);
    let again = bed.sign_in(false).await;
    bed.pass(100);
    let fields = answer(bed.resume(&id, Some(&again)).await);
    bed.pass(30);
    assert!(bed.redeem(&fields["code"], &[]).await.is_ok(), "time on the way is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_answers_for_nobody_else() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let hint = bed.tokens(&ada, &[]).await.id_token.unwrap();
    bed.pass(7200);
    let hinted = || request(&[("id_token_hint", &hint), ("prompt", "none")]);
    assert!(answer(bed.authorize(hinted(), Some(&ada)).await).contains_key("code"), "expired");
    let bob = bed.another_person().await;
    let bob = bed.sign_in_as(&bob, false).await;
    assert_eq!(error(bed.authorize(hinted(), Some(&bob)).await), "login_required");

    let id = waiting(bed.authorize(request(&[("id_token_hint", &hint)]), Some(&bob)).await);
    let facts = bed.provider.interaction_facts(&id, &bed.browser).await.unwrap().unwrap();
    assert_eq!(facts.subject.as_deref(), Some(bed.ada.id.as_str()));
    assert_eq!(waiting(bed.resume(&id, Some(&bob)).await), id);
    assert_eq!(error(bed.resume(&id, Some(&bob)).await), "login_required", "no loop");

    let subject = format!(r#"{{"id_token":{{"sub":{{"value":"{}"}}}}}}"#, bed.ada.id);
    let params = request(&[("claims", &subject), ("prompt", "none")]);
    assert_eq!(error(bed.authorize(params, Some(&bob)).await), "login_required");

    bed.client("other", Some("x"), crate::harness::settings()).await;
    let foreign = request(&[("client_id", "other"), ("id_token_hint", &hint)]);
    assert_eq!(error(bed.authorize(foreign, Some(&ada)).await), "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_essential_level_is_met_or_the_request_fails() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let silent = request(&[ESSENTIAL, ("prompt", "none")]);
    let answered = bed.authorize(silent, Some(&ada)).await;
    assert_eq!(error(answered), "unmet_authentication_requirements");

    bed.enrol_totp().await;
    bed.pass(1);
    let id = waiting(bed.authorize(request(&[ESSENTIAL]), Some(&ada)).await);
    let facts = bed.provider.interaction_facts(&id, &bed.browser).await.unwrap().unwrap();
    assert_eq!((facts.demand.acr, facts.demand.essential), (Some(Acr::Aal2), true));
    // A session that somehow fell short, twice: the client hears of it, the person is not kept.
    let short = bed.sign_in(false).await;
    assert_eq!(waiting(bed.resume(&id, Some(&short)).await), id);
    let answered = bed.resume(&id, Some(&short)).await;
    assert_eq!(error(answered), "unmet_authentication_requirements");

    let id = waiting(bed.authorize(request(&[ESSENTIAL]), Some(&ada)).await);
    let both = bed.sign_in(true).await;
    let fields = answer(bed.resume(&id, Some(&both)).await);
    let tokens = bed.redeem(&fields["code"], &[]).await.unwrap();
    let claims = bed.claims(&tokens.id_token.unwrap());
    assert_eq!(claims["acr"], "aal2");
    assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_for_a_level_is_met_as_far_as_the_person_can() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let tokens = bed.tokens(&ada, &[("acr_values", "phr aal2"), ("prompt", "none")]).await;
    assert_eq!(bed.claims(&tokens.id_token.unwrap())["acr"], "aal1", "said honestly");
    let tokens = bed.tokens(&ada, &[("acr_values", "gold silver")]).await;
    assert_eq!(bed.claims(&tokens.id_token.unwrap())["acr"], "aal1");

    bed.enrol_totp().await;
    let both = bed.sign_in(true).await;
    for (asked, told) in [("aal1", "aal1"), ("aal2", "aal2"), ("phr aal2", "aal2"), ("", "aal2")] {
        let tokens = bed.tokens(&both, &[("acr_values", asked), ("prompt", "none")]).await;
        assert_eq!(bed.claims(&tokens.id_token.unwrap())["acr"], told, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_between_request_and_code_ends_the_code() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let code = bed.code(&ada, &[]).await;
    let mut unit = bed.store.write().await.unwrap();
    session::end(&mut unit, &ada.0.id, bed.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert!(bed.redeem(&code, &[]).await.is_err());

    let ada = bed.sign_in(false).await;
    let code = bed.code(&ada, &[]).await;
    bed.enrol_totp().await;
    let refused = bed.redeem(&code, &[]).await.unwrap_err();
    assert_eq!(refused.error.as_str(), "invalid_grant", "the policy asks for more now");

    let ada = bed.sign_in(true).await;
    let code = bed.code(&ada, &[]).await;
    let mut unit = bed.store.write().await.unwrap();
    user::advance_epoch(&mut unit, &bed.ada.id, bed.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert!(bed.redeem(&code, &[]).await.is_err());
}
