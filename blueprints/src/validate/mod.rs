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
pub(crate) mod formats;
mod scalars;

pub(crate) use scalars::inside;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use regex_automata::meta::Regex;
use serde_json::{Map, Value as Json};

use crate::diagnostic::{Code, Report};
use crate::path::{Path, Segment};
use crate::read::{Given, Key, Node, Span, Value, plain};

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
        let node = &self.converted(node, keywords);
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
    fn converted(&self, node: &Node, keywords: &Map<String, Json>) -> Node {
        let (Value::Text(text), Given::Tag { .. }) = (&node.value, &node.given) else {
            return node.clone();
        };
        let read = Node { value: plain(text.trim()), ..node.clone() };
        if !accepts(keywords, node) && accepts(keywords, &read) { read } else { node.clone() }
    }

    fn mapping(
        &mut self,
        entries: &[(Key, Node)],
        keywords: &Map<String, Json>,
        at: Span,
        path: &mut Path,
    ) -> Option<Json> {
        let mark = self.report.len();
        let none = Map::new();
        let properties = keywords.get("properties").and_then(Json::as_object).unwrap_or(&none);
        let additional = keywords.get("additionalProperties");
        let mut json = Map::new();
        let mut meant = Vec::new();
        let present: HashSet<&str> = entries.iter().map(|(key, _)| key.text.as_str()).collect();
        for (key, node) in entries {
            path.push(Segment::Key(key.text.clone()));
            if let Some(schema) = keywords.get("propertyNames") {
                self.name(key, schema, path);
            }
            let schema = properties
                .get(&key.text)
                .or_else(|| self.by_pattern(&key.text, keywords))
                .or(additional.filter(|rest| **rest != Json::Bool(false)));
            if let Some(schema) = schema.cloned() {
                if let Some(value) = self.walk(node, &schema, key.span, path) {
                    json.insert(key.text.clone(), value);
                }
            } else if additional.is_some() {
                let free =
                    properties.keys().map(String::as_str).filter(|name| !present.contains(name));
                let nearest = crate::suggest::nearest(&key.text, free);
                meant.extend(nearest.map(str::to_owned));
                self.unknown_key(key, properties, nearest, path);
            } else {
                json.insert(key.text.clone(), node.to_json());
            }
            path.pop();
        }
        for name in keywords
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
        {
            // A misspelt key was named already; that it is missing is the same mistake.
            if !present.contains(name) && !meant.iter().any(|meant| meant == name) {
                let described = properties.get(name).and_then(first_sentence);
                self.report
                    .error(Code::MissingKey, at, &*path, format!("the key `{name}` is missing"))
                    .suggest(described.map(|text| format!("`{name}`: {text}")));
            }
        }
        (self.report.errors_since(mark) == 0).then_some(Json::Object(json))
    }

    /// The schema of `patternProperties` whose pattern the key matches.
    fn by_pattern<'b>(&mut self, key: &str, keywords: &'b Map<String, Json>) -> Option<&'b Json> {
        let patterns = keywords.get("patternProperties")?.as_object()?;
        patterns.iter().find(|(pattern, _)| self.matches(pattern, key)).map(|(_, schema)| schema)
    }

    /// Whether text matches; a pattern that does not compile here is left to the type that parses.
    fn matches(&mut self, pattern: &str, text: &str) -> bool {
        let compiled =
            self.patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
        compiled.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }

    fn unknown_key(
        &mut self,
        key: &Key,
        properties: &Map<String, Json>,
        nearest: Option<&str>,
        path: &Path,
    ) {
        let suggestion = match nearest {
            _ if key.text == "<<" => Some(
                "merge keys are not part of YAML 1.2: repeat the keys, or alias the whole value"
                    .to_owned(),
            ),
            Some(name) => Some(format!("did you mean `{name}`?")),
            None if properties.is_empty() => Some("no keys are allowed here".to_owned()),
            None => {
                Some(format!("the keys here are {}", list(properties.keys().map(String::as_str))))
            }
        };
        // A misspelt `password` still has a password behind it.
        let meant = crate::suggest::nearest(&key.text, properties.keys().map(String::as_str));
        let is_secret = meant.and_then(|name| properties.get(name)).is_some_and(is_secret);
        self.report
            .error(Code::UnknownKey, key.span, path, format!("unknown key `{}`", key.text))
            .suggest(suggestion)
            .hide(is_secret);
    }

    /// A key that is a name: checked like text that stands where the key stands.
    fn name(&mut self, key: &Key, schema: &Json, path: &mut Path) {
        let node = Node {
            value: Value::Text(key.text.clone()),
            span: key.span,
            given: Given::Written { text: None },
            tag: None,
        };
        let schema = schema.clone();
        self.value(&node, &schema, key.span, path);
    }

    fn sequence(
        &mut self,
        node: &Node,
        items: &[Node],
        keywords: &Map<String, Json>,
        path: &mut Path,
    ) -> Option<Json> {
        let mark = self.report.len();
        let mut json = Vec::with_capacity(items.len());
        let every = keywords.get("items").cloned().unwrap_or(Json::Bool(true));
        let mut seen = (keywords.get("uniqueItems") == Some(&Json::Bool(true))).then(HashMap::new);
        for (index, item) in items.iter().enumerate() {
            path.push(Segment::Index(index));
            json.extend(self.walk(item, &every, item.span, path));
            if let Some(seen) = &mut seen
                && let Some(first) = seen.insert(item.to_json().to_string(), item.span)
            {
                self.report
                    .error(
                        Code::Duplicate,
                        item.span,
                        &*path,
                        format!("{} stands in this list twice", item.shown()),
                    )
                    .relate("the first one", first);
            }
            path.pop();
        }
        self.count(node, items.len(), keywords, path);
        (self.report.errors_since(mark) == 0).then_some(Json::Array(json))
    }

    fn count(&mut self, node: &Node, count: usize, keywords: &Map<String, Json>, path: &Path) {
        let bound = |name: &str| {
            keywords.get(name).and_then(Json::as_u64).and_then(|bound| usize::try_from(bound).ok())
        };
        if let Some(least) = bound("minItems").filter(|least| count < *least) {
            let message = if least == 1 {
                "the list is empty".to_owned()
            } else {
                format!("the list needs at least {least} entries")
            };
            self.report.error(Code::WrongValue, node.span, path, message);
        }
        if let Some(most) = bound("maxItems").filter(|most| count > *most) {
            self.report.error(
                Code::WrongValue,
                node.span,
                path,
                format!("the list has more than {most} entries"),
            );
        }
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
        || names.iter().any(|name| match (name.as_str(), &node.value) {
            ("null", Value::Null)
            | ("boolean", Value::Bool(_))
            | ("integer", Value::Integer(_))
            | ("number", Value::Integer(_) | Value::Float(_))
            | ("string", Value::Text(_))
            | ("array", Value::Sequence(_))
            | ("object", Value::Mapping(_))
            | (_, Value::Unset) => true,
            _ => false,
        })
}

/// Whether a schema, or one of its alternatives, is of a secret.
fn is_secret(schema: &Json) -> bool {
    let alternatives = schema.get("anyOf").or_else(|| schema.get("allOf")).and_then(Json::as_array);
    schema.get("writeOnly") == Some(&Json::Bool(true))
        || alternatives.into_iter().flatten().any(is_secret)
}

/// The first sentence of a description.
fn first_sentence(schema: &Json) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    let line = text.split("\n\n").next()?.replace('\n', " ");
    Some(line.split(". ").next()?.trim_end_matches('.').to_owned())
}

/// Names in backticks with commas.
pub(crate) fn list<'b>(names: impl IntoIterator<Item = &'b str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
