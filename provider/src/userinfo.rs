//! The UserInfo endpoint (OpenID Connect Core §5.3) and how bearer tokens are sent (RFC 6750 §2).

use serde::Deserialize;
use serde_json::{Map, Value};
use store::token::{self, Kind};

use crate::{Error, ErrorCode, Provider, claims};

/// Why a bearer token was not taken (RFC 6750 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerError {
    /// The HTTP status: 400, 401, 403, 500 or 503.
    pub status: u16,
    /// The value of `WWW-Authenticate`, where there is one.
    pub www_authenticate: Option<&'static str>,
}

impl BearerError {
    const NONE: Self = Self::new(401, r#"Bearer realm="flowgate""#);
    const INVALID: Self = Self::new(
        401,
        r#"Bearer realm="flowgate", error="invalid_token", error_description="The access token is unknown, expired or revoked.""#,
    );
    const SCOPE: Self = Self::new(
        403,
        r#"Bearer realm="flowgate", error="insufficient_scope", error_description="The access token was not issued for openid.", scope="openid""#,
    );
    const TWICE: Self = Self::new(
        400,
        r#"Bearer realm="flowgate", error="invalid_request", error_description="Send the access token once: in the Authorization header or as access_token in the body.""#,
    );

    const fn new(status: u16, www_authenticate: &'static str) -> Self {
        Self { status, www_authenticate: Some(www_authenticate) }
    }
}

impl From<Error> for BearerError {
    fn from(error: Error) -> Self {
        tracing::error!(%error, "userinfo failed");
        let code = if error.is_temporary() {
            ErrorCode::TemporarilyUnavailable
        } else {
            ErrorCode::ServerError
        };
        Self { status: crate::token::status(code), www_authenticate: None }
    }
}

impl From<store::Error> for BearerError {
    fn from(error: store::Error) -> Self {
        Self::from(Error::from(error))
    }
}

/// What the provider keeps with an access token.
#[derive(Debug, Default, Deserialize, serde::Serialize)]
pub(crate) struct TokenData {
    /// Claims asked for one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) claims: Vec<String>,
}

impl Provider {
    /// The claims about the person for whom the access token stands. `authorization` is that header;
    /// `form` is the body of a POST with form parameters, empty otherwise (a query is never read:
    /// RFC 9700 §4.3.2). One query, nothing written.
    pub async fn userinfo(
        &self,
        authorization: Option<&str>,
        form: &[(String, String)],
    ) -> Result<Map<String, Value>, BearerError> {
        let bearer = bearer(authorization, form)?;
        let now = self.store.ambient().now();
        let mut conn = self.store.read().await?;
        let found = token::find(&mut conn, &store::token(bearer), Kind::Access, now).await?;
        let (token, user) = found.ok_or(BearerError::INVALID)?;
        if !token.scopes.iter().any(|scope| scope == "openid") {
            return Err(BearerError::SCOPE);
        }
        let data = TokenData::deserialize(&token.data.0).map_err(Error::Encoding)?;
        let mut answer = Map::new();
        answer.insert("sub".to_owned(), user.id.as_str().into());
        answer.extend(claims::of_user(&user, &token.scopes, &data.claims));
        Ok(answer)
    }
}

/// The token in the header (RFC 6750 §2.1) or in the body (§2.2), never in both.
fn bearer<'a>(
    authorization: Option<&'a str>,
    form: &'a [(String, String)],
) -> Result<&'a str, BearerError> {
    let mut sent = form.iter().filter(|(name, _)| name == "access_token").map(|(_, token)| token);
    let in_body = sent.next().map(String::as_str);
    let in_header = authorization.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    match (in_header, in_body, sent.next()) {
        (Some(token), None, None) | (None, Some(token), None) => Ok(token),
        (None, None, _) => Err(BearerError::NONE),
        _ => Err(BearerError::TWICE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_sent_one_way() {
        let body = |tokens: &[&str]| -> Vec<(String, String)> {
            tokens.iter().map(|t| ("access_token".to_owned(), (*t).to_owned())).collect()
        };
        assert_eq!(bearer(Some("Bearer abc"), &[]), Ok("abc"));
        assert_eq!(bearer(Some("bEARER abc"), &[]), Ok("abc"));
        assert_eq!(bearer(None, &body(&["abc"])), Ok("abc"));
        assert_eq!(bearer(None, &[]), Err(BearerError::NONE));
        assert_eq!(bearer(Some("Basic abc"), &[]), Err(BearerError::NONE));
        assert_eq!(bearer(Some("Bearer"), &[]), Err(BearerError::NONE));
        assert_eq!(bearer(Some("Bearer abc"), &body(&["abc"])), Err(BearerError::TWICE));
        assert_eq!(bearer(None, &body(&["abc", "abc"])), Err(BearerError::TWICE));
    }
}
