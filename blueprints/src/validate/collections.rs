//! Mappings and lists: keys, entries, and how many of them.

use std::collections::{HashMap, HashSet};

use regex_automata::meta::Regex;
use serde_json::{Map, Value as Json};

use super::{Walker, list};
use crate::diagnostic::Code;
use crate::path::{Path, Segment};
use crate::read::{Given, Key, Node, Span, Value};

impl Walker<'_> {
    pub(super) fn mapping(
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
    pub(super) fn matches(&mut self, pattern: &str, text: &str) -> bool {
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

    pub(super) fn sequence(
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
                && !matches!(item.value, Value::Unset)
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
