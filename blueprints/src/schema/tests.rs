//! The schema that editors get: strict, described, tolerant of tags, and of one mind with the check.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

use super::schema;
use crate::diagnostic::Report;
use crate::fixture::{GOOD, check, registry};
use crate::path::Path;
use crate::read::{Budget, Node, Source, Span, Value, read};
use crate::validate::{Names, Walker, follow};

/// Whether an editor would complain: tags are invisible to it, their arguments are not.
fn complains(text: &str) -> Option<String> {
    let schema = schema(&registry());
    let mut report = Report::default();
    let source = Source::submitted("a", text);
    let mut node = read(0, &source, &mut Budget::default(), &mut report).unwrap();
    without_tags(&mut node);
    // An editor knows no formats of Flowgate's and no references.
    let schema = plain(schema);
    let mut walker = Walker {
        report: &mut report,
        names: &Names::new(),
        conditions: &mut Vec::new(),
        unset: &mut BTreeSet::new(),
        root: &schema,
        patterns: &mut HashMap::new(),
    };
    walker.walk(&node, &schema, Span::top(0), &mut Path::top());
    let found = report.finish(&[source].into_iter().collect());
    (!found.is_empty()).then(|| crate::render_text(&found, false))
}

fn without_tags(node: &mut Node) {
    node.tag = None;
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(without_tags),
        Value::Mapping(entries) => entries.iter_mut().for_each(|(_, node)| without_tags(node)),
        _ => {}
    }
}

fn plain(mut schema: Json) -> Json {
    fn strip(schema: &mut Json) {
        match schema {
            Json::Array(items) => items.iter_mut().for_each(strip),
            Json::Object(keywords) => {
                keywords.retain(|name, value| {
                    !(name == "x-reference" || name == "format" && value.is_string())
                });
                keywords.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    strip(&mut schema);
    schema
}

#[test]
fn an_editor_is_content_with_a_good_blueprint_and_its_tags() {
    assert_eq!(complains(GOOD), None);
    let tags = GOOD
        .replace("attempts: 5", "attempts: !env ATTEMPTS")
        .replace("session: 12h", "session: !env [SESSION, 12h]")
        .replace("30d", "!var remember")
        .replace("verified: true", "verified: !var verified")
        .replace("- https://wiki", "- !env URL # https://wiki")
        .replace("colour: \"#0055aa\"", "colour: !var colour");
    assert_ne!(tags, GOOD);
    assert_eq!(complains(&tags), None);
}

#[test]
fn an_editor_and_the_check_find_the_same_mistakes() {
    for (right, wrong) in [
        ("policy:", "polcy:"),
        ("mfa: required", "mfa: requird"),
        ("grace: 7d", "grace: 7 days"),
        ("domains: [acme.example]", "domains: acme.example"),
        ("attempts: 5", "atempts: 5"),
        ("attempts: 5", "attempts: 500"),
        ("- gate:", "- gaet:"),
        ("- gate:", "- gate: { x: 1 }"),
        ("- gate:", "- gate"),
        ("when: not proven", "wen: not proven"),
        ("- otherwise:", "- otherwize:"),
        ("use: authentication", "use: login"),
        ("kind: public", "kind: open"),
        ("title: Welcome back", "title: [Welcome, back, there]"),
        ("flowgate: 1", "flowgate: 2"),
        ("from_office: in_cidr", "From-Office: in_cidr"),
        ("  wiki:\n    name: Wiki", "  wiki:\n    nmae: Wiki"),
        ("users:\n  ada:", "users:\n  Ada Lovelace:"),
        ("verified: true", "verified: 1"),
        ("consent: once", "consent: ~"),
    ] {
        let text = GOOD.replacen(right, wrong, 1);
        assert_ne!(text, GOOD, "{right}");
        assert!(check(&text).has_errors(), "{wrong}");
        assert!(complains(&text).is_some(), "{wrong}");
    }
}

/// Visits every schema of an object with its place.
fn each_object(schema: &Json, place: &str, visit: &mut impl FnMut(&Map<String, Json>, &str)) {
    match schema {
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                each_object(item, &format!("{place}/{index}"), visit);
            }
        }
        Json::Object(keywords) => {
            if keywords.get("properties").is_some_and(Json::is_object) {
                visit(keywords, place);
            }
            for (name, value) in keywords {
                each_object(value, &format!("{place}/{name}"), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn every_object_is_strict_and_every_key_described() {
    let schema = schema(&registry());
    let mut count = 0;
    each_object(&schema, "", &mut |object, place| {
        assert_eq!(object.get("additionalProperties"), Some(&Json::Bool(false)), "{place}");
        for (key, value) in object["properties"].as_object().unwrap() {
            count += 1;
            let target = follow(&schema, value);
            let is_described = value.get("description").or(target.get("description")).is_some();
            assert!(is_described, "{place}: {key}");
        }
    });
    assert!(count > 60, "{count}");
}

#[test]
fn the_text_is_the_same_each_time() {
    let text = super::schema_text(&registry());
    assert_eq!(text, super::schema_text(&registry()));
    assert!(text.ends_with("}\n") && text.contains("http://json-schema.org/draft-07/schema#"));
}
