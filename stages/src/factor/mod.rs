//! What all factors share, so that `gate`, a stage of a factor's own and its set-up do the same.
//!
//! A factor implements [`Proves`] (in its folder, e.g. `totp/`) and [`Enrols`] (`totp_setup/`); its
//! stages are thin. `ways.rs` is the one list of factors: to add one, add it there. `counter.rs`
//! counts attempts before anything is compared; `set_up.rs` walks a set-up to its end, recovery codes
//! included.

mod counter;
pub(crate) mod set_up;
pub(crate) mod ways;

use std::future::Future;

use assurance::Factor;
use engine::{Answered, Challenge, Context, Entered, FieldError, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

pub(crate) use counter::{Try, attempt, failed, succeeded};

/// A person has at most so many credentials of one kind.
pub(crate) const MOST_OF_A_KIND: i64 = 10;

/// The longest name of a credential, in characters.
pub(crate) const LONGEST_NAME: usize = 64;

/// What is wanted of a proof beyond its factor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Only these credentials would do; none for any.
    pub(crate) credentials: Option<Vec<String>>,
    /// WebAuthn must verify its user, or it would not suffice.
    pub(crate) user_verification: bool,
}

impl Wanted {
    /// Whether the credential of this id would do.
    pub(crate) fn takes(&self, credential: &str) -> bool {
        self.credentials.as_ref().is_none_or(|list| list.iter().any(|id| id == credential))
    }
}

/// A factor that can be shown. It works on the context's person.
pub(crate) trait Proves {
    /// Which.
    const FACTOR: Factor;
    /// The component that asks for it.
    const COMPONENT: &'static str;
    /// How it asks; the default where `gate` asks.
    type Config: Default + Send + Sync;
    /// What a person sends back.
    type Answer: DeserializeOwned + JsonSchema + Send;

    /// Makes what asking needs, before the page is shown and again after each failure: a challenge, a
    /// message with a code.
    fn prepare(
        context: &mut Context<'_>,
        config: &Self::Config,
        wanted: &Wanted,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (context, config, wanted);
        async { Ok(()) }
    }

    /// What the component shows, as a JSON object. It only reads.
    fn challenge(
        context: &mut Context<'_>,
        config: &Self::Config,
        wanted: &Wanted,
    ) -> impl Future<Output = Result<Value>> + Send;

    /// Takes an answer: [`Answered::Next`] when it proved the factor, and said so to the context.
    fn answer(
        context: &mut Context<'_>,
        config: &Self::Config,
        wanted: &Wanted,
        answer: Self::Answer,
    ) -> impl Future<Output = Result<Answered>> + Send;
}

/// A factor that can be bound. It works on the context's person; what is pending is kept sealed in the
/// execution, never in the store.
pub(crate) trait Enrols {
    /// Which.
    const FACTOR: Factor;
    /// The component that sets it up.
    const COMPONENT: &'static str;
    /// How; the default where `gate` sets it up.
    type Config: Default + Send + Sync;
    /// What a person sends back.
    type Answer: DeserializeOwned + JsonSchema + Send;

    /// Makes what the set-up needs: a secret, a challenge. Called once, and again after a failure that
    /// used it up.
    fn prepare(
        context: &mut Context<'_>,
        config: &Self::Config,
    ) -> impl Future<Output = Result<()>> + Send;

    /// What the component shows, as a JSON object. It only reads.
    fn challenge(
        context: &mut Context<'_>,
        config: &Self::Config,
    ) -> impl Future<Output = Result<Value>> + Send;

    /// Takes an answer: [`Answered::Next`] when the factor was bound (`context.bind`) and shown.
    fn answer(
        context: &mut Context<'_>,
        config: &Self::Config,
        answer: Self::Answer,
    ) -> impl Future<Output = Result<Answered>> + Send;
}

/// The answer as `A`, if it is one.
pub(crate) fn read<A: DeserializeOwned>(answer: Map<String, Value>) -> Option<A> {
    serde_json::from_value(Value::Object(answer)).ok()
}

/// What to say of an answer that is none.
pub(crate) fn no_answer() -> Answered {
    Answered::Retry(vec![FieldError::page("error.answer")])
}

/// The name for a credential: the one that was given, or else `default`.
///
/// # Errors
/// What to say of a name that cannot be kept.
pub(crate) fn name_or(
    given: Option<&str>,
    default: &str,
) -> std::result::Result<String, FieldError> {
    let given = given.unwrap_or_default().trim();
    if given.is_empty() {
        return Ok(default.to_owned());
    }
    if !crate::answer::is_line(given, LONGEST_NAME) {
        return Err(FieldError::field("name", "factor.name").with("characters", LONGEST_NAME));
    }
    Ok(given.to_owned())
}

/// What a stage of a factor's own does when it is entered: it asks whoever has the factor, and leaves
/// everybody else to `gate` and `login`, which ask `assurance` whether the rest is enough. Somebody who
/// is nobody is asked too: who has which factors is not for strangers to know.
pub(crate) async fn enter<P: Proves>(
    context: &mut Context<'_>,
    config: &P::Config,
) -> Result<Entered> {
    if context.person().await?.is_some() && !context.standing().await?.enrolled.has(P::FACTOR) {
        return Ok(Entered::Next);
    }
    P::prepare(context, config, &Wanted::default()).await?;
    Ok(Entered::Ask)
}

/// What a stage of a factor's own shows: the component with no other way to choose.
pub(crate) async fn challenge<P: Proves>(
    context: &mut Context<'_>,
    config: &P::Config,
) -> Result<Challenge> {
    let mut data = P::challenge(context, config, &Wanted::default()).await?;
    data["others"] = json!([]);
    data["reasons"] = json!([]);
    data["remember"] = Value::Null;
    Ok(Challenge::new(P::COMPONENT, data))
}
