//! The token endpoint: codes, clients, ID tokens.

use std::sync::Arc;

use provider::Trace;
use provider::token::TokenError;
use serde_json::json;
use store::client::{Kind, SigningAlgorithm};

use crate::harness::{Bed, CALLBACK, ISSUER, SECRET, VERIFIER, at_hash, basic, pairs, settings};

fn code_of(error: &TokenError) -> (u16, &'static str) {
    (error.status, error.error.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_says_what_was_proven() {
    let bed = Bed::new().await;
    for algorithm in [SigningAlgorithm::ES256, SigningAlgorithm::RS256] {
        bed.change_wiki(|wiki| wiki.settings.id_token_signed_response_alg = algorithm).await;
        let ada = bed.sign_in(false).await;
        let signed_in = bed.now().timestamp();
        bed.pass(90);
        let tokens = bed.tokens(&ada, &[]).await;
        assert_eq!((tokens.token_type, tokens.expires_in), ("Bearer", 3600));
        assert_eq!(tokens.scope, "openid profile email");
        let claims = bed.claims(&tokens.id_token.unwrap());
        let now = bed.now().timestamp();
        assert_eq!(
            claims,
            json!({
                "iss": ISSUER,
                "sub": bed.ada.id,
                "aud": "wiki",
                "exp": now + 3600,
                "iat": now,
                "auth_time": signed_in,
                "nonce": "a nonce",
                "acr": "aal1",
                "amr": ["pwd"],
                "at_hash": at_hash(&tokens.access_token),
                "sid": ada.0.id,
            })
        );
    }
    assert_eq!(bed.events("token_issued").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_nonce_none_is_returned_and_claims_can_be_asked_for() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let claims =
        r#"{"id_token":{"email":null,"sub":null,"acr":null,"unknown":{"essential":true}}}"#;
    let tokens = bed.tokens(&ada, &[("nonce", ""), ("claims", claims), ("scope", "openid")]).await;
    let claims = bed.claims(&tokens.id_token.unwrap());
    assert_eq!(claims["email"], "ada@acme.example");
    assert!(claims.get("nonce").is_none() && claims.get("name").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_use_of_a_code_revokes_the_first() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let code = bed.code(&ada, &[]).await;
    let tokens = bed.redeem(&code, &[]).await.unwrap();
    assert!(bed.userinfo(&tokens.access_token).await.is_ok());
    bed.pass(120);
    let again = bed.redeem(&code, &[]).await.unwrap_err();
    assert_eq!(code_of(&again), (400, "invalid_grant"));
    assert_eq!(bed.userinfo(&tokens.access_token).await, Err(401));
    assert_eq!(bed.events("code_reused").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_simultaneous_redemptions_one_succeeds() {
    let bed = Arc::new(Bed::new().await);
    let ada = bed.sign_in(false).await;
    let code = bed.code(&ada, &[]).await;
    let tries = (0..20).map(|_| {
        let (bed, code) = (bed.clone(), code.clone());
        tokio::spawn(async move { bed.redeem(&code, &[]).await })
    });
    let mut won = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(tokens) => won.push(tokens),
            Err(error) => assert_eq!(code_of(&error), (400, "invalid_grant")),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(bed.userinfo(&won[0].access_token).await, Err(401), "somebody holds a copy");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_failed_redemption_burns_the_code() {
    let bed = Bed::new().await;
    bed.client("other", Some("other's"), settings()).await;
    let ada = bed.sign_in(false).await;
    let short = &VERIFIER[..42];
    for (changes, error) in [
        (&[("code_verifier", "")][..], "invalid_grant"),
        (&[("code_verifier", short)], "invalid_grant"),
        (&[("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")], "invalid_grant"),
        (&[("redirect_uri", "https://wiki.example/cb?a=b")], "invalid_grant"),
        (&[("redirect_uri", "")], "invalid_request"),
    ] {
        let code = bed.code(&ada, &[]).await;
        let refused = bed.redeem(&code, changes).await.unwrap_err();
        assert_eq!(code_of(&refused), (400, error), "{changes:?}");
        let again = bed.redeem(&code, &[]).await.unwrap_err();
        assert_eq!(code_of(&again), (400, "invalid_grant"), "{changes:?}");
    }
    let code = bed.code(&ada, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let other = basic("other", "other's");
    let foreign = bed.provider.token(Some(&other), pairs(&fields), &Trace::default()).await;
    assert_eq!(code_of(&foreign.unwrap_err()), (400, "invalid_grant"));
    assert!(bed.redeem(&code, &[]).await.is_err(), "another client had it");
    assert_eq!((bed.events("code_refused").await, bed.events("code_reused").await), (6, 6));
    assert_eq!(bed.events("token_issued").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lives_a_minute_and_looks_like_nothing_else() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let code = bed.code(&ada, &[]).await;
    bed.pass(60);
    assert!(bed.redeem(&code, &[]).await.is_err());
    let tokens = bed.tokens(&ada, &[]).await;
    assert!(bed.redeem(&tokens.access_token, &[]).await.is_err(), "an access token");
    let code = bed.code(&ada, &[]).await;
    assert_eq!(bed.userinfo(&code).await, Err(401));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_who_it_is_in_one_way() {
    let bed = Bed::new().await;
    let mut native = settings();
    native.kind = Kind::Public;
    bed.client("native", None, native).await;
    let grant = ("grant_type", "authorization_code");
    let ask = async |header: Option<String>, fields: &[(&str, &str)]| {
        let fields = pairs(&[&[grant, ("code", "made-up")], fields].concat());
        let answer = bed.provider.token(header.as_deref(), fields, &Trace::default()).await;
        let error = answer.unwrap_err();
        (error.status, error.error.as_str(), error.www_authenticate.is_some())
    };
    let known = (400, "invalid_grant", false);
    assert_eq!(ask(Some(basic("wiki", SECRET)), &[]).await, known);
    assert_eq!(ask(Some(basic("wiki", SECRET)), &[("client_id", "wiki")]).await, known);
    assert_eq!(ask(None, &[("client_id", "wiki"), ("client_secret", SECRET)]).await, known);
    assert_eq!(ask(None, &[("client_id", "native")]).await, known);

    let challenged = (401, "invalid_client", true);
    assert_eq!(ask(Some(basic("wiki", "wrong")), &[]).await, challenged);
    assert_eq!(ask(Some(basic("unknown", SECRET)), &[]).await, challenged);
    assert_eq!(ask(Some(basic("native", "x")), &[]).await, challenged);
    assert_eq!(ask(Some("Bearer x".to_owned()), &[]).await, challenged);
    let unknown = (401, "invalid_client", false);
    assert_eq!(ask(None, &[]).await, unknown);
    assert_eq!(ask(None, &[("client_id", "wiki")]).await, unknown);
    assert_eq!(ask(None, &[("client_id", "wiki"), ("client_secret", "wrong")]).await, unknown);
    assert_eq!(ask(None, &[("client_id", "native"), ("client_secret", "x")]).await, unknown);

    let wrong = (400, "invalid_request", false);
    assert_eq!(ask(Some(basic("wiki", SECRET)), &[("client_secret", SECRET)]).await, wrong);
    assert_eq!(ask(Some(basic("wiki", SECRET)), &[("client_id", "native")]).await, wrong);
    assert_eq!(ask(Some(basic("wiki", SECRET)), &[grant]).await, wrong);

    let now = bed.now();
    bed.change_wiki(|wiki| wiki.disabled_at = Some(now)).await;
    assert_eq!(ask(Some(basic("wiki", SECRET)), &[]).await, challenged);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_grant() {
    let bed = Bed::new().await;
    for (grant, error) in [
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unsupported_grant_type"),
        ("refresh_token", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:token-exchange", "unsupported_grant_type"),
        ("", "invalid_request"),
    ] {
        let answer = bed.redeem("made-up", &[("grant_type", grant)]).await;
        assert_eq!(code_of(&answer.unwrap_err()), (400, error), "{grant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gives_its_own_tokens_back() {
    let bed = Bed::new().await;
    bed.client("other", Some("other's"), settings()).await;
    let ada = bed.sign_in(false).await;
    let (one, two) = (bed.tokens(&ada, &[]).await, bed.tokens(&ada, &[]).await);
    let revoke = async |client: &str, secret: &str, token: &str| {
        let header = basic(client, secret);
        let fields = pairs(&[("token", token), ("token_type_hint", "refresh_token")]);
        let answer = bed.provider.revoke(Some(&header), fields, &Trace::default()).await;
        answer.map_err(|error| code_of(&error))
    };
    assert_eq!(revoke("other", "other's", &one.access_token).await, Ok(()));
    assert_eq!(revoke("wiki", SECRET, "made-up").await, Ok(()));
    assert_eq!(revoke("wiki", "wrong", &one.access_token).await, Err((401, "invalid_client")));
    assert_eq!(revoke("wiki", SECRET, "").await, Err((400, "invalid_request")));
    assert!(bed.userinfo(&one.access_token).await.is_ok(), "nobody else's word counts");
    assert_eq!(bed.events("token_revoked").await, 0);
    assert_eq!(revoke("wiki", SECRET, &one.access_token).await, Ok(()));
    assert_eq!(revoke("wiki", SECRET, &one.access_token).await, Ok(()));
    assert_eq!(bed.userinfo(&one.access_token).await, Err(401));
    assert!(bed.userinfo(&two.access_token).await.is_ok(), "another grant");
}
