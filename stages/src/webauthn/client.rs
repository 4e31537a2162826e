//! What a browser or an app sent: checked here for everything that the library reads leniently or
//! not at all, before the library sees it.

use data_encoding::BASE64URL_NOPAD;
use engine::RelyingParty;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::Refusal;

/// No answer of an authenticator is longer, in bytes of JSON; certificates of an attestation and a
/// large key (RSA 4096) have room.
const MAX_BYTES: usize = 32 * 1024;

/// A credential's id has at most so many bytes (Web Authentication Level 3 §7.1.25).
pub(super) const MAX_CREDENTIAL_ID: usize = 1023;

/// Which ceremony it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    /// A new credential.
    Create,
    /// A proof of possession.
    Get,
}

impl Ceremony {
    const fn client_data_type(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// An answer whose outside is right.
pub(super) struct Sent<T> {
    /// The library's reading of it.
    pub(super) credential: T,
    /// The credential's id: base64url, as `id` has it.
    pub(super) id: String,
}

/// As `PublicKeyCredential.toJSON()` makes it (§5.1), as far as it is read here.
#[derive(Deserialize)]
struct Outside {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
}

/// The client data (§5.8.1). Members that are not known are the future's.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: Option<bool>,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<Value>,
}

/// Reads `credential`: an object, or in a form's field the same as text.
pub(super) fn read<T: DeserializeOwned>(
    party: &RelyingParty,
    ceremony: Ceremony,
    credential: &Value,
) -> Result<Sent<T>, Refusal> {
    let text = match credential {
        Value::String(text) => text.clone(),
        Value::Object(_) => credential.to_string(),
        _ => return Err(Refusal::Unreadable),
    };
    if text.len() > MAX_BYTES {
        return Err(Refusal::Unreadable);
    }
    let outside: Outside = serde_json::from_str(&text).map_err(|_| Refusal::Unreadable)?;
    if outside.kind != "public-key" {
        return Err(Refusal::Type);
    }
    // The library looks at `rawId` alone. Whoever reads the other one must find the same (A-85).
    let raw = BASE64URL_NOPAD.decode(outside.raw_id.as_bytes()).map_err(|_| Refusal::Unreadable)?;
    if outside.id != outside.raw_id || raw.is_empty() {
        return Err(Refusal::Id);
    }
    if raw.len() > MAX_CREDENTIAL_ID {
        return Err(Refusal::CredentialId);
    }
    check_client_data(party, ceremony, &outside.response.client_data)?;
    let credential = serde_json::from_str(&text).map_err(|_| Refusal::Unreadable)?;
    Ok(Sent { credential, id: outside.id })
}

/// The library compares origins as URLs, which forgives capitals, default ports, tabs and paths. An
/// origin that a browser writes has one spelling (§13.4.9), so bytes are compared.
fn check_client_data(
    party: &RelyingParty,
    ceremony: Ceremony,
    encoded: &str,
) -> Result<(), Refusal> {
    let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| Refusal::Unreadable)?;
    let data: ClientData = serde_json::from_slice(&bytes).map_err(|_| Refusal::Unreadable)?;
    if data.kind != ceremony.client_data_type() {
        return Err(Refusal::Type);
    }
    if !party.origins.contains(&data.origin) {
        return Err(Refusal::Origin);
    }
    if data.cross_origin == Some(true) || data.top_origin.is_some() {
        return Err(Refusal::CrossOrigin);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn party() -> RelyingParty {
        RelyingParty {
            id: "acme.example".to_owned(),
            name: "acme.example".to_owned(),
            origins: vec!["https://acme.example".to_owned()],
            attestation_roots: String::new(),
        }
    }

    fn sent(client_data: &str) -> Value {
        let client_data = BASE64URL_NOPAD.encode(client_data.as_bytes());
        json!({ "id": "AQID", "rawId": "AQID", "type": "public-key",
            "response": { "clientDataJSON": client_data } })
    }

    fn outcome(credential: &Value) -> Result<String, Refusal> {
        read::<Value>(&party(), Ceremony::Get, credential).map(|sent| sent.id)
    }

    const GOOD: &str = r#"{"type":"webauthn.get","challenge":"x","origin":"https://acme.example"}"#;

    #[test]
    fn an_object_and_the_same_as_text_are_read_alike() {
        assert_eq!(outcome(&sent(GOOD)).unwrap(), "AQID");
        assert_eq!(outcome(&json!(sent(GOOD).to_string())).unwrap(), "AQID");
        for bad in [json!(null), json!([]), json!("{"), json!({}), json!(true), json!("")] {
            assert_eq!(outcome(&bad), Err(Refusal::Unreadable), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_compared_byte_by_byte() {
        for origin in [
            "http://acme.example",
            "https://acme.example/",
            "https://acme.example:443",
            "HTTPS://acme.example",
            "https://ACME.example",
            "https://badacme.example",
            "https://id.acme.example",
            "https://acme.example.evil.example",
            "https://acme.example.",
            " https://acme.example",
            "https://acme.example:8443",
            "null",
            "",
        ] {
            let data = json!({ "type": "webauthn.get", "challenge": "x", "origin": origin });
            assert_eq!(outcome(&sent(&data.to_string())), Err(Refusal::Origin), "{origin}");
        }
    }

    #[test]
    fn an_answer_from_within_another_site_is_refused() {
        for (member, value) in
            [("crossOrigin", json!(true)), ("topOrigin", json!("https://evil.example"))]
        {
            let mut data: Value = serde_json::from_str(GOOD).unwrap();
            data[member] = value;
            assert_eq!(outcome(&sent(&data.to_string())), Err(Refusal::CrossOrigin), "{member}");
        }
        let data = GOOD.replace("\"challenge\"", "\"crossOrigin\":false,\"challenge\"");
        assert!(outcome(&sent(&data)).is_ok());
    }

    #[test]
    fn a_member_that_stands_twice_is_read_by_nobody() {
        let data = GOOD.replace("\"origin\"", "\"origin\":\"https://evil.example\",\"origin\"");
        assert_eq!(outcome(&sent(&data)), Err(Refusal::Unreadable));
        let text = sent(GOOD).to_string().replacen("\"id\"", "\"id\":\"AQIE\",\"id\"", 1);
        assert_eq!(outcome(&json!(text)), Err(Refusal::Unreadable));
    }

    #[test]
    fn both_ids_are_the_same_bytes_in_one_spelling_and_not_too_long() {
        let with = |id: &str, raw: &str| {
            let mut credential = sent(GOOD);
            credential["id"] = json!(id);
            credential["rawId"] = json!(raw);
            outcome(&credential)
        };
        assert_eq!(with("AQIE", "AQID"), Err(Refusal::Id));
        assert_eq!(with("", ""), Err(Refusal::Id));
        assert_eq!(with("AQI=", "AQI="), Err(Refusal::Unreadable));
        let long = BASE64URL_NOPAD.encode(&[7; MAX_CREDENTIAL_ID]);
        assert!(with(&long, &long).is_ok());
        let longer = BASE64URL_NOPAD.encode(&[7; MAX_CREDENTIAL_ID + 1]);
        assert_eq!(with(&longer, &longer), Err(Refusal::CredentialId));
    }

    #[test]
    fn another_type_is_refused() {
        let mut credential = sent(GOOD);
        credential["type"] = json!("password");
        assert_eq!(outcome(&credential), Err(Refusal::Type));
        let create = GOOD.replace("webauthn.get", "webauthn.create");
        assert_eq!(outcome(&sent(&create)), Err(Refusal::Type));
    }

    #[test]
    fn nothing_longer_than_an_authenticator_says_is_read() {
        let mut credential = sent(GOOD);
        credential["more"] = json!("x".repeat(MAX_BYTES));
        assert_eq!(outcome(&credential), Err(Refusal::Unreadable));
    }
}
