//! The token endpoint (RFC 6749 §3.2): who asks, then one file for each grant.

mod authorization_code;
mod client_authentication;
mod device_code;
mod grant_type;
mod issue;

pub(crate) use grant_type::{DEVICE_CODE, permitted};

use std::borrow::Cow;

use serde::Serialize;
use store::client::GrantType;

use crate::error::ErrorCode;
use crate::params::{Known, Params};
use crate::{Error, Provider, Refusal, Trace};

/// The parameters that are read, and their limits in bytes.
const KNOWN: &[Known] = &[
    ("grant_type", 64),
    ("code", 256),
    ("device_code", 256),
    ("redirect_uri", 2048),
    ("client_id", 255),
    ("client_secret", 255),
    ("code_verifier", 255),
];

/// A successful answer (RFC 6749 §5.1). The server adds `Cache-Control: no-store`.
#[derive(Clone, Serialize)]
pub struct TokenResponse {
    /// An opaque bearer token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// How long it lives, in seconds.
    pub expires_in: i64,
    /// What was granted, separated by spaces.
    pub scope: String,
    /// The ID token, where `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// An error answer (RFC 6749 §5.2): serialise it as the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenError {
    /// The HTTP status.
    #[serde(skip)]
    pub status: u16,
    /// The value of `WWW-Authenticate`, for a client that used the `Authorization` header.
    #[serde(skip)]
    pub www_authenticate: Option<&'static str>,
    /// The code.
    pub error: ErrorCode,
    /// For the developer of the application, in English.
    pub error_description: Cow<'static, str>,
}

/// The HTTP status of a code outside the browser.
pub(crate) const fn status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::InvalidClient => 401,
        ErrorCode::ServerError => 500,
        ErrorCode::TemporarilyUnavailable => 503,
        _ => 400,
    }
}

fn invalid_grant(description: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidGrant, description)
}

impl From<Refusal> for TokenError {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: status(refusal.code),
            www_authenticate: None,
            error: refusal.code,
            error_description: refusal.description,
        }
    }
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        tracing::error!(%error, "token request failed");
        let code = if error.is_temporary() {
            ErrorCode::TemporarilyUnavailable
        } else {
            ErrorCode::ServerError
        };
        Self::from(Refusal::new(code, "Try again later."))
    }
}

impl From<store::Error> for TokenError {
    fn from(error: store::Error) -> Self {
        Self::from(Error::from(error))
    }
}

impl Provider {
    /// Answers a token request. `authorization` is that header; `params` the form in the body.
    pub async fn token(
        &self,
        authorization: Option<&str>,
        params: Vec<(String, String)>,
        trace: &Trace<'_>,
    ) -> Result<TokenResponse, TokenError> {
        let params = Params::from(params);
        params.check(KNOWN)?;
        let grant_type = params
            .get("grant_type")
            .ok_or_else(|| Refusal::invalid_request("grant_type is missing."))?;
        let client = self.authenticate(authorization, &params).await?;
        match grant_type::check(grant_type, &client)? {
            GrantType::AuthorizationCode => self.redeem_code(&client, &params, trace).await,
            GrantType::DeviceCode => self.redeem_device_code(&client, &params, trace).await,
        }
    }
}
