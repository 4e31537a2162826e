//! A code as a factor: the page that asks for it, and the answer.

use assurance::Factor;
use engine::{Answered, Context, Effect, FieldError, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use store::credential;

use super::dispatch::{pretend, send, too_early};
use super::{Action, Destination, Pending, Route, Use, code, has_proven, seconds_until};
use crate::factor::{self, Try, Wanted};

/// A code, or the wish for another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProveAnswer {
    /// The six digits; spaces and dashes between them do not matter.
    #[serde(default)]
    code: Option<String>,
    /// To have another code sent instead.
    #[serde(default)]
    action: Option<Action>,
}

/// Whether a stage of its own asks: whoever has proven who they are, only if codes can go somewhere,
/// for the rest is `gate`'s; and everybody else, since who gets codes is not for strangers to know.
pub(crate) async fn is_asked<R: Route>(context: &mut Context<'_>, is_first: bool) -> Result<bool> {
    let wanted = Wanted::default();
    Ok(!has_proven(context) || !destinations::<R>(context, &wanted, is_first).await?.is_empty())
}

/// Sends a code when the page is reached for the first time. One that was sent stays good when the
/// page is left for another and come back to.
pub(crate) async fn prepare<R: Route>(
    context: &mut Context<'_>,
    wanted: &Wanted,
    is_first: bool,
) -> Result<()> {
    if Use::Prove.pending::<R>(context).is_some() {
        return Ok(());
    }
    if let Some(error) = attempt_to_send::<R>(context, wanted, is_first).await? {
        context.state_mut().errors.push(error);
    }
    Ok(())
}

/// What the page shows.
pub(crate) fn show<R: Route>(context: &Context<'_>) -> Value {
    let pending = Use::Prove.pending::<R>(context);
    // Where somebody gets codes is nothing for whoever knows but their name.
    let sent_to = pending.as_ref().filter(|_| has_proven(context));
    let sent_to = sent_to.and_then(|pending| pending.to.as_ref()).map(|to| R::masked(&to.to));
    let again = pending.map_or(0, |pending| seconds_until(context, pending.again_at));
    json!({ "sent_to": sent_to, "resend_in": again })
}

/// Takes an answer.
pub(crate) async fn check<R: Route>(
    context: &mut Context<'_>,
    wanted: &Wanted,
    is_first: bool,
    answer: ProveAnswer,
) -> Result<Answered> {
    let typed = match (answer.action, answer.code) {
        (Some(Action::Resend), None) => return resend::<R>(context, wanted, is_first).await,
        (None, Some(typed)) => code::read(&typed),
        _ => None,
    };
    let Some(typed) = typed else {
        return Ok(Answered::Retry(vec![FieldError::field("code", "code.format")]));
    };
    if let Try::Refused(refusal) = factor::attempt(context, R::FACTOR).await? {
        return Ok(refusal);
    }
    let wrong = FieldError::field("code", "code.wrong");
    let Some(Pending { to, digest, expires_at, .. }) = Use::Prove.pending::<R>(context) else {
        return factor::failed(context, R::FACTOR, wrong).await;
    };
    if expires_at <= context.now() {
        let expired = FieldError::field("code", "code.expired");
        return factor::failed(context, R::FACTOR, expired).await;
    }
    let address = to.as_ref().map_or("", |to| to.to.as_str());
    let is_right = digest.is_of::<R>(context, address, &typed);
    // What was deleted or changed since the code was sent proves nothing any more.
    let known = destinations::<R>(context, wanted, is_first).await?;
    let Some(to) = to.filter(|to| is_right && known.contains(to)) else {
        return factor::failed(context, R::FACTOR, wrong).await;
    };
    Use::Prove.forget::<R>(context);
    context.prove(R::method(to.to));
    factor::succeeded(context, R::FACTOR);
    if let Some(credential) = to.credential {
        context.push(Effect::TouchCredential(credential.into()));
    }
    Ok(Answered::Next)
}

async fn resend<R: Route>(
    context: &mut Context<'_>,
    wanted: &Wanted,
    is_first: bool,
) -> Result<Answered> {
    if let Some(error) = too_early::<R>(context, Use::Prove) {
        return Ok(Answered::Retry(vec![error]));
    }
    let error = attempt_to_send::<R>(context, wanted, is_first).await?;
    Ok(Answered::Retry(error.into_iter().collect()))
}

/// Sends a code where one may go, and else does as if. Whoever has proven nothing is not told which.
async fn attempt_to_send<R: Route>(
    context: &mut Context<'_>,
    wanted: &Wanted,
    is_first: bool,
) -> Result<Option<FieldError>> {
    let is_known = has_proven(context);
    let known = destinations::<R>(context, wanted, is_first).await?;
    let Some(to) = known.into_iter().next().filter(|_| is_known || is_first) else {
        pretend::<R>(context);
        return Ok(None);
    };
    let error = send::<R>(context, Use::Prove, to).await?;
    if error.is_some() && !is_known {
        pretend::<R>(context);
        return Ok(None);
    }
    Ok(error)
}

/// Where a code may go: to the person's own mailboxes or numbers, the one used last first.
async fn destinations<R: Route>(
    context: &mut Context<'_>,
    wanted: &Wanted,
    is_first: bool,
) -> Result<Vec<Destination>> {
    let Some(person) = context.person().await?.cloned() else { return Ok(Vec::new()) };
    let mut conn = context.services().store.read().await?;
    let mut found = credential::of_kind(&mut conn, &person.id, R::FACTOR.as_str()).await?;
    drop(conn);
    found.sort_by_key(|credential| std::cmp::Reverse(credential.last_used_at));
    let named = found.into_iter().filter_map(|credential| {
        let to = credential.data.0.get(R::FIELD)?.as_str()?.to_owned();
        let credential = Some(credential.id.to_string());
        wanted.takes(&to).then_some(Destination { to, credential })
    });
    let mut destinations: Vec<Destination> = named.collect();
    // Where a code alone signs in, the address that was verified will do, enrolled or not.
    let own = person.email.filter(|_| R::FACTOR == Factor::Email && is_first);
    if let Some(to) = own.filter(|_| person.email_verified_at.is_some()) {
        destinations.push(Destination { to, credential: None });
    }
    Ok(destinations)
}
