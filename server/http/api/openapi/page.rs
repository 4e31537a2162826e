//! `GET /api/v1/docs`: the document as a page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::super::super::failure::Failure;
use super::super::super::page;
use super::super::super::routes::routes;
use super::super::super::visitor::Visitor;
use super::openapi;
use crate::app::App;
use crate::render::{ApiAnswer, ApiDocs, ApiField, ApiGroup, ApiOperation};

/// Where the document is.
const DOCUMENT: &str = "/api/v1/openapi.json";

/// `GET /api/v1/docs`
pub(in super::super::super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let document = openapi(&routes(), app.engine.registry(), &app.settings.public_url);
    let frame = page::frame(&app, &visitor, "/api/v1/docs");
    let view = view(&document, &app.settings.public_url);
    Ok(Html(app.renderer.render(&frame, &view)?).into_response())
}

/// What the page shows of the document.
fn view(document: &Value, url: &str) -> ApiDocs {
    let about = text(&document["info"], "description");
    let tags = document["tags"].as_array().into_iter().flatten();
    let groups = tags.map(|tag| {
        let title = text(tag, "name");
        let is_in = |operation: &&ApiOperation| operation_tag(document, operation) == title;
        ApiGroup {
            anchor: title.to_lowercase().replace(' ', "-"),
            operations: operations(document, url).iter().filter(is_in).cloned().collect(),
            title: title.clone(),
        }
    });
    ApiDocs {
        about: about.split("\n\n").map(str::to_owned).collect(),
        groups: groups.collect(),
        document: DOCUMENT,
    }
}

fn operation_tag(document: &Value, operation: &ApiOperation) -> String {
    let method = operation.method.to_lowercase();
    let tags = &document["paths"][&operation.path][&method]["tags"];
    tags[0].as_str().unwrap_or_default().to_owned()
}

fn operations(document: &Value, url: &str) -> Vec<ApiOperation> {
    let mut all = Vec::new();
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            let body = &operation["requestBody"]["content"]["application/json"];
            all.push(ApiOperation {
                anchor: text(operation, "operationId"),
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(operation, "summary"),
                details: text(operation, "description"),
                parameters: parameters(operation),
                fields: fields(document, &body["schema"]),
                example: example(url, path, method, &body["example"]),
                answers: answers(document, operation),
            });
        }
    }
    all
}

fn parameters(operation: &Value) -> Vec<ApiField> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let field = |parameter: &Value| ApiField {
        name: text(parameter, "name"),
        kind: kind_of(&parameter["schema"]),
        required: parameter["required"] == true,
        says: text(parameter, "description"),
    };
    all.map(field).collect()
}

fn answers(document: &Value, operation: &Value) -> Vec<ApiAnswer> {
    let answer = |(status, response): (&String, &Value)| {
        let says = text(response, "description");
        let lines = says.lines().map(|line| {
            let named = line.strip_prefix("- `").and_then(|line| line.split_once("`: "));
            let (kind, says) = named.unwrap_or(("", line));
            json!({ "kind": kind, "says": says })
        });
        let is_refusal = !status.starts_with('2');
        let schema = &response["content"]["application/json"]["schema"];
        ApiAnswer {
            status: status.clone(),
            is_refusal,
            lines: lines.collect(),
            fields: fields(document, schema),
        }
    };
    let responses = operation["responses"].as_object().into_iter().flatten();
    responses.map(answer).collect()
}

/// The fields of an object; of several that one of which is meant, those of all, none of them required.
fn fields(document: &Value, schema: &Value) -> Vec<ApiField> {
    if let Some(either) = schema["anyOf"].as_array() {
        let mut all: Vec<ApiField> = Vec::new();
        for field in either.iter().flat_map(|schema| fields(document, schema)) {
            if all.iter().all(|known| known.name != field.name) {
                all.push(ApiField { required: false, ..field });
            }
        }
        return all;
    }
    let schema = resolve(document, schema);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let field = |(name, schema): (&String, &Value)| {
        let says = text(schema, "description");
        let says =
            if says.is_empty() { text(resolve(document, schema), "description") } else { says };
        ApiField {
            kind: kind_of(schema),
            required: required.iter().any(|it| it == name),
            says,
            name: name.clone(),
        }
    };
    entries(&schema["properties"]).map(field).collect()
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    name.map_or(schema, |name| &document["components"]["schemas"][name])
}

/// What stands in a field, in a word or two.
fn kind_of(schema: &Value) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        return path.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(either) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        return either.iter().map(kind_of).collect::<Vec<_>>().join(" | ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    if kinds.is_empty() {
        return "any".to_owned();
    }
    let word = |kind: &&str| match *kind {
        "array" => format!("{}[]", kind_of(&schema["items"])),
        kind => schema["format"].as_str().filter(|_| kind == "string").unwrap_or(kind).to_owned(),
    };
    kinds.iter().map(word).collect::<Vec<_>>().join(" | ")
}

fn example(url: &str, path: &str, method: &str, body: &Value) -> String {
    let method = method.to_uppercase();
    let verb = if method == "GET" { String::new() } else { format!(" -X {method}") };
    let call = format!("curl{verb} {url}{path} -b cookies -c cookies");
    if body.is_null() {
        return call;
    }
    format!("{call} \\\n  -H 'content-type: application/json' \\\n  -d '{body}'")
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
