//! What is not YAML: the parser's words, and what usually is behind them.

use saphyr_parser::ScanError;

use super::super::source::lines;
use super::super::{Mark, Span};
use super::{Reader, mark};
use crate::diagnostic::Code;

impl Reader<'_> {
    pub(super) fn refuse_yaml(&mut self, error: &ScanError) {
        let mut at = mark(*error.marker());
        // At the end of the text the parser may count a line that is not there.
        let text = self.text.trim_end_matches(['\n', '\r']);
        let count = lines(text).count();
        if at.line > count {
            at = Mark {
                line: count,
                column: lines(text).last().map_or(0, |line| line.chars().count()) + 1,
            };
        }
        let line = lines(text).nth(at.line - 1).unwrap_or_default();
        let hint = if line.trim_start_matches(' ').starts_with('\t') {
            Some("indent with spaces: YAML does not allow tabs there".to_owned())
        } else {
            hint(error.info())
        };
        let path = self.path();
        self.report
            .error(
                Code::Yaml,
                Span::point(self.file, at),
                path,
                format!("not YAML: {}", error.info()),
            )
            .suggest(hint);
    }
}

/// What usually is behind an error of the parser.
fn hint(info: &str) -> Option<String> {
    let hint = if info.contains("while scanning a tag") || info.contains("while parsing a tag") {
        "quote text that starts with `!`; in a condition, write `not`"
    } else if info.contains("tab") {
        "indent with spaces: YAML does not allow tabs there"
    } else if info.contains("mapping values are not allowed") {
        "quote text that contains `: `, and give each key of a mapping the same indentation"
    } else if info.contains("unknown anchor") {
        "an alias `*name` needs an anchor `&name` above it; quote text that starts with `*`"
    } else if info.contains("cannot start any token") {
        "quote text that starts with `@`, `` ` `` or `%`"
    } else if info.contains("expected ',' or") {
        "a `[` or `{` above is not closed"
    } else {
        return None;
    };
    Some(hint.to_owned())
}
