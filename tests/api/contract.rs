//! Whether an answer is what the OpenAPI document says of it: its status, its kind of problem, and every
//! field of it. It reads the part of JSON Schema that the document uses, and fails on any other.

use std::sync::OnceLock;

use flowgate::http::{openapi, routes};
use reqwest::Method;
use serde_json::Value;

use crate::harness::Page;

/// The document, as `docs/openapi.json` has it.
pub(super) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| openapi(&routes(), &stages::registry(), "/"))
}

/// Fails unless the document describes this answer, and this body where it was taken.
#[track_caller]
pub(super) fn check(method: &Method, path: &str, body: Option<&Value>, page: &Page) {
    let path = path.split('?').next().unwrap_or(path);
    let (template, methods) = find(path).unwrap_or_else(|| panic!("{path} is not documented"));
    let operation = &methods[method.as_str().to_lowercase()];
    if operation.is_null() {
        assert_eq!(page.status, 405, "{method} {template} is not documented");
        return;
    }
    let status = page.status.as_str();
    let response = &operation["responses"][status];
    assert!(!response.is_null(), "{method} {template}: {status} is not documented: {page:?}");
    if page.status.is_success() {
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            assert!(page.body.is_empty(), "{method} {template}: {page:?}");
            return;
        }
        matches(schema, &page.json(), &format!("{method} {template}"));
        let taken = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let Some(body) = body {
            matches(taken, body, &format!("the body of {method} {template}"));
        }
        return;
    }
    let schema = &response["content"]["application/problem+json"]["schema"];
    matches(schema, &page.json(), &format!("{method} {template}"));
    let problem = page.json();
    let kind = problem["type"].as_str().and_then(|it| it.rsplit(':').next()).unwrap_or_default();
    let says = response["description"].as_str().unwrap_or_default();
    assert!(
        says.contains(&format!("`{kind}`")),
        "{method} {template}: {status} {kind} is not documented"
    );
}

/// The path as the document has it.
pub(super) fn template(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or(path);
    find(path).unwrap_or_else(|| panic!("{path} is not documented")).0
}

fn find(path: &str) -> Option<(&'static String, &'static Value)> {
    let is_it = |template: &str| {
        let (mut given, mut known) = (path.split('/'), template.split('/'));
        loop {
            match (given.next(), known.next()) {
                (None, None) => return true,
                (Some(given), Some(known)) if given == known || known.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    let paths = document()["paths"].as_object().unwrap();
    let exact = paths.iter().find(|(template, _)| *template == path);
    exact.or_else(|| paths.iter().find(|(template, _)| is_it(template)))
}

/// Fails unless `value` is as `schema` says.
#[track_caller]
pub(super) fn matches(schema: &Value, value: &Value, place: &str) {
    if let Err(why) = differs(schema, value, place) {
        panic!("{why}\n{value:#}");
    }
}

const KNOWN: [&str; 20] = [
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maximum",
    "maxItems",
    "maxLength",
    "minimum",
    "minItems",
    "minLength",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
];

fn differs(schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let keywords = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Object(keywords) => keywords,
        _ => return Err(format!("{place}: no schema: {schema}")),
    };
    if let Some(unknown) =
        keywords.keys().find(|key| !KNOWN.contains(&key.as_str()) && *key != "title")
    {
        return Err(format!("{place}: teach tests/api/contract.rs what `{unknown}` means"));
    }
    if let Some(path) = schema["$ref"].as_str() {
        let pointer = path.strip_prefix('#').ok_or("a reference elsewhere")?;
        let schema = document().pointer(pointer).ok_or_else(|| format!("{path} leads nowhere"))?;
        return differs(schema, value, place);
    }
    for either in ["anyOf", "oneOf"] {
        if let Some(all) = schema[either].as_array() {
            let whys: Vec<_> = all.iter().map(|schema| differs(schema, value, place)).collect();
            if whys.iter().all(Result::is_err) {
                return Err(format!("{place}: {whys:#?}"));
            }
        }
    }
    if let Some(expected) = keywords.get("const")
        && value != expected
    {
        return Err(format!("{place}: {value} is not {expected}"));
    }
    if let Some(all) = schema["enum"].as_array()
        && !all.contains(value)
    {
        return Err(format!("{place}: {value} is none of {all:?}"));
    }
    is_of_type(&schema["type"], value, place)?;
    if let Some(items) = value.as_array() {
        let mut all = items.iter().enumerate();
        return match keywords.get("items") {
            Some(schema) => {
                all.try_for_each(|(at, item)| differs(schema, item, &format!("{place}[{at}]")))
            }
            None => Ok(()),
        };
    }
    let Some(fields) = value.as_object() else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if !fields.contains_key(name) {
            return Err(format!("{place}: `{name}` is missing"));
        }
    }
    for (name, value) in fields {
        let place = format!("{place}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Null) if schema["properties"].is_null() => {}
            // Nothing that is not written down.
            (Value::Null, Value::Null | Value::Bool(false)) if !is_problem(schema) => {
                return Err(format!("{place} is not documented"));
            }
            (Value::Null, Value::Null) => {}
            (Value::Null, schema) | (schema, _) => differs(schema, value, &place)?,
        }
    }
    Ok(())
}

/// A problem has further members, each documented with its kind.
fn is_problem(schema: &Value) -> bool {
    schema["description"].as_str().is_some_and(|it| it.starts_with("A problem document"))
}

fn is_of_type(kinds: &Value, value: &Value, place: &str) -> Result<(), String> {
    let kinds: Vec<&str> = match kinds {
        Value::Null => return Ok(()),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let is = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    if kinds.iter().any(is) { Ok(()) } else { Err(format!("{place}: {value} is no {kinds:?}")) }
}
