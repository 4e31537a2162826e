//! Whether to believe an ID token: OpenID Connect Core §3.1.3.7, rule by rule.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value as Json;
use store::Time;

use super::error::Error;

/// Claims as they came.
pub(super) type Claims = serde_json::Map<String, Json>;

/// Signed with a key that only the issuer has; never `none`, never a shared secret.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::ES256, Algorithm::RS256];

/// Seconds that two clocks may differ.
const LEEWAY: u64 = 10;

/// What the token must agree with.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// Sent with this very login.
    pub(super) nonce: &'a str,
    /// Came together with the token.
    pub(super) access_token: &'a str,
    /// The person must have proven who they are since then, because `max_age=0` was asked for.
    pub(super) proven_since: Option<Time>,
}

/// The key that a token says it was signed with, if the set has it.
pub(super) fn find_key<'a>(token: &str, keys: &'a JwkSet) -> Result<Option<&'a Jwk>, Error> {
    let kid = decode_header(token).map_err(refuse)?.kid;
    Ok(keys.find(&kid.ok_or_else(|| refuse("it names no key"))?))
}

/// The claims of a token that is genuine, for this client, fresh, and of this login.
pub(super) fn verify(token: &str, key: &Jwk, expected: &Expected<'_>) -> Result<Claims, Error> {
    let algorithm = decode_header(token).map_err(refuse)?.alg;
    if !ALGORITHMS.contains(&algorithm) {
        return Err(refuse("its algorithm is none that Wiki takes"));
    }
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    let key = DecodingKey::from_jwk(key).map_err(refuse)?;
    let claims = decode::<Claims>(token, &key, &validation).map_err(refuse)?.claims;
    check_party(&claims, expected)?;
    check_nonce(&claims, expected)?;
    check_access_token(&claims, expected)?;
    check_auth_time(&claims, expected)?;
    Ok(claims)
}

/// Rules 3 to 5: made for this client, and for no one beside it without saying so.
fn check_party(claims: &Claims, expected: &Expected<'_>) -> Result<(), Error> {
    let azp = claims.get("azp").and_then(Json::as_str);
    let several = claims.get("aud").and_then(Json::as_array).is_some_and(|all| all.len() > 1);
    match azp {
        Some(party) if party == expected.client_id => Ok(()),
        None if !several => Ok(()),
        _ => Err(refuse("it was made for another client")),
    }
}

/// Rule 11: of this login and no other.
fn check_nonce(claims: &Claims, expected: &Expected<'_>) -> Result<(), Error> {
    let is_same = claims.get("nonce").and_then(Json::as_str) == Some(expected.nonce);
    if is_same { Ok(()) } else { Err(refuse("its nonce is of another login")) }
}

/// §3.1.3.8: the access token is the one that the issuer made with it.
fn check_access_token(claims: &Claims, expected: &Expected<'_>) -> Result<(), Error> {
    let Some(hash) = claims.get("at_hash") else { return Ok(()) };
    let digest = digest(&SHA256, expected.access_token.as_bytes());
    let half = BASE64URL_NOPAD.encode(&digest.as_ref()[..16]);
    let is_same = hash.as_str() == Some(half.as_str());
    if is_same { Ok(()) } else { Err(refuse("it belongs to another access token")) }
}

/// Rule 13: a fresh proof where one was asked for.
fn check_auth_time(claims: &Claims, expected: &Expected<'_>) -> Result<(), Error> {
    let Some(since) = expected.proven_since else { return Ok(()) };
    let auth_time = claims.get("auth_time").and_then(Json::as_i64);
    let leeway = i64::try_from(LEEWAY).unwrap_or(0);
    if auth_time.is_some_and(|at| at.saturating_add(leeway) >= since.timestamp()) {
        return Ok(());
    }
    Err(refuse("the person proved who they are before Wiki asked to do so afresh"))
}

fn refuse(why: impl std::fmt::Display) -> Error {
    Error::IdToken(why.to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;
    use store::Ambient;

    use super::*;

    struct Issuer(EncodingKey);

    impl Issuer {
        fn new() -> Self {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
            Self(EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()))
        }

        fn keys(&self) -> JwkSet {
            let mut key = Jwk::from_encoding_key(&self.0, Algorithm::ES256).unwrap();
            key.common.key_id = Some("one".to_owned());
            JwkSet { keys: vec![key] }
        }

        fn sign(&self, claims: &Json) -> String {
            let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::ES256) };
            encode(&header, claims, &self.0).unwrap()
        }
    }

    fn good() -> Json {
        let now = Ambient::system().now().timestamp();
        json!({
            "iss": "http://127.0.0.1:8080", "sub": "1", "aud": "wiki", "nonce": "n",
            "iat": now, "exp": now + 300, "auth_time": now - 60,
        })
    }

    fn expected() -> Expected<'static> {
        Expected {
            issuer: "http://127.0.0.1:8080",
            client_id: "wiki",
            nonce: "n",
            access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
            proven_since: None,
        }
    }

    fn verdict(claims: &Json, expected: &Expected<'_>) -> Result<Claims, Error> {
        let issuer = Issuer::new();
        let (token, keys) = (issuer.sign(claims), issuer.keys());
        verify(&token, find_key(&token, &keys)?.unwrap(), expected)
    }

    #[test]
    fn a_good_token_is_believed() {
        assert_eq!(verdict(&good(), &expected()).unwrap()["sub"], "1");
        // The example of OpenID Connect Core, appendix A.3.
        let mut claims = good();
        claims["at_hash"] = json!("77QmUPtjPfzWtF2AnpK9RQ");
        verdict(&claims, &expected()).unwrap();
    }

    #[test]
    fn each_claim_that_disagrees_is_refused() {
        let past = json!(Ambient::system().now().timestamp() - 60);
        for (name, value) in [
            ("iss", json!("http://127.0.0.1:9")),
            ("aud", json!("other")),
            ("aud", json!(["wiki", "other"])),
            ("azp", json!("other")),
            ("nonce", json!("m")),
            ("nonce", Json::Null),
            ("exp", past),
            ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RA")),
        ] {
            let mut claims = good();
            claims[name] = value;
            let error = verdict(&claims, &expected()).unwrap_err();
            assert_eq!(error.code(), "invalid_id_token", "{name}: {error}");
        }
        for name in ["iss", "sub", "aud", "exp", "nonce"] {
            let mut claims = good();
            claims.as_object_mut().unwrap().remove(name);
            verdict(&claims, &expected()).unwrap_err();
        }
    }

    #[test]
    fn a_proof_from_before_the_question_is_not_fresh() {
        let now = Ambient::system().now();
        let expected = Expected { proven_since: Some(now), ..expected() };
        verdict(&good(), &expected).unwrap_err();
        let mut claims = good();
        claims["auth_time"] = json!(now.timestamp());
        verdict(&claims, &expected).unwrap();
    }

    #[test]
    fn a_token_of_another_issuer_or_without_a_signature_is_refused() {
        let (mine, other) = (Issuer::new(), Issuer::new());
        let (keys, token) = (mine.keys(), other.sign(&good()));
        let key = find_key(&token, &keys).unwrap().unwrap();
        verify(&token, key, &expected()).unwrap_err();

        let body = BASE64URL_NOPAD.encode(good().to_string().as_bytes());
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"none","kid":"one"}"#);
        find_key(&format!("{header}.{body}."), &keys).unwrap_err();
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","kid":"one"}"#);
        verify(&format!("{header}.{body}.c2ln"), key, &expected()).unwrap_err();
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"ES256","kid":"two"}"#);
        assert!(find_key(&format!("{header}.{body}.c2ln"), &keys).unwrap().is_none());
    }
}
