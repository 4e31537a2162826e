//! Metadata and keys.

use provider::Provider;
use serde_json::Value;

use crate::harness::{Bed, ISSUER, verify};

fn json(document: &provider::Published) -> Value {
    serde_json::from_slice(&document.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_is_this_issuers_and_true() {
    let bed = Bed::new().await;
    let metadata = json(&bed.provider.discovery());
    assert_eq!(metadata["issuer"], ISSUER);
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(value.as_str().unwrap().starts_with("https://id.example/oauth/"), "{name}");
        }
    }
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_have_names_and_no_private_parts() {
    let bed = Bed::new().await;
    let keys = json(&bed.provider.jwks());
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0]["kid"], keys[1]["kid"]);
    for key in keys {
        assert_eq!(key["use"], "sig");
        let mut names: Vec<&String> = key.as_object().unwrap().keys().collect();
        names.sort();
        let public = if key["kty"] == "EC" {
            ["alg", "crv", "kid", "kty", "use", "x", "y"].as_slice()
        } else {
            ["alg", "e", "kid", "kty", "n", "use"].as_slice()
        };
        assert_eq!(names, public);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_outlive_the_process_and_are_sealed() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let token = bed.tokens(&ada, &[]).await.id_token.unwrap();
    let (one, other) = tokio::join!(
        Provider::open(bed.store.clone(), ISSUER.to_owned()),
        Provider::open(bed.store.clone(), ISSUER.to_owned()),
    );
    for again in [one.unwrap(), other.unwrap()] {
        assert_eq!(again.jwks().body, bed.provider.jwks().body);
        assert_eq!(again.jwks().etag, bed.provider.jwks().etag);
        assert!(verify(&json(&again.jwks()), &token).is_some());
    }
    let mut conn = bed.store.read().await.unwrap();
    for key in store::signing_key::all(&mut conn).await.unwrap() {
        let elsewhere = store::signing_key::place(&store::Id::from("another"));
        assert!(bed.store.sealer().open(&elsewhere, &key.sealed).is_err());
        // An unsealed PKCS #8 document would begin with a sequence.
        assert!(!key.sealed.starts_with(&[0x30, 0x81]) && !key.sealed.starts_with(&[0x30, 0x82]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_is_replaced_and_still_verifies() {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let token = bed.tokens(&ada, &[]).await.id_token.unwrap();
    let mut unit = bed.store.write().await.unwrap();
    for key in store::signing_key::all(&mut unit).await.unwrap() {
        store::signing_key::retire(&mut unit, &key.id, bed.now()).await.unwrap();
    }
    unit.commit().await.unwrap();
    bed.provider.reload_keys().await.unwrap();
    let keys = json(&bed.provider.jwks());
    assert_eq!(keys["keys"].as_array().unwrap().len(), 4);
    assert!(verify(&keys, &token).is_some());
    let new = bed.tokens(&ada, &[]).await.id_token.unwrap();
    assert!(verify(&keys, &new).is_some());
    assert_ne!(new.split('.').next(), token.split('.').next());
}
