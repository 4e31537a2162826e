//! `clients.<client_id>`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Secret;
use super::text;

/// A relying party: an application that people sign in to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its name for people. Default: its `client_id`.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_line")]
    pub name: Option<String>,
    /// Whether it can keep a secret (RFC 6749 §2.1).
    pub kind: ClientKind,
    /// Its secret, stored as a hash. Required for a confidential client, refused for a public one.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// How it may come by tokens: by a code that the browser brings, or by polling while the person
    /// answers on another device (RFC 8628), for programs without a browser.
    /// Default: `[authorization_code]`.
    #[serde(default = "default_grants")]
    #[schemars(schema_with = "text::grants")]
    pub grants: Vec<Grant>,
    /// Where codes may be sent: absolute addresses, compared byte for byte. `https`; `http` only on
    /// loopback; a private-use scheme such as `com.example.app:/callback` only for a public client.
    /// Required with `authorization_code`. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::redirect_uris")]
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out; the same rules. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::logout_uris")]
    pub post_logout_redirect_uris: Vec<String>,
    /// The organisation whose policy also holds for whoever signs in to it. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_organisation")]
    pub organisation: Option<String>,
    /// When people are asked what it may see. Default: `once`.
    #[serde(default)]
    pub consent: Consent,
    /// Whether it must prove that it started the login (RFC 7636, S256). Default: `required`;
    /// `optional` is for confidential clients.
    #[serde(default)]
    pub pkce: Pkce,
    /// The scopes that it may ask for. Default: `[openid, profile, email]`.
    #[serde(default = "default_scopes")]
    #[schemars(schema_with = "text::scopes")]
    pub scopes: Vec<String>,
    /// How its ID tokens are signed. Default: `RS256`, which every client understands; `ES256` is
    /// smaller and quicker.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Its home page. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_page")]
    pub client_uri: Option<String>,
    /// Its logo: an `https` address, or a path on this server. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_image")]
    pub logo_uri: Option<String>,
    /// Its privacy policy. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_page")]
    pub policy_uri: Option<String>,
    /// Its terms of service. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_page")]
    pub tos_uri: Option<String>,
}

fn default_grants() -> Vec<Grant> {
    vec![Grant::AuthorizationCode]
}

fn default_scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// It runs on a server and has a secret.
    Confidential,
    /// It runs on the person's device or in the browser and has none.
    Public,
}

/// How a client may come by tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// By a code that the browser brings to one of its redirect URIs.
    AuthorizationCode,
    /// By polling while the person answers in a browser elsewhere.
    DeviceCode,
}

/// When people are asked what a client may see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The first time, and again when it asks for more.
    #[default]
    Once,
    /// Each time.
    Always,
    /// Never: for the operator's own applications.
    Never,
}

/// Whether authorization requests must carry a code challenge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// Always.
    #[default]
    Required,
    /// It may be left out.
    Optional,
}

/// How ID tokens are signed (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SigningAlgorithm {
    /// RSA with SHA-256.
    #[default]
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
}
