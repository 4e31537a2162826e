//! The tree: values with the place where they stand.

use std::fmt;

use serde_json::{Number, Value as Json};

/// A character of a file: line and column, both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A range of one file; `file` counts in [`super::Sources`], `end` is behind the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub(crate) file: usize,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}

impl Span {
    /// The first character of a file: the place of what concerns the whole file.
    pub(crate) const fn top(file: usize) -> Self {
        Self::point(file, Mark { line: 1, column: 1 })
    }

    /// One place without length.
    pub(crate) const fn point(file: usize, mark: Mark) -> Self {
        Self { file, start: mark, end: mark }
    }
}

/// Who gave a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    /// It stands in the file. `text` is where its first character stands, if its characters stand
    /// in the file one after the other.
    Written { text: Option<Mark> },
    /// A tag gave it. `label` is how to speak of it: `!env WIKI_SECRET`.
    Tag { label: String, secret: bool },
}

/// A value and where it stands.
#[derive(Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
    pub(crate) given: Given,
    pub(crate) tag: Option<String>,
}

/// What a node holds. Text from a tag is [`Value::Text`] whatever it looks like.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    Sequence(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
    /// A tag whose value is not known here, for instance a secret that CI does not have.
    Unset,
}

/// A key of a mapping and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Node {
    /// The value of a key, if this is a mapping that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.text == key).map(|(_, node)| node)
    }

    /// The entries, if this is a mapping; else none.
    pub(crate) fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The elements, if this is a list; else none.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the value came from `!env` or `!file` and must not be shown.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.given, Given::Tag { secret: true, .. })
    }

    /// What kind of value this is, in words.
    pub(crate) fn describe(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Unset => "an unknown value",
        }
    }

    /// The value for a message, in backticks; the label of the tag in place of a secret.
    pub(crate) fn shown(&self) -> String {
        match (&self.given, &self.value) {
            (Given::Tag { label, .. }, _) => format!("the value of `{label}`"),
            (_, Value::Bool(value)) => format!("`{value}`"),
            (_, Value::Integer(value)) => format!("`{value}`"),
            (_, Value::Float(value)) => format!("`{value}`"),
            (_, Value::Text(text)) => format!("`{}`", shorten(text)),
            _ => self.describe().to_owned(),
        }
    }

    /// The value as JSON. Numbers that JSON cannot hold become text, which no number type takes.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null | Value::Unset => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => integer(*value),
            Value::Float(value) => Number::from_f64(*value)
                .map_or_else(|| Json::String(value.to_string()), Json::Number),
            Value::Text(text) => Json::String(text.clone()),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(entries) => Json::Object(
                entries.iter().map(|(key, node)| (key.text.clone(), node.to_json())).collect(),
            ),
        }
    }
}

fn integer(value: i128) -> Json {
    i64::try_from(value)
        .map(Json::from)
        .or_else(|_| u64::try_from(value).map(Json::from))
        .unwrap_or_else(|_| Json::String(value.to_string()))
}

/// Text cut to what fits in a sentence.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).chain(['…']).collect()
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() {
            return f.write_str("<secret>");
        }
        match &self.value {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value:?}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Sequence(items) => f.debug_list().entries(items).finish(),
            Value::Mapping(entries) => {
                f.debug_map().entries(entries.iter().map(|(key, node)| (&key.text, node))).finish()
            }
            Value::Unset => f.write_str("<unset>"),
        }
    }
}
