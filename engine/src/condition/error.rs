//! What is wrong with a condition, in words for an administrator.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is wrong with a condition, where, and what to write instead.
///
/// From [`Condition::compile`](super::Condition::compile) it belongs into the report of `blueprint
/// check`; from [`Condition::evaluate`](super::Condition::evaluate) it denies the login and is
/// recorded. It never stands for `false`.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{message} (line {line}, column {column}{})", within(.condition.as_deref()))]
pub struct ConditionError {
    /// What kind of mistake, for programs.
    pub kind: ConditionErrorKind,
    /// What is wrong and what to do, in English.
    pub message: String,
    /// The line within the expression, from 1.
    pub line: usize,
    /// The column within the line, in characters, from 1.
    pub column: usize,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// The named condition in which it is, when it is not in the expression itself.
    pub condition: Option<String>,
}

fn within(condition: Option<&str>) -> String {
    condition.map_or_else(String::new, |name| format!(" of condition `{name}`"))
}

/// The kinds of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionErrorKind {
    /// Not an expression of the language's grammar.
    Syntax,
    /// Longer or deeper than the limits.
    TooLarge,
    /// Something of rhai that conditions do not have: statements, loops, closures, assignments.
    NotAllowed,
    /// A name that does not exist.
    UnknownName,
    /// A field that the object does not have.
    UnknownField,
    /// A function or method that does not exist.
    UnknownFunction,
    /// A literal that can't be right: a factor, an `acr`, a network, a time of day.
    BadLiteral,
    /// The wrong number of arguments.
    WrongArity,
    /// A value of the wrong type, or a comparison of two types.
    WrongType,
    /// A named condition with a name that can't be one.
    BadName,
    /// Named conditions that use each other in a circle.
    Cycle,
    /// At run time: a value was needed that is absent.
    Absent,
    /// At run time: a division by zero or an overflow.
    Arithmetic,
    /// At run time: a value that can't be used so, such as the domain of something without `@`.
    BadValue,
    /// At run time: a limit of the sandbox was reached.
    Limit,
}

impl ConditionError {
    pub(super) fn new(
        kind: ConditionErrorKind,
        position: rhai::Position,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            message: message.into(),
            line: position.line().unwrap_or(1),
            column: position.position().unwrap_or(1).max(1),
            suggestion: None,
            condition: None,
        }
    }

    /// The same with a suggestion, which also ends the message.
    pub(super) fn suggest(mut self, suggestion: Option<impl Into<String>>) -> Self {
        if let Some(suggestion) = suggestion.map(Into::into) {
            self.message = format!("{}; did you mean `{suggestion}`?", self.message);
            self.suggestion = Some(suggestion);
        }
        self
    }

    /// The same with a suggestion that the message has said already.
    pub(super) fn with_suggestion(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// The same, said to be in a named condition.
    pub(super) fn within(mut self, condition: Option<&str>) -> Self {
        self.condition = self.condition.or_else(|| condition.map(str::to_owned));
        self
    }
}
