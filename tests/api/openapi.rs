//! The description of the API: whole, true, and as `docs/openapi.json` has it.

use std::collections::BTreeSet;

use flowgate::http::routes;
use reqwest::Method;
use serde_json::Value;

use super::contract::{document, matches};
use super::start;

/// Every object within `value`.
fn each(value: &Value, visit: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(fields);
            fields.values().for_each(|value| each(value, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        _ => {}
    }
}

#[test]
fn every_route_of_the_api_is_described_and_nothing_else() {
    let mut described = BTreeSet::new();
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let is_api = |path: &str| path.starts_with("/api/v1/");
    let there: BTreeSet<_> = routes()
        .iter()
        .filter(|route| is_api(route.path))
        .map(|route| (route.method.to_string(), route.path.to_owned()))
        .collect();
    assert_eq!(
        described, there,
        "say in its line in server/http/routes.rs what a route does: `.is(…)`"
    );
    assert!(routes().iter().all(|route| route.operation.is_none() || is_api(route.path)));
}

#[test]
fn the_description_holds_together() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
            assert!(operation["summary"].as_str().is_some_and(|it| !it.is_empty()), "{id}");
            let body = &operation["requestBody"]["content"]["application/json"];
            let takes = ["post", "patch"].contains(&method.as_str());
            assert_eq!(body.is_object(), takes, "{method} {path}");
            if takes {
                matches(&body["schema"], &body["example"], &format!("the example of {id}"));
            }
            let declared = operation["parameters"].as_array().into_iter().flatten();
            let declared: BTreeSet<_> = declared
                .filter(|it| it["in"] == "path")
                .map(|it| format!("{{{}}}", it["name"].as_str().unwrap()))
                .collect();
            let named = path.split('/').filter(|word| word.starts_with('{'));
            assert_eq!(declared, named.map(str::to_owned).collect(), "{path}");
        }
    }
    each(document, &mut |fields| {
        if let Some(path) = fields.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(path.trim_start_matches('#')).is_some(), "{path}");
        }
    });
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        assert!(!name.ends_with(char::is_numeric), "two types are called {name}: rename one");
        let is_answer = name.starts_with("answer.");
        assert!(is_answer || schema["description"].is_string(), "{name}: say what it is");
    }
    for stage in stages::registry().kinds() {
        assert!(schemas.contains_key(&format!("answer.{}", stage.name())));
    }
}

#[test]
fn the_document_in_docs_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let expected = serde_json::to_string_pretty(document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let how =
        "docs/openapi.json is stale: UPDATE_DOCS=1 cargo nextest run --workspace in_docs_is_fresh";
    assert!(found == expected, "{how}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_tells_what_it_does() {
    let app = start().await;
    let browser = app.browser();
    let page = browser.api(Method::GET, "/api/v1/openapi.json", None).await.expect(200);
    assert_eq!(page.header("content-type"), "application/json");
    let mut served = page.json();
    assert_eq!(served["servers"][0]["url"], app.url());
    served["servers"] = document()["servers"].clone();
    assert_eq!(&served, document());

    let page = browser.visit("/api/v1/docs").await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let methods: usize = document()["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|methods| methods.as_object().unwrap().len())
        .sum();
    assert_eq!(page.texts("details summary .method").len(), methods);
    for group in page.texts(".contents a") {
        assert!(page.texts("h2").contains(&group), "{group}");
    }
    let example = page.text("#postLoginVerify pre");
    assert!(example.contains("/api/v1/login/verify") && example.contains("123456"), "{example}");
    assert!(page.has("#postLoginVerify dt.refusal"));
    assert!(!page.body.contains("api.title") && !page.body.contains("undefined"));
    // Another language has its own frame.
    let german = browser.visit("/api/v1/docs?lang=de").await.expect(200);
    assert_eq!(german.attribute("html", "lang"), "de");
    assert!(german.body.contains("Antworten"));
    assert!(browser.cookies("/").iter().all(|(name, _)| name == "flowgate-language"));
}
