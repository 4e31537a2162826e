//! Proof Key for Code Exchange (RFC 7636): `S256` alone, required of public clients and, unless its
//! blueprint says otherwise, of every client (RFC 9700 §2.1.1).

use store::client::{Client, Kind, Pkce};

use crate::Refusal;
use crate::params::Params;

/// The length of a SHA-256 in base64url.
const LENGTH: usize = 43;

pub(super) fn check(params: &Params, client: &Client) -> Result<Option<String>, Refusal> {
    let method = params.get("code_challenge_method");
    let Some(challenge) = params.get("code_challenge") else {
        let is_required =
            client.settings.kind == Kind::Public || client.settings.pkce == Pkce::Required;
        return match method {
            None if is_required => Err(Refusal::invalid_request(
                "code_challenge is missing: this client must use PKCE (RFC 7636).",
            )),
            None => Ok(None),
            Some(_) => Err(Refusal::invalid_request(
                "code_challenge_method was sent without a code_challenge.",
            )),
        };
    };
    // Left out, the method would be plain (§4.3).
    if method != Some("S256") {
        return Err(Refusal::invalid_request("code_challenge_method must be S256."));
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if challenge.len() != LENGTH || !challenge.bytes().all(is_base64url) {
        return Err(Refusal::invalid_request(
            "code_challenge must be the SHA-256 of the verifier in base64url: 43 characters.",
        ));
    }
    Ok(Some(challenge.to_owned()))
}

/// The challenge that belongs to a verifier (§4.2).
pub(crate) fn challenge_of(verifier: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(digest.as_ref())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_the_specification() {
        // RFC 7636 appendix B.
        assert_eq!(
            super::challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
