//! Collects findings while a blueprint is read, and gives their places names at the end.

use std::collections::{HashMap, HashSet};

use super::{Code, Diagnostic, MAX_DIAGNOSTICS, Related, Severity};
use crate::read::{Sources, Span};

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
    #[expect(clippy::needless_pass_by_value, reason = "a path is given as it is at hand")]
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
    #[expect(clippy::needless_pass_by_value, reason = "a path is given as it is at hand")]
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
    let line = line.split(" #").next().unwrap_or_default();
    ["password", "passwort", "pasword", "passwd", "secret", "totp"].iter().any(|word| {
        line.match_indices(word).any(|(place, _)| {
            let is_key = |c: char| c.is_ascii_alphanumeric() || "_-\"' ".contains(c);
            let behind = line[place..].trim_start_matches(is_key);
            let Some(value) = behind.strip_prefix(':') else { return false };
            let value = value.trim_start();
            !value.is_empty() && !value.starts_with(['{', '[', '!', '*', '}', ','])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::holds_secret;

    #[test]
    fn a_line_with_a_secret_is_known_by_its_look() {
        for line in [
            "    password: hunter2",
            "secret: \"hunter2",
            "  \"password\" : hunter2 # x",
            "client_secret: x",
            "password_hash: $argon2id$",
            "{ name: x, Password: hunter2 }",
            "- password:hunter2: x",
        ] {
            assert!(holds_secret(line), "{line}");
        }
        for line in [
            "      - password: { attempts: 5 }",
            "password:",
            "    secret: !env WIKI_SECRET",
            "    email: x # or password_hash: a PHC string",
            "- prompt: { fields: [{ name: password, type: text }] }",
        ] {
            assert!(!holds_secret(line), "{line}");
        }
    }
}
