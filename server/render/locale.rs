//! One language: its texts by key, `{name}` placeholders, `one`/`other` for counted things.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use serde::{Serialize, Serializer};

/// One of the languages that the running server has: cheap to clone, made by [`Locales`] alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Lang(pub(super) Arc<str>);

impl Lang {
    /// The BCP 47 tag, as in `<html lang>`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Lang {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A text with its placeholders found once.
#[derive(Clone, Debug)]
pub(super) struct Message {
    parts: Vec<Part>,
    /// The whole text where it has no placeholder: cloned without an allocation.
    pub(super) plain: Option<Value>,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Parameter(String),
}

impl Message {
    pub(super) fn parse(source: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some(start) = rest.find(['{', '}']) {
            let name = rest[start..].strip_prefix('{')?;
            let end = name.find('}')?;
            let (name, after) = (&name[..end], &name[end + 1..]);
            let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                return None;
            }
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            parts.push(Part::Parameter(name.to_owned()));
            rest = after;
        }
        if parts.is_empty() {
            return Some(Self { parts, plain: Some(Value::from(source)) });
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Some(Self { parts, plain: None })
    }
}

/// All texts of one language.
#[derive(Clone, Debug)]
pub struct Locale {
    pub(super) lang: Lang,
    pub(super) name: String,
    pub(super) dir: String,
    pub(super) messages: HashMap<String, Message>,
}

impl Locale {
    /// The language.
    pub fn lang(&self) -> &Lang {
        &self.lang
    }

    /// What the language calls itself: `Deutsch`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `ltr` or `rtl`.
    pub fn dir(&self) -> &str {
        &self.dir
    }

    /// Is there a text with this key?
    pub fn has(&self, key: &str) -> bool {
        self.messages.contains_key(key)
    }

    /// Every key, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.messages.keys().map(String::as_str)
    }

    /// The names of a text's placeholders.
    pub fn parameters(&self, key: &str) -> Vec<&str> {
        let parts = self.messages.get(key).map(|message| &message.parts);
        let names = parts.into_iter().flatten().filter_map(|part| match part {
            Part::Parameter(name) => Some(name.as_str()),
            Part::Text(_) => None,
        });
        names.collect()
    }

    /// The text of `key`, if there is one, with every placeholder that `parameter` knows filled in.
    /// A `count` chooses `key.one` or `key.other` where these exist.
    pub(super) fn find(
        &self,
        key: &str,
        parameter: impl Fn(&str) -> Option<String>,
    ) -> Option<Value> {
        let message = self.messages.get(key).or_else(|| self.find_counted(key, &parameter))?;
        if let Some(plain) = &message.plain {
            return Some(plain.clone());
        }
        let mut text = String::new();
        for part in &message.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Parameter(name) => {
                    // One that is not given stays visible, so that somebody tells.
                    let value = parameter(name).unwrap_or_else(|| format!("{{{name}}}"));
                    text.push_str(&one_line(&value));
                }
            }
        }
        Some(Value::from(text))
    }

    fn find_counted(
        &self,
        key: &str,
        parameter: impl Fn(&str) -> Option<String>,
    ) -> Option<&Message> {
        let count = parameter("count")?;
        let form = if count == "1" { "one" } else { "other" };
        self.messages.get(&format!("{key}.{form}"))
    }

    /// The text of `key` for use outside templates; the key itself where there is none.
    pub fn text(&self, key: &str, parameters: &[(&str, &str)]) -> String {
        let parameter = |name: &str| {
            let found = parameters.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let found = self.find(key, parameter);
        found.map_or_else(|| key.to_owned(), |value| value.to_string())
    }
}

/// A value that stands within a sentence: one line, nothing that turns the writing direction
/// or ends a header line.
pub(super) fn one_line(value: &str) -> Cow<'_, str> {
    let is_hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    if value.contains(is_hostile) {
        Cow::Owned(value.replace(is_hostile, " "))
    } else {
        Cow::Borrowed(value)
    }
}
