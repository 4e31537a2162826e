//! How fields of answers are read, from a form's text or from JSON.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A yes or no: JSON's booleans, and what a checkbox sends.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Ok(flag),
        Value::String(text) if text == "on" || text == "true" => Ok(true),
        Value::String(text) if text == "off" || text == "false" => Ok(false),
        _ => Err(serde::de::Error::custom("a yes or no")),
    }
}

/// Whether a line of text is fit to be kept: not empty, not too long, without control characters.
pub(crate) fn is_line(text: &str, max: usize) -> bool {
    !text.is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control)
}
