//! Texts with places for values, `{to}`: what is put in is never read again as a template, and goes
//! into a string of JSON, a field of a form or a header, never into their notation.

use serde_json::{Map, Value};

/// What can be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// `{to}`: the number (E.164).
    To,
    /// `{digits}`: the number without its plus sign.
    Digits,
    /// `{text}`: what the message says.
    Text,
    /// `{from}`: the sender.
    From,
    /// `{secret}`: the provider's secret.
    Secret,
}

impl Field {
    const ALL: [(&'static str, Self); 5] = [
        ("to", Self::To),
        ("digits", Self::Digits),
        ("text", Self::Text),
        ("from", Self::From),
        ("secret", Self::Secret),
    ];
}

/// A text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

impl Template {
    /// Takes `text` apart. A brace that begins no known name stands for itself.
    pub(crate) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let field = Field::ALL.into_iter().find_map(|(name, field)| {
                let behind = rest.strip_prefix('{')?.strip_prefix(name)?.strip_prefix('}')?;
                Some((field, behind))
            });
            if let Some((field, behind)) = field {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Field(field));
                rest = behind;
            } else {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self(pieces)
    }

    /// Whether there is a place for `field`.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.0.contains(&Piece::Field(field))
    }

    /// The text with every value in its place.
    pub(crate) fn fill<'a>(&self, value: &impl Fn(Field) -> &'a str) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            filled.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Field(field) => value(*field),
            });
        }
        filled
    }
}

/// Fills every string within a JSON value; names stay as they are.
pub(super) fn fill_json<'a>(value: &Value, with: &impl Fn(Field) -> &'a str) -> Value {
    match value {
        Value::String(text) => Value::String(Template::parse(text).fill(with)),
        Value::Array(items) => items.iter().map(|item| fill_json(item, with)).collect(),
        Value::Object(fields) => {
            let filled = fields.iter().map(|(name, value)| (name.clone(), fill_json(value, with)));
            Value::Object(filled.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Every string within a JSON value, as a template.
pub(crate) fn templates(value: &Value) -> Vec<Template> {
    match value {
        Value::String(text) => vec![Template::parse(text)],
        Value::Array(items) => items.iter().flat_map(templates).collect(),
        Value::Object(fields) => fields.values().flat_map(templates).collect(),
        _ => Vec::new(),
    }
}
