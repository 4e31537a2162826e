//! What the provider says of itself (OpenID Connect Discovery §3, RFC 8414 §2). Only what is true.

use assurance::Acr;
use serde_json::{Value, json};
use store::Store;
use store::client::{self, Client, GrantType};

use crate::token::DEVICE_CODE;
use crate::{Published, Result, claims};

/// Where each endpoint is, below the issuer.
pub mod endpoint {
    /// The metadata.
    pub const DISCOVERY: &str = "/.well-known/openid-configuration";
    /// The authorization endpoint; an interaction is continued at `…/:id`.
    pub const AUTHORIZATION: &str = "/oauth/authorize";
    /// The token endpoint.
    pub const TOKEN: &str = "/oauth/token";
    /// The device authorization endpoint (RFC 8628 §3.1).
    pub const DEVICE_AUTHORIZATION: &str = "/oauth/device_authorization";
    /// Where people enter what their device shows (RFC 8628 §3.3).
    pub const VERIFICATION: &str = "/device";
    /// The revocation endpoint (RFC 7009).
    pub const REVOCATION: &str = "/oauth/revoke";
    /// The UserInfo endpoint.
    pub const USERINFO: &str = "/oauth/userinfo";
    /// The public keys.
    pub const JWKS: &str = "/oauth/jwks";
    /// The end session endpoint.
    pub const END_SESSION: &str = "/oauth/logout";
}

/// The metadata, as long as clients may do what they may do now.
pub(crate) async fn document(store: &Store, issuer: &str) -> Result<Published> {
    let clients = client::all(&mut store.read().await?).await?;
    let may =
        |client: &Client| client.disabled_at.is_none() && client.may_use(GrantType::DeviceCode);
    Published::new(&metadata(issuer, clients.iter().any(may)))
}

/// `has_devices`: whether any client may use the device authorization grant.
fn metadata(issuer: &str, has_devices: bool) -> Value {
    let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at(endpoint::AUTHORIZATION),
        "token_endpoint": at(endpoint::TOKEN),
        "userinfo_endpoint": at(endpoint::USERINFO),
        "revocation_endpoint": at(endpoint::REVOCATION),
        "revocation_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
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
    });
    if has_devices {
        // RFC 8628 §4.
        document["device_authorization_endpoint"] = at(endpoint::DEVICE_AUTHORIZATION).into();
        document["grant_types_supported"] = json!(["authorization_code", DEVICE_CODE]);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::metadata;

    #[test]
    fn what_no_client_may_use_is_not_announced() {
        let (with, without) = (metadata("https://a", true), metadata("https://a", false));
        assert_eq!(with["device_authorization_endpoint"], "https://a/oauth/device_authorization");
        assert_eq!(
            with["grant_types_supported"],
            serde_json::json!([
                "authorization_code",
                "urn:ietf:params:oauth:grant-type:device_code"
            ])
        );
        assert!(without.get("device_authorization_endpoint").is_none());
        assert_eq!(without["grant_types_supported"], serde_json::json!(["authorization_code"]));
    }
}
