//! The expression language of `when:`: one rhai expression over typed facts, true or false.
//!
//! [`Condition::compile`] refuses everything that could go wrong later, with a position and a
//! suggestion; [`Condition::evaluate`] answers `Ok(true)`, `Ok(false)`, or an error, which denies the
//! login. An error is never `false`: a policy that fails must not remove a stage. Text becomes an
//! answer in four steps, each in its file: `grammar` (which tokens there are), `check` (a type for
//! each expression), `program` (the facts that are read become the scope), `sandbox` (the interpreter
//! and its limits). The names and fields are a table in `vocabulary`; to add a field, add a line
//! there and in `facts`. The language is described in `docs/conditions.md`.

mod check;
mod error;
mod facts;
mod grammar;
mod names;
mod program;
mod sandbox;
mod trace;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

pub use error::{ConditionError, ConditionErrorKind};
pub use facts::{
    Answer, AnswerType, AssuranceFacts, ClientFacts, DeviceFacts, Facts, OrganisationFacts,
    RequestFacts, UserFacts,
};
pub use names::{MAX_CONDITIONS, Names};
pub use program::MAX_SOURCE;
pub use sandbox::{MAX_DEPTH, MAX_ITEMS, MAX_OPERATIONS, MAX_TEXT, Sandbox};
pub use vocabulary::{ACRS, FACTORS};

use program::{Program, Results};

/// A checked expression, ready to run on any thread. Cheap to clone; made again from its source.
#[derive(Clone)]
pub struct Condition {
    source: Arc<str>,
    sandbox: Sandbox,
    program: Arc<Program>,
    /// The named conditions that it needs, each after those that it needs itself.
    needed: Arc<[Arc<Program>]>,
    names: Arc<BTreeSet<String>>,
}

impl Condition {
    /// Parses and checks an expression. The error names the first mistake.
    pub fn compile(source: &str, names: &Names) -> Result<Self, ConditionError> {
        let program = Program::compile(source, None, names)?;
        let needed = names.needed_by(&program);
        let used = (needed.iter().map(AsRef::as_ref))
            .chain([&program])
            .flat_map(|program: &Program| program.uses.names())
            .collect();
        Ok(Self {
            source: source.into(),
            sandbox: names.sandbox.clone(),
            program: Arc::new(program),
            needed: needed.into(),
            names: Arc::new(used),
        })
    }

    /// Whether it holds. An error denies the login and is recorded; it never means `false`.
    pub fn evaluate(&self, facts: &Facts) -> Result<bool, ConditionError> {
        let engine = &self.sandbox.engine;
        let mut results = Results::new();
        for program in &*self.needed {
            let result = program.run(engine, facts, &results);
            results.extend(program.name().map(|name| (name, result)));
        }
        self.program.run(engine, facts, &results)
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it reads, also through named conditions: `user.email`, `proven("any")`, `source`,
    /// `from_office`.
    pub fn names_used(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// What it reads and the values of that, for a trace: personal data masked, `()` for absent.
    pub fn describe(&self, facts: &Facts) -> Vec<(String, String)> {
        let programs = self.needed.iter().map(AsRef::as_ref);
        let values: BTreeSet<_> = (programs.chain([&*self.program]))
            .flat_map(|program: &Program| program.uses.values(facts))
            .collect();
        (values.into_iter())
            .map(|(name, value)| (name, value.unwrap_or_else(|| "()".to_owned())))
            .collect()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Condition").field(&self.source).finish()
    }
}
