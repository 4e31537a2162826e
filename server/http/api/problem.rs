//! What a flow says no to, as a problem document (RFC 9457): its `type` is stable, `code` is the message
//! key that a page would show, `errors` are all of them, and `detail` says the first in English.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use cookie::Cookie;
use engine::{Denial, FieldError};
use serde_json::{Map, Value, json};

use super::super::failure::Failure;
use crate::app::App;

/// A factor that is locked says for how many minutes; where a flow only says that it was too often,
/// this is how many seconds to wait.
const TOO_MANY_SECONDS: u64 = 30;

/// A problem.
#[derive(Debug, Clone)]
pub(in super::super) struct Problem {
    pub(in super::super) status: StatusCode,
    /// The end of its `type`.
    pub(in super::super) kind: &'static str,
    pub(in super::super) title: &'static str,
    /// For people, in English.
    pub(in super::super) detail: Option<String>,
    /// Further members.
    pub(in super::super) more: Map<String, Value>,
    /// How many seconds to wait.
    pub(in super::super) retry_after: Option<u64>,
    /// What the browser is to keep or to forget with it.
    pub(in super::super) cookies: Vec<Cookie<'static>>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        Self {
            status,
            kind,
            title,
            detail: None,
            more: Map::new(),
            retry_after: None,
            cookies: Vec::new(),
        }
    }

    /// What was sent cannot be taken for what this operation takes.
    pub(in super::super) fn malformed(detail: impl Into<String>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "malformed", "the body is not what this operation takes").says(detail)
    }

    pub(super) fn says(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    pub(super) fn set(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The message key of the first thing that was wrong.
    pub(super) fn code(&self) -> &str {
        self.more.get("code").and_then(Value::as_str).unwrap_or_default()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Arc::new(problem))
    }
}

/// An answer that a stage did not take.
pub(super) fn refused(app: &App, errors: &[FieldError]) -> Problem {
    let key = errors.first().map_or("error.answer", |error| error.key.as_str());
    let status = status_of(key);
    let mut problem = Problem::new(status, "answer_refused", "the answer was not taken")
        .with("code", json!(key))
        .with("errors", json!(errors));
    problem.detail = errors.first().map(|error| text(app, &error.key, &error.params));
    problem.retry_after = (status == StatusCode::TOO_MANY_REQUESTS).then(|| wait(errors));
    problem
}

/// A flow that ended with a refusal.
pub(super) fn denied(app: &App, denial: &Denial) -> Problem {
    let title = "what was proven does not suffice here, and nothing that could be shown would";
    let mut problem = Problem::new(StatusCode::FORBIDDEN, "denied", title)
        .with("code", json!(denial.key))
        .with("explanation", json!(denial.explanation));
    let words = denial.text.as_ref().unwrap_or(&denial.key);
    problem.detail = Some(text(app, words, &BTreeMap::new()));
    problem
}

/// What a message key says in English.
fn text(app: &App, key: &str, params: &BTreeMap<String, String>) -> String {
    let params: Vec<_> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let english = app.renderer.locales().all().first();
    english.map_or_else(|| key.to_owned(), |english| english.text(key, &params))
}

fn status_of(key: &str) -> StatusCode {
    match key {
        "identify.too_many" | "code.too_soon" => StatusCode::TOO_MANY_REQUESTS,
        "code.used" | "factor.too_many" | "webauthn.registered" | "prompt.taken" => {
            StatusCode::CONFLICT
        }
        "error.answer"
        | "code.format"
        | "factor.name"
        | "prompt.email"
        | "static_setup.unsaved" => StatusCode::UNPROCESSABLE_ENTITY,
        _ if key.ends_with(".locked") => StatusCode::TOO_MANY_REQUESTS,
        _ if key.split_once('.').is_some_and(|(group, _)| group == "new_password") => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ if key.ends_with(".invalid") || key.ends_with(".required") => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

fn wait(errors: &[FieldError]) -> u64 {
    let number = |name: &str| errors.first()?.params.get(name)?.parse::<u64>().ok();
    let minutes = number("minutes").map(|minutes| minutes.saturating_mul(60));
    number("seconds").or(minutes).unwrap_or(TOO_MANY_SECONDS)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use engine::FieldError;

    use super::{TOO_MANY_SECONDS, status_of, wait};

    #[test]
    fn each_error_has_the_status_that_tells_what_to_do() {
        for (key, status) in [
            ("code.wrong", 400),
            ("code.expired", 400),
            ("webauthn.failed", 400),
            ("code.used", 409),
            ("code.format", 422),
            ("identify.invalid", 422),
            ("password.required", 422),
            ("code.locked", 429),
            ("password.locked", 429),
            ("code.too_soon", 429),
        ] {
            assert_eq!(status_of(key), StatusCode::from_u16(status).unwrap_or_default(), "{key}");
        }
    }

    #[test]
    fn a_lock_says_for_how_long() {
        let locked =
            |name: &str, value: i64| vec![FieldError::page("code.locked").with(name, value)];
        assert_eq!(wait(&locked("minutes", 3)), 180);
        assert_eq!(wait(&locked("seconds", 42)), 42);
        assert_eq!(wait(&[]), TOO_MANY_SECONDS);
    }
}
