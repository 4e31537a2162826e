//! Compiles every condition of the blueprint, with the answers of all its stages and the named
//! conditions in sight, as the engine will.

use std::collections::{BTreeMap, BTreeSet};

use engine::Registry;
use engine::condition::{
    AnswerType, Condition, ConditionError, ConditionErrorKind, Names, Sandbox,
};

use super::section;
use crate::diagnostic::{Code, Report};
use crate::flow::{Entry, Flows, What};
use crate::path::Path;
use crate::read::{Node, Span};
use crate::validate::{Pending, inside};

/// Compiles the named conditions, then each in `pending`.
pub(super) fn check(
    root: &Node,
    flows: &Flows,
    registry: &Registry,
    pending: &mut Vec<Pending>,
    report: &mut Report,
) {
    let names = answers(flows, registry, report)
        .into_iter()
        .fold(Names::new(&Sandbox::default()), |names, (name, kind)| names.with_answer(name, kind));
    // One that is no text was reported; it still is a name.
    let sources = section(root, "conditions")
        .iter()
        .map(|(key, node)| (key.text.as_str(), node.text().unwrap_or("true")));
    let (names, errors) = names.with_conditions(sources);
    for error in errors {
        let name = error.condition.clone().unwrap_or_default();
        if let Some((key, node)) =
            section(root, "conditions").iter().find(|(key, _)| key.text == name)
        {
            let is_name = error.kind == ConditionErrorKind::BadName;
            let path = Path::top().key("conditions").key(&name);
            // A name of the wrong form was reported by the walk.
            if !is_name || crate::validate::formats::identifier(&name).is_ok() {
                let span =
                    if is_name { key.span } else { inside(node, (error.line, error.column)) };
                say(error, node, span, &path, report);
            }
        }
    }
    let has_all_answers = flows.values().all(|flow| are_whole(&flow.stages));
    let mut seen = BTreeSet::new();
    for Pending { node, path } in pending.drain(..) {
        let is_named = path.segments().len() == 2 && path.to_string().starts_with("conditions.");
        if is_named || !seen.insert((node.span, path.to_string())) {
            continue;
        }
        let Some(source) = node.text() else { continue };
        let Err(error) = Condition::compile(source, &names) else { continue };
        let is_unknown_answer = error.kind == ConditionErrorKind::UnknownField
            && before(source, &error).trim_end().ends_with("answers.");
        // Reported where the named condition stands, or perhaps an answer of a stage with a mistake.
        if error.condition.is_none() && (has_all_answers || !is_unknown_answer) {
            let span = inside(&node, (error.line, error.column));
            say(error, &node, span, &path, report);
        }
    }
}

/// What stands in front of the place of an error, on its line.
fn before(source: &str, error: &ConditionError) -> String {
    let line = source.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
    line.chars().take(error.column.saturating_sub(1)).collect()
}

/// Whether every stage is known and has no mistake in its configuration.
fn are_whole(entries: &[Entry]) -> bool {
    entries.iter().all(|entry| match &entry.what {
        What::Stage(stage) => stage.is_whole,
        What::Branch(arms) => arms.iter().all(|arm| are_whole(&arm.stages)),
        What::Include { .. } => true,
        What::Unknown => false,
    })
}

fn say(error: ConditionError, node: &Node, span: Span, path: &Path, report: &mut Report) {
    if node.is_secret() {
        let message = format!("{} is not a condition", node.shown());
        report.error(Code::Condition, node.span, path, message);
        return;
    }
    let suggestion = error.suggestion.map(|suggestion| {
        if error.message.contains("did you mean") {
            format!("did you mean `{suggestion}`?")
        } else {
            format!("write `{suggestion}`")
        }
    });
    // The engine's message ends with the suggestion, which stands on a line of its own here.
    let message = error.message.split("; did you mean").next().unwrap_or_default().to_owned();
    report.error(Code::Condition, span, path, message).suggest(suggestion);
}

/// The answers that all stages of all flows declare, with one type each.
fn answers(
    flows: &Flows,
    registry: &Registry,
    report: &mut Report,
) -> BTreeMap<String, AnswerType> {
    let mut answers: BTreeMap<String, (AnswerType, Span)> = BTreeMap::new();
    for flow in flows.values() {
        collect(&flow.stages, registry, &mut answers, report);
    }
    answers.into_iter().map(|(name, (kind, _))| (name, kind)).collect()
}

fn collect(
    entries: &[Entry],
    registry: &Registry,
    answers: &mut BTreeMap<String, (AnswerType, Span)>,
    report: &mut Report,
) {
    for entry in entries {
        match &entry.what {
            What::Branch(arms) => {
                for arm in arms {
                    collect(&arm.stages, registry, answers, report);
                }
            }
            What::Stage(stage) => {
                let declared = registry
                    .find(&stage.kind)
                    .map(|kind| kind.answers(&stage.config))
                    .unwrap_or_default();
                for (name, kind) in declared {
                    let (first, span) = *answers.entry(name.clone()).or_insert((kind, entry.span));
                    if first != kind {
                        report
                            .error(
                                Code::Conflict,
                                entry.span,
                                &entry.path,
                                format!("the answer `{name}` has another type here than elsewhere in the blueprint"),
                            )
                            .relate("the other stage", span)
                            .suggest(Some("give one of the fields another name".to_owned()));
                    }
                }
            }
            What::Include { .. } | What::Unknown => {}
        }
    }
}
