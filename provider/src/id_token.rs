//! The ID token (OpenID Connect Core §2).

use assurance::{Acr, Admitted, Amr};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How long an ID token can be taken, in seconds.
pub(crate) const LIFETIME_SECONDS: i64 = 3600;

/// What an ID token says. The claims of the authentication state what was proven in this session.
#[derive(Debug, Serialize)]
pub(crate) struct IdToken<'a> {
    pub(crate) iss: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) aud: &'a str,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<&'a str>,
    pub(crate) acr: &'static str,
    /// Left out where no method has a registered value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) amr: Vec<&'static str>,
    pub(crate) at_hash: String,
    pub(crate) sid: &'a str,
    /// Claims about the person that were asked for one by one.
    #[serde(flatten)]
    pub(crate) about: Map<String, Value>,
}

/// What is read of an ID token that comes back as a hint. That it has expired does not matter
/// (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Hint {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
}

/// The level to report. Where the client named levels, the strongest of them that was reached
/// (§5.5.1.1: what is returned must be one that was asked for); each level holds the ones below.
pub(crate) fn acr(admitted: &Admitted, asked: &[Acr]) -> &'static str {
    let reached = asked.iter().copied().filter(|acr| *acr <= admitted.level()).max();
    reached.unwrap_or_else(|| admitted.level()).as_str()
}

/// The methods (RFC 8176).
pub(crate) fn amr(admitted: &Admitted) -> Vec<&'static str> {
    admitted.amr().iter().copied().map(Amr::as_str).collect()
}

/// The digest that binds the access token to the ID token (§3.1.3.6); both algorithms use SHA-256.
pub(crate) fn at_hash(access_token: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, access_token.as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&digest.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_left_half_of_the_digest() {
        // OpenID Connect Core §A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
