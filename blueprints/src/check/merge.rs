//! Files of one blueprint put together into one document.
//!
//! Sections are joined; the same object in two files is an error that names both. `flowgate` and
//! `name` must be said once and may be repeated if they agree. What belongs to later versions of
//! Flowgate is refused here, before anything can look at it.

use std::collections::HashMap;

use crate::diagnostic::{Code, Report};
use crate::model::UNSUPPORTED;
use crate::path::Path;
use crate::read::{Given, Key, Node, Span, Value};

/// What holds for the whole document, and so may stand in each file.
const COMMON: [&str; 2] = ["flowgate", "name"];

/// Joins the documents of all files. `None` when there is none. `is_whole` says that every file was
/// read, so that what is missing is missing.
pub(super) fn merge(roots: Vec<Node>, is_whole: bool, report: &mut Report) -> Option<Node> {
    let mut merged: Vec<(Key, Node)> = Vec::new();
    let mut first: Option<Span> = None;
    for root in roots {
        let Value::Mapping(entries) = root.value else {
            let what = root.describe();
            report.error(
                Code::WrongType,
                root.span,
                "",
                format!("a blueprint is a mapping, found {what}"),
            );
            continue;
        };
        first.get_or_insert(root.span);
        for (key, node) in entries {
            if refuse_unsupported(&key, &Path::top(), UNSUPPORTED, report) {
                continue;
            }
            let node = without_unsupported(&key, node, report);
            add(&mut merged, key, node, report);
        }
    }
    let Some(span) = first else {
        if is_whole && !report.has_errors() {
            report
                .error(Code::MissingKey, Span::top(0), "", "there is no blueprint here")
                .suggest(Some("a blueprint begins with `flowgate: 1` and `name: ..`".to_owned()));
        }
        return None;
    };
    let mut missing = |key: &str, suggestion: &str, value: Value| {
        if merged.iter().any(|(other, _)| other.text == key) {
            return;
        }
        // A misspelt key is named by the walk; a file that was not read may have had it.
        let misspelt =
            merged.iter().any(|(other, _)| crate::suggest::nearest(&other.text, [key]).is_some());
        if misspelt {
            return;
        }
        if is_whole {
            report
                .error(Code::MissingKey, Span::top(span.file), "", format!("no file says `{key}`"))
                .suggest(Some(suggestion.to_owned()));
        }
        let node = Node {
            value,
            span: Span::top(span.file),
            given: Given::Written { text: None },
            tag: None,
        };
        merged.push((Key { text: key.to_owned(), span: Span::top(span.file) }, node));
    };
    missing("flowgate", "begin with `flowgate: 1`, the version of the language", Value::Integer(1));
    missing(
        "name",
        "`name: acme` says who owns what stands here",
        Value::Text("unnamed".to_owned()),
    );
    Some(Node {
        value: Value::Mapping(merged),
        span,
        given: Given::Written { text: None },
        tag: None,
    })
}

fn add(merged: &mut Vec<(Key, Node)>, key: Key, node: Node, report: &mut Report) {
    let Some((present_key, present)) =
        merged.iter_mut().find(|(present, _)| present.text == key.text)
    else {
        merged.push((key, node));
        return;
    };
    if COMMON.contains(&key.text.as_str()) {
        if present.value != node.value {
            report
                .error(
                    Code::Conflict,
                    node.span,
                    &key.text,
                    format!("`{}` is {} here and {} in another file of the blueprint", key.text, node.shown(), present.shown()),
                )
                .relate("the other file", present.span)
                .suggest(Some("files with different names are different blueprints: keep them in folders of their own".to_owned()));
        }
        return;
    }
    match (&mut present.value, node.value) {
        (Value::Mapping(entries), Value::Mapping(more)) => join(entries, more, &key, report),
        // One of them is no section at all: kept, for the walk to say so.
        (Value::Mapping(_), value) => *present = Node { value, ..node },
        _ => drop(std::mem::replace(present_key, key)),
    }
}

/// Puts the objects of a section beside those of another file.
fn join(
    entries: &mut Vec<(Key, Node)>,
    more: Vec<(Key, Node)>,
    section: &Key,
    report: &mut Report,
) {
    let mut places: HashMap<String, Span> =
        entries.iter().map(|(key, _)| (key.text.clone(), key.span)).collect();
    for (key, node) in more {
        if let Some(first) = places.get(&key.text) {
            report
                .error(
                    Code::Duplicate,
                    key.span,
                    Path::top().key(&section.text).key(&key.text),
                    format!("`{}` stands in `{}` of two files", key.text, section.text),
                )
                .relate("the first one", *first);
        } else {
            places.insert(key.text.clone(), key.span);
            entries.push((key, node));
        }
    }
}

/// Reports a key that this version does not support.
fn refuse_unsupported(key: &Key, above: &Path, patterns: &[&[&str]], report: &mut Report) -> bool {
    let path = above.key(&key.text);
    let matches = |pattern: &&[&str]| {
        pattern.len() == path.segments().len()
            && pattern.iter().zip(path.segments()).all(|(wanted, step)| match step {
                crate::path::Segment::Key(name) => *wanted == "*" || *wanted == name.as_str(),
                crate::path::Segment::Index(_) => false,
            })
    };
    let found = patterns.iter().any(matches);
    if found {
        report.error(
            Code::Unsupported,
            key.span,
            &path,
            format!("`{}` is not supported by this version of Flowgate", key.text),
        );
    }
    found
}

/// A section without the keys of its objects that this version does not support.
fn without_unsupported(section: &Key, node: Node, report: &mut Report) -> Node {
    let Value::Mapping(objects) = node.value else { return node };
    let path = Path::top().key(&section.text);
    let objects = objects
        .into_iter()
        .map(|(name, object)| {
            let path = path.key(&name.text);
            let object = match object.value {
                Value::Mapping(keys) => {
                    let keys = keys
                        .into_iter()
                        .filter(|(key, _)| !refuse_unsupported(key, &path, UNSUPPORTED, report))
                        .collect();
                    Node { value: Value::Mapping(keys), ..object }
                }
                value => Node { value, ..object },
            };
            (name, object)
        })
        .collect();
    Node { value: Value::Mapping(objects), ..node }
}
