//! `organisations.<name>`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text;

/// An organisation: who belongs to it, how its pages look, and what it demands of its members.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name for people. Default: its name here.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_line")]
    pub name: Option<String>,
    /// Domains whose verified addresses belong to it. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::domains")]
    pub domains: Vec<String>,
    /// How people become members. Default: `manual`.
    #[serde(default)]
    pub join: Join,
    /// What it demands of its members and of whoever signs in to its clients. Default: the
    /// defaults of each key.
    #[serde(default)]
    pub policy: assurance::Policy,
    /// The accent colour of its pages, `"#rrggbb"`. Default: Flowgate's.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_colour")]
    pub colour: Option<String>,
    /// Its logo: an `https` address, or a path on this server. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "text::optional_image")]
    pub logo: Option<String>,
}

/// How people become members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// By hand: by an administrator, an invitation or `users.*.organisations`.
    #[default]
    Manual,
    /// At sign-in, with a verified address in one of `domains`.
    Domain,
}
