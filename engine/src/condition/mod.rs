//! The expression language of `when:`.

mod error;
mod facts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use error::{ConditionError, ConditionErrorKind};
pub use facts::{
    Answer, AnswerType, AssuranceFacts, ClientFacts, DeviceFacts, Facts, OrganisationFacts,
    RequestFacts, UserFacts,
};

/// The names of the factors, for `proven("…")` and `enrolled("…")`, beside `"any"`.
pub const FACTORS: [&str; 7] = ["password", "webauthn", "totp", "static", "email", "sms", "social"];
/// The values of `assurance.acr`.
pub const ACRS: [&str; 4] = ["aal1", "aal2", "phr", "phrh"];

/// The interpreter, with nothing in it but what conditions may use. Cheap to clone.
#[derive(Clone, Default)]
pub struct Sandbox {
    engine: Arc<()>,
}

/// What a condition may name beside the fixed names.
#[derive(Clone)]
pub struct Names {
    sandbox: Sandbox,
    answers: BTreeMap<String, AnswerType>,
}

impl Names {
    /// The fixed names only.
    pub fn new(sandbox: &Sandbox) -> Self {
        Self { sandbox: sandbox.clone(), answers: BTreeMap::new() }
    }

    /// With a declared `prompt` field, as `answers.<name>`.
    #[must_use]
    pub fn with_answer(mut self, name: &str, kind: AnswerType) -> Self {
        self.answers.insert(name.to_owned(), kind);
        self
    }

    /// With `session`, which only the guarantees of a blueprint know.
    #[must_use]
    pub fn for_guarantees(self) -> Self {
        self
    }

    /// With the blueprint's `conditions:`; each of their errors, under the condition's name.
    pub fn with_conditions<'a>(
        self,
        conditions: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<ConditionError>> {
        drop(conditions.into_iter());
        Ok(self)
    }
}

/// A checked expression, ready to run. Cheap to clone.
#[derive(Clone)]
pub struct Condition {
    source: Arc<str>,
    names: Arc<BTreeSet<String>>,
    sandbox: Sandbox,
}

impl Condition {
    /// Parses and checks an expression.
    pub fn compile(source: &str, names: &Names) -> Result<Self, ConditionError> {
        Ok(Self {
            source: source.into(),
            names: Arc::new(names.answers.keys().cloned().collect()),
            sandbox: names.sandbox.clone(),
        })
    }

    /// Whether it holds. An error denies the login; it never means `false`.
    pub fn evaluate(&self, facts: &Facts) -> Result<bool, ConditionError> {
        let _ = (facts, &self.sandbox.engine);
        Err(ConditionError::new(ConditionErrorKind::Limit, rhai::Position::NONE, "not yet"))
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it reads, also through named conditions: `user.email`, `proven("any")`, `source`.
    pub fn names_used(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// What it reads and the values of that, for a trace; personal data is masked.
    pub fn describe(&self, facts: &Facts) -> Vec<(String, String)> {
        let _ = facts;
        Vec::new()
    }
}
