//! The configuration of a stage, and where in it something stands.

use serde_json::{Map, Value as Json, json};

use super::Reader;
use crate::diagnostic::Code;
use crate::path::{Path, Segment};
use crate::read::{Key, Node, Span, Value};

impl Reader<'_, '_> {
    /// The configuration of a stage: its schema, its own rules, and what it names.
    pub(super) fn config(&mut self, kind: &Key, node: &Node, path: &mut Path) -> Json {
        let empty = Node { value: Value::Mapping(Vec::new()), ..node.clone() };
        // `- gate:` and `- gate: {}` mean the same.
        let node = if matches!(node.value, Value::Null) { &empty } else { node };
        let nothing = Json::Object(Map::new());
        let Some(config) = self.walker.walk(node, self.language.stage(&kind.text), kind.span, path)
        else {
            return nothing;
        };
        let Some(known) = self.registry.find(&kind.text) else { return nothing };
        for problem in known.check(&config) {
            let steps = steps(&problem.path);
            let span = locate(node, kind.span, &steps);
            if !self.walker.unset.contains(&span) {
                let path: Path = path.segments().iter().cloned().chain(steps).collect();
                self.walker.report.error(Code::WrongValue, span, path, problem.message);
            }
        }
        for named in known.references(&config) {
            let (wanted, place, slug) = match named {
                engine::Named::Flow { path, slug } => ("flow", path, slug),
                engine::Named::Source { path, slug } => ("source", path, slug),
            };
            let steps = steps(&place);
            let span = locate(node, kind.span, &steps);
            let mut path: Path = path.segments().iter().cloned().chain(steps).collect();
            let node = Node { value: Value::Text(slug), span, ..empty.clone() };
            self.walker.walk(
                &node,
                &json!({ "type": "string", "x-reference": wanted }),
                span,
                &mut path,
            );
        }
        config
    }
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
