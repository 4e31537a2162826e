//! Text, numbers and truth values: type, length, range, pattern, format and reference.

use serde_json::{Map, Value as Json};

use super::{Pending, Walker, formats, list};
use crate::diagnostic::Code;
use crate::path::Path;
use crate::read::{Given, Mark, Node, Span, Value};

impl Walker<'_> {
    pub(super) fn scalar(
        &mut self,
        node: &Node,
        keywords: &Map<String, Json>,
        path: &Path,
    ) -> Option<Json> {
        let mark = self.report.len();
        match &node.value {
            Value::Integer(_) | Value::Float(_) => self.range(node, keywords, path),
            Value::Text(text) => {
                self.length(node, text, keywords, path);
                // One finding for one wrong text: the format says it best, then the pattern.
                if self.report.errors_since(mark) == 0 {
                    self.format(node, text, keywords, path);
                }
                if self.report.errors_since(mark) == 0 {
                    self.pattern(node, text, keywords, path);
                }
                if self.report.errors_since(mark) == 0 {
                    self.reference(node, text, keywords, path);
                }
            }
            _ => {}
        }
        (self.report.errors_since(mark) == 0).then(|| node.to_json())
    }

    /// Says what was expected and, for the usual slips, what to write.
    pub(super) fn wrong_type(
        &mut self,
        node: &Node,
        names: &[String],
        keywords: &Map<String, Json>,
        at: Span,
        path: &Path,
    ) {
        let wants = |name: &str| names.iter().any(|other| other == name);
        let mut expected: Vec<&str> = Vec::new();
        for name in names.iter().filter(|name| *name != "null") {
            let word = match name.as_str() {
                "boolean" => "`true` or `false`",
                "integer" => "a whole number",
                "number" => "a number",
                "string" => "text",
                "array" => "a list",
                _ => "a mapping",
            };
            if !expected.contains(&word) {
                expected.push(word);
            }
        }
        let found = match &node.value {
            Value::Sequence(_) | Value::Mapping(_) | Value::Null => node.describe().to_owned(),
            _ => format!("{} {}", node.describe(), node.shown()),
        };
        let suggestion = match &node.value {
            Value::Text(text)
                if wants("boolean") && matches!(text.to_lowercase().as_str(), "yes" | "on") =>
            {
                Some("write `true`: YAML 1.2 reads this as text".to_owned())
            }
            Value::Text(text)
                if wants("boolean") && matches!(text.to_lowercase().as_str(), "no" | "off") =>
            {
                Some("write `false`: YAML 1.2 reads this as text".to_owned())
            }
            Value::Integer(_) | Value::Float(_) if examples(keywords).is_some() => {
                examples(keywords)
            }
            Value::Bool(_) | Value::Integer(_) | Value::Float(_) if wants("string") => {
                Some("put it in quotes to make it text".to_owned())
            }
            Value::Text(_) | Value::Integer(_) if wants("array") && !node.is_secret() => {
                Some(format!("write a list: `[{}]`", node.shown().trim_matches('`')))
            }
            _ => None,
        };
        // A list or mapping is shown at its key; a scalar is short enough to point at itself.
        let span = match node.value {
            Value::Sequence(_) | Value::Mapping(_) | Value::Null => at,
            _ => node.span,
        };
        let expected =
            if expected.is_empty() { "nothing".to_owned() } else { expected.join(" or ") };
        self.report
            .error(Code::WrongType, span, path, format!("expected {expected}, found {found}"))
            .suggest(suggestion);
    }

    fn range(&mut self, node: &Node, keywords: &Map<String, Json>, path: &Path) {
        #[expect(clippy::cast_precision_loss, reason = "bounds of the language are small")]
        let value = match node.value {
            Value::Integer(value) => value as f64,
            Value::Float(value) => value,
            _ => return,
        };
        if !value.is_finite() || node.to_json().is_string() {
            self.report.error(
                Code::WrongValue,
                node.span,
                path,
                format!("{} is out of range", node.shown()),
            );
            return;
        }
        let bound = |name: &str| keywords.get(name).and_then(Json::as_f64);
        let wrong = if let Some(least) = bound("minimum").filter(|least| value < *least) {
            format!("at least {least}")
        } else if let Some(least) = bound("exclusiveMinimum").filter(|least| value <= *least) {
            format!("more than {least}")
        } else if let Some(most) = bound("maximum").filter(|most| value > *most) {
            format!("at most {most}")
        } else if let Some(most) = bound("exclusiveMaximum").filter(|most| value >= *most) {
            format!("less than {most}")
        } else {
            return;
        };
        self.report.error(
            Code::WrongValue,
            node.span,
            path,
            format!("expected {wrong}, found {}", node.shown()),
        );
    }

    fn length(&mut self, node: &Node, text: &str, keywords: &Map<String, Json>, path: &Path) {
        let length = text.chars().count();
        let bound = |name: &str| {
            keywords.get(name).and_then(Json::as_u64).and_then(|bound| usize::try_from(bound).ok())
        };
        let message = if let Some(least) = bound("minLength").filter(|least| length < *least) {
            if length == 0 {
                "the text is empty".to_owned()
            } else {
                format!("the text has {length} characters; it needs at least {least}")
            }
        } else if let Some(most) = bound("maxLength").filter(|most| length > *most) {
            format!("the text has {length} characters; at most {most} are allowed")
        } else {
            return;
        };
        self.report.error(Code::WrongValue, node.span, path, message);
    }

    fn pattern(&mut self, node: &Node, text: &str, keywords: &Map<String, Json>, path: &Path) {
        let Some(pattern) = keywords.get("pattern").and_then(Json::as_str) else { return };
        if self.matches(pattern, text) {
            return;
        }
        let suggestion = examples(keywords).unwrap_or_else(|| format!("it must match `{pattern}`"));
        self.report
            .error(
                Code::WrongValue,
                node.span,
                path,
                format!("{} does not have the form that belongs here", node.shown()),
            )
            .suggest(Some(suggestion));
    }

    fn format(&mut self, node: &Node, text: &str, keywords: &Map<String, Json>, path: &Path) {
        let Some(format) = keywords.get("format").and_then(Json::as_str) else { return };
        if format == formats::CONDITION {
            self.conditions.push(Pending { node: node.clone(), path: path.clone() });
            return;
        }
        let Err(wrong) = formats::check(format, text) else { return };
        if node.is_secret() {
            let message = format!("{} is not what belongs here", node.shown());
            self.report.error(Code::WrongValue, node.span, path, message);
            return;
        }
        let message = wrong.message.replace("{}", &node.shown());
        let span = wrong.place.map_or(node.span, |place| inside(node, place));
        self.report.error(Code::WrongValue, span, path, message).suggest(wrong.suggestion);
    }

    fn reference(&mut self, node: &Node, text: &str, keywords: &Map<String, Json>, path: &Path) {
        let Some(kind) = keywords.get("x-reference").and_then(Json::as_str) else { return };
        let empty = std::collections::BTreeSet::new();
        let names = self.names.get(kind).unwrap_or(&empty);
        if names.contains(text) {
            return;
        }
        let near = if self.report.is_full() {
            None
        } else {
            crate::suggest::did_you_mean(text, names.iter().map(String::as_str))
        };
        let suggestion = near.or_else(|| {
            (!names.is_empty() && names.len() <= 12)
                .then(|| format!("there is {}", list(names.iter().map(String::as_str))))
        });
        let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        self.report
            .error(
                Code::UnknownReference,
                node.span,
                path,
                format!("{} is not the name of {article} {kind}", node.shown()),
            )
            .suggest(suggestion);
    }
}

/// The examples that the schema gives, as a suggestion.
fn examples(keywords: &Map<String, Json>) -> Option<String> {
    let examples: Vec<&str> =
        keywords.get("examples")?.as_array()?.iter().filter_map(Json::as_str).collect();
    (!examples.is_empty()).then(|| format!("for example {}", list(examples)))
}

/// The place in the file of a place in the text of a node (line and column, both from 1): exact
/// when the text stands in one line as it is, else where the text begins.
pub(crate) fn inside(node: &Node, (line, column): (usize, usize)) -> Span {
    let Given::Written { text: Some(start) } = node.given else {
        return node.span;
    };
    if line != 1 {
        return node.span;
    }
    let text = node.text().unwrap_or_default();
    let place = column.saturating_sub(1).min(text.chars().count());
    let start = Mark { line: start.line, column: start.column + place };
    // A word is shown as a whole.
    let word = text
        .chars()
        .skip(place)
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .count();
    Span { file: node.span.file, start, end: Mark { column: start.column + word.max(1), ..start } }
}
