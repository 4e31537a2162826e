//! The types of the language. They *are* its reference: their docstrings become the descriptions
//! in the schema, their attributes its rules, and they parse what the walker let through.
//!
//! To add a key, add a field with a docstring that ends with its default. To add an object, add a
//! file, a field in [`Document`], and its rules in `check/`.

mod client;
mod organisation;
mod text;
mod user;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use client::{Client, ClientKind, Consent, Grant, Pkce, SigningAlgorithm};
pub use organisation::{Join, Organisation};
pub use text::Secret;
pub(crate) use text::{identifiers, names};
pub use user::{Factors, User};

/// What belongs to the language but not to this version of Flowgate; `*` stands for any name. A
/// blueprint that states one of them is refused, because to ignore it would be to lie about it.
pub(crate) const UNSUPPORTED: &[&[&str]] = &[&["sources"], &["guarantees"], &["tests"]];

/// A blueprint: one YAML file, or a folder of them merged.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of the document; its objects are parsed one by one")]
pub(crate) struct Document {
    /// The version of the language; always `1`. In a folder, one file must say it.
    #[schemars(extend("const" = 1))]
    pub(crate) flowgate: u32,
    /// The owner of everything that stands here: an object that leaves the blueprint is deleted at
    /// the next apply, and no other blueprint can change it. In a folder, one file must say it.
    #[schemars(schema_with = "text::name")]
    pub(crate) name: String,
    /// Values for `!var NAME`; `--var NAME=..` goes before them. Default: none.
    #[schemars(default, extend("additionalProperties" = {"type": ["string", "number", "boolean"]}))]
    pub(crate) vars: BTreeMap<String, Json>,
    /// Organisations by name, with their members' domains, look and policy. Default: none.
    #[schemars(default, extend("propertyNames" = names()))]
    pub(crate) organisations: BTreeMap<String, Organisation>,
    /// Relying parties by `client_id`. Default: none.
    #[schemars(default, extend("propertyNames" = text::client_ids()))]
    pub(crate) clients: BTreeMap<String, Client>,
    /// Named expressions, usable in every `when`. Default: none.
    #[schemars(default, extend("propertyNames" = identifiers()))]
    pub(crate) conditions: BTreeMap<String, Expression>,
    /// Flows by name, which is also their address: `/flow/NAME`. Default: none.
    #[schemars(default, extend("propertyNames" = names()))]
    pub(crate) flows: BTreeMap<String, Flow>,
    /// People by user name, for bootstrap, demonstrations and tests. Default: none.
    #[schemars(default, extend("propertyNames" = names()))]
    pub(crate) users: BTreeMap<String, User>,
}

/// One rhai expression that is true or false.
#[derive(Debug)]
#[expect(dead_code, reason = "the text of a condition is taken from the tree, with its place")]
pub(crate) struct Expression(String);

impl JsonSchema for Expression {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "condition",
            "minLength": 1,
            "description": "One rhai expression that is true or false, without statements, loops or side effects.",
            "examples": ["not proven(\"any\")", "in_cidr(request.ip, \"10.0.0.0/8\")"],
        })
    }
}

/// A flow: what it is for and the list of its stages.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of a flow; `flow` reads the stages")]
pub(crate) struct Flow {
    /// What the flow is for.
    pub(crate) r#use: Purpose,
    /// The heading of its pages. Default: the heading of each stage.
    #[schemars(default, schema_with = "text::optional_line")]
    pub(crate) title: Option<String>,
    /// The stages in their order.
    #[schemars(length(min = 1))]
    pub(crate) stages: Vec<Stage>,
}

/// What a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// Signing in. Every path ends in `login` or `deny`.
    Authentication,
    /// Signing up.
    Enrolment,
    /// Getting back in after losing a password or factor.
    Recovery,
    /// Agreeing to what a client may see.
    Consent,
    /// Changing one's own account.
    Settings,
    /// Proving a further factor within a session.
    StepUp,
    /// Signing out.
    Logout,
    /// Deleting one's own account.
    Unenrolment,
}

/// A place in a list of stages: the schema of it is made from the registry of stages.
#[derive(Debug)]
pub(crate) struct Stage;

impl JsonSchema for Stage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Stage".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}
