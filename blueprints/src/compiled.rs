//! A checked blueprint.

use std::collections::BTreeMap;

use engine::definition::Flow;

use crate::model::{Client, Organisation, User};

/// A blueprint in which no check found an error: what `apply`, `plan` and everything else start
/// from. Only [`crate::check`] makes one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Compiled {
    /// The owner of everything in it.
    pub name: String,
    /// Organisations by name.
    pub organisations: BTreeMap<String, Organisation>,
    /// Relying parties by `client_id`.
    pub clients: BTreeMap<String, Client>,
    /// People by user name.
    pub users: BTreeMap<String, User>,
    /// Named conditions.
    pub conditions: BTreeMap<String, String>,
    /// Flows by name.
    pub flows: BTreeMap<String, Flow>,
    /// Whether every `!env` and `!file` had its value. Without, it can be looked at but not applied.
    pub is_complete: bool,
}
