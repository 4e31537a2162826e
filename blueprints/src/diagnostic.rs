//! What is wrong with a blueprint and where: [`Diagnostic`] for callers, [`Report`] to collect
//! them while reading, and the two renderings (text for people, JSON for editors and CI).
//!
//! A new kind of mistake is a new [`Code`]; everything else stays as it is.

mod render;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::read::{Sources, Span};
pub use render::{render_json, render_text};

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

/// A finding before files have names.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) path: String,
    pub(crate) suggestion: Option<String>,
    pub(crate) related: Option<(String, Span)>,
    pub(crate) hidden: bool,
}

impl Finding {
    /// Adds what to do instead.
    pub(crate) fn suggest(&mut self, suggestion: Option<String>) -> &mut Self {
        self.suggestion = suggestion;
        self
    }

    /// Adds "did you mean `…`?" for the candidate that is nearest to `wrong`.
    pub(crate) fn nearest<'a>(
        &mut self,
        wrong: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self {
        self.suggest(crate::suggest::did_you_mean(wrong, candidates))
    }

    /// Adds the second place.
    pub(crate) fn relate(&mut self, message: impl Into<String>, span: Span) -> &mut Self {
        self.related = Some((message.into(), span));
        self
    }

    /// Keeps the line of the source out of the rendering, because it holds a secret.
    pub(crate) fn hide(&mut self, hidden: bool) -> &mut Self {
        self.hidden |= hidden;
        self
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Adds an error and returns it, to add a suggestion.
    pub(crate) fn error(
        &mut self,
        code: Code,
        span: Span,
        path: impl ToString,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.add(Severity::Error, code, span, path.to_string(), message.into())
    }

    /// Adds a warning and returns it, to add a suggestion.
    pub(crate) fn warning(
        &mut self,
        code: Code,
        span: Span,
        path: impl ToString,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.add(Severity::Warning, code, span, path.to_string(), message.into())
    }

    fn add(
        &mut self,
        severity: Severity,
        code: Code,
        span: Span,
        path: String,
        message: String,
    ) -> &mut Finding {
        // Above the limit the last place is written over: callers still get something to fill.
        if self.findings.len() > MAX_DIAGNOSTICS {
            self.findings.pop();
        }
        let place = self.findings.len();
        self.findings.push(Finding {
            severity,
            code,
            message,
            span,
            path,
            suggestion: None,
            related: None,
            hidden: false,
        });
        &mut self.findings[place]
    }

    /// Whether further findings will not be shown, so that suggestions for them need not be sought.
    pub(crate) fn is_full(&self) -> bool {
        self.findings.len() > MAX_DIAGNOSTICS
    }

    /// How many findings there are: a mark to compare with or to return to.
    pub(crate) fn len(&self) -> usize {
        self.findings.len()
    }

    /// How many errors stand behind a mark.
    pub(crate) fn errors_since(&self, mark: usize) -> usize {
        self.findings
            .get(mark..)
            .unwrap_or_default()
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count()
    }

    /// Whether anything found so far refuses the blueprint.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors_since(0) > 0
    }

    /// Takes out what stands behind a mark.
    pub(crate) fn split_off(&mut self, mark: usize) -> Vec<Finding> {
        self.findings.split_off(mark.min(self.findings.len()))
    }

    /// Puts back what [`Report::split_off`] took out.
    pub(crate) fn extend(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
        self.findings.truncate(MAX_DIAGNOSTICS + 1);
    }

    /// Sorts by file and position, removes what is said twice, and names the files.
    pub(crate) fn finish(mut self, sources: &Sources) -> Vec<Diagnostic> {
        let cut = self.findings.len() > MAX_DIAGNOSTICS;
        self.findings.truncate(MAX_DIAGNOSTICS);
        self.findings.sort_by(|a, b| {
            (a.span.file, a.span.start, a.code).cmp(&(b.span.file, b.span.start, b.code))
        });
        let mut said = HashSet::new();
        let mut texts: HashMap<usize, Vec<&str>> = HashMap::new();
        let mut diagnostics: Vec<Diagnostic> = self
            .findings
            .into_iter()
            .filter(|finding| {
                said.insert((
                    finding.span.file,
                    finding.span.start,
                    finding.code,
                    finding.message.clone(),
                ))
            })
            .map(|finding| {
                let file = finding.span.file;
                let lines = texts.entry(file).or_insert_with(|| sources.lines(file).collect());
                finding.locate(sources, lines)
            })
            .collect();
        if cut && let Some(last) = diagnostics.last().cloned() {
            diagnostics.push(Diagnostic {
                code: Code::Limit,
                message: format!("more than {MAX_DIAGNOSTICS} findings: repair these first"),
                suggestion: None,
                related: None,
                severity: Severity::Error,
                ..last
            });
        }
        diagnostics
    }
}

impl Finding {
    fn locate(self, sources: &Sources, lines: &[&str]) -> Diagnostic {
        Diagnostic {
            severity: self.severity,
            code: self.code,
            message: self.message,
            file: sources.name(self.span.file).to_owned(),
            line: self.span.start.line,
            column: self.span.start.column,
            end_line: self.span.end.line,
            end_column: self.span.end.column,
            path: self.path,
            suggestion: self.suggestion,
            related: self.related.map(|(message, span)| Related {
                message,
                file: sources.name(span.file).to_owned(),
                line: span.start.line,
                column: span.start.column,
            }),
            source: if self.hidden {
                None
            } else {
                let line = lines.get(self.span.start.line - 1).copied();
                line.filter(|line| !holds_secret(line)).map(str::to_owned)
            },
        }
    }
}

/// Whether a line of YAML looks as if a password or secret stood in it. The last net: what is known
/// to be secret is hidden by its finding, but a line may hold two values, or not be YAML at all.
fn holds_secret(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    ["password", "passwort", "pasword", "passwd", "secret", "password_hash"].iter().any(|word| {
        line.match_indices(word).any(|(place, _)| {
            let Some((_, value)) = line[place..].split_once(':') else { return false };
            let value = value.trim_start();
            !value.is_empty() && !value.starts_with(['{', '[', '!', '*', '#', '}', ','])
        })
    })
}
