//! Who asks (RFC 6749 §2.3): `client_secret_basic`, `client_secret_post`, or `none` for a public
//! client. One method in a request, never two.

use std::borrow::Cow;

use store::Id;
use store::client::{self, Client, Kind};

use super::TokenError;
use crate::error::ErrorCode;
use crate::params::Params;
use crate::{Provider, Refusal};

/// What a client sent to show who it is.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
struct Credentials<'a> {
    client_id: Cow<'a, str>,
    secret: Option<Cow<'a, str>>,
}

impl Provider {
    /// The client, authenticated.
    pub(crate) async fn authenticate(
        &self,
        authorization: Option<&str>,
        params: &Params,
    ) -> Result<Client, TokenError> {
        let refuse = |description| -> TokenError {
            let error = TokenError::from(Refusal::new(ErrorCode::InvalidClient, description));
            let www_authenticate = authorization.map(|_| r#"Basic realm="flowgate""#);
            TokenError { www_authenticate, ..error }
        };
        let credentials = match authorization {
            Some(header) => {
                let basic = basic(header).ok_or_else(|| {
                    refuse("The Authorization header must be Basic, as in RFC 6749 section 2.3.1.")
                })?;
                if params.get("client_secret").is_some() {
                    return Err(Refusal::invalid_request(
                        "The client authenticated twice: send the secret in the header or in the body.",
                    )
                    .into());
                }
                if params.get("client_id").is_some_and(|id| id != basic.client_id) {
                    return Err(Refusal::invalid_request(
                        "client_id is another one than in the Authorization header.",
                    )
                    .into());
                }
                basic
            }
            None => Credentials {
                client_id: params
                    .get("client_id")
                    .ok_or_else(|| refuse("client_id is missing."))?
                    .into(),
                secret: params.get("client_secret").map(Cow::from),
            },
        };
        let id = Id::from(credentials.client_id.as_ref());
        let client = client::find(&mut self.store.read().await?, &id).await?;
        let client =
            client.filter(|client| match (client.settings.kind, credentials.secret.as_deref()) {
                (Kind::Confidential, Some(secret)) => client.is_secret(self.store.sealer(), secret),
                // A public client has nothing to show; what it shows is a misconfiguration.
                (Kind::Public, None) => !client.has_secret(),
                (Kind::Confidential, None) | (Kind::Public, Some(_)) => false,
            });
        client.ok_or_else(|| {
            tracing::warn!(client = %id, "client authentication failed");
            refuse("The client is unknown, or its secret is wrong or missing.")
        })
    }
}

/// Reads a Basic header. Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<Credentials<'static>> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = data_encoding::BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let (id, secret) = (form_decode(id)?, form_decode(secret)?);
    let is_plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    (is_plain(&id) && is_plain(&secret))
        .then(|| Credentials { client_id: id.into(), secret: Some(secret.into()) })
}

fn form_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                let digits = data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?;
                bytes.extend(digits);
                rest = after;
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> String {
        format!("Basic {}", data_encoding::BASE64.encode(text.as_bytes()))
    }

    #[test]
    fn both_halves_of_a_basic_header_are_decoded() {
        for (sent, id, secret) in [
            ("wiki:s3cret", "wiki", "s3cret"),
            ("wiki:a:b", "wiki", "a:b"),
            ("a%3Ab:c%2Bd", "a:b", "c+d"),
            ("https%3A%2F%2Fa.example:p%25+q", "https://a.example", "p% q"),
            ("w%C3%BC:%E2%82%AC", "wü", "€"),
            ("wiki:a=b&c", "wiki", "a=b&c"),
        ] {
            let expected = Credentials { client_id: id.into(), secret: Some(secret.into()) };
            assert_eq!(basic(&header(sent)), Some(expected), "{sent}");
        }
        assert!(basic(&header("wiki:s3cret").replace("Basic", "bASIC")).is_some());
    }

    #[test]
    fn a_malformed_basic_header_is_refused() {
        for sent in [
            header("wiki"),
            header("wiki:"),
            header(":s3cret"),
            header("wiki:%"),
            header("wiki:%2"),
            header("wiki:%zz"),
            header("wiki:%ff"),
            header("wiki:a%00b"),
            "Basic".to_owned(),
            "Basic ###".to_owned(),
            "Bearer abc".to_owned(),
            String::new(),
        ] {
            assert!(basic(&sent).is_none(), "{sent}");
        }
    }
}
