//! Claims about the person, and what ends an access token.

use serde_json::json;
use store::{session, user};

use crate::harness::{Bed, pairs};

#[tokio::test(flavor = "multi_thread")]
async fn scopes_and_single_claims_decide_what_is_told() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let tell = async |changes: &[(&str, &str)]| {
        bed.userinfo(&bed.tokens(&ada, changes).await.access_token).await.unwrap()
    };
    let sub = &bed.ada.id;
    assert_eq!(tell(&[("scope", "openid")]).await, json!({ "sub": sub }));
    assert_eq!(
        tell(&[("scope", "openid email")]).await,
        json!({ "sub": sub, "email": "ada@acme.example", "email_verified": true })
    );
    // What a person or a flow wrote takes no other claim's name.
    assert_eq!(
        tell(&[("scope", "openid profile")]).await,
        json!({
            "sub": sub,
            "name": "Ada Lovelace",
            "preferred_username": "ada",
            "locale": "de",
            "updated_at": bed.ada.updated_at.timestamp(),
            "given_name": "Ada",
        })
    );
    let claims = r#"{"userinfo":{"name":{"essential":true},"acr":null,"picture":null}}"#;
    assert_eq!(
        tell(&[("scope", "openid"), ("claims", claims)]).await,
        json!({ "sub": sub, "name": "Ada Lovelace" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_may_stand_in_the_body() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let tokens = bed.tokens(&ada, &[]).await;
    let body = pairs(&[("access_token", &tokens.access_token)]);
    let claims = bed.provider.userinfo(None, &body).await.unwrap();
    assert_eq!(claims["sub"], bed.ada.id.as_str());
    let header = format!("Bearer {}", tokens.access_token);
    assert_eq!(bed.provider.userinfo(Some(&header), &body).await.unwrap_err().status, 400);
    let none = bed.provider.userinfo(None, &[]).await.unwrap_err();
    assert_eq!(none.www_authenticate, Some(r#"Bearer realm="flowgate""#));
    let wrong = bed.provider.userinfo(Some("Bearer wrong"), &[]).await.unwrap_err();
    assert!(wrong.www_authenticate.unwrap().contains(r#"error="invalid_token""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_openid_tells_nothing() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let tokens = bed.tokens(&ada, &[("scope", "profile")]).await;
    assert_eq!(bed.userinfo(&tokens.access_token).await, Err(403));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time_its_session_its_person_and_its_client() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let token = bed.tokens(&ada, &[]).await.access_token;
    bed.pass(3599);
    assert!(bed.userinfo(&token).await.is_ok());
    bed.pass(1);
    assert_eq!(bed.userinfo(&token).await, Err(401));

    let token = bed.tokens(&ada, &[]).await.access_token;
    let mut unit = bed.store.write().await.unwrap();
    session::end(&mut unit, &ada.0.id, bed.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(bed.userinfo(&token).await, Err(401));

    let ada = bed.sign_in(false).await;
    let token = bed.tokens(&ada, &[]).await.access_token;
    let epoch = async |by: i64| {
        bed.change_wiki(|wiki| wiki.security_epoch += by).await;
        bed.userinfo(&token).await
    };
    assert_eq!(epoch(1).await, Err(401));
    assert!(epoch(-1).await.is_ok());
    let mut unit = bed.store.write().await.unwrap();
    user::set_disabled(&mut unit, &bed.ada.id, Some(bed.now()), bed.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(bed.userinfo(&token).await, Err(401));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_never_outlives_its_session() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    bed.pass(12 * 3600 - 100);
    assert_eq!(bed.tokens(&ada, &[]).await.expires_in, 100);
}
