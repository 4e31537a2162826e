//! Checks a tree against a JSON Schema and turns it into JSON on the way.
//!
//! The schema is the one that `schemars` derives from the types that parse, so whatever passes
//! here deserialises, and the editor (which has the same schema) says the same. Only what
//! `schemars` emits is understood: `$ref`, `type`, `enum`, `const`, `properties`, `required`,
//! `additionalProperties`, `propertyNames`, `items`, `anyOf`/`oneOf`/`allOf`, `pattern`, lengths
//! and ranges. Three keywords say more than JSON Schema can:
//! - `format`, as in [`formats`]: what text must be (`redirect-uri`, `condition` …). To add one,
//!   add an arm there.
//! - `x-reference: organisation`: the text names an object of that kind.
//! - `writeOnly: true` (standard): the value is secret and not shown.
//!
//! Every mistake is collected with its place; nothing stops at the first.

mod alternatives;
mod collections;
pub(crate) mod formats;
mod scalars;

pub(crate) use scalars::inside;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regex_automata::meta::Regex;
use serde_json::{Map, Value as Json};

use crate::diagnostic::{Code, Report};
use crate::path::Path;
use crate::read::{Given, Node, Span, Value, plain};

/// The names of all objects by kind (`organisation`, `flow` …), for `x-reference`.
pub(crate) type Names = BTreeMap<&'static str, BTreeSet<String>>;

/// A condition, to be compiled later.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) node: Node,
    pub(crate) path: Path,
}

/// `$ref` within `$ref`: more than this is a circle without content.
const MAX_REFERENCES: usize = 32;

/// Walks trees along schemas. One for a whole check.
pub(crate) struct Walker<'a> {
    pub(crate) report: &'a mut Report,
    pub(crate) names: &'a Names,
    /// The conditions that were met: they are compiled when all names are known.
    pub(crate) conditions: &'a mut Vec<Pending>,
    /// Where the values stand that are not known on this machine: no later finding about them
    /// means anything.
    pub(crate) unset: &'a mut BTreeSet<Span>,
    /// The schema whose `$defs` a `$ref` means.
    pub(crate) root: &'a Json,
    pub(crate) patterns: &'a mut HashMap<String, Option<Regex>>,
}

impl Walker<'_> {
    /// Checks `node` and returns it as JSON, or `None` if there is an error in it. `at` is where an
    /// error that concerns the node as a whole is shown: its key, or itself in a list.
    pub(crate) fn walk(
        &mut self,
        node: &Node,
        schema: &Json,
        at: Span,
        path: &mut Path,
    ) -> Option<Json> {
        let mark = self.report.len();
        let json = self.value(node, schema, at, path);
        if self.report.errors_since(mark) > 0 { None } else { json }
    }

    fn value(&mut self, node: &Node, schema: &Json, at: Span, path: &mut Path) -> Option<Json> {
        let keywords = match self.follow(schema) {
            Json::Object(keywords) => keywords.clone(),
            Json::Bool(false) => {
                self.report.error(Code::UnknownKey, at, &*path, "nothing may stand here");
                return None;
            }
            _ => return Some(node.to_json()),
        };
        // A key beside `$ref` (a description, `writeOnly`) belongs to what it refers to.
        let secret = [schema.get("writeOnly"), keywords.get("writeOnly")]
            .into_iter()
            .flatten()
            .any(|value| value == &Json::Bool(true));
        if matches!(node.value, Value::Unset) {
            self.unset.insert(node.span);
            return Some(self.placeholder(&keywords));
        }
        let mark = self.report.len();
        let json = self.keywords(node, &keywords, at, path);
        if secret || node.is_secret() {
            let mut findings = self.report.split_off(mark);
            for finding in &mut findings {
                finding.hide(true);
                if !node.is_secret() {
                    finding.message = finding.message.replace(&node.shown(), "the value");
                }
            }
            self.report.extend(findings);
        }
        json
    }

    fn keywords(
        &mut self,
        node: &Node,
        keywords: &Map<String, Json>,
        at: Span,
        path: &mut Path,
    ) -> Option<Json> {
        if let Some(Json::Array(options)) = keywords.get("anyOf").or_else(|| keywords.get("oneOf"))
        {
            return self.alternatives(node, options, keywords, at, path);
        }
        if let Some(Json::Array(parts)) = keywords.get("allOf") {
            let mut json = None;
            for part in parts {
                json = Some(self.value(node, part, at, path)?);
            }
            return json;
        }
        if keywords.contains_key("enum") || keywords.contains_key("const") {
            return self.choice(node, &[Json::Object(keywords.clone())], at, path);
        }
        let node = &Self::converted(node, keywords);
        if !accepts(keywords, node) {
            self.wrong_type(node, &type_names(keywords), keywords, at, path);
            return None;
        }
        match &node.value {
            Value::Mapping(entries) => self.mapping(entries, keywords, at, path),
            Value::Sequence(items) => self.sequence(node, items, keywords, path),
            _ => self.scalar(node, keywords, path),
        }
    }

    /// Text that a tag gave, read as what the language wants here: a variable has no other type.
    fn converted(node: &Node, keywords: &Map<String, Json>) -> Node {
        let (Value::Text(text), Given::Tag { .. }) = (&node.value, &node.given) else {
            return node.clone();
        };
        let read = Node { value: plain(text.trim()), ..node.clone() };
        if !accepts(keywords, node) && accepts(keywords, &read) { read } else { node.clone() }
    }

    /// The schema behind `$ref`.
    fn follow<'b>(&'b self, schema: &'b Json) -> &'b Json {
        follow(self.root, schema)
    }

    /// A value that the schema allows, in place of one that is not known.
    fn placeholder(&self, keywords: &Map<String, Json>) -> Json {
        for keyword in ["const", "default"] {
            if let Some(value) = keywords.get(keyword) {
                return value.clone();
            }
        }
        for keyword in ["enum", "examples"] {
            if let Some(value) =
                keywords.get(keyword).and_then(Json::as_array).and_then(|values| values.first())
            {
                return value.clone();
            }
        }
        if let Some(option) = keywords
            .get("anyOf")
            .or_else(|| keywords.get("oneOf"))
            .or_else(|| keywords.get("allOf"))
            .and_then(Json::as_array)
            .and_then(|options| options.first())
            && let Json::Object(keywords) = self.follow(option)
        {
            return self.placeholder(keywords);
        }
        match type_names(keywords).first().map(String::as_str) {
            Some("integer" | "number") => {
                keywords.get("minimum").cloned().unwrap_or_else(|| 1.into())
            }
            Some("boolean") => Json::Bool(false),
            Some("array") => Json::Array(Vec::new()),
            Some("object") => Json::Object(Map::new()),
            Some("null") => Json::Null,
            _ => Json::String("unset".to_owned()),
        }
    }
}

/// The schema behind `$ref`, in the `$defs` of `root`.
pub(crate) fn follow<'b>(root: &'b Json, mut schema: &'b Json) -> &'b Json {
    for _ in 0..MAX_REFERENCES {
        let Some(target) = schema
            .get("$ref")
            .and_then(Json::as_str)
            .and_then(|pointer| root.pointer(pointer.strip_prefix('#')?))
        else {
            return schema;
        };
        schema = target;
    }
    &Json::Null
}

/// The types that a schema names; empty when it takes any.
pub(super) fn type_names(keywords: &Map<String, Json>) -> Vec<String> {
    match keywords.get("type") {
        Some(Json::String(name)) => vec![name.clone()],
        Some(Json::Array(names)) => {
            names.iter().filter_map(Json::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a node has a type that the schema names.
pub(super) fn accepts(keywords: &Map<String, Json>, node: &Node) -> bool {
    let names = type_names(keywords);
    names.is_empty()
        || names.iter().any(|name| {
            matches!(
                (name.as_str(), &node.value),
                ("null", Value::Null)
                    | ("boolean", Value::Bool(_))
                    | ("integer", Value::Integer(_))
                    | ("number", Value::Integer(_) | Value::Float(_))
                    | ("string", Value::Text(_))
                    | ("array", Value::Sequence(_))
                    | ("object", Value::Mapping(_))
                    | (_, Value::Unset)
            )
        })
}

/// Names in backticks with commas.
pub(crate) fn list<'b>(names: impl IntoIterator<Item = &'b str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
