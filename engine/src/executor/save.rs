//! Writes what came of a walk, and shows it.

use chrono::Duration;
use store::execution::{self, Execution, Progress};
use store::{Document, Time, Unit, session};

use super::{LIFETIME_MINUTES, PROVEN_LIFETIME_MINUTES, is_over};
use crate::context::Context;
use crate::effect::Effect;
use crate::program::Next;
use crate::stage::FieldError;
use crate::state::{Outcome, Secrets, State};
use crate::view::{Body, Finished, FlowView, IssuedSession, PersonView, View};
use crate::{Error, Result};

/// For so long the answer that ended a flow may be asked for again by the same browser: a double
/// click's second request is the one whose answer the browser shows.
const REPEAT_SECONDS: i64 = 30;

/// Keeps a new execution.
pub(super) async fn create(mut context: Context<'_>) -> Result<View> {
    let now = context.now();
    let services = context.services();
    let row = Execution {
        id: context.execution().clone(),
        flow: context.program().slug().to_owned(),
        version: context.version(),
        browser_hash: context.request().browser.clone(),
        step: 0,
        state: Document(encode(&context.state)?),
        sealed: seal(&context)?,
        created_at: now,
        expires_at: expiry(&context, now),
        finished_at: is_over(&context.state).then_some(now),
    };
    let mut unit = services.store.write().await?;
    execution::create(&mut unit, &row).await?;
    apply(&mut unit, &mut context).await?;
    unit.commit().await?;
    view(&mut context, row.step, row.finished_at).await
}

/// Keeps the next step of an execution. `before` is what the person saw when they answered.
pub(super) async fn advance(
    mut context: Context<'_>,
    row: &Execution,
    before: (State, Secrets),
) -> Result<View> {
    match write(&mut context, row).await {
        Err(Error::Spent(error)) => {
            // Another request showed the same first: nothing of this one happened but the try.
            (context.state, context.secrets) = before;
            context.state.errors = vec![error];
            context.lose();
            write(&mut context, row).await?;
        }
        Err(Error::Store(store::Error::Conflict(what))) => {
            ask_again(&mut context, before.0, taken(&what)).await?;
            write(&mut context, row).await?;
        }
        written => written?,
    }
    let finished_at = is_over(&context.state).then(|| context.now());
    view(&mut context, row.step + 1, finished_at).await
}

/// Shows what to say of an answer that was not compared with anything. `before` stays.
pub(super) async fn refuse(
    mut context: Context<'_>,
    row: &Execution,
    before: (State, Secrets),
    errors: Vec<FieldError>,
) -> Result<View> {
    (context.state, context.secrets) = before;
    context.state.errors = errors;
    context.effects.retain(Effect::outlives_refusal);
    let state = encode(&context.state)?;
    let mut unit = context.services().store.write().await?;
    execution::note(&mut unit, &row.id, row.step, state, context.now()).await?;
    apply(&mut unit, &mut context).await?;
    unit.commit().await?;
    view(&mut context, row.step, None).await
}

/// Somebody else took the name or the address meanwhile. Ask for another on the page that was left,
/// or from the beginning where that page did not ask for it.
async fn ask_again(context: &mut Context<'_>, before: State, field: &str) -> Result<()> {
    context.effects.clear();
    context.signed_in = None;
    let errors = vec![FieldError::field(field, "prompt.taken")];
    if let Next::Stage { stage, .. } = context.program().next(before.position)
        && let Some(placed) = context.program().stages.get(stage)
        && placed.prepared.asks_for(field)
    {
        context.state = before;
        context.state.errors = errors;
        return Ok(());
    }
    super::restart(context, errors).await
}

async fn write(context: &mut Context<'_>, row: &Execution) -> Result<()> {
    let now = context.now();
    let progress = Progress {
        state: encode(&context.state)?,
        sealed: seal(context)?,
        expires_at: expiry(context, row.created_at),
        finished_at: is_over(&context.state).then_some(now),
    };
    let services = context.services();
    let mut unit = services.store.write().await?;
    execution::advance(&mut unit, &row.id, row.step, progress, now).await?;
    apply(&mut unit, context).await?;
    unit.commit().await?;
    Ok(())
}

/// Carries out what the stages handed over.
async fn apply(unit: &mut Unit, context: &mut Context<'_>) -> Result<()> {
    let (store, now) = (&context.services().store, context.now());
    for effect in std::mem::take(&mut context.effects) {
        Effect::apply(effect, unit, store, now).await?;
    }
    Ok(())
}

/// Which field a violated unique constraint is about.
fn taken(constraint: &str) -> &'static str {
    if constraint.contains("username") { "username" } else { "email" }
}

/// When an execution that began at `created_at` is forgotten. Half a sign-in is forgotten soon, also
/// one that a link began.
fn expiry(context: &Context<'_>, created_at: Time) -> Time {
    let now = context.now();
    let whole = created_at.plus(Duration::minutes(LIFETIME_MINUTES));
    if context.state.evidence.proofs().is_empty() {
        whole
    } else {
        whole.min(now.plus(Duration::minutes(PROVEN_LIFETIME_MINUTES)))
    }
}

fn encode(state: &State) -> Result<serde_json::Value> {
    serde_json::to_value(state).map_err(|error| Error::Internal(error.to_string()))
}

fn seal(context: &Context<'_>) -> Result<Option<store::Sealed>> {
    if context.secrets.is_empty() {
        return Ok(None);
    }
    let bytes =
        serde_json::to_vec(&context.secrets).map_err(|error| Error::Internal(error.to_string()))?;
    let services = context.services();
    let place = execution::place(context.execution());
    Ok(Some(services.store.sealer().seal(services.ambient(), &place, &bytes)?))
}

/// What the execution shows.
pub(super) async fn view(
    context: &mut Context<'_>,
    step: i64,
    finished_at: Option<Time>,
) -> Result<View> {
    let body = match context.state.outcome.clone() {
        None => ask(context).await?,
        Some(Outcome::Denied(denial)) => Body::Denied(denial),
        Some(Outcome::Finished { destination, session, signed_out }) => {
            let fresh = finished_at
                .is_some_and(|at| context.now() <= at.plus(Duration::seconds(REPEAT_SECONDS)));
            if !fresh {
                return Err(Error::UnknownExecution);
            }
            let session = match session {
                Some(id) => Some(issued(context, &id).await?),
                None => None,
            };
            let device = context.secrets.device_token.clone();
            Body::Finished(Finished { destination, session, device, signed_out })
        }
    };
    let proven = !context.state.evidence.proofs().is_empty();
    let name = match context.person().await? {
        Some(person) if proven => Some(person.display_name().to_owned()),
        _ => None,
    };
    let state = &context.state;
    Ok(View {
        execution: context.execution().clone(),
        step,
        flow: FlowView {
            slug: context.program().slug().to_owned(),
            title: context.program().title().map(str::to_owned),
            purpose: context.program().purpose(),
        },
        person: state.login.clone().map(|login| PersonView { login, name }),
        interaction: state.interaction.clone(),
        body,
    })
}

async fn ask(context: &mut Context<'_>) -> Result<Body> {
    let Next::Stage { stage, .. } = context.program().next(context.state.position) else {
        return Err(Error::Internal("the execution does not stand at a stage".to_owned()));
    };
    context.stage = stage;
    let placed = context.program().stages.get(stage);
    let placed = placed.ok_or_else(|| Error::Internal("no such stage".to_owned()))?;
    let challenge = placed.prepared.challenge(context).await?;
    Ok(Body::Ask {
        stage: placed.id.clone(),
        title: placed.title.clone(),
        challenge,
        errors: context.state.errors.clone(),
    })
}

/// The session that the flow made, if it still lives.
async fn issued(
    context: &mut Context<'_>,
    id: &store::Id<session::Session>,
) -> Result<IssuedSession> {
    let Secrets { session_token: Some(token), .. } = context.secrets.clone() else {
        return Err(Error::UnknownExecution);
    };
    let mut conn = context.services().store.read().await?;
    let found = session::find(&mut conn, id, context.now()).await?;
    let (session, _) = found.ok_or(Error::UnknownExecution)?;
    Ok(IssuedSession {
        id: session.id,
        token,
        persistent: session.persistent,
        expires_at: session.expires_at,
    })
}
