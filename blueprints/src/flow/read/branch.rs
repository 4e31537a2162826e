//! `branch:` and `include:`.

use serde_json::Value as Json;

use super::super::{Arm, What};
use super::Reader;
use crate::diagnostic::Code;
use crate::path::{Path, Segment};
use crate::read::{Key, Node, Value};

impl Reader<'_, '_> {
    /// `branch:` or `include:`.
    pub(super) fn instead(
        &mut self,
        node: &Node,
        key: &Key,
        value: &Node,
        path: &mut Path,
    ) -> What {
        for (other, _) in node.entries().iter().filter(|(other, _)| other.text != key.text) {
            let suggestion = match other.text.as_str() {
                "when" => format!(
                    "put it in a branch: `branch: [{{ when: .., stages: [{}: ..] }}]`",
                    key.text
                ),
                "id" | "title" => "only a stage has it".to_owned(),
                _ => format!("begin a new entry: `- {}: ..`", other.text),
            };
            self.walker
                .report
                .error(
                    Code::Conflict,
                    other.span,
                    path.key(&other.text),
                    format!("`{}` cannot stand beside `{}`", other.text, key.text),
                )
                .suggest(Some(suggestion));
        }
        path.push(Segment::Key(key.text.clone()));
        let what = if key.text == "include" {
            let json = self.walker.walk(value, self.language.beside("include"), key.span, path);
            match json.as_ref().and_then(Json::as_str) {
                Some(flow) => What::Include { flow: flow.to_owned(), span: value.span },
                None => What::Unknown,
            }
        } else {
            self.branch(key, value, path)
        };
        path.pop();
        what
    }

    fn branch(&mut self, key: &Key, value: &Node, path: &mut Path) -> What {
        let Value::Sequence(items) = &value.value else {
            self.walker
                .report
                .error(
                    Code::WrongType,
                    key.span,
                    &*path,
                    format!("expected a list of arms, found {}", value.describe()),
                )
                .suggest(Some(
                    "an arm is `- { when: .., stages: [..] }`; the last may be `- otherwise: [..]`"
                        .to_owned(),
                ));
            return What::Unknown;
        };
        if items.is_empty() {
            self.walker.report.error(
                Code::WrongValue,
                value.span,
                &*path,
                "the branch has no arms",
            );
            return What::Unknown;
        }
        let mut arms = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            path.push(Segment::Index(index));
            arms.extend(self.arm(item, path));
            path.pop();
        }
        // A broken arm could have been any: nothing can be said about the branch as a whole.
        if arms.len() == items.len() { What::Branch(arms) } else { What::Unknown }
    }

    fn arm(&mut self, node: &Node, path: &mut Path) -> Option<Arm> {
        let entries = node.entries();
        let is_arm = entries
            .iter()
            .any(|(key, _)| ["when", "stages", "otherwise"].contains(&key.text.as_str()));
        if !entries.is_empty() && !is_arm {
            self.walker
                .report
                .error(Code::WrongValue, node.span, &*path, "this is not an arm of a branch")
                .suggest(Some(
                    "write `{ when: .., stages: [..] }`, or `{ otherwise: [..] }` for the last"
                        .to_owned(),
                ));
            return None;
        }
        let otherwise = entries.iter().find(|(key, _)| key.text == "otherwise");
        let (list, span) = if let Some((key, value)) = otherwise {
            self.walker.walk(&shallow(node), self.language.beside("otherwise"), node.span, path)?;
            (value, key.span)
        } else {
            self.walker.walk(&shallow(node), self.language.beside("arm"), node.span, path)?;
            let (key, value) = entries.iter().find(|(key, _)| key.text == "stages")?;
            (value, entries.first().map_or(key.span, |(key, _)| key.span))
        };
        let when = node.get("when").and_then(Node::text).map(str::to_owned);
        path.push(Segment::Key(
            if otherwise.is_some() { "otherwise" } else { "stages" }.to_owned(),
        ));
        let stages = self.entries(list.items(), path);
        path.pop();
        Some(Arm { span, path: path.clone(), when, stages })
    }
}

/// An arm without what is inside its list of stages, which is read for itself.
fn shallow(node: &Node) -> Node {
    let entries = node.entries().iter().map(|(key, value)| {
        let value = match &value.value {
            Value::Sequence(items) if key.text != "when" => {
                let items =
                    items.iter().map(|item| Node { value: Value::Null, ..item.clone() }).collect();
                Node { value: Value::Sequence(items), ..value.clone() }
            }
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    match node.value {
        Value::Mapping(_) => Node { value: Value::Mapping(entries.collect()), ..node.clone() },
        _ => node.clone(),
    }
}
