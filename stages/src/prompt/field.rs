//! One field of a prompt: how it is stated, shown and read.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use email_address::EmailAddress;
use engine::condition::{Answer, AnswerType};
use engine::{ConfigProblem, FieldError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::is_line;
use crate::password_rules::{MIN_PASSWORD_CHARACTERS, PasswordRules};

/// A text field holds at most so many characters unless it says less.
const MAX_TEXT: u16 = 200;

/// A field.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name: `email`, `username` and `name` are written to the person's record as such, any other
    /// as an attribute.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9_]{0,31}$"))]
    pub name: String,
    /// What is asked for.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// What stands above it; may be a message key. Default: the usual label of its name or type.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub label: Option<String>,
    /// A hint beneath it; may be a message key.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub help: Option<String>,
    /// Whether it must be filled in (default: yes).
    #[serde(default = "yes")]
    pub required: bool,
    /// The least number of characters. For a new password 15 unless stated, and never below 8.
    #[serde(default)]
    pub min: Option<u8>,
    /// The greatest number of characters of a text, up to 4000 (default: 200).
    #[serde(default)]
    pub max: Option<u16>,
    /// The choices of a `select`.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub options: Vec<Choice>,
}

/// One choice of a `select`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is kept.
    pub value: String,
    /// What is shown; may be a message key. Default: the value.
    #[serde(default)]
    pub label: Option<String>,
}

/// What a field asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A line of text.
    Text,
    /// Several lines of text.
    Textarea,
    /// An address.
    Email,
    /// A user name: letters, digits, dot, dash and underscore.
    Username,
    /// A password to be set.
    NewPassword,
    /// A whole number.
    Number,
    /// A yes or no; one that is required must be a yes.
    Checkbox,
    /// One of several choices.
    Select,
}

impl FieldType {
    /// As what conditions see it; a password they never see.
    pub(super) fn answer_type(self) -> Option<AnswerType> {
        match self {
            Self::NewPassword => None,
            Self::Number => Some(AnswerType::Number),
            Self::Checkbox => Some(AnswerType::Flag),
            Self::Text | Self::Textarea | Self::Email | Self::Username | Self::Select => {
                Some(AnswerType::Text)
            }
        }
    }

    fn autocomplete(self, name: &str) -> &'static str {
        match (self, name) {
            (Self::Email, _) => "email",
            (Self::Username, _) => "username",
            (Self::NewPassword, _) => "new-password",
            (Self::Text, "name") => "name",
            (Self::Text, "given_name") => "given-name",
            (Self::Text, "family_name") => "family-name",
            (Self::Text, "organisation") => "organization",
            (Self::Text, "phone") => "tel",
            _ => "off",
        }
    }
}

impl Field {
    pub(super) fn check(&self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        let mut chars = self.name.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_lowercase());
        if !starts
            || self.name.len() > 32
            || !chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            let message =
                "must be 1 to 32 lower-case letters, digits and underscores, a letter first";
            problems.push(ConfigProblem::new("name", message));
        }
        let reserved = [("email", FieldType::Email), ("username", FieldType::Username)];
        for (name, kind) in reserved {
            if (self.name == name) != (self.kind == kind) {
                let message = format!("the name `{name}` and the type `{name}` go together");
                problems.push(ConfigProblem::new("name", message));
            }
        }
        if ["csrf", "step", "action", "link"].contains(&self.name.as_str()) {
            problems.push(ConfigProblem::new("name", "is used by the page itself; choose another"));
        }
        if self.kind == FieldType::NewPassword && self.min.is_some_and(|min| min < 8) {
            problems.push(ConfigProblem::new("min", "a password has at least 8 characters"));
        }
        if self.max.is_some_and(|max| max == 0 || max > 4000) {
            problems.push(ConfigProblem::new("max", "must be 1 to 4000"));
        }
        if (self.kind == FieldType::Select) == self.options.is_empty() {
            let message = "a `select` has options, and nothing else has";
            problems.push(ConfigProblem::new("options", message));
        }
        problems
    }

    pub(super) fn rules(&self) -> PasswordRules {
        PasswordRules { min: self.min.unwrap_or(MIN_PASSWORD_CHARACTERS) }
    }

    pub(super) fn show(&self, answers: &BTreeMap<String, Answer>) -> Value {
        let options: Vec<Value> = self
            .options
            .iter()
            .map(|choice| {
                let label = choice.label.as_ref().unwrap_or(&choice.value);
                json!({ "value": choice.value, "label": label })
            })
            .collect();
        let label =
            self.label.clone().unwrap_or_else(|| format!("prompt.label.{}", self.usual_label()));
        let min = match self.kind {
            FieldType::NewPassword => Some(self.rules().min),
            _ => self.min,
        };
        json!({
            "name": self.name,
            "type": self.kind,
            "label": label,
            "help": self.help,
            "required": self.required,
            "value": answers.get(&self.name),
            "options": options,
            "autocomplete": self.kind.autocomplete(&self.name),
            "minlength": min,
            "maxlength": self.max,
        })
    }

    fn usual_label(&self) -> &str {
        match self.kind {
            FieldType::Email => "email",
            FieldType::Username => "username",
            FieldType::NewPassword => "new_password",
            _ => &self.name,
        }
    }

    /// The answer; none when it was left out and may be.
    pub(super) fn read(&self, given: Option<&Value>) -> Result<Option<Answer>, FieldError> {
        let wrong = |key: &str| FieldError::field(&self.name, key);
        let text = match given {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text.as_str(),
            Some(Value::Bool(flag)) if self.kind == FieldType::Checkbox => {
                return self.flag(*flag);
            }
            Some(Value::Number(number)) if self.kind == FieldType::Number => {
                let number = number.as_i64().ok_or_else(|| wrong("prompt.number"))?;
                return Ok(Some(Answer::Number(number)));
            }
            Some(_) => return Err(wrong("prompt.invalid")),
        };
        if self.kind == FieldType::Checkbox {
            return match text {
                "" | "off" | "false" => self.flag(false),
                "on" | "true" => self.flag(true),
                _ => Err(wrong("prompt.invalid")),
            };
        }
        if self.kind == FieldType::NewPassword {
            // Taken exactly as typed; its rules are looked at together with the other fields.
            return match text {
                "" if self.required => Err(wrong("prompt.required")),
                "" => Ok(None),
                password => Ok(Some(Answer::Text(password.to_owned()))),
            };
        }
        let text = text.trim();
        if text.is_empty() {
            return if self.required { Err(wrong("prompt.required")) } else { Ok(None) };
        }
        self.value(text).map(Some)
    }

    fn flag(&self, flag: bool) -> Result<Option<Answer>, FieldError> {
        if self.required && !flag {
            return Err(FieldError::field(&self.name, "prompt.accept"));
        }
        Ok(Some(Answer::Flag(flag)))
    }

    fn value(&self, text: &str) -> Result<Answer, FieldError> {
        let wrong = |key: &str| FieldError::field(&self.name, key);
        let max = usize::from(self.max.unwrap_or(MAX_TEXT));
        let length = text.chars().count();
        if length > max {
            return Err(wrong("prompt.too_long").with("max", max));
        }
        if let Some(min) = self.min.filter(|min| length < usize::from(*min)) {
            return Err(wrong("prompt.too_short").with("min", min));
        }
        let lines = |c: char| c.is_control() && c != '\n' && c != '\r';
        let good = match self.kind {
            FieldType::Textarea => !text.chars().any(lines),
            _ => is_line(text, max),
        };
        if !good {
            return Err(wrong("prompt.invalid"));
        }
        match self.kind {
            FieldType::Email => {
                address(text).map(Answer::Text).ok_or_else(|| wrong("prompt.email"))
            }
            FieldType::Username if !is_username(text) => Err(wrong("prompt.username")),
            FieldType::Number => {
                let number = text.parse().map_err(|_| wrong("prompt.number"))?;
                Ok(Answer::Number(number))
            }
            FieldType::Select if !self.options.iter().any(|choice| choice.value == text) => {
                Err(wrong("prompt.invalid"))
            }
            _ => Ok(Answer::Text(text.to_owned())),
        }
    }
}

/// An address that can be mailed to, or nothing: one `@`, no quoting, no comment, a dotted domain.
pub(crate) fn address(text: &str) -> Option<String> {
    let parsed = EmailAddress::from_str(text).ok()?;
    let plain =
        text.matches('@').count() == 1 && !text.contains(['"', '(', ')', '<', '>', ',', ';', '[']);
    (plain && parsed.domain().contains('.') && !text.ends_with('.')).then(|| text.to_owned())
}

fn is_username(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || ['.', '-', '_'].contains(&c))
}

fn yes() -> bool {
    true
}
