//! `anyOf` and `oneOf`: which of several shapes the author meant, so that the error is about that
//! one, and not "matches none of five".

use serde_json::{Map, Value as Json};

use super::{Walker, accepts, list, type_names};
use crate::diagnostic::Code;
use crate::path::Path;
use crate::read::{Node, Span, Value};

impl Walker<'_> {
    pub(super) fn alternatives(
        &mut self,
        node: &Node,
        options: &[Json],
        keywords: &Map<String, Json>,
        at: Span,
        path: &mut Path,
    ) -> Option<Json> {
        if keywords.contains_key("properties") {
            return self.flattened(node, options, keywords, at, path);
        }
        let options = self.flat(options, 0);
        let takes_null = |option: &Json| {
            option
                .as_object()
                .is_some_and(|option| type_names(option).iter().any(|name| name == "null"))
        };
        if matches!(node.value, Value::Null) && options.iter().any(takes_null) {
            return Some(Json::Null);
        }
        let options: Vec<Json> = options
            .into_iter()
            .filter(|option| option.get("type").and_then(Json::as_str) != Some("null"))
            .collect();
        if options.iter().all(is_choice) {
            return self.choice(node, &options, at, path);
        }
        let fitting: Vec<&Json> = options.iter().filter(|option| fits(option, node)).collect();
        match fitting.as_slice() {
            [] => {
                let examples = options.iter().find(|option| option.get("examples").is_some());
                let keywords = examples.and_then(Json::as_object).unwrap_or(keywords);
                self.wrong_type(node, &expected(&options), keywords, at, path);
                None
            }
            [only] => {
                let only = described((*only).clone(), &Json::Object(keywords.clone()));
                self.value(node, &only, at, path)
            }
            several => match meant(several, node) {
                Meant::One(option) => self.value(node, option, at, path),
                Meant::Unclear => self.attempt(node, several, at, path),
                Meant::Key { given, allowed } => {
                    let wrong = given.as_ref().map(|(_, value)| value.clone()).unwrap_or_default();
                    let names = list(allowed.iter().map(String::as_str));
                    let (code, span, message) = match given {
                        Some((span, value)) => {
                            (Code::WrongValue, span, format!("`{value}` is not one of {names}"))
                        }
                        None => (Code::MissingKey, at, format!("the key {names} is missing")),
                    };
                    self.report
                        .error(code, span, &*path, message)
                        .nearest(&wrong, allowed.iter().map(String::as_str));
                    None
                }
            },
        }
    }

    /// The alternatives themselves: references followed, alternatives within them put beside them.
    fn flat(&self, options: &[Json], depth: usize) -> Vec<Json> {
        let mut flat = Vec::new();
        for option in options {
            let option = self.follow(option);
            let inner =
                option.get("anyOf").or_else(|| option.get("oneOf")).and_then(Json::as_array);
            match inner {
                Some(inner) if option.get("properties").is_none() && depth < 8 => {
                    let inner = self.flat(inner, depth + 1);
                    flat.extend(inner.into_iter().map(|inner| described(inner, option)));
                }
                _ => flat.push(option.clone()),
            }
        }
        flat
    }

    /// Keys of the type itself beside those of one of several types.
    fn flattened(
        &mut self,
        node: &Node,
        options: &[Json],
        keywords: &Map<String, Json>,
        at: Span,
        path: &mut Path,
    ) -> Option<Json> {
        let merged: Vec<Json> = options
            .iter()
            .map(|option| {
                let mut own = keywords.clone();
                own.remove("oneOf");
                own.remove("anyOf");
                for (name, value) in self.follow(option).as_object().into_iter().flatten() {
                    match (own.get_mut(name), value) {
                        (Some(Json::Object(mine)), Json::Object(theirs)) => {
                            mine.extend(theirs.clone());
                        }
                        (Some(Json::Array(mine)), Json::Array(theirs)) => {
                            mine.extend(theirs.iter().cloned());
                        }
                        _ => drop(own.insert(name.clone(), value.clone())),
                    }
                }
                Json::Object(own)
            })
            .collect();
        self.alternatives(node, &merged, &Map::new(), at, path)
    }

    /// Tries each; the first without errors holds, else the one with the fewest.
    fn attempt(
        &mut self,
        node: &Node,
        options: &[&Json],
        at: Span,
        path: &mut Path,
    ) -> Option<Json> {
        let mark = self.report.len();
        let mut best: Option<Vec<_>> = None;
        for option in options {
            let json = self.value(node, option, at, path);
            if self.report.errors_since(mark) == 0 {
                return json;
            }
            let findings = self.report.split_off(mark);
            if best.as_ref().is_none_or(|best| findings.len() < best.len()) {
                best = Some(findings);
            }
        }
        self.report.extend(best.unwrap_or_default());
        None
    }

    /// One of a fixed set of values.
    pub(super) fn choice(
        &mut self,
        node: &Node,
        options: &[Json],
        at: Span,
        path: &Path,
    ) -> Option<Json> {
        let allowed: Vec<&Json> = options.iter().flat_map(constants).collect();
        let json = node.to_json();
        if allowed.contains(&&json) {
            return Some(json);
        }
        // A tag gives text; the constant may be a number.
        if let (Value::Text(text), true) =
            (&node.value, matches!(node.given, crate::read::Given::Tag { .. }))
            && let Some(found) = allowed.iter().find(|value| value.to_string() == *text)
        {
            return Some((*found).clone());
        }
        let names: Vec<String> = allowed
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        let expected = match names.as_slice() {
            [only] => format!("only `{only}` is allowed"),
            several => format!("expected one of {}", list(several.iter().map(String::as_str))),
        };
        let is_scalar = node.items().is_empty() && node.entries().is_empty();
        let (code, span) =
            if is_scalar { (Code::WrongValue, node.span) } else { (Code::WrongType, at) };
        let suggestion = match (&node.value, names.as_slice()) {
            (Value::Bool(false), names) if names.iter().any(|name| name == "off") => {
                Some("did you mean `off`?".to_owned())
            }
            (Value::Text(text), names) => {
                crate::suggest::did_you_mean(text, names.iter().map(String::as_str))
            }
            _ => None,
        };
        self.report
            .error(code, span, path, format!("{expected}, found {}", node.shown()))
            .suggest(suggestion);
        None
    }
}

/// What is said beside alternatives holds for each of them.
fn described(mut option: Json, around: &Json) -> Json {
    for name in ["examples", "description"] {
        if let (Json::Object(option), Some(value)) = (&mut option, around.get(name)) {
            option.entry(name).or_insert_with(|| value.clone());
        }
    }
    option
}

enum Meant<'b> {
    One(&'b Json),
    Unclear,
    /// The key that tells the shapes apart is missing or has another value.
    Key {
        given: Option<(Span, String)>,
        allowed: Vec<String>,
    },
}

/// Which of several mappings is meant: by the value of a key that is constant in each (an
/// internally tagged enum) or by the key that only one of them requires (an externally tagged one).
fn meant<'b>(options: &[&'b Json], node: &Node) -> Meant<'b> {
    if !matches!(node.value, Value::Mapping(_)) {
        return Meant::Unclear;
    }
    if let Some(key) = discriminator(options) {
        let allowed = options
            .iter()
            .filter_map(|option| constant_of(option, &key))
            .map(str::to_owned)
            .collect();
        return match node.get(&key) {
            None => Meant::Key { given: None, allowed: vec![key] },
            Some(value) => options
                .iter()
                .find(|option| {
                    constant_of(option, &key).is_some_and(|constant| value.text() == Some(constant))
                })
                .map_or_else(
                    || Meant::Key {
                        given: Some((
                            value.span,
                            value.text().unwrap_or(value.describe()).to_owned(),
                        )),
                        allowed,
                    },
                    |option| Meant::One(option),
                ),
        };
    }
    let mut by_key = options.iter().filter(|option| {
        required(option).next().is_some() && required(option).all(|name| node.get(name).is_some())
    });
    match (by_key.next(), by_key.next()) {
        (Some(option), None) => Meant::One(option),
        _ => Meant::Unclear,
    }
}

/// A key that every option requires with a constant of its own.
fn discriminator(options: &[&Json]) -> Option<String> {
    let first = options.first()?;
    required(first)
        .find(|key| options.iter().all(|option| constant_of(option, key).is_some()))
        .map(str::to_owned)
}

fn required(option: &Json) -> impl Iterator<Item = &str> {
    option.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

fn constant_of<'b>(option: &'b Json, key: &str) -> Option<&'b str> {
    option.get("properties")?.get(key)?.get("const")?.as_str()
}

fn is_choice(option: &Json) -> bool {
    option.get("const").is_some() || option.get("enum").is_some()
}

fn constants(option: &Json) -> impl Iterator<Item = &Json> {
    let several = option.get("enum").and_then(Json::as_array).into_iter().flatten();
    option.get("const").into_iter().chain(several)
}

/// Whether the node could be meant by the option, looking at its outer shape alone.
fn fits(option: &Json, node: &Node) -> bool {
    if is_choice(option) {
        let is_word =
            matches!(node.value, Value::Text(_)) && constants(option).any(Json::is_string);
        return is_word || constants(option).any(|value| *value == node.to_json());
    }
    option.as_object().is_none_or(|keywords| accepts(keywords, node))
}

/// The types of the alternatives that are no constants, or of the constants if there are no others.
fn expected(options: &[Json]) -> Vec<String> {
    let types: Vec<String> = options
        .iter()
        .filter(|option| !is_choice(option))
        .filter_map(Json::as_object)
        .flat_map(type_names)
        .collect();
    if types.is_empty() || options.iter().any(|option| constants(option).any(Json::is_string)) {
        types.into_iter().chain(["string".to_owned()]).collect()
    } else {
        types
    }
}
