//! `api/docs.html`: the API for people. What it lists stands in the OpenAPI document, in English.

use serde::Serialize;
use serde_json::Value as Json;

use super::view::{View, view};

/// The whole API.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApiDocs {
    /// Paragraphs.
    pub(crate) about: Vec<String>,
    pub(crate) groups: Vec<ApiGroup>,
    /// Where the document is.
    pub(crate) document: &'static str,
}
view!(ApiDocs, "api/docs.html", "api");

/// Operations on one subject.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApiGroup {
    pub(crate) title: String,
    pub(crate) anchor: String,
    pub(crate) operations: Vec<ApiOperation>,
}

/// An operation.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApiOperation {
    pub(crate) anchor: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) details: String,
    pub(crate) parameters: Vec<ApiField>,
    pub(crate) fields: Vec<ApiField>,
    /// For a shell.
    pub(crate) example: String,
    pub(crate) answers: Vec<ApiAnswer>,
}

/// A parameter or a field.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApiField {
    pub(crate) name: String,
    /// `text`, `list of text` …
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) says: String,
}

/// What comes back with a status.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApiAnswer {
    pub(crate) status: String,
    pub(crate) is_refusal: bool,
    /// `{kind, says}`; `kind` is empty where there is but one.
    pub(crate) lines: Vec<Json>,
    pub(crate) fields: Vec<ApiField>,
}
