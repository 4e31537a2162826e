//! What is wrong with a blueprint and where: [`Diagnostic`] for callers, [`Report`] to collect
//! them while reading, and the two renderings (text for people, JSON for editors and CI).
//!
//! A new kind of mistake is a new [`Code`]; everything else stays as it is.

mod render;
mod report;

use serde::Serialize;

pub use render::{render_json, render_text};
pub(crate) use report::{Finding, Report};

/// How many findings one check reports; a file of garbage must not become a report of gigabytes.
pub const MAX_DIAGNOSTICS: usize = 1_000;

/// Whether a finding stops the blueprint from being applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The blueprint is refused.
    Error,
    /// The blueprint is accepted; the author should know.
    Warning,
}

/// What kind of mistake it is, stable for scripts (`unknown-key` in text and JSON).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A file or folder cannot be read.
    File,
    /// The text is not YAML.
    Yaml,
    /// A size, depth or number is above its limit.
    Limit,
    /// A tag is unknown, misused or not allowed here.
    Tag,
    /// `!env`, `!file` or `!var` names something that has no value.
    Unset,
    /// A key is not part of the language.
    UnknownKey,
    /// A required key is absent.
    MissingKey,
    /// Text where a list belongs, and so on.
    WrongType,
    /// The right type, but not an allowed value.
    WrongValue,
    /// A stage kind that is not registered.
    UnknownKind,
    /// A name that points at nothing.
    UnknownReference,
    /// The same key, object or id twice.
    Duplicate,
    /// Two things that cannot both hold.
    Conflict,
    /// A `when` or named condition does not compile.
    Condition,
    /// Flows that include each other.
    Cycle,
    /// A stage or branch that no path reaches.
    Unreachable,
    /// A flow that can end without its purpose.
    DeadEnd,
    /// Part of the language, but not of this version.
    Unsupported,
    /// Stated, but used by nothing.
    Unused,
}

impl Code {
    /// The code as it is printed: `unknown-key`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Yaml => "yaml",
            Self::Limit => "limit",
            Self::Tag => "tag",
            Self::Unset => "unset",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::WrongType => "wrong-type",
            Self::WrongValue => "wrong-value",
            Self::UnknownKind => "unknown-kind",
            Self::UnknownReference => "unknown-reference",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Condition => "condition",
            Self::Cycle => "cycle",
            Self::Unreachable => "unreachable",
            Self::DeadEnd => "dead-end",
            Self::Unsupported => "unsupported",
            Self::Unused => "unused",
        }
    }
}

/// A second place that belongs to a finding, such as the first of two duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// What stands there.
    pub message: String,
    /// The file as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One finding, with everything an editor or a person needs to go there and repair it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The kind of mistake.
    pub code: Code,
    /// One English sentence without a full stop.
    pub message: String,
    /// The file as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Line of the end, from 1.
    pub end_line: usize,
    /// Column behind the last character, from 1.
    pub end_column: usize,
    /// Where in the document, such as `flows.sign-in.stages[1].password.atempts`; empty when the
    /// finding concerns the file itself.
    pub path: String,
    /// What to do instead, when something is near.
    pub suggestion: Option<String>,
    /// A second place that belongs to it.
    pub related: Option<Related>,
    /// The line of the source for the rendering; `None` where it would show a secret.
    #[serde(skip)]
    pub source: Option<String>,
}
