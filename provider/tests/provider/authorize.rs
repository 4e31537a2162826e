//! What is asked of the parameters, and where errors go.

use provider::authorize::{Authorize, PageProblem};
use store::client::{Kind, Pkce};

use crate::harness::{Bed, CALLBACK, answer, error, page, request, settings, waiting};

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_in_person_is_answered_at_once() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let fields = answer(bed.authorize(request(&[("extra", "foobar")]), Some(&ada)).await);
    assert_eq!(fields["state"], "a state");
    assert_eq!(fields["code"].len(), 43, "256 bits");
    assert_eq!(fields.len(), 3);
    assert_eq!(bed.events("authorization_granted").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_anywhere_before_client_and_uri_are_certain() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let twice = |name: &str, value: &str| {
        let mut params = request(&[]);
        params.push((name.to_owned(), value.to_owned()));
        params
    };
    // Whatever else is wrong with the request.
    let wrong =
        [("response_type", "token"), ("scope", "nonsense"), ("request", "x"), ("prompt", "none")];
    for (changes, problem) in [
        (("client_id", "unknown"), PageProblem::Client),
        (("client_id", ""), PageProblem::Client),
        (("client_id", "wi\0ki"), PageProblem::Client),
        (("redirect_uri", ""), PageProblem::RedirectUri),
        (("redirect_uri", "https://evil.example/cb"), PageProblem::RedirectUri),
        (("redirect_uri", "https://wiki.example/cb/"), PageProblem::RedirectUri),
        (("redirect_uri", "https://wiki.example/cb?a=b&c"), PageProblem::RedirectUri),
    ] {
        let mut all = wrong.to_vec();
        all.push(changes);
        for session in [None, Some(&ada)] {
            let page = page(bed.authorize(request(&all), session).await);
            assert_eq!(page.problem, problem, "{changes:?}");
        }
    }
    let shown = page(bed.authorize(twice("redirect_uri", CALLBACK), Some(&ada)).await);
    assert_eq!(shown.problem, PageProblem::RedirectUri);
    let shown = page(bed.authorize(twice("client_id", "wiki"), Some(&ada)).await);
    assert_eq!(shown.problem, PageProblem::Client);

    bed.change_wiki(|wiki| wiki.settings.redirect_uris.clear()).await;
    let shown = page(bed.authorize(request(&[]), Some(&ada)).await);
    assert_eq!(shown.problem, PageProblem::RedirectUri, "an empty list adopts nothing");
    let now = bed.now();
    bed.change_wiki(|wiki| wiki.disabled_at = Some(now)).await;
    let shown = page(bed.authorize(request(&[]), Some(&ada)).await);
    assert_eq!(shown.problem, PageProblem::Client);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_dangerous_since_it_was_registered_is_not_used() {
    let mut wiki = settings();
    wiki.redirect_uris = ["javascript:alert(1)", "data:text/html,x", "https://a.example/#x"]
        .map(str::to_owned)
        .to_vec();
    let uris = wiki.redirect_uris.clone();
    let bed = Bed::with(wiki).await;
    for uri in uris {
        for mode in ["query", "form_post"] {
            let params = request(&[("redirect_uri", &uri), ("response_mode", mode)]);
            let shown = page(bed.authorize(params, None).await);
            assert_eq!(shown.problem, PageProblem::RedirectUri, "{uri}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_wrong_is_refused_with_the_right_code() {
    let bed = Bed::new().await;
    let long = "x".repeat(2049);
    for (changes, code) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_type", "none")], "unsupported_response_type"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "nonsense offline_access")], "invalid_scope"),
        (&[("request", "eyJhbGciOiJub25lIn0.e30.")], "request_not_supported"),
        (&[("request_uri", "https://wiki.example/r")], "request_uri_not_supported"),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "+1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("claims", "[]")], "invalid_request"),
        (&[("claims", "{")], "invalid_request"),
        (&[("id_token_hint", "nonsense")], "invalid_request"),
        (&[("nonce", "a\tb")], "invalid_request"),
        (&[("login_hint", &long)], "invalid_request"),
        (
            &[("claims", r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#)],
            "unmet_authentication_requirements",
        ),
    ] {
        assert_eq!(error(bed.authorize(request(changes), None).await), code, "{changes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_trusted_is_not_sent_back() {
    let bed = Bed::new().await;
    let mut params = request(&[]);
    params.push(("state".to_owned(), "another".to_owned()));
    let fields = answer(bed.authorize(params, None).await);
    assert_eq!(fields["error"], "invalid_request");
    assert!(!fields.contains_key("state"));
    for state in ["a\r\nSet-Cookie: x", &"x".repeat(2049)] {
        let fields = answer(bed.authorize(request(&[("state", state)]), None).await);
        assert_eq!(fields["error"], "invalid_request");
        assert!(!fields.contains_key("state"));
    }
    let state = "\"><script>alert(1)</script>&iss=https://evil.example#";
    let fields = answer(bed.authorize(request(&[("state", state), ("scope", "")]), None).await);
    assert_eq!(fields["state"], state);
}

#[tokio::test(flavor = "multi_thread")]
async fn public_clients_always_need_pkce_and_others_unless_told_otherwise() {
    let bed = Bed::new().await;
    let mut native = settings();
    native.kind = Kind::Public;
    native.pkce = Pkce::Optional;
    native.redirect_uris.push("http://127.0.0.1/cb".to_owned());
    bed.client("native", None, native).await;
    let without = [("client_id", "native"), ("code_challenge", ""), ("code_challenge_method", "")];
    assert_eq!(error(bed.authorize(request(&without), None).await), "invalid_request");
    let port = [("client_id", "native"), ("redirect_uri", "http://127.0.0.1:51004/cb")];
    waiting(bed.authorize(request(&port), None).await);

    let ada = bed.sign_in(false).await;
    bed.change_wiki(|wiki| wiki.settings.pkce = Pkce::Optional).await;
    let code = bed.code(&ada, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    assert!(bed.redeem(&code, &[]).await.is_err(), "a verifier that nobody announced");
    let code = bed.code(&ada, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    assert!(bed.redeem(&code, &[("code_verifier", "")]).await.is_ok());
    let plain = request(&[("code_challenge_method", "plain")]);
    assert_eq!(error(bed.authorize(plain, None).await), "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_can_carry_the_answer() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    for (session, name) in [(Some(&ada), "code"), (None, "error")] {
        let params = request(&[("response_mode", "form_post"), ("prompt", "none")]);
        let Authorize::FormPost { action, fields } = bed.authorize(params, session).await else {
            panic!("no form");
        };
        assert_eq!(action, CALLBACK);
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        assert!(names.contains(&name) && names.contains(&"iss") && names.contains(&"state"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_that_the_client_may_not_use_are_left_out() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let tokens = bed.tokens(&ada, &[("scope", "email openid groups offline_access email")]).await;
    assert_eq!(tokens.scope, "email openid");
    let tokens = bed.tokens(&ada, &[("scope", "profile")]).await;
    assert!(tokens.id_token.is_none(), "no OpenID request");
}
