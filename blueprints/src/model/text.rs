//! Kinds of text and their schemas. What each must look like is in `validate::formats`; the
//! patterns here say the same to editors, as far as a pattern can.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::client::Grant;

/// The names of objects.
pub(crate) fn names() -> Json {
    json!({ "type": "string", "format": "name", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$" })
}

/// The names of things that expressions mention.
pub(crate) fn identifiers() -> Json {
    json!({ "type": "string", "format": "identifier", "pattern": "^[a-z][a-z0-9_]{0,63}$" })
}

/// Client identifiers (RFC 6749 §2.2), which may come from elsewhere, but without what would need
/// escaping in a URL or be ambiguous in a header.
pub(super) fn client_ids() -> Json {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9._~-]{1,100}$", "examples": ["wiki"] })
}

pub(super) fn name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "name", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$" })
}

pub(super) fn optional_line(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "line", "minLength": 1, "maxLength": 200 })
}

pub(super) fn optional_organisation(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "x-reference": "organisation" })
}

pub(super) fn organisations(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "x-reference": "organisation" }, "uniqueItems": true })
}

pub(super) fn domains(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "string", "format": "domain", "examples": ["acme.example"] },
        "uniqueItems": true,
    })
}

pub(super) fn scopes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "string", "format": "scope" },
        "uniqueItems": true,
        "minItems": 1,
    })
}

pub(super) fn grants(generator: &mut SchemaGenerator) -> Schema {
    let grant = generator.subschema_for::<Grant>();
    json_schema!({ "type": "array", "items": grant, "minItems": 1, "uniqueItems": true })
}

fn redirect_uri() -> Json {
    json!({ "type": "string", "format": "redirect-uri", "examples": ["https://app.example/callback"] })
}

pub(super) fn redirect_uris(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": redirect_uri(), "maxItems": 100, "uniqueItems": true })
}

pub(super) fn logout_uris(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": redirect_uri(), "maxItems": 100, "uniqueItems": true })
}

pub(super) fn optional_image(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "image-address", "examples": ["https://acme.example/logo.svg"] })
}

pub(super) fn optional_page(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "page-address", "examples": ["https://acme.example/terms"] })
}

pub(super) fn optional_colour(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "null"],
        "format": "colour",
        "pattern": "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$",
        "examples": ["#0055aa"],
    })
}

pub(super) fn optional_email(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "email-address", "examples": ["ada@acme.example"] })
}

pub(super) fn optional_language(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "examples": ["de"] })
}

pub(super) fn optional_base32(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "null"],
        "format": "base32",
        "minLength": 16,
        "maxLength": 103,
        "writeOnly": true,
        "examples": ["JBSWY3DPEHPK3PXP"],
    })
}

pub(super) fn optional_hash(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "null"],
        "format": "password-hash",
        "writeOnly": true,
        "examples": ["$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmE"],
    })
}

/// A secret: never printed, overwritten in memory when it is dropped.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }
}

impl Secret {
    /// The secret itself, for hashing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 4096, "writeOnly": true })
    }
}
