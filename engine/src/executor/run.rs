//! Walks the program from where it stands to the next question or the end.

use std::sync::Arc;

use serde_json::json;
use store::event;

use crate::context::Context;
use crate::program::Next;
use crate::stage::{Denial, Entered};
use crate::state::Outcome;
use crate::view::Destination;
use crate::{Error, Result};

/// Walks on from `position`.
pub(super) async fn walk(context: &mut Context<'_>, position: usize) -> Result<()> {
    let mut position = position;
    loop {
        match context.program().next(position) {
            Next::End => {
                let state = &context.state;
                let destination = match (&state.interaction, &state.next) {
                    (Some(interaction), _) => Destination::Interaction(interaction.id.clone()),
                    (None, Some(path)) => Destination::Path(path.clone()),
                    (None, None) => Destination::Home,
                };
                finish(context, destination);
                return Ok(());
            }
            Next::Condition { condition, position: at } => {
                let Some(holds) = test(context, condition).await? else { return Ok(()) };
                position = context.program().after(at, holds);
            }
            Next::Stage { stage, position: at } => {
                context.state.position = at;
                context.stage = stage;
                match enter(context, stage).await? {
                    Entered::Ask => return Ok(()),
                    Entered::Next => position = at + 1,
                    Entered::Leave(url) => {
                        finish(context, Destination::Url(url));
                        return Ok(());
                    }
                    Entered::Deny(denial) => {
                        deny(context, denial);
                        return Ok(());
                    }
                }
            }
        }
    }
}

async fn enter(context: &mut Context<'_>, stage: usize) -> Result<Entered> {
    let placed = context.program().stages.get(stage);
    let prepared = placed.map(|placed| Arc::clone(&placed.prepared));
    prepared.ok_or_else(|| Error::Internal("no such stage".to_owned()))?.enter(context).await
}

/// Whether the condition holds; one that fails denies the login (`None`), it never skips a stage.
async fn test(context: &mut Context<'_>, condition: usize) -> Result<Option<bool>> {
    let facts = context.facts().await?;
    let condition = context.program().condition(condition);
    let condition = condition.ok_or_else(|| Error::Internal("no such condition".to_owned()))?;
    match condition.evaluate(&facts) {
        Ok(holds) => Ok(Some(holds)),
        Err(error) => {
            let reason = format!("the condition `{}` failed: {error}", condition.source());
            deny(context, Denial::new("deny.text", reason));
            Ok(None)
        }
    }
}

/// Ends the execution with a refusal.
pub(super) fn deny(context: &mut Context<'_>, denial: Denial) {
    // Nothing that a refused flow wanted to change is changed, nor said to have been.
    context.effects.retain(crate::Effect::outlives_refusal);
    context.signed_in = None;
    context.secrets = crate::state::Secrets::default();
    let data = json!({
        "flow": context.program().slug(),
        "stage": context.stage_id(),
        "kind": context.stage_kind(),
        "reason": denial.reason,
        "explanation": denial.explanation,
    });
    context.record("flow_denied", event::Outcome::Failure, data);
    context.state.outcome = Some(Outcome::Denied(denial));
}

fn finish(context: &mut Context<'_>, destination: Destination) {
    context.secrets.password = None;
    context.secrets.kept.clear();
    context.state.outcome = Some(Outcome::Finished {
        destination,
        session: context.signed_in.as_ref().map(|signed_in| signed_in.id.clone()),
        signed_out: context.signed_out && context.signed_in.is_none(),
    });
}
