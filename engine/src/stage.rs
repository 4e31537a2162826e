//! What a stage is: one step that asks a person something, or does something without asking.

use std::collections::BTreeMap;
use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Context;
use crate::{Result, condition};

/// A stage kind: a type with a configuration, which *is* its piece of the blueprint language, and an
/// answer. It never sees a request or a response; the engine calls
///
/// 1. [`enter`](Stage::enter) once, when the flow reaches it: it may act, and says whether to ask;
/// 2. [`challenge`](Stage::challenge) each time the page is shown: it only reads;
/// 3. [`answer`](Stage::answer) with what was sent.
///
/// What it changes outside the execution it hands over as an [`Effect`](crate::Effect), carried out
/// in the same transaction that takes the answer.
pub trait Stage: Send + Sync + 'static {
    /// Its name in blueprints, templates and message keys.
    const KIND: &'static str;
    /// What it does for a flow.
    const ENDING: Ending = Ending::Continues;
    /// Its configuration. A missing key has its documented default.
    type Config: DeserializeOwned + Serialize + JsonSchema + Send + Sync;
    /// What a person sends back. Give every field its exact type: what cannot be read is shown again.
    type Answer: DeserializeOwned + JsonSchema + Send;

    /// What is wrong with a configuration beyond its types.
    fn check(config: &Self::Config) -> Vec<ConfigProblem> {
        let _ = config;
        Vec::new()
    }

    /// The names by which this configuration makes answers known to conditions.
    fn answers(config: &Self::Config) -> Vec<(String, condition::AnswerType)> {
        let _ = config;
        Vec::new()
    }

    /// The other objects of the blueprint that this configuration names.
    fn references(config: &Self::Config) -> Vec<Named> {
        let _ = config;
        Vec::new()
    }

    /// Called once when the flow reaches the stage.
    fn enter(
        context: &mut Context<'_>,
        config: &Self::Config,
    ) -> impl Future<Output = Result<Entered>> + Send {
        let _ = (context, config);
        async { Ok(Entered::Ask) }
    }

    /// What to show. Never called for a stage that does not ask.
    fn challenge(
        context: &mut Context<'_>,
        config: &Self::Config,
    ) -> impl Future<Output = Result<Challenge>> + Send {
        let _ = (context, config);
        async { Ok(Challenge::new(Self::KIND, Value::Null)) }
    }

    /// Takes an answer. Never called for a stage that does not ask.
    fn answer(
        context: &mut Context<'_>,
        config: &Self::Config,
        answer: Self::Answer,
    ) -> impl Future<Output = Result<Answered>> + Send {
        let _ = (context, config, answer);
        async { Ok(Answered::Retry(vec![FieldError::page("error.nothing_to_answer")])) }
    }
}

/// What a stage does for the flow that it stands in, so that a flow which cannot keep its purpose is
/// found before anybody runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The flow goes on after it.
    Continues,
    /// It makes a session, and the flow goes on.
    SignsIn,
    /// It ends a session, and the flow goes on.
    SignsOut,
    /// It writes a person's record, and the flow goes on.
    Writes,
    /// The flow ends with a refusal.
    Denies,
    /// The flow ends by leading elsewhere.
    Leaves,
}

/// What came of entering a stage.
#[derive(Debug)]
pub enum Entered {
    /// It asks.
    Ask,
    /// It has nothing to ask.
    Next,
    /// The flow ends here and leads to a URL.
    Leave(String),
    /// The flow ends with a refusal.
    Deny(Denial),
}

/// What came of an answer.
#[derive(Debug)]
pub enum Answered {
    /// It was good.
    Next,
    /// It was not: ask again and say why.
    Retry(Vec<FieldError>),
    /// It was not compared with anything: the page stays as it is, and so does its step, so that of
    /// several answers at once the one that may be compared is not kept out by those that may not.
    Refuse(Vec<FieldError>),
    /// Everything begins again.
    Restart(Vec<FieldError>),
    /// The flow ends with a refusal.
    Deny(Denial),
}

/// What is shown to a person: the same as a page and as JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Challenge {
    /// The name of the page's template and of this shape of `data`.
    pub component: &'static str,
    /// What the component shows.
    pub data: Value,
}

impl Challenge {
    /// A challenge of `component`.
    #[must_use]
    pub fn new(component: &'static str, data: Value) -> Self {
        Self { component, data }
    }
}

/// What is wrong with an answer, as a message key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field; none for the page as a whole.
    pub field: Option<String>,
    /// The message key.
    pub key: String,
    /// What the message names.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

impl FieldError {
    /// An error of one field.
    #[must_use]
    pub fn field(field: &str, key: &str) -> Self {
        Self { field: Some(field.to_owned()), key: key.to_owned(), params: BTreeMap::new() }
    }

    /// An error of the page as a whole.
    #[must_use]
    pub fn page(key: &str) -> Self {
        Self { field: None, key: key.to_owned(), params: BTreeMap::new() }
    }

    /// The same with a value that its message names.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Why a flow ended with a refusal, for the person and for the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Denial {
    /// The message key of its title.
    pub key: String,
    /// A text of the blueprint instead of the key's, where it gives one.
    #[serde(default)]
    pub text: Option<String>,
    /// The decision behind it, as data.
    #[serde(default)]
    pub explanation: Option<assurance::Explanation>,
    /// Why, for administrators; never shown to the person.
    pub reason: String,
}

impl Denial {
    /// A denial with the message `key`; `reason` is for the audit trail.
    #[must_use]
    pub fn new(key: &str, reason: impl Into<String>) -> Self {
        Self { key: key.to_owned(), text: None, explanation: None, reason: reason.into() }
    }
}

/// What is wrong with a stage's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where within the configuration, e.g. `fields[2].name`; empty for the whole.
    pub path: String,
    /// What, and what to do; in English, for an administrator.
    pub message: String,
}

impl ConfigProblem {
    /// A problem at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// Another object of the blueprint that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A flow.
    Flow {
        /// Where within the configuration.
        path: String,
        /// Its slug.
        slug: String,
    },
    /// A social login.
    Source {
        /// Where within the configuration.
        path: String,
        /// Its slug.
        slug: String,
    },
}
