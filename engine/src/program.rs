//! A flow compiled to a short list of operations, and the one function that says what comes next.
//!
//! The engine and everything that reasons about flows use the same [`Program::next`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::condition::{Condition, ConditionError, Names};
use crate::definition::{Entry, Flow, Purpose, StageEntry};
use crate::registry::{Prepared, Registry};

/// A stage in its place, ready to run.
pub(crate) struct Placed {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) title: Option<String>,
    pub(crate) prepared: Arc<dyn Prepared>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Stage(usize),
    /// Continue at `otherwise` unless the condition holds.
    Test {
        condition: usize,
        otherwise: usize,
    },
    Goto(usize),
}

/// What comes next in a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The stage of this index, at this position.
    Stage {
        /// Which stage.
        stage: usize,
        /// Where it stands; what follows is at the next position.
        position: usize,
    },
    /// A condition: evaluate it and go on with [`Program::after`].
    Condition {
        /// Which condition.
        condition: usize,
        /// Where it stands.
        position: usize,
    },
    /// Nothing.
    End,
}

/// A compiled flow.
pub struct Program {
    slug: String,
    purpose: Purpose,
    title: Option<String>,
    pub(crate) stages: Vec<Placed>,
    conditions: Vec<Condition>,
    ops: Vec<Op>,
}

/// Why a flow could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A stage kind that is not registered.
    #[error("stage `{id}`: there is no stage kind `{kind}`")]
    UnknownKind {
        /// The stage.
        id: String,
        /// What it says.
        kind: String,
    },
    /// A configuration that its kind refuses.
    #[error("stage `{id}`: {message}")]
    Config {
        /// The stage.
        id: String,
        /// Why.
        message: String,
    },
    /// A condition that does not compile.
    #[error("stage `{id}`: {error}")]
    Condition {
        /// The stage, or `branch`.
        id: String,
        /// Why.
        error: ConditionError,
    },
    /// An include of a flow that there is not, or of itself.
    #[error("include of `{0}`: there is no such flow, or it includes itself")]
    Include(String),
}

/// Includes may nest so deep.
const MAX_INCLUDES: usize = 16;

impl Program {
    /// Compiles a flow; `flows` are those that it may include.
    ///
    /// # Errors
    /// The first thing that is wrong: `blueprints` has found all of them before.
    pub fn compile(
        flow: &Flow,
        flows: &BTreeMap<String, Flow>,
        registry: &Registry,
        names: &Names,
    ) -> Result<Self, CompileError> {
        let mut compiler = Compiler {
            flows,
            registry,
            names,
            including: vec![flow.slug.clone()],
            taken: BTreeSet::new(),
            program: Self {
                slug: flow.slug.clone(),
                purpose: flow.purpose,
                title: flow.title.clone(),
                stages: Vec::new(),
                conditions: Vec::new(),
                ops: Vec::new(),
            },
        };
        compiler.entries(&flow.stages)?;
        Ok(compiler.program)
    }

    /// The flow's slug.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// What the flow is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The flow's title.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What stands at `position` or after it.
    #[must_use]
    pub fn next(&self, position: usize) -> Next {
        let mut position = position;
        loop {
            match self.ops.get(position) {
                None => return Next::End,
                Some(Op::Stage(stage)) => return Next::Stage { stage: *stage, position },
                Some(Op::Test { condition, .. }) => {
                    return Next::Condition { condition: *condition, position };
                }
                // Jumps only ever lead forward, so this ends.
                Some(Op::Goto(target)) => position = *target,
            }
        }
    }

    /// Where to go on after the condition at `position` came out as `holds`.
    #[must_use]
    pub fn after(&self, position: usize, holds: bool) -> usize {
        match self.ops.get(position) {
            Some(Op::Test { otherwise, .. }) if !holds => *otherwise,
            _ => position + 1,
        }
    }

    /// The condition of this index.
    #[must_use]
    pub fn condition(&self, index: usize) -> Option<&Condition> {
        self.conditions.get(index)
    }

    /// The ids of the stages of one kind, in the order of the flow.
    pub fn stages_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.stages.iter().filter(move |stage| stage.kind == kind).map(|stage| stage.id.as_str())
    }

    /// Where the stage with this id stands.
    #[must_use]
    pub fn position_of(&self, id: &str) -> Option<usize> {
        let stage = self.stages.iter().position(|placed| placed.id == id)?;
        self.ops.iter().position(|op| *op == Op::Stage(stage))
    }
}

struct Compiler<'a> {
    flows: &'a BTreeMap<String, Flow>,
    registry: &'a Registry,
    names: &'a Names,
    including: Vec<String>,
    taken: BTreeSet<String>,
    program: Program,
}

impl Compiler<'_> {
    fn entries(&mut self, entries: &[Entry]) -> Result<(), CompileError> {
        for entry in entries {
            match entry {
                Entry::Stage(stage) => self.stage(stage)?,
                Entry::Branch(arms) => self.branch(arms)?,
                Entry::Include(slug) => self.include(slug)?,
            }
        }
        Ok(())
    }

    fn stage(&mut self, entry: &StageEntry) -> Result<(), CompileError> {
        let kind = self.registry.kind(&entry.kind).ok_or_else(|| CompileError::UnknownKind {
            id: entry.id.clone(),
            kind: entry.kind.clone(),
        })?;
        let prepared = kind
            .prepare(&entry.config)
            .map_err(|message| CompileError::Config { id: entry.id.clone(), message })?;
        let test = match &entry.when {
            Some(source) => Some(self.test(&entry.id, source)?),
            None => None,
        };
        // An included flow's stages keep their ids; one that is taken is numbered.
        let mut id = entry.id.clone();
        let mut number = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{}-{number}", entry.id);
            number += 1;
        }
        self.program.stages.push(Placed {
            id,
            kind: kind.name(),
            title: entry.title.clone(),
            prepared,
        });
        self.program.ops.push(Op::Stage(self.program.stages.len() - 1));
        if let Some(test) = test {
            self.land(test);
        }
        Ok(())
    }

    fn branch(&mut self, arms: &[crate::definition::Arm]) -> Result<(), CompileError> {
        let mut ends = Vec::new();
        for arm in arms {
            let test = match &arm.when {
                Some(source) => Some(self.test("branch", source)?),
                None => None,
            };
            self.entries(&arm.stages)?;
            ends.push(self.program.ops.len());
            self.program.ops.push(Op::Goto(usize::MAX));
            if let Some(test) = test {
                self.land(test);
            }
        }
        for end in ends {
            let here = self.program.ops.len();
            if let Some(op) = self.program.ops.get_mut(end) {
                *op = Op::Goto(here);
            }
        }
        Ok(())
    }

    fn include(&mut self, slug: &str) -> Result<(), CompileError> {
        let flow = self.flows.get(slug).ok_or_else(|| CompileError::Include(slug.to_owned()))?;
        if self.including.iter().any(|at| at == slug) || self.including.len() >= MAX_INCLUDES {
            return Err(CompileError::Include(slug.to_owned()));
        }
        self.including.push(slug.to_owned());
        self.entries(&flow.stages)?;
        self.including.pop();
        Ok(())
    }

    /// Adds a test whose way out is not known yet; returns its position.
    fn test(&mut self, id: &str, source: &str) -> Result<usize, CompileError> {
        let condition = Condition::compile(source, self.names)
            .map_err(|error| CompileError::Condition { id: id.to_owned(), error })?;
        self.program.conditions.push(condition);
        let condition = self.program.conditions.len() - 1;
        self.program.ops.push(Op::Test { condition, otherwise: usize::MAX });
        Ok(self.program.ops.len() - 1)
    }

    /// Lets the test at `position` lead here when it fails.
    fn land(&mut self, position: usize) {
        let here = self.program.ops.len();
        if let Some(Op::Test { otherwise, .. }) = self.program.ops.get_mut(position) {
            *otherwise = here;
        }
    }
}
