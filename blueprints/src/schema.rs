//! The schema of the language, made from the types of [`crate::model`] and of the stages' own
//! configurations: in [`Language`] for the check, and by [`schema`] for editors.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use engine::Registry;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use crate::model::Document;
use crate::validate::follow;

/// Where definitions stand.
const DEFINITIONS: &str = "definitions";

/// What stands beside a stage kind.
const BESIDE: [&str; 3] = ["id", "when", "title"];

/// Everything the check walks along.
pub(crate) struct Language {
    /// The document, with all definitions.
    pub(crate) root: Json,
    stages: BTreeMap<String, Json>,
    beside: BTreeMap<&'static str, Json>,
}

impl Language {
    /// The language with these stage kinds.
    pub(crate) fn new(registry: &Registry) -> Self {
        let mut generator = SchemaSettings::draft07().into_generator();
        let document = generator.subschema_for::<Document>().to_value();
        let stages: BTreeMap<String, Json> = registry
            .kinds()
            .map(|kind| (kind.name().to_owned(), kind.schema(&mut generator).to_value()))
            .collect();
        let definitions = Json::Object(generator.take_definitions(true));
        let mut root = json!({ "$schema": "http://json-schema.org/draft-07/schema#", DEFINITIONS: definitions });
        // The names of connections are references, which the crate of the policies cannot know.
        if let Some(Json::Object(sources)) =
            root.pointer_mut(&format!("/{DEFINITIONS}/Policy/properties/sources"))
        {
            sources.insert(
                "propertyNames".to_owned(),
                json!({ "type": "string", "x-reference": "source" }),
            );
        }
        if let Json::Object(keywords) = follow(&root, &document).clone()
            && let Json::Object(root) = &mut root
        {
            root.extend(keywords);
            // The document itself stands at the top.
            root.get_mut(DEFINITIONS)
                .and_then(Json::as_object_mut)
                .map(|all| all.remove("Document"));
        }
        Self { root, stages, beside: beside() }
    }

    /// The schema of a stage's configuration.
    pub(crate) fn stage(&self, kind: &str) -> &Json {
        self.stages.get(kind).unwrap_or(&Json::Bool(true))
    }

    /// The keys of a stage's configuration.
    pub(crate) fn keys_of(&self, kind: &str) -> Vec<String> {
        let schema = follow(&self.root, self.stage(kind));
        schema
            .get("properties")
            .and_then(Json::as_object)
            .into_iter()
            .flat_map(Map::keys)
            .cloned()
            .collect()
    }

    /// The schema of `id`, `when`, `title` and `include`, and of the two kinds of arms.
    pub(crate) fn beside(&self, name: &str) -> &Json {
        self.beside.get(name).unwrap_or(&Json::Bool(true))
    }

    /// An entry of a list of stages: one shape for each kind, and branch and include.
    fn entry(&self) -> Json {
        let mut shapes: Vec<Json> = self.stages.keys().map(|kind| self.stage_entry(kind)).collect();
        shapes.push(json!({
            "type": "object",
            "description": "The first arm whose condition holds; without one, the flow goes on below.",
            "properties": {
                "branch": {
                    "type": "array",
                    "minItems": 1,
                    "items": { "oneOf": [self.beside("arm"), self.beside("otherwise")] },
                    "description": "A list of `{ when: .., stages: [..] }` and a last `{ otherwise: [..] }`.",
                },
            },
            "required": ["branch"],
            "additionalProperties": false,
        }));
        shapes.push(json!({
            "type": "object",
            "description": "The stages of another flow, in this place.",
            "properties": { "include": self.beside("include") },
            "required": ["include"],
            "additionalProperties": false,
        }));
        json!({ "oneOf": shapes })
    }

    fn stage_entry(&self, kind: &str) -> Json {
        let schema = self.stage(kind);
        let description = follow(&self.root, schema).get("description").cloned();
        let mut properties = Map::new();
        properties.insert(kind.to_owned(), json!({ "anyOf": [schema, { "type": "null" }] }));
        for name in BESIDE {
            properties.insert(name.to_owned(), reference(&format!("Stage.{name}")));
        }
        if let (Some(description), Some(config)) = (&description, properties.get_mut(kind)) {
            config["description"] = description.clone();
        }
        json!({ "type": "object", "properties": properties, "required": [kind], "additionalProperties": false })
    }
}

/// What stands beside a stage kind, and the arms of a branch.
fn beside() -> BTreeMap<&'static str, Json> {
    let when = |description: &str| json!({ "type": "string", "format": "condition", "minLength": 1, "description": description, "examples": ["not proven(\"any\")"] });
    let stages = |description: &str| json!({ "type": "array", "minItems": 1, "items": reference("Stage"), "description": description });
    BTreeMap::from([
        (
            "id",
            json!({
                "type": "string",
                "format": "name",
                "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$",
                "description": "The name of the stage within the flow. Default: its kind, numbered when it repeats (`password`, `password-2`).",
            }),
        ),
        (
            "when",
            when(
                "The condition under which the stage is not skipped: one rhai expression. An error in it denies the login. Default: always.",
            ),
        ),
        (
            "title",
            json!({ "type": "string", "format": "line", "minLength": 1, "maxLength": 200, "description": "The heading of its page. Default: that of the stage." }),
        ),
        (
            "include",
            json!({ "type": "string", "x-reference": "flow", "description": "The name of the flow whose stages stand here." }),
        ),
        (
            "arm",
            json!({
                "type": "object",
                "properties": { "when": when("The condition of this arm."), "stages": stages("What happens when it holds.") },
                "required": ["when", "stages"],
                "additionalProperties": false,
            }),
        ),
        (
            "otherwise",
            json!({
                "type": "object",
                "properties": { "otherwise": stages("What happens when no condition above holds.") },
                "required": ["otherwise"],
                "additionalProperties": false,
            }),
        ),
    ])
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/{DEFINITIONS}/{name}") })
}

/// The JSON Schema (draft 7) of a whole blueprint, for editors: strict, with a description of each
/// key, and tolerant of tags, which a schema cannot see: where the language wants a number, a
/// truth value or text of a certain form, the argument of a tag is let through.
///
/// Use it with `# yaml-language-server: $schema=./flowgate.schema.json`.
pub fn schema(registry: &Registry) -> Json {
    let language = Language::new(registry);
    let mut schema = language.root.clone();
    schema["title"] = "Flowgate blueprint".into();
    schema[DEFINITIONS]["Stage"] = language.entry();
    for name in BESIDE {
        schema[DEFINITIONS][format!("Stage.{name}")] = language.beside(name).clone();
    }
    allow_tags(&mut schema);
    schema[DEFINITIONS]["Tag.argument"] = json!({
        "description": "Only as `!env NAME` or `!var NAME`.",
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
    });
    schema[DEFINITIONS]["Tag.default"] = json!({
        "description": "Only as `!env [NAME, default]`.",
        "type": "array",
        "items": { "type": ["string", "number", "boolean"] },
        "minItems": 1,
        "maxItems": 2,
    });
    schema
}

/// [`schema`] as the text of a file, as `flowgate blueprint schema` prints it and as it is kept in
/// `docs/blueprint.schema.json`.
pub fn schema_text(registry: &Registry) -> String {
    format!("{:#}\n", schema(registry))
}

/// Lets the arguments of tags through: a name where a number, a truth value or a pattern is asked
/// for, and the list of `!env [NAME, default]` where any of these or a secret is.
fn allow_tags(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(allow_tags),
        Json::Object(keywords) => {
            for (name, value) in keywords.iter_mut() {
                match name.as_str() {
                    // The names of objects and constants are not given by tags.
                    "propertyNames" | "const" | "enum" | "examples" | "default" | "required" => {}
                    // Its values are schemas, its keys are not.
                    "properties" | "definitions" | "patternProperties" => {
                        value
                            .as_object_mut()
                            .into_iter()
                            .flat_map(Map::values_mut)
                            .for_each(allow_tags);
                    }
                    _ => allow_tags(value),
                }
            }
            if is_plain_scalar(keywords) {
                widen(keywords);
            }
        }
        _ => {}
    }
}

fn is_plain_scalar(keywords: &Map<String, Json>) -> bool {
    let is_scalar = |name: &Json| {
        matches!(name.as_str(), Some("string" | "integer" | "number" | "boolean" | "null"))
    };
    let is_typed = match keywords.get("type") {
        Some(Json::Array(names)) => {
            names.iter().all(is_scalar) && names.iter().any(|name| name != "null")
        }
        Some(name) => is_scalar(name) && name != "null",
        None => false,
    };
    is_typed && !keywords.contains_key("const") && !keywords.contains_key("enum")
}

fn widen(keywords: &mut Map<String, Json>) {
    let is_short = keywords.get("minLength").and_then(Json::as_u64).is_none_or(|least| least <= 1);
    let takes_any_text = is_short
        && !keywords.contains_key("pattern")
        && match keywords.get("type") {
            Some(Json::Array(names)) => names.contains(&json!("string")),
            name => name == Some(&json!("string")),
        };
    let mut own = Map::new();
    // Formats are Flowgate's own words; the standard ones would be checked on the tag's argument.
    for name in [
        "type",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
    ] {
        if let Some(value) = keywords.remove(name) {
            own.insert(name.to_owned(), value);
        }
    }
    keywords.remove("format");
    let mut shapes = vec![Json::Object(own)];
    if !takes_any_text {
        shapes.push(reference("Tag.argument"));
    }
    shapes.push(reference("Tag.default"));
    keywords.insert("anyOf".to_owned(), Json::Array(shapes));
}
