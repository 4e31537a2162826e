//! What a policy makes of social logins: in general, and for one connection.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::policy::PolicyProblem;
use crate::span::Span;

/// Whether a social login must also pass MFA here.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SocialLogins {
    /// It counts as it is: no MFA is asked of it.
    Exempt,
    /// No local factor is asked if the upstream proved MFA in signed claims, with a fresh
    /// `auth_time`. A missing claim is no proof.
    Trust,
    /// It counts as one kind of proof, and MFA is asked as of a password.
    #[default]
    RequireMfa,
}

/// What a policy makes of one connection. In a blueprint either `google: exempt` or a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SourcePolicy {
    /// Whether a login through this connection must also pass MFA here.
    pub social_logins: SocialLogins,
    /// For `trust`: the upstream proved MFA if its `amr` has one of these. Where neither `amr` nor
    /// `acr` is given, `mfa` (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// For `trust`: the upstream proved MFA if its `acr` is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acr: Vec<String>,
    /// For `trust`: how old the upstream's `auth_time` may be. Left out, 12 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

impl SourcePolicy {
    /// How old a trusted upstream proof may be where `within` is left out.
    pub const WITHIN: Span = Span::hours(12);

    /// The general rule of a policy, as a rule for one connection.
    pub const fn general(social_logins: SocialLogins) -> Self {
        Self { social_logins, amr: Vec::new(), acr: Vec::new(), within: None }
    }

    pub(crate) fn problems(&self, name: &str) -> Vec<PolicyProblem> {
        let source_name = || name.to_owned();
        if self.social_logins == SocialLogins::Trust {
            let never = self.within.is_some_and(Span::is_zero);
            return never
                .then(|| PolicyProblem::NeverFresh { source_name: source_name() })
                .into_iter()
                .collect();
        }
        [
            ("amr", !self.amr.is_empty()),
            ("acr", !self.acr.is_empty()),
            ("within", self.within.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(key, _)| PolicyProblem::NotTrusted { source_name: source_name(), key })
        .collect()
    }
}

/// The map form; what is read and what the schema describes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SourcePolicyMap")]
struct SourcePolicyMap {
    /// Whether a login through this connection must also pass MFA here.
    #[serde(default)]
    social_logins: SocialLogins,
    /// For `trust`: the upstream proved MFA if its `amr` has one of these. Where neither `amr` nor
    /// `acr` is given, `mfa` (RFC 8176).
    #[serde(default)]
    amr: Vec<String>,
    /// For `trust`: the upstream proved MFA if its `acr` is one of these.
    #[serde(default)]
    acr: Vec<String>,
    /// For `trust`: how old the upstream's `auth_time` may be. Left out, 12 hours.
    #[serde(default)]
    within: Option<Span>,
}

impl<'de> Deserialize<'de> for SourcePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourcePolicyVisitor)
    }
}

/// Not `#[serde(untagged)]`: that would swallow which key of the map was wrong.
struct SourcePolicyVisitor;

impl<'de> Visitor<'de> for SourcePolicyVisitor {
    type Value = SourcePolicy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`require_mfa`, `exempt`, `trust`, or a map with `social_logins`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SourcePolicy, E> {
        SocialLogins::deserialize(StrDeserializer::new(text)).map(SourcePolicy::general)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SourcePolicy, A::Error> {
        let map = SourcePolicyMap::deserialize(MapAccessDeserializer::new(map))?;
        let SourcePolicyMap { social_logins, amr, acr, within } = map;
        Ok(SourcePolicy { social_logins, amr, acr, within })
    }
}

impl JsonSchema for SourcePolicy {
    fn schema_name() -> Cow<'static, str> {
        "SourcePolicy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What a policy makes of one connection.",
            "anyOf": [
                generator.subschema_for::<SocialLogins>(),
                generator.subschema_for::<SourcePolicyMap>()
            ]
        })
    }
}
