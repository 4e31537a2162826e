//! The list of stage kinds, where their types are erased, once.

use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::condition::AnswerType;
use crate::context::Context;
use crate::stage::{Answered, Challenge, ConfigProblem, Ending, Entered, FieldError, Named, Stage};
use crate::{Error, Result};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A stage kind with its configuration.
pub(crate) trait Prepared: Send + Sync {
    fn enter<'a>(&'a self, context: &'a mut Context<'_>) -> Boxed<'a, Entered>;
    fn challenge<'a>(&'a self, context: &'a mut Context<'_>) -> Boxed<'a, Challenge>;
    fn answer<'a>(&'a self, context: &'a mut Context<'_>, answer: Value) -> Boxed<'a, Answered>;
    /// Whether it asks for the answer of this name.
    fn asks_for(&self, answer: &str) -> bool;
}

struct Configured<S: Stage>(S::Config);

impl<S: Stage> Prepared for Configured<S> {
    fn enter<'a>(&'a self, context: &'a mut Context<'_>) -> Boxed<'a, Entered> {
        Box::pin(S::enter(context, &self.0))
    }

    fn challenge<'a>(&'a self, context: &'a mut Context<'_>) -> Boxed<'a, Challenge> {
        Box::pin(S::challenge(context, &self.0))
    }

    fn answer<'a>(&'a self, context: &'a mut Context<'_>, answer: Value) -> Boxed<'a, Answered> {
        Box::pin(async move {
            match serde_json::from_value::<S::Answer>(answer) {
                Ok(answer) => S::answer(context, &self.0, answer).await,
                Err(_) => Ok(Answered::Retry(vec![FieldError::page("error.answer")])),
            }
        })
    }

    fn asks_for(&self, answer: &str) -> bool {
        S::answers(&self.0).iter().any(|(name, _)| name == answer)
    }
}

/// What is known of a stage kind without running it.
pub trait Kind: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// What it does for a flow.
    fn ending(&self) -> Ending;
    /// The schema of its configuration.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// The schema of its answer.
    fn answer_schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// What is wrong with a configuration beyond its schema; nothing when it does not parse.
    fn check(&self, config: &Value) -> Vec<ConfigProblem>;
    /// The answers that it makes known to conditions.
    fn answers(&self, config: &Value) -> Vec<(String, AnswerType)>;
    /// The objects that it names.
    fn references(&self, config: &Value) -> Vec<Named>;
}

trait Erased: Kind {
    fn prepare(&self, config: &Value) -> std::result::Result<Arc<dyn Prepared>, String>;
}

struct Registered<S>(PhantomData<fn() -> S>);

impl<S: Stage> Registered<S> {
    fn read(config: &Value) -> std::result::Result<S::Config, serde_json::Error> {
        // `- gate:` and `- gate: {}` mean the same.
        let empty = Value::Object(serde_json::Map::new());
        serde_json::from_value(if config.is_null() { empty } else { config.clone() })
    }
}

impl<S: Stage> Kind for Registered<S> {
    fn name(&self) -> &'static str {
        S::KIND
    }

    fn ending(&self) -> Ending {
        S::ENDING
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<S::Config>()
    }

    fn answer_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<S::Answer>()
    }

    fn check(&self, config: &Value) -> Vec<ConfigProblem> {
        Self::read(config).map(|config| S::check(&config)).unwrap_or_default()
    }

    fn answers(&self, config: &Value) -> Vec<(String, AnswerType)> {
        Self::read(config).map(|config| S::answers(&config)).unwrap_or_default()
    }

    fn references(&self, config: &Value) -> Vec<Named> {
        Self::read(config).map(|config| S::references(&config)).unwrap_or_default()
    }
}

impl<S: Stage> Erased for Registered<S> {
    fn prepare(&self, config: &Value) -> std::result::Result<Arc<dyn Prepared>, String> {
        let config = Self::read(config).map_err(|error| error.to_string())?;
        if let Some(problem) = S::check(&config).into_iter().next() {
            return Err(format!("{}: {}", problem.path, problem.message));
        }
        Ok(Arc::new(Configured::<S>(config)))
    }
}

/// The stage kinds of a process.
#[derive(Default)]
pub struct Registry(BTreeMap<&'static str, Box<dyn Erased>>);

/// A registered kind that can be given a configuration.
pub(crate) struct KindRef<'a>(&'a dyn Erased);

impl KindRef<'_> {
    pub(crate) fn name(&self) -> &'static str {
        self.0.name()
    }

    pub(crate) fn prepare(&self, config: &Value) -> std::result::Result<Arc<dyn Prepared>, String> {
        self.0.prepare(config)
    }
}

impl Registry {
    /// No stage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with the stage kind `S`; a later one of the same name takes its place.
    #[must_use]
    pub fn with<S: Stage>(mut self) -> Self {
        self.0.insert(S::KIND, Box::new(Registered::<S>(PhantomData)));
        self
    }

    /// All kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn Kind> {
        self.0.values().map(|kind| kind.as_ref() as &dyn Kind)
    }

    /// The kind of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&dyn Kind> {
        self.0.get(name).map(|kind| kind.as_ref() as &dyn Kind)
    }

    pub(crate) fn kind(&self, name: &str) -> Option<KindRef<'_>> {
        self.0.get(name).map(|kind| KindRef(kind.as_ref()))
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// An answer that is not an object is nobody's answer.
pub(crate) fn object(answer: Value) -> Result<Value> {
    match answer {
        Value::Object(_) => Ok(answer),
        Value::Null => Ok(Value::Object(serde_json::Map::new())),
        _ => Err(Error::Internal("an answer is an object".to_owned())),
    }
}
