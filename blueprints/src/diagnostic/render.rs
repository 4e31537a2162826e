//! The two renderings of findings: text with the line and a caret, and JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Diagnostic, Severity};

/// How many characters of a long line are shown around the place.
const SHOWN: usize = 100;

/// Text for people: each finding with its line and a caret, then a summary. Ends with a line feed;
/// empty when there is nothing to say.
///
/// Whatever comes from a file is shown without control characters, so that a blueprint cannot
/// drive the terminal of the person who checks it.
pub fn render_text(diagnostics: &[Diagnostic], colour: bool) -> String {
    let paint = Paint { colour };
    let mut text = String::new();
    for diagnostic in diagnostics {
        render_one(&mut text, diagnostic, paint);
    }
    if !diagnostics.is_empty() {
        let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
        let warnings = diagnostics.len() - errors;
        let summary = match (errors, warnings) {
            (0, _) => count(warnings, "warning"),
            (_, 0) => count(errors, "error"),
            _ => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        };
        let _ = writeln!(text, "{}", paint.bold(&summary));
    }
    text
}

/// JSON for editors and CI: `{ "errors": n, "warnings": n, "diagnostics": [..] }`.
pub fn render_json(diagnostics: &[Diagnostic]) -> Value {
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    json!({
        "errors": errors,
        "warnings": diagnostics.len() - errors,
        "diagnostics": diagnostics,
    })
}

fn render_one(text: &mut String, diagnostic: &Diagnostic, paint: Paint) {
    let (word, code) = match diagnostic.severity {
        Severity::Error => ("error", "31"),
        Severity::Warning => ("warning", "33"),
    };
    let head = format!("{word}[{}]", diagnostic.code.as_str());
    let _ = writeln!(
        text,
        "{}: {}",
        paint.with(code, &head),
        paint.bold(&visible(&diagnostic.message))
    );
    let number = diagnostic.line.to_string();
    let margin = " ".repeat(number.len());
    let _ = writeln!(
        text,
        "{margin}{} {}:{}:{}",
        paint.dim("-->"),
        visible(&diagnostic.file),
        diagnostic.line,
        diagnostic.column
    );
    if let Some(source) = diagnostic.source.as_deref().filter(|line| !line.trim().is_empty()) {
        let (line, before, width) = window(source, diagnostic);
        let bar = paint.dim("|");
        let _ = writeln!(text, "{margin} {bar}");
        let _ = writeln!(text, "{} {bar} {line}", paint.dim(&number));
        let _ = writeln!(
            text,
            "{margin} {bar} {}{}",
            " ".repeat(before),
            paint.with(code, &"^".repeat(width))
        );
    }
    if !diagnostic.path.is_empty() {
        let _ = writeln!(text, "{margin} {} at {}", paint.dim("="), visible(&diagnostic.path));
    }
    if let Some(related) = &diagnostic.related {
        let _ = writeln!(
            text,
            "{margin} {} {}: {}:{}:{}",
            paint.dim("="),
            visible(&related.message),
            visible(&related.file),
            related.line,
            related.column
        );
    }
    if let Some(suggestion) = &diagnostic.suggestion {
        let _ = writeln!(
            text,
            "{margin} {} {}",
            paint.dim("="),
            paint.with("32", &visible(suggestion))
        );
    }
    text.push('\n');
}

/// The part of the line to show, the characters before the caret in it, and the caret's width.
fn window(source: &str, diagnostic: &Diagnostic) -> (String, usize, usize) {
    let characters: Vec<char> = source.chars().collect();
    let start = diagnostic.column.saturating_sub(1).min(characters.len());
    let end = if diagnostic.end_line == diagnostic.line {
        diagnostic.end_column.saturating_sub(1).clamp(start, characters.len())
    } else {
        characters.len()
    };
    let from = if characters.len() <= SHOWN { 0 } else { start.saturating_sub(SHOWN / 2) };
    let to = characters.len().min(from + SHOWN);
    let shown = |range: &[char]| visible(&range.iter().collect::<String>());
    let before = shown(&characters[from..start.clamp(from, to)]).chars().count();
    let width =
        shown(&characters[start.clamp(from, to)..end.clamp(from, to)]).trim_end().chars().count();
    (shown(&characters[from..to]), before, width.max(1))
}

/// Text with tabs as a space and every other control or direction-changing character escaped.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => out.push(' '),
            character if character.is_control() || crate::read::changes_direction(character) => {
                out.extend(character.escape_unicode());
            }
            character => out.push(character),
        }
    }
    out
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}
