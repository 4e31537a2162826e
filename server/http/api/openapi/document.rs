//! The OpenAPI 3.1 document: paths from the list of routes, schemas from the types that handlers read
//! and write, answers to flows from the stages.

use axum::http::Method;
use engine::Registry;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::super::super::routes::{Access, Route};
use super::operation::{Operation, Refusal, SchemaOf};

/// Below this the API is.
const PREFIX: &str = "/api/v1/";

const ABOUT: &str = "What the pages of Flowgate do, for programs: sign in, prove again, set up and \
delete factors, look after an account. Every login and every set-up is a flow, run by the same engine \
as the pages; nothing here is a second way to a session or a credential.\n\nErrors are problem documents \
(RFC 9457): `type` is stable, `code` is the message key that a page would show, `detail` says it in \
English. A write that a cookie speaks for needs the `Origin` (or `Sec-Fetch-Site`) of this server. \
Where a proof is missing or too old, the answer is 401 with the challenge of RFC 9470.";

/// The document, for a server at `url`.
#[must_use]
pub fn openapi(routes: &[Route], registry: &Registry, url: &str) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    let mut tags: Vec<&str> = Vec::new();
    for route in routes {
        let Some(operation) = route.operation else { continue };
        if !tags.contains(&operation.tag) {
            tags.push(operation.tag);
        }
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        methods[route.method.as_str().to_lowercase()] = describe(route, operation, &mut schemas);
    }
    let mut all = schemas.finish();
    for kind in registry.kinds() {
        let mut generator = SchemaSettings::draft2020_12()
            .with(|settings| {
                settings.inline_subschemas = true;
                settings.meta_schema = None;
            })
            .into_generator();
        let schema = kind.answer_schema(&mut generator);
        all.insert(format!("answer.{}", kind.name()), schema.to_value());
    }
    all.insert("Problem".to_owned(), problem());
    all.sort_keys();
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Flowgate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": url }],
        "tags": tags.iter().map(|tag| json!({ "name": tag })).collect::<Vec<_>>(),
        "paths": paths,
        "components": { "schemas": all, "securitySchemes": security_schemes() },
    })
}

fn describe(route: &Route, operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut described = json!({
        "tags": [operation.tag],
        "summary": operation.summary,
        "operationId": operation_id(route),
        "security": security(route.access),
    });
    if !operation.details.is_empty() {
        described["description"] = json!(operation.details);
    }
    let parameters = parameters(route.path, operation.query, schemas);
    if !parameters.is_empty() {
        described["parameters"] = json!(parameters);
    }
    if let Some(body) = &operation.body {
        let example: Value = serde_json::from_str(body.example).unwrap_or_default();
        described["requestBody"] = json!({
            "required": true,
            "content": { "application/json": {
                "schema": schemas.read(body.schema),
                "example": example,
            } },
        });
    }
    described["responses"] = responses(route, operation, schemas);
    described
}

/// `postLoginPasskeyFinish`.
fn operation_id(route: &Route) -> String {
    let words = route.path.strip_prefix(PREFIX).unwrap_or(route.path);
    let words = words.split(['/', '-', '{', '}', '.']).filter(|word| !word.is_empty());
    words.fold(route.method.as_str().to_lowercase(), |id, word| {
        let (first, rest) = word.split_at(1);
        format!("{id}{}{rest}", first.to_uppercase())
    })
}

fn parameters(path: &str, query: Option<SchemaOf>, schemas: &mut Schemas) -> Vec<Value> {
    let in_path = path.split('/').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = in_path
        .map(|name| {
            let schema = json!({ "type": "string" });
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    let Some(query) = query else { return all };
    let schema = schemas.alone(query);
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let mut schema = schema.clone();
        let says = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        all.push(json!({
            "name": name, "in": "query", "required": false, "schema": schema, "description": says,
        }));
    }
    all
}

fn responses(route: &Route, operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for answer in operation.answers.iter().flatten() {
        let status = answer.status.to_string();
        let Some(schema) = answer.schema else {
            all.insert(status, json!({ "description": answer.says }));
            continue;
        };
        let schema = schemas.write(schema);
        let kind = if route.path.ends_with("/docs") { "text/html" } else { "application/json" };
        let Some(before) = all.get_mut(&status) else {
            let content = json!({ kind: { "schema": schema } });
            all.insert(status, json!({ "description": answer.says, "content": content }));
            continue;
        };
        let says = before["description"].as_str().unwrap_or_default();
        before["description"] = json!(format!("{says} Or: {}", answer.says));
        let first = before["content"][kind]["schema"].take();
        let mut either = first.get("anyOf").and_then(Value::as_array).cloned();
        let either = either.get_or_insert_with(|| vec![first]);
        either.push(schema);
        before["content"][kind]["schema"] = json!({ "anyOf": either });
    }
    let mut refusals: Vec<Refusal> =
        operation.refusals.iter().copied().chain(of_every(route, operation)).collect();
    refusals.sort_by_key(|refusal| refusal.status);
    for refusal in refusals {
        let line = format!("- `{}`: {}", refusal.kind, refusal.when);
        let entry =
            all.entry(refusal.status.to_string()).or_insert_with(|| refused(refusal.status));
        let says = entry["description"].as_str().unwrap_or_default();
        let says = if says.is_empty() { line } else { format!("{says}\n{line}") };
        entry["description"] = json!(says);
    }
    Value::Object(all)
}

fn refused(status: u16) -> Value {
    let mut response = json!({
        "description": "",
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
        } },
    });
    let header = match status {
        401 => "WWW-Authenticate",
        429 => "Retry-After",
        _ => return response,
    };
    response["headers"] = json!({ header: { "schema": { "type": "string" } } });
    response
}

/// What every route of its kind says no to.
fn of_every(route: &Route, operation: &Operation) -> Vec<Refusal> {
    let new = Refusal::new;
    let mut all = Vec::new();
    let is_personal =
        matches!(route.access, Access::Session | Access::Sensitive | Access::Enrolling);
    let is_write = route.method != Method::GET;
    if is_personal {
        all.push(new(401, "unauthenticated", "Nobody is signed in."));
    }
    if matches!(route.access, Access::Sensitive | Access::Enrolling) {
        let when = "A proof is missing or too old: `code`, `acr_values`, `max_age` and `factors` say \
         which (RFC 9470).";
        all.push(new(401, "insufficient_user_authentication", when));
    }
    if is_write {
        all.push(new(403, "csrf", "A cookie speaks for the request, and it is from another site."));
        all.push(new(429, "too_many_requests", "Too many requests from one address."));
    }
    if operation.body.is_some() {
        all.push(new(413, "too_large", "The body has more than 65536 bytes."));
        all.push(new(415, "media_type", "The body is not `application/json`."));
        all.push(new(422, "malformed", "The body is not what is taken; `detail` says why."));
    }
    all
}

fn security(access: Access) -> Value {
    match access {
        Access::Everybody => json!([]),
        Access::Session | Access::Sensitive | Access::Enrolling => {
            json!([{ "cookie": [] }, { "token": [] }, { "oauth": ["account"] }])
        }
        Access::Browser | Access::App | Access::Referred => json!([{}, { "token": [] }]),
    }
}

fn security_schemes() -> Value {
    json!({
        "cookie": {
            "type": "apiKey", "in": "cookie", "name": "__Host-flowgate-session",
            "description": "The browser's session.",
        },
        "token": {
            "type": "http", "scheme": "bearer",
            "description": "What an app got as `token` (while it signs in) or `session.token`.",
        },
        "oauth": {
            "type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration",
            "description": "An access token with the scope `account`, which acts with what was proven \
             in its session.",
        },
    })
}

fn problem() -> Value {
    json!({
        "description": "A problem document (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "request_id"],
        "properties": {
            "type": { "type": "string", "description": "`urn:flowgate:problem:…`, stable." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "request_id": { "type": "string", "description": "The request's name in the log." },
            "detail": { "type": "string", "description": "For people, in English." },
            "code": { "type": "string", "description": "The message key of what was wrong." },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "key", "params"],
                    "properties": {
                        "field": { "type": ["string", "null"] },
                        "key": { "type": "string" },
                        "params": { "type": "object" },
                    },
                },
            },
        },
    })
}

/// Collects the schemas of types: as they are read, and as they are written.
struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let written = settings.clone().for_serialize().into_generator();
        Self { read: settings.into_generator(), written }
    }

    fn read(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.read).to_value()
    }

    fn write(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.written).to_value()
    }

    /// A schema that is not kept.
    fn alone(&mut self, schema: SchemaOf) -> Value {
        let settings = self.read.settings().clone();
        let mut generator =
            settings.with(|settings| settings.inline_subschemas = true).into_generator();
        schema(&mut generator).to_value()
    }

    fn finish(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.append(&mut self.written.take_definitions(true));
        all
    }
}
