//! The walker against schemas of its own, and the formats.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Names, Walker, formats};
use crate::diagnostic::Report;
use crate::path::Path;
use crate::read::{Budget, Source, Sources, Span, read};

/// Walks YAML along a schema; the JSON and the findings as `line:column message`.
fn walk(schema: &Json, text: &str) -> (Option<Json>, Vec<String>) {
    let source = Source::submitted("a", text);
    let mut report = Report::default();
    let node = read(0, &source, &mut Budget::default(), &mut report).unwrap();
    let names =
        Names::from([("flow", BTreeSet::from(["sign-in".to_owned(), "sign-up".to_owned()]))]);
    let mut walker = Walker {
        report: &mut report,
        names: &names,
        conditions: &mut Vec::new(),
        unset: &mut BTreeSet::new(),
        root: schema,
        patterns: &mut HashMap::new(),
    };
    let json = walker.walk(&node, schema, Span::top(0), &mut Path::top());
    let found = report.finish(&Sources::from_iter([source]));
    (
        json,
        found
            .into_iter()
            .map(|found| format!("{}:{} {}", found.line, found.column, found.message))
            .collect(),
    )
}

fn messages(schema: &Json, text: &str) -> Vec<String> {
    walk(schema, text).1
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Everything {
    flag: bool,
    #[serde(default)]
    number: Option<u8>,
    #[serde(default)]
    words: BTreeSet<String>,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default)]
    inner: BTreeMap<String, Inner>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Shape {
    Circle { radius: f64 },
    Square { side: u32 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Inner {
    Nothing,
    Number(i32),
    Pair { left: String, right: String },
}

fn schema() -> Json {
    schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Everything>()
        .to_value()
}

#[test]
fn what_passes_deserialises_to_the_same() {
    let text = "flag: true\nnumber: 7\nwords: [a, b]\nshape: { kind: circle, radius: 1.5 }\ninner: { a: nothing, b: { number: -3 }, c: { pair: { left: l, right: r } } }\n";
    let (json, found) = walk(&schema(), text);
    assert_eq!(found, Vec::<String>::new());
    let typed: Everything = serde_json::from_value(json.unwrap()).unwrap();
    assert_eq!(typed.shape, Some(Shape::Circle { radius: 1.5 }));
    assert_eq!(typed.inner["b"], Inner::Number(-3));
}

#[test]
fn every_mistake_is_found_at_once() {
    let text = "flag: yes\nnumber: 300\nwords: [a, 1, a]\nshape: { kind: circel, radius: 1 }\ninner: { a: nothin, b: { pair: { left: l } }, c: 5 }\nnumbre: 1\n";
    assert_eq!(
        messages(&schema(), text),
        [
            "1:7 expected `true` or `false`, found text `yes`",
            "2:9 expected at most 255, found `300`",
            "3:12 expected text, found a whole number `1`",
            "3:15 `a` stands in this list twice",
            "4:16 `circel` is not one of `circle`, `square`",
            "5:13 only `nothing` is allowed, found `nothin`",
            "5:26 the key `right` is missing",
            "5:50 expected a mapping or text, found a whole number `5`",
            "6:1 unknown key `numbre`",
        ]
    );
}

#[test]
fn a_missing_key_is_not_said_twice() {
    assert_eq!(messages(&schema(), "flga: true\n"), ["1:1 unknown key `flga`"]);
    assert_eq!(messages(&schema(), "number: 1\n"), ["1:1 the key `flag` is missing"]);
    assert_eq!(messages(&schema(), "flag: true\nshape: {}\n"), ["2:1 the key `kind` is missing"]);
    assert_eq!(
        messages(&schema(), "flag: true\nshape: { kind: square }\n"),
        ["2:1 the key `side` is missing"]
    );
}

#[test]
fn lengths_ranges_patterns_and_references() {
    let schema = json!({ "type": "object", "additionalProperties": false, "properties": {
        "text": { "type": "string", "minLength": 2, "maxLength": 3 },
        "number": { "type": "number", "exclusiveMinimum": 0, "maximum": 10 },
        "list": { "type": "array", "minItems": 1, "maxItems": 2 },
        "pattern": { "type": "string", "pattern": "^[a-z]+$", "examples": ["abc"] },
        "flow": { "type": "string", "x-reference": "flow" },
        "map": { "type": "object", "propertyNames": { "type": "string", "format": "name" }, "additionalProperties": { "type": "integer" } },
        "by_pattern": { "type": "object", "patternProperties": { "^x-": { "type": "integer" } }, "additionalProperties": false },
    }});
    assert_eq!(
        messages(&schema, "{text: é}"),
        ["1:8 the text has 1 characters; it needs at least 2"]
    );
    assert_eq!(messages(&schema, "{text: ''}"), ["1:8 the text is empty"]);
    assert_eq!(
        messages(&schema, "{text: äöüß}"),
        ["1:8 the text has 4 characters; at most 3 are allowed"]
    );
    assert_eq!(messages(&schema, "{number: 0}"), ["1:10 expected more than 0, found `0`"]);
    assert_eq!(messages(&schema, "{number: 10.5}"), ["1:10 expected at most 10, found `10.5`"]);
    assert_eq!(messages(&schema, "{number: .inf}"), ["1:10 `inf` is out of range"]);
    assert_eq!(
        messages(&schema, "{number: 99999999999999999999999}"),
        ["1:10 `99999999999999999999999` is out of range"]
    );
    assert_eq!(messages(&schema, "{list: []}"), ["1:8 the list is empty"]);
    assert_eq!(messages(&schema, "{list: [1, 2, 3]}"), ["1:8 the list has more than 2 entries"]);
    assert_eq!(
        messages(&schema, "{pattern: A1}"),
        ["1:11 `A1` does not have the form that belongs here"]
    );
    assert_eq!(messages(&schema, "{flow: sign-inn}"), ["1:8 `sign-inn` is not the name of a flow"]);
    assert_eq!(
        messages(&schema, "{flow: sign-in, map: { good: 1 }, by_pattern: { x-a: 1 }}"),
        Vec::<String>::new()
    );
    assert_eq!(messages(&schema, "{map: { Bad Name: 1 }}").len(), 1);
    assert_eq!(messages(&schema, "{by_pattern: { y-a: 1, x-b: no }}").len(), 2);
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema =
        json!({ "$ref": "#/definitions/a", "definitions": { "a": { "$ref": "#/definitions/a" } } });
    assert_eq!(messages(&schema, "a: 1"), Vec::<String>::new());
}

#[test]
fn redirect_uris() {
    for good in [
        "https://app.example/callback",
        "https://app.example",
        "https://app.example:8443/callback?tenant=1&x=%20",
        "HTTPS://App.Example/Callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:9000/callback",
        "http://[::1]:9000/callback",
        "http://localhost:3000/",
        "com.example.app:/callback",
        "com.example.app://callback",
    ] {
        assert_eq!(formats::redirect_uri(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "/callback",
        "app.example/callback",
        "//app.example/callback",
        "http://app.example/callback",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "https://*.app.example/callback",
        "https://app.example/callback#fragment",
        "https://app.example/callback#",
        "https://user@app.example/callback",
        "https://user:pass@app.example/callback",
        "https://@app.example/callback",
        "https://app.example\\@evil.example/",
        "https:app.example/callback",
        "https:///app.example/callback",
        "https://",
        "https://app.example/a/../b",
        "https://app.example/a/./b",
        "https://app.example/ callback",
        "https://app.example/\tcallback",
        "https://app.example/\ncallback",
        "java\tscript:alert(1)",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/x",
        "about:blank",
        "ftp://app.example/",
        "myapp:/callback",
        "https://app.example/ünicode",
        "urn:ietf:wg:oauth:2.0:oob",
    ] {
        assert!(formats::redirect_uri(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_other_formats() {
    let check = |format: &str, good: &[&str], bad: &[&str]| {
        for text in good {
            assert_eq!(formats::check(format, text), Ok(()), "{format} {text}");
        }
        for text in bad {
            assert!(formats::check(format, text).is_err(), "{format} {text:?}");
        }
    };
    check(
        "name",
        &["acme", "sign-in", "a_b", "2fa"],
        &["", "Acme", "-a", "_a", "a.b", "a b", "ä", &"a".repeat(65)],
    );
    check("identifier", &["from_office", "a1"], &["", "from-office", "1a", "_a", "A"]);
    check(
        "email-address",
        &["ada@acme.example", "a.b+c@acme.example"],
        &[
            "",
            "ada",
            "ada@",
            "@acme.example",
            "ada@acme",
            "Ada <ada@acme.example>",
            "ada@acme.example\r\nBcc: x@y.z",
            "\"a b\"@acme.example",
            "a@[127.0.0.1]",
            "ada@acme..example",
            "ada@acme.example ",
            "a,b@acme.example",
            "a@b@acme.example",
        ],
    );
    check(
        "domain",
        &["acme.example", "sub.acme-1.example"],
        &[
            "",
            "acme",
            "*.acme.example",
            "acme.example.",
            "-a.example",
            "ada@acme.example",
            "10.0.0.1",
            "acme .example",
        ],
    );
    check(
        "colour",
        &["#0a5", "#00AA55"],
        &["", "red", "#00aa5", "#00aa55ff", "00aa55", "#00aa5g", "#000;}body{"],
    );
    check(
        "image-address",
        &["/static/logo.svg", "https://acme.example/logo.svg"],
        &[
            "",
            "logo.svg",
            "//evil.example/x",
            "http://acme.example/logo.svg",
            "javascript:alert(1)",
            "data:image/svg+xml,x",
            "/a\" onerror=x",
            "https://u@acme.example/x",
        ],
    );
    check(
        "page-address",
        &["https://acme.example/", "http://127.0.0.1:8081/"],
        &["", "/terms", "http://acme.example/", "javascript:x", "https://u:p@acme.example/"],
    );
    check(
        "line",
        &["Acme GmbH", "Ünïcode 漢字"],
        &["", "  ", "a\nb", "a\r\nBcc: x", "a\u{202e}b", "a\u{2028}b", "a\0b"],
    );
    check("scope", &["openid", "https://acme.example/read"], &["", "a b", "a\"b", "a\\b", "ä"]);
    check(
        "password-hash",
        &["$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9v"],
        &[
            "",
            "hunter2",
            "$2b$12$abc",
            "$argon2i$v=19$m=1,t=1,p=1$c29tZXNhbHQ$Zm9v",
            "$argon2id$v=19$m=1,t=1,p=1$$",
        ],
    );
    check("a format that nobody knows", &["anything"], &[]);
}
