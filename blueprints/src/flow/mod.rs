//! Flows with the places of everything in them: read from the tree, looked at as a whole, and
//! handed to the engine without the places.
//!
//! [`read`] reads the entries, [`include`] follows `include:`, and [`reach`] asks what can be
//! reached and whether the flow keeps its purpose. Another thing that can stand in place of a
//! stage is a variant of [`Entry`] and an arm in each of them.

pub(crate) mod include;
pub(crate) mod reach;
mod read;

use engine::definition::{self, Purpose};
use serde_json::Value as Json;

use crate::path::Path;
use crate::read::Span;
pub(crate) use read::{Flows, find, locate, read};

/// A flow as it was read, as far as it could be.
pub(crate) struct Flow {
    pub(crate) slug: String,
    /// Where its name stands.
    pub(crate) span: Span,
    /// `None` when it is missing or wrong.
    pub(crate) purpose: Option<Purpose>,
    pub(crate) title: Option<String>,
    pub(crate) stages: Vec<Entry>,
}

impl Flow {
    pub(crate) fn path(&self) -> Path {
        Path::top().key("flows").key(&self.slug)
    }

    /// The flow as the engine knows it.
    pub(crate) fn define(&self) -> Option<definition::Flow> {
        Some(definition::Flow {
            slug: self.slug.clone(),
            purpose: self.purpose?,
            title: self.title.clone(),
            stages: define(&self.stages),
        })
    }
}

/// One element of a list of stages, and where it stands.
pub(crate) struct Entry {
    pub(crate) span: Span,
    pub(crate) path: Path,
    pub(crate) what: What,
}

/// What stands in a list of stages.
pub(crate) enum What {
    Stage(Stage),
    Branch(Vec<Arm>),
    Include {
        flow: String,
        span: Span,
    },
    /// An entry with a mistake that was reported: it could be anything.
    Unknown,
}

/// A stage.
pub(crate) struct Stage {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) when: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) config: Json,
    /// Whether the configuration has no mistake; else it is what was good of it.
    pub(crate) is_whole: bool,
}

/// An arm of a branch; without `when` it is `otherwise`.
pub(crate) struct Arm {
    pub(crate) span: Span,
    pub(crate) path: Path,
    pub(crate) when: Option<String>,
    pub(crate) stages: Vec<Entry>,
}

fn define(entries: &[Entry]) -> Vec<definition::Entry> {
    entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Stage(stage) => Some(definition::Entry::Stage(definition::StageEntry {
                id: stage.id.clone(),
                kind: stage.kind.clone(),
                when: stage.when.clone(),
                title: stage.title.clone(),
                config: stage.config.clone(),
            })),
            What::Branch(arms) => Some(definition::Entry::Branch(
                arms.iter()
                    .map(|arm| definition::Arm {
                        when: arm.when.clone(),
                        stages: define(&arm.stages),
                    })
                    .collect(),
            )),
            What::Include { flow, .. } => Some(definition::Entry::Include(flow.clone())),
            What::Unknown => None,
        })
        .collect()
}
