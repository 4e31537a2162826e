//! What the provider says of itself (OpenID Connect Discovery §3, RFC 8414 §2). Only what is true.

use assurance::Acr;
use serde_json::json;

use crate::{Published, Result, claims};

/// Where each endpoint is, below the issuer.
pub mod endpoint {
    /// The metadata.
    pub const DISCOVERY: &str = "/.well-known/openid-configuration";
    /// The authorization endpoint; an interaction is continued at `…/:id`.
    pub const AUTHORIZATION: &str = "/oauth/authorize";
    /// The token endpoint.
    pub const TOKEN: &str = "/oauth/token";
    /// The UserInfo endpoint.
    pub const USERINFO: &str = "/oauth/userinfo";
    /// The public keys.
    pub const JWKS: &str = "/oauth/jwks";
    /// The end session endpoint.
    pub const END_SESSION: &str = "/oauth/logout";
}

pub(crate) fn document(issuer: &str) -> Result<Published> {
    let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    Published::new(&json!({
        "issuer": issuer,
        "authorization_endpoint": at(endpoint::AUTHORIZATION),
        "token_endpoint": at(endpoint::TOKEN),
        "userinfo_endpoint": at(endpoint::USERINFO),
        "jwks_uri": at(endpoint::JWKS),
        "end_session_endpoint": at(endpoint::END_SESSION),
        "scopes_supported": claims::SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": Acr::ALL.map(Acr::as_str),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims::supported(),
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    }))
}
