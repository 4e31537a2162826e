//! A code that confirms a mailbox or a number: no credential exists before it was typed (OWASP ASVS
//! 6.6.1). What waits is in the execution alone.

use engine::{Answered, Context, Error, FieldError, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Document;
use store::credential::{self, Credential};

use super::dispatch::{send, too_early};
use super::{Action, Destination, MOST_DESTINATIONS, Pending, Route, Use, code, seconds_until};
use crate::factor::{self, Try};

/// An address or a number, then the code that was sent there, or the wish for another.
pub(crate) struct EnrolAnswer {
    /// Where codes are to go.
    to: Option<String>,
    /// The code.
    code: Option<String>,
    /// To have another code sent.
    action: Option<Action>,
}

/// Begins with nothing.
pub(crate) fn begin<R: Route>(context: &mut Context<'_>) {
    Use::Confirm.forget::<R>(context);
}

/// What the page shows: what to type where codes are to go, then that one was sent there.
pub(crate) fn show_set_up<R: Route>(context: &Context<'_>, proposal: Option<String>) -> Value {
    if let Some(Pending { to: Some(to), again_at, .. }) = Use::Confirm.pending::<R>(context) {
        let again = seconds_until(context, again_at);
        return json!({ "phase": "confirm", "sent_to": R::masked(&to.to), "resend_in": again });
    }
    let mut data = json!({ "phase": "address" });
    data[R::FIELD] = Value::from(proposal);
    data
}

/// Takes an answer: [`Answered::Next`] when the mailbox or the number was confirmed and bound.
pub(crate) async fn confirm_or_send<R: Route>(
    context: &mut Context<'_>,
    answer: EnrolAnswer,
) -> Result<Answered> {
    let again = |error: FieldError| Ok(Answered::Retry(vec![error]));
    let waiting = Use::Confirm.pending::<R>(context).and_then(|pending| pending.to);
    match (answer, waiting) {
        (EnrolAnswer { to: Some(typed), code: None, action: None }, _) => {
            let Some(to) = R::read(&typed) else {
                return again(FieldError::field(R::FIELD, R::INVALID));
            };
            if let Some(error) = refusal::<R>(context, &to).await? {
                return again(error);
            }
            deliver::<R>(context, Destination { to, credential: None }).await
        }
        (EnrolAnswer { to: None, code: None, action: Some(Action::Resend) }, Some(to)) => {
            if let Some(error) = too_early::<R>(context, Use::Confirm) {
                return again(error);
            }
            deliver::<R>(context, to).await
        }
        (EnrolAnswer { to: None, code: Some(typed), action: None }, Some(to)) => {
            match code::read(&typed) {
                Some(typed) => confirm::<R>(context, to.to, &typed).await,
                None => again(FieldError::field("code", "code.format")),
            }
        }
        (_, Some(_)) => again(FieldError::field("code", "code.format")),
        (_, None) => again(FieldError::field(R::FIELD, R::INVALID)),
    }
}

async fn deliver<R: Route>(context: &mut Context<'_>, to: Destination) -> Result<Answered> {
    Ok(Answered::Retry(send::<R>(context, Use::Confirm, to).await?.into_iter().collect()))
}

/// Why codes cannot go there, if they cannot.
async fn refusal<R: Route>(context: &mut Context<'_>, to: &str) -> Result<Option<FieldError>> {
    let Some(user) = context.person().await?.map(|person| person.id.clone()) else {
        return Err(Error::Internal("nobody to bind to".to_owned()));
    };
    let mut conn = context.services().store.read().await?;
    let found = credential::of_kind(&mut conn, &user, R::FACTOR.as_str()).await?;
    let is_there = found.iter().any(|credential| {
        let known = credential.data.0.get(R::FIELD).and_then(Value::as_str);
        known.is_some_and(|known| R::key(known) == R::key(to))
    });
    Ok(if is_there {
        Some(FieldError::field(R::FIELD, "prompt.taken"))
    } else if found.len() >= MOST_DESTINATIONS {
        Some(FieldError::page("factor.too_many").with("count", MOST_DESTINATIONS))
    } else {
        None
    })
}

async fn confirm<R: Route>(context: &mut Context<'_>, to: String, typed: &str) -> Result<Answered> {
    // Guesses count with those at a sign-in, and binding forgives none: else whoever may bind a
    // mailbox of their own could go on guessing the codes of another.
    if let Try::Refused(refusal) = factor::attempt(context, R::FACTOR).await? {
        return Ok(refusal);
    }
    let Some(Pending { digest, expires_at, .. }) = Use::Confirm.pending::<R>(context) else {
        return Err(Error::Internal("no code waits".to_owned()));
    };
    if expires_at <= context.now() {
        let expired = FieldError::field("code", "code.expired");
        return factor::failed(context, R::FACTOR, expired).await;
    }
    if !digest.is_of::<R>(context, &to, typed) {
        let wrong = FieldError::field("code", "code.wrong");
        return factor::failed(context, R::FACTOR, wrong).await;
    }
    Use::Confirm.forget::<R>(context);
    if let Some(error) = refusal::<R>(context, &to).await? {
        return Ok(Answered::Retry(vec![error]));
    }
    bind::<R>(context, to).await?;
    Ok(Answered::Next)
}

async fn bind<R: Route>(context: &mut Context<'_>, to: String) -> Result<()> {
    let person = context.person().await?.map(|person| person.id.clone());
    let user_id = person.ok_or_else(|| Error::Internal("nobody to bind to".to_owned()))?;
    let now = context.now();
    let kind = R::FACTOR.as_str();
    let mut data = json!({});
    data[R::FIELD] = Value::from(to.as_str());
    let credential = Credential {
        id: context.services().ambient().id(),
        unique_key: Some(format!("{kind}:{user_id}:{}", R::key(&to))),
        user_id,
        kind: kind.to_owned(),
        name: R::masked(&to),
        data: Document(data),
        sealed: None,
        confirmed_at: Some(now),
        created_at: now,
        last_used_at: Some(now),
        counter: -1,
    };
    context.prove(R::method(to));
    context.bind(credential).await
}

/// An address and the rest of an [`EnrolAnswer`], as `email_otp_setup` reads it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailAnswer {
    /// The address to which codes are to go.
    #[serde(default)]
    address: Option<String>,
    /// The six digits that were sent there.
    #[serde(default)]
    code: Option<String>,
    /// To have another code sent.
    #[serde(default)]
    action: Option<Action>,
}

/// A number and the rest of an [`EnrolAnswer`], as `sms_otp_setup` reads it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextAnswer {
    /// The number to which codes are to go, with its country code: `+44 7700 900123`.
    #[serde(default)]
    number: Option<String>,
    /// The six digits that were sent there.
    #[serde(default)]
    code: Option<String>,
    /// To have another code sent.
    #[serde(default)]
    action: Option<Action>,
}

impl From<MailAnswer> for EnrolAnswer {
    fn from(answer: MailAnswer) -> Self {
        Self { to: answer.address, code: answer.code, action: answer.action }
    }
}

impl From<TextAnswer> for EnrolAnswer {
    fn from(answer: TextAnswer) -> Self {
        Self { to: answer.number, code: answer.code, action: answer.action }
    }
}
