//! The configuration of a stage, and where in it something stands.

use serde_json::{Map, Value as Json, json};

use super::Reader;
use crate::diagnostic::Code;
use crate::path::{Path, Segment};
use crate::read::{Given, Key, Node, Span, Value};
use crate::validate::follow;

impl Reader<'_, '_> {
    /// The configuration of a stage: its schema, its own rules, and what it names. Of one with
    /// mistakes the good part comes back, and `false`.
    pub(super) fn config(&mut self, kind: &Key, node: &Node, path: &mut Path) -> (Json, bool) {
        let empty = Node { value: Value::Mapping(Vec::new()), ..node.clone() };
        // `- gate:` and `- gate: {}` mean the same.
        let node = if matches!(node.value, Value::Null) { &empty } else { node };
        let schema = self.language.stage(&kind.text);
        let mark = self.walker.report.len();
        let (config, is_whole) = match self.walker.walk(node, schema, kind.span, path) {
            Some(config) => (config, true),
            None => (self.good_part(node, schema), false),
        };
        if let Some(known) = self.registry.find(&kind.text) {
            for problem in known.check(&config) {
                self.problem(problem, kind, node, path);
            }
            for named in known.references(&config) {
                self.reference(named, kind, node, path);
            }
        }
        let is_whole = is_whole && self.walker.report.errors_since(mark) == 0;
        (config, is_whole)
    }

    /// The keys in which there is no mistake.
    fn good_part(&mut self, node: &Node, schema: &Json) -> Json {
        let properties = follow(&self.language.root, schema).get("properties");
        let mark = self.walker.report.len();
        let mut good = Map::new();
        for (key, value) in node.entries() {
            if let Some(schema) = properties.and_then(|properties| properties.get(&key.text))
                && let Some(json) = self.walker.walk(value, schema, key.span, &mut Path::top())
            {
                good.insert(key.text.clone(), json);
            }
        }
        // What is wrong with the others was said before.
        drop(self.walker.report.split_off(mark));
        Json::Object(good)
    }

    fn problem(&mut self, problem: engine::ConfigProblem, kind: &Key, node: &Node, path: &Path) {
        let steps = steps(&problem.path);
        let span = locate(node, kind.span, &steps);
        if !self.walker.unset.contains(&span) {
            let path: Path = path.segments().iter().cloned().chain(steps).collect();
            self.walker.report.error(Code::WrongValue, span, path, problem.message);
        }
    }

    fn reference(&mut self, named: engine::Named, kind: &Key, node: &Node, path: &Path) {
        let (wanted, place, slug) = match named {
            engine::Named::Flow { path, slug } => ("flow", path, slug),
            engine::Named::Source { path, slug } => ("source", path, slug),
        };
        let steps = steps(&place);
        let span = locate(node, kind.span, &steps);
        if self.walker.unset.contains(&span) {
            return;
        }
        // The node itself, where it is one: it knows whether it may be shown.
        let named = match find(node, &steps) {
            Some(node) if node.text().is_some() => node.clone(),
            _ => Node {
                value: Value::Text(slug),
                span,
                given: Given::Written { text: None },
                tag: None,
            },
        };
        let schema = json!({ "type": "string", "x-reference": wanted });
        let mut path: Path = path.segments().iter().cloned().chain(steps).collect();
        self.walker.walk(&named, &schema, span, &mut path);
    }
}

/// The value at a path, if it is written out.
pub(crate) fn find<'a>(node: &'a Node, steps: &[Segment]) -> Option<&'a Node> {
    steps.iter().try_fold(node, |node, step| match step {
        Segment::Key(name) => node.get(name),
        Segment::Index(index) => node.items().get(*index),
    })
}

/// `fields[2].name` as steps.
fn steps(path: &str) -> Vec<Segment> {
    let mut steps = Vec::new();
    for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
        match part.strip_suffix(']').and_then(|index| index.parse().ok()) {
            Some(index) => steps.push(Segment::Index(index)),
            None => steps.push(Segment::Key(part.to_owned())),
        }
    }
    steps
}

/// Where a value stands; the nearest thing around it when it is not written out.
pub(crate) fn locate(node: &Node, at: Span, steps: &[Segment]) -> Span {
    let (mut node, mut at) = (node, at);
    for step in steps {
        let next = match step {
            Segment::Key(name) => node
                .entries()
                .iter()
                .find(|(key, _)| key.text == *name)
                .map(|(key, node)| (key.span, node)),
            Segment::Index(index) => node.items().get(*index).map(|node| (node.span, node)),
        };
        let Some((span, found)) = next else { return at };
        (at, node) = (span, found);
    }
    if node.items().is_empty() && node.entries().is_empty() && !steps.is_empty() {
        node.span
    } else {
        at
    }
}
