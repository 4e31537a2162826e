//! Walks a set-up to its end: the factor is bound, then, if the person has no recovery codes yet, those
//! are made and shown once. A stage of a set-up's own and `gate` walk the same way.

use std::marker::PhantomData;

use assurance::Factor;
use engine::{Answered, Context, Entered, FieldError, ForChange, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::credential;

use super::{Enrols, MOST_OF_A_KIND, no_answer, read};
use crate::recovery_codes;

/// A set-up under way.
pub(crate) struct SetUp<E>(PhantomData<fn() -> E>);

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    /// The factor is being bound.
    #[default]
    Binding,
    /// It is, and recovery codes are shown.
    Codes,
}

const PHASE: &str = "set_up";

impl<E: Enrols> SetUp<E> {
    /// Begins.
    pub(crate) async fn enter(context: &mut Context<'_>, config: &E::Config) -> Result<()> {
        context.set_scratch_of(PHASE, &Phase::Binding);
        E::prepare(context, config).await
    }

    /// The component to show, and its data.
    pub(crate) async fn challenge(
        context: &mut Context<'_>,
        config: &E::Config,
    ) -> Result<(&'static str, Value)> {
        match Self::phase(context) {
            Phase::Binding => Ok((E::COMPONENT, E::challenge(context, config).await?)),
            Phase::Codes => Ok((recovery_codes::COMPONENT, recovery_codes::challenge(context))),
        }
    }

    /// Takes an answer: [`Answered::Next`] when the factor is bound and everything was shown.
    pub(crate) async fn answer(
        context: &mut Context<'_>,
        config: &E::Config,
        answer: Map<String, Value>,
    ) -> Result<Answered> {
        if Self::phase(context) == Phase::Codes {
            return Ok(recovery_codes::answer(context, answer));
        }
        if is_full(context, E::FACTOR).await? {
            let error = FieldError::page("factor.too_many").with("count", MOST_OF_A_KIND);
            return Ok(Answered::Retry(vec![error]));
        }
        let Some(answer) = read(answer) else { return Ok(no_answer()) };
        let answered = E::answer(context, config, answer).await?;
        if !matches!(answered, Answered::Next) || !recovery_codes::offer(context).await? {
            return Ok(answered);
        }
        context.set_scratch_of(PHASE, &Phase::Codes);
        Ok(Answered::Retry(Vec::new()))
    }

    /// Whether the factor is bound, and only its recovery codes are left to show.
    pub(crate) fn is_bound(context: &Context<'_>) -> bool {
        Self::phase(context) == Phase::Codes
    }

    fn phase(context: &Context<'_>) -> Phase {
        context.scratch_of(PHASE).unwrap_or_default()
    }
}

/// Whether the person has as many of this factor as anybody may. Recovery codes are one set, replaced
/// as a whole.
async fn is_full(context: &mut Context<'_>, factor: Factor) -> Result<bool> {
    let Some(id) = context.person().await?.map(|person| person.id.clone()) else {
        return Ok(false);
    };
    let mut conn = context.services().store.read().await?;
    let count = credential::count(&mut conn, &id, factor.as_str()).await?;
    Ok(factor != Factor::Static && count >= MOST_OF_A_KIND)
}

/// What a stage of a set-up's own does when it is entered. Whoever is not admitted binds nothing: a
/// factor that is bound by somebody who has shown less than the account asks for would be a way
/// around it (NIST SP 800-63B-4 §4.1.2.1). `gate` alone binds for somebody who has none yet.
pub(crate) async fn stage_enter<E: Enrols>(
    context: &mut Context<'_>,
    config: &E::Config,
) -> Result<Entered> {
    if context.person().await?.is_none() {
        return Ok(Entered::Deny(crate::gate::nobody()));
    }
    match context.admit_for_change().await? {
        ForChange::Permitted(_) => {
            SetUp::<E>::enter(context, config).await?;
            Ok(Entered::Ask)
        }
        ForChange::Refused(refused) => Ok(Entered::Deny(crate::gate::denial(&refused))),
    }
}

/// What a stage of a set-up's own does with an answer. The page may have stood open for long: whoever
/// is not admitted any more, because the proof grew old or a factor was enrolled elsewhere since,
/// begins again and is asked.
pub(crate) async fn stage_answer<E: Enrols>(
    context: &mut Context<'_>,
    config: &E::Config,
    answer: Map<String, Value>,
) -> Result<Answered> {
    if !SetUp::<E>::is_bound(context) {
        if context.person().await?.is_none() {
            return Ok(Answered::Deny(crate::gate::nobody()));
        }
        if let ForChange::Refused(_) = context.admit_for_change().await? {
            return Ok(Answered::Restart(Vec::new()));
        }
    }
    SetUp::<E>::answer(context, config, answer).await
}
