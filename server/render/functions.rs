//! What templates can call. Everything returns plain text, which the page escapes; only `linkify`
//! makes markup, and it escapes what it is given. To add one: a line in [`register`].

use std::sync::Arc;

use chrono::{DateTime, Datelike, Timelike};
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::locale::Locale;
use super::safety::{href, initial, is_local_picture, is_plain_name, linkify};

/// One language's view of the texts; in strict mode a missing key is an error.
struct Texts {
    locale: Locale,
    strict: bool,
}

/// Adds everything that depends on the language, and what doesn't.
pub(super) fn register(env: &mut Environment<'static>, locale: &Locale, strict: bool) {
    let texts = Arc::new(Texts { locale: locale.clone(), strict });

    let own = Arc::clone(&texts);
    env.add_function("t", move |key: Value, kwargs: Kwargs| own.translate(&key, &kwargs));
    let own = Arc::clone(&texts);
    env.add_function("say", move |text: Value| own.say(&text));
    let own = Arc::clone(&texts);
    env.add_function("field_label", move |field: Value| own.field_label(&field));
    let own = Arc::clone(&texts);
    env.add_function("error_of", move |errors: Value, field: Value| own.error_of(&errors, &field));
    let own = Arc::clone(&texts);
    env.add_function("general_errors", move |errors: Value| own.general_errors(&errors));
    let own = Arc::clone(&texts);
    env.add_function("field_errors", move |errors: Value| own.field_errors(&errors));
    let own = Arc::clone(&texts);
    env.add_function("reason_text", move |reason: Value| own.reason(&reason));
    let own = Arc::clone(&texts);
    env.add_function("scope_title", move |scope: Value| own.scope(&scope, "title"));
    let own = Arc::clone(&texts);
    env.add_function("scope_description", move |scope: Value| own.scope(&scope, "description"));
    env.add_filter("datetime", move |value: Value| texts.datetime(&value));

    env.add_filter("href", |url: Value| href(&url));
    env.add_filter("linkify", |text: Value| linkify(&text.to_string()));
    env.add_filter("initial", |text: Value| initial(&text.to_string()));
    env.add_test("local", |url: Value| url.as_str().is_some_and(is_local_picture));
    env.add_test("plain_name", |name: Value| name.as_str().is_some_and(is_plain_name));
}

impl Texts {
    fn missing(&self, key: &str) -> Result<Value, Error> {
        if self.strict {
            let lang = self.locale.lang();
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("no text `{key}` in {lang}"),
            ));
        }
        tracing::warn!(key, lang = %self.locale.lang(), "a text is missing");
        Ok(Value::from(key))
    }

    fn complete(&self, key: &str, text: Value) -> Result<Value, Error> {
        let is_open =
            |name: &str| text.as_str().is_some_and(|text| text.contains(&format!("{{{name}}}")));
        if self.strict
            && let Some(name) = self.locale.parameters(key).into_iter().find(|name| is_open(name))
        {
            let detail = format!("`{key}` lacks `{name}`");
            // `{seconds}` is left for the script on purpose, and then given as itself.
            if name != "seconds" {
                return Err(Error::new(ErrorKind::InvalidOperation, detail));
            }
        }
        Ok(text)
    }

    /// `t(key, name=value, fallback=text)`.
    fn translate(&self, key: &Value, kwargs: &Kwargs) -> Result<Value, Error> {
        let key = text_of(key)?;
        let parameter = |name: &str| {
            let value = kwargs.peek::<Value>(name).ok()?;
            (!value.is_undefined() && !value.is_none()).then(|| value.to_string())
        };
        match self.locale.find(key, parameter) {
            Some(text) => self.complete(key, text),
            None if kwargs.has("fallback") => kwargs.peek("fallback"),
            None => self.missing(key),
        }
    }

    /// A blueprint's text: a key where there is one of that name, else the text itself.
    fn say(&self, text: &Value) -> Result<Value, Error> {
        if text.is_none() {
            return Ok(Value::from(""));
        }
        let key = text_of(text)?;
        let found = if is_key(key) { self.locale.find(key, |_| None) } else { None };
        Ok(found.unwrap_or_else(|| text.clone()))
    }

    /// What stands above a prompt's field. The usual labels are `prompt.label.<name>`; a name that
    /// has none there is shown as words.
    fn field_label(&self, field: &Value) -> Result<Value, Error> {
        let label = field.get_attr("label")?;
        let usual = label.as_str().and_then(|label| label.strip_prefix("prompt.label."));
        match usual {
            Some(name) if !self.locale.has(label.as_str().unwrap_or_default()) => {
                let words = name.replace('_', " ");
                Ok(Value::from(initial(&words) + words.get(1..).unwrap_or_default()))
            }
            _ => self.say(&label),
        }
    }

    /// The text of `{key, params}`.
    fn message(&self, message: &Value) -> Result<Value, Error> {
        let key = message.get_attr("key")?;
        let key = text_of(&key)?;
        let params = message.get_attr("params")?;
        match self.locale.find(key, |name| find_text(&params, name)) {
            Some(text) => self.complete(key, text),
            None => self.missing(key),
        }
    }

    /// The sentence of a reason: `{key, params}`, or one of the kernel's own, with its code, who
    /// demands it and the proof that fell short.
    fn reason(&self, reason: &Value) -> Result<Value, Error> {
        let Some(code) = find_text(reason, "code") else {
            return self.message(reason);
        };
        let proof = reason.get_attr("proof")?;
        let method = find(&proof, "method").unwrap_or_default();
        let origin = reason.get_attr("origin")?;
        // People in no organisation know none of this name.
        let is_default = find_text(&origin, "slug").is_some_and(|slug| slug == "default");
        let organisation = find_text(&origin, "name").filter(|_| !is_default);
        let parameter = |name: &str| match name {
            "organisation" => organisation.clone(),
            "source" => Some(self.source(&method)),
            "factor" => Some(match find_text(&method, "kind")?.as_str() {
                "federated" => self.source(&method),
                kind => self.locale.text(&format!("factor.{kind}"), &[]),
            }),
            "until" => self.datetime(&find(reason, "until")?).ok().map(|time| time.to_string()),
            _ => None,
        };
        let named = format!("reason.{code}_by");
        let key = if organisation.is_some() && self.locale.has(&named) {
            named
        } else {
            format!("reason.{code}")
        };
        match self.locale.find(&key, parameter) {
            Some(text) => self.complete(&key, text),
            None => self.missing(&key),
        }
    }

    /// The name of a social login: its slug as a name.
    fn source(&self, method: &Value) -> String {
        let Some(slug) = find_text(method, "source") else {
            return self.locale.text("reason.elsewhere", &[]);
        };
        let mut letters = slug.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    fn error_of(&self, errors: &Value, field: &Value) -> Result<Value, Error> {
        for error in errors.try_iter()? {
            if error.get_attr("field")? == *field {
                return self.message(&error);
            }
        }
        Ok(Value::from(""))
    }

    fn general_errors(&self, errors: &Value) -> Result<Value, Error> {
        let mut texts = Vec::new();
        for error in errors.try_iter()? {
            if has_field(&error)?.is_none() {
                texts.push(self.message(&error)?);
            }
        }
        Ok(Value::from(texts))
    }

    fn field_errors(&self, errors: &Value) -> Result<Value, Error> {
        let mut texts = Vec::new();
        for error in errors.try_iter()? {
            if let Some(field) = has_field(&error)? {
                let text = self.message(&error)?;
                texts.push(Value::from_pairs([("field", field), ("text", text)]));
            }
        }
        Ok(Value::from(texts))
    }

    fn scope(&self, scope: &Value, part: &str) -> Result<Value, Error> {
        let own = scope.get_attr(part)?;
        if own.as_str().is_some_and(|text| !text.is_empty()) {
            return self.say(&own);
        }
        let name = scope.get_attr("name")?;
        let found = self.locale.find(&format!("scope.{name}.{part}"), |_| None);
        Ok(found.unwrap_or_else(|| if part == "title" { name } else { Value::from("") }))
    }

    /// An RFC 3339 time in words and UTC; a page's script makes it local.
    fn datetime(&self, value: &Value) -> Result<Value, Error> {
        let text = text_of(value)?;
        let Ok(time) = DateTime::parse_from_rfc3339(text) else {
            return Ok(value.clone());
        };
        let time = time.to_utc();
        let month = self.locale.text(MONTHS[time.month0() as usize % 12], &[]);
        let (day, year) = (time.day().to_string(), time.year().to_string());
        let clock = format!("{:02}:{:02}", time.hour(), time.minute());
        let parameters = [
            ("day", day.as_str()),
            ("month", month.as_str()),
            ("year", year.as_str()),
            ("clock", clock.as_str()),
        ];
        Ok(Value::from(self.locale.text("time.format", &parameters)))
    }
}

const MONTHS: [&str; 12] = [
    "time.month.january",
    "time.month.february",
    "time.month.march",
    "time.month.april",
    "time.month.may",
    "time.month.june",
    "time.month.july",
    "time.month.august",
    "time.month.september",
    "time.month.october",
    "time.month.november",
    "time.month.december",
];

fn has_field(error: &Value) -> Result<Option<Value>, Error> {
    let field = error.get_attr("field")?;
    Ok((!field.is_none() && !field.is_undefined()).then_some(field))
}

fn text_of(value: &Value) -> Result<&str, Error> {
    value.as_str().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "a text was expected"))
}

/// An attribute that is there.
fn find(value: &Value, name: &str) -> Option<Value> {
    let found = value.get_attr(name).ok()?;
    (!found.is_undefined() && !found.is_none()).then_some(found)
}

fn find_text(value: &Value, name: &str) -> Option<String> {
    find(value, name).map(|value| list_or_text(&value))
}

fn list_or_text(value: &Value) -> String {
    match (value.kind(), value.try_iter()) {
        (ValueKind::Seq, Ok(items)) => {
            let items: Vec<String> = items.map(|item| item.to_string()).collect();
            items.join(", ")
        }
        _ => value.to_string(),
    }
}

/// Could it be a key? `sign_in.title` is one, `Sign in.` and `v1.2` are texts.
fn is_key(text: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.contains('.') && text.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_blueprints_are_keys_only_when_they_look_like_one() {
        assert!(is_key("password.title"));
        for text in ["Welcome back", "v1.2", "Sign in.", "a..b", "", "A.b"] {
            assert!(!is_key(text), "{text}");
        }
    }
}
