//! `include:`: flows that include each other in a circle, or too much.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Flows, What};
use crate::diagnostic::{Code, Report};
use crate::path::Path;
use crate::read::Span;

/// How deep includes may nest: as deep as the engine lets them.
const MAX_NESTED: usize = 15;

/// How many stages a flow may have after its includes are put in.
const MAX_STAGES: usize = 1_000;

/// Reports each include that closes a circle, and each flow in which includes nest too deep or add
/// up to too many stages. Returns the flows about whose paths nothing can be said.
pub(crate) fn check(flows: &Flows, report: &mut Report) -> BTreeSet<String> {
    let mut search = Search { flows, sizes: BTreeMap::new(), report };
    for flow in flows.keys() {
        search.from(flow);
    }
    let sizes = search.sizes;
    sizes.into_iter().filter(|(_, size)| size.is_none()).map(|(flow, _)| flow.to_owned()).collect()
}

/// How large a flow is with its includes.
#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    stages: usize,
}

struct Include<'a> {
    flow: &'a str,
    span: Span,
    path: &'a Path,
}

/// A flow whose includes are being followed.
struct Open<'a> {
    flow: &'a str,
    includes: Vec<Include<'a>>,
    next: usize,
    /// `None` when there is no end or too much below.
    size: Option<Size>,
}

struct Search<'a, 'b> {
    flows: &'a Flows,
    /// The flows that are done.
    sizes: BTreeMap<&'a str, Option<Size>>,
    report: &'b mut Report,
}

impl<'a> Search<'a, '_> {
    /// Follows the includes of a flow, depth first. Iterative: a chain of flows can be longer than
    /// the stack is deep.
    fn from(&mut self, start: &'a str) {
        let mut open: Vec<Open<'a>> = Vec::new();
        let mut on_way = BTreeSet::new();
        let mut next = Some(start);
        loop {
            if let Some(flow) = next.take()
                && !self.sizes.contains_key(flow)
                && let Some(stages) = self.flows.get(flow).map(|flow| &flow.stages)
            {
                let (mut includes, mut count) = (Vec::new(), 0);
                collect(stages, &mut includes, &mut count);
                on_way.insert(flow);
                open.push(Open {
                    flow,
                    includes,
                    next: 0,
                    size: Some(Size { depth: 0, stages: count }),
                });
            }
            let Some(last) = open.last_mut() else { return };
            let Some(include) = last.includes.get(last.next) else {
                on_way.remove(last.flow);
                self.close(&mut open);
                continue;
            };
            if on_way.contains(include.flow) {
                last.size = None;
                last.next += 1;
                let (span, path, target) =
                    (include.span, include.path.key("include"), include.flow);
                self.circle(&open, span, &path, target);
            } else if let Some(size) = self.sizes.get(include.flow) {
                last.size = sum(last.size, *size);
                last.next += 1;
            } else if self.flows.contains_key(include.flow) {
                next = Some(include.flow);
            } else {
                last.next += 1;
            }
        }
    }

    fn circle(&mut self, open: &[Open<'_>], span: Span, path: &Path, target: &str) {
        let from = open.iter().position(|open| open.flow == target).unwrap_or_default();
        let way: Vec<&str> = open[from..].iter().map(|open| open.flow).chain([target]).collect();
        self.report.error(
            Code::Cycle,
            span,
            path,
            format!("these flows include each other without end: {}", way.join(" → ")),
        );
    }

    /// Puts a finished flow away, unless it is too large.
    fn close(&mut self, open: &mut Vec<Open<'a>>) {
        let Some(done) = open.pop() else { return };
        let flow = &self.flows[done.flow];
        let mut size = done.size;
        if size.is_some_and(|size| size.depth > MAX_NESTED) {
            let message = format!("includes nest deeper than {MAX_NESTED}");
            self.report.error(Code::Limit, flow.span, flow.path(), message);
            size = None;
        } else if size.is_some_and(|size| size.stages > MAX_STAGES) {
            let message = format!(
                "the flow has more than {MAX_STAGES} stages, those of included flows counted"
            );
            self.report.error(Code::Limit, flow.span, flow.path(), message);
            size = None;
        }
        self.sizes.insert(done.flow, size);
    }
}

fn sum(size: Option<Size>, below: Option<Size>) -> Option<Size> {
    let (size, below) = (size?, below?);
    Some(Size {
        depth: size.depth.max(below.depth + 1),
        stages: size.stages.saturating_add(below.stages),
    })
}

fn collect<'a>(entries: &'a [Entry], includes: &mut Vec<Include<'a>>, count: &mut usize) {
    for entry in entries {
        match &entry.what {
            What::Include { flow, span } => {
                includes.push(Include { flow, span: *span, path: &entry.path });
            }
            What::Branch(arms) => arms.iter().for_each(|arm| collect(&arm.stages, includes, count)),
            What::Stage(_) | What::Unknown => *count += 1,
        }
    }
}
