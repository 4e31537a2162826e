//! `users.<username>`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Secret;
use super::text;

/// A person, for bootstrap, demonstrations and tests. Made when missing; of one who exists, only
/// `organisations` and `admin` follow the blueprint, so that applying it again never resets what
/// the person has changed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The address. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_email")]
    pub email: Option<String>,
    /// Whether the address counts as proven. Default: `false`.
    #[serde(default)]
    pub verified: bool,
    /// How the person is called. Default: the user name.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_line")]
    pub name: Option<String>,
    /// The language of the person's pages (BCP 47). Default: the browser's.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_language")]
    pub language: Option<String>,
    /// The password, at least 8 characters, stored as a hash. Default: none.
    #[serde(default)]
    #[schemars(length(min = 8, max = 128))]
    pub password: Option<Secret>,
    /// The password as a PHC string of argon2id, in place of `password`. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_hash")]
    pub password_hash: Option<Secret>,
    /// The second factors. Default: none.
    #[serde(default)]
    pub factors: Factors,
    /// The organisations that the person is a member of. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::organisations")]
    pub organisations: Vec<String>,
    /// Whether the person administrates Flowgate. Default: `false`.
    #[serde(default)]
    pub admin: bool,
}

/// `users.<username>.factors`: second factors that a person is made with.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Factors {
    /// The secret of an authenticator app in base32, as apps take it: 80 to 512 bits, six digits,
    /// thirty seconds, SHA-1. Default: none.
    #[schemars(schema_with = "text::optional_base32")]
    pub totp: Option<Secret>,
}
