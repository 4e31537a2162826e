//! The tables of `docs/blueprints.md`: each key of the language and of every stage, made from the
//! schema, so that the reference cannot say anything else than the check does.

use std::fmt::Write as _;

use engine::Registry;
use serde_json::{Map, Value as Json};

use crate::schema::Language;
use crate::validate::{follow, list};

/// The tables as Markdown: the document, its objects, then the stages.
pub fn reference(registry: &Registry) -> String {
    let language = Language::new(registry);
    let mut writer = Writer { root: &language.root, text: String::new(), done: Vec::new() };
    writer.section("The document", "", &language.root);
    for (heading, section) in [
        ("`organisations.<name>`", "organisations"),
        ("`clients.<client_id>`", "clients"),
        ("`flows.<name>`", "flows"),
        ("`users.<username>`", "users"),
    ] {
        let object = &language.root["properties"][section]["additionalProperties"];
        writer.section(heading, "", object);
    }
    for kind in registry.kinds() {
        let heading = format!("Stage `{}`", kind.name());
        writer.section(&heading, "Nothing to set.", language.stage(kind.name()));
    }
    writer.text
}

struct Writer<'a> {
    root: &'a Json,
    text: String,
    /// The headings that are there already.
    done: Vec<String>,
}

impl Writer<'_> {
    /// A table of the keys of an object, and below it those of the objects in it.
    fn section(&mut self, heading: &str, empty: &str, schema: &Json) {
        if self.done.iter().any(|done| done == heading) {
            return;
        }
        self.done.push(heading.to_owned());
        let object = follow(self.root, schema).clone();
        let _ = write!(self.text, "\n### {heading}\n\n");
        if let Some(text) = text(object.get("description")).filter(|_| schema != self.root) {
            let _ = write!(self.text, "{text}\n\n");
        }
        let none = Map::new();
        let properties = object.get("properties").and_then(Json::as_object).unwrap_or(&none);
        if properties.is_empty() {
            let _ = writeln!(self.text, "{empty}");
            return;
        }
        self.text.push_str("| key | values | default | meaning |\n|---|---|---|---|\n");
        let mut inner = Vec::new();
        for (key, property) in properties {
            let values = self.values(property, &mut inner);
            let default = self.default(key, &object, property);
            let target = follow(self.root, property);
            let meaning = text(property.get("description").or(target.get("description")));
            let meaning = meaning.unwrap_or_default();
            let meaning = meaning.split(" Default: ").next().unwrap_or_default();
            let _ = writeln!(self.text, "| `{key}` | {values} | {default} | {meaning} |");
        }
        for (name, schema) in inner {
            self.section(&format!("{} in {heading}", words(&name)), "", &schema);
        }
    }

    fn default(&self, key: &str, object: &Json, property: &Json) -> String {
        let required = object.get("required").and_then(Json::as_array);
        if required.into_iter().flatten().any(|name| name == key) {
            return "required".to_owned();
        }
        let target = follow(self.root, property);
        let described = text(property.get("description").or(target.get("description")));
        if let Some((_, default)) =
            described.as_deref().and_then(|text| text.split_once(" Default: "))
        {
            return default
                .split_once(". ")
                .map_or(default, |(first, _)| first)
                .trim_end_matches('.')
                .to_owned();
        }
        match property.get("default") {
            None | Some(Json::Null) => "none".to_owned(),
            Some(Json::Array(items)) if items.is_empty() => "none".to_owned(),
            Some(Json::Object(keys)) if keys.is_empty() => "none".to_owned(),
            Some(Json::String(text)) => format!("`{text}`"),
            Some(Json::Array(items)) => {
                let items: Vec<String> = items.iter().map(plain).collect();
                format!("`[{}]`", items.join(", "))
            }
            Some(value) => format!("`{value}`"),
        }
    }

    /// What may stand there, in words; objects in it are added to `inner`.
    fn values(&self, schema: &Json, inner: &mut Vec<(String, Json)>) -> String {
        let name = schema
            .get("$ref")
            .or_else(|| schema.pointer("/allOf/0/$ref"))
            .or_else(|| schema.pointer("/anyOf/0/$ref"))
            .and_then(Json::as_str)
            .and_then(|pointer| pointer.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        if name == "Stage" {
            return "a stage, `branch` or `include`".to_owned();
        }
        let schema = match schema.get("allOf").and_then(Json::as_array).and_then(|all| all.first())
        {
            Some(first) => follow(self.root, first),
            None => follow(self.root, schema),
        };
        if name == "Span" {
            return "duration".to_owned();
        }
        if let Some(options) =
            schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array)
        {
            let mut all: Vec<String> = Vec::new();
            for option in options {
                let values = self.values(option, inner);
                if values != "nothing" && !all.contains(&values) {
                    all.push(values);
                }
            }
            return all.join(", ");
        }
        if let Some(constant) = schema.get("const") {
            return format!("`{}`", plain(constant));
        }
        if let Some(constants) = schema.get("enum").and_then(Json::as_array) {
            return list(
                constants.iter().map(plain).collect::<Vec<_>>().iter().map(String::as_str),
            );
        }
        self.typed(schema, &name, inner)
    }

    fn typed(&self, schema: &Json, name: &str, inner: &mut Vec<(String, Json)>) -> String {
        let of_type = match schema.get("type") {
            Some(Json::Array(names)) => {
                names.iter().find(|name| *name != "null").and_then(Json::as_str)
            }
            Some(name) => name.as_str(),
            None => None,
        };
        match of_type {
            Some("string") => string(schema),
            Some("integer") => format!("whole number{}", range(schema)),
            Some("number") => format!("number{}", range(schema)),
            Some("boolean") => "`true`, `false`".to_owned(),
            Some("null") => "nothing".to_owned(),
            Some("array") => {
                let every = schema.get("items").unwrap_or(&Json::Null);
                let least = if schema.get("minItems").is_some_and(|least| *least != 0) {
                    ", at least one"
                } else {
                    ""
                };
                format!("list of {}{least}", self.values(every, inner))
            }
            Some("object") if schema.get("properties").is_some() => {
                inner.push((name.to_owned(), schema.clone()));
                format!("mapping ({})", words(name).to_lowercase())
            }
            Some("object") => match schema.get("additionalProperties") {
                Some(each) if each.is_object() && name.is_empty() => {
                    // The objects of the document have sections of their own.
                    let mut aside = Vec::new();
                    let values = self.values(each, &mut aside);
                    if !["Organisation", "Client", "Flow", "User"]
                        .iter()
                        .any(|own| aside.iter().any(|(name, _)| name == own))
                    {
                        inner.extend(aside);
                    }
                    format!("mapping of names to {values}")
                }
                _ => "mapping".to_owned(),
            },
            _ => "anything".to_owned(),
        }
    }
}

fn string(schema: &Json) -> String {
    if schema.get("writeOnly").is_some() {
        return "secret text".to_owned();
    }
    let what = match schema.get("format").and_then(Json::as_str) {
        Some("condition") => "expression",
        Some("name" | "identifier") => "name",
        Some("email-address") => "e-mail address",
        Some("domain") => "domain",
        Some("redirect-uri" | "page-address" | "image-address") => "address",
        Some("colour") => "colour",
        Some("scope") => "scope",
        _ => match schema.get("x-reference").and_then(Json::as_str) {
            Some(kind) => {
                return format!("name of a {kind}").replace("a organisation", "an organisation");
            }
            None => "text",
        },
    };
    match schema.get("maxLength").and_then(Json::as_u64) {
        Some(most) if what == "text" => format!("text up to {most}"),
        _ => what.to_owned(),
    }
}

fn range(schema: &Json) -> String {
    let bound = |name: &str| schema.get(name).filter(|bound| !bound.is_null());
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) if *least != 0 => format!(", at least {least}"),
        _ => String::new(),
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A description on one line, fit for a table.
fn text(description: Option<&Json>) -> Option<String> {
    let text = description?.as_str()?;
    Some(text.split("\n\n").next()?.replace('\n', " ").replace('|', "\\|"))
}

/// `SourcePolicyMap` as `Source policy map`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (place, character) in name.chars().enumerate() {
        if character.is_uppercase() && place > 0 {
            words.push(' ');
            words.extend(character.to_lowercase());
        } else {
            words.push(character);
        }
    }
    words
}
