//! Whether a code may be sent, and sending it. No page is a cannon: nothing is sent for somebody who
//! has proven nothing, and what is sent is counted in the store per person and per recipient.

use chrono::Duration;
use data_encoding::HEXLOWER;
use engine::{Context, Effect, FieldError, Result};
use serde_json::json;
use store::Time;
use store::event::Outcome;
use store::quota::{self, Quota, Taken};

use super::code::{self, Digest};
use super::route::Letter;
use super::{CODES_PER_HOUR, Destination, MINUTES, Pending, RESEND_SECONDS, Route, Use, too_soon};

const QUOTA: Quota = Quota { most: CODES_PER_HOUR, within: Duration::hours(1) };

/// Sends a new code to `to`, or says why not. The one before is dead from then on; failures that were
/// counted stay.
pub(super) async fn send<R: Route>(
    context: &mut Context<'_>,
    of: Use,
    to: Destination,
) -> Result<Option<FieldError>> {
    if !R::is_ready(context) {
        return Ok(Some(FieldError::page("sms_otp_setup.off")));
    }
    if let Taken::NotBefore(at) = count::<R>(context, of, &to.to).await? {
        context.record("code_sent", Outcome::Failure, json!({ "factor": R::FACTOR }));
        if let Some(pending) = of.pending::<R>(context) {
            of.keep::<R>(context, &Pending { again_at: at, ..pending });
        }
        return Ok(Some(too_soon(context, at)));
    }
    let person = context.person().await?;
    let name = person.map(|person| person.display_name().to_owned()).unwrap_or_default();
    let language = context.person().await?.and_then(|person| person.language.clone());
    let language = language.unwrap_or_else(|| context.request().language.clone());
    let code = code::make(context.services().ambient());
    let (expires_at, again_at) = times(context);
    let letter = Letter { to: &to.to, name: &name, language: &language, code: &code };
    let mut message = R::compose(context, &letter)?;
    message.until = Some(expires_at);
    context.push(Effect::SendMail(message));
    context.record("code_sent", Outcome::Success, json!({ "factor": R::FACTOR }));
    let digest = Digest::of::<R>(context, &to.to, &code);
    of.keep::<R>(context, &Pending { to: Some(to), digest, expires_at, again_at });
    Ok(None)
}

/// Does as if a code was sent.
pub(super) fn pretend<R: Route>(context: &mut Context<'_>) {
    let digest = Digest::of_nothing::<R>(context);
    let (expires_at, again_at) = times(context);
    Use::Prove.keep::<R>(context, &Pending { to: None, digest, expires_at, again_at });
}

/// When a code that is sent now stops being good, and when another may be asked for.
fn times(context: &Context<'_>) -> (Time, Time) {
    let now = context.now();
    (now.plus(Duration::minutes(MINUTES)), now.plus(Duration::seconds(RESEND_SECONDS)))
}

/// What to say when the last code of this execution is not yet a minute old.
pub(super) fn too_early<R: Route>(context: &Context<'_>, of: Use) -> Option<FieldError> {
    let again_at = of.pending::<R>(context)?.again_at;
    (again_at > context.now()).then(|| too_soon(context, again_at))
}

/// Counts the code for the person, for good, before it is sent; one that goes where nothing is bound
/// yet also for the recipient. What goes to the person's own mailbox or number is not for strangers to
/// use up.
async fn count<R: Route>(context: &Context<'_>, of: Use, to: &str) -> Result<Taken> {
    let services = context.services();
    let digest = services.store.sealer().mac(R::SENT, R::key(to).as_bytes());
    let recipient = format!("recipient:{}", HEXLOWER.encode(&digest));
    let now = context.now();
    let mut unit = services.store.write().await?;
    let recipient = matches!(of, Use::Confirm).then_some(recipient);
    for subject in std::iter::once(crate::subject(context)).chain(recipient) {
        if let Taken::NotBefore(at) = quota::take(&mut unit, &subject, R::SENT, QUOTA, now).await? {
            unit.rollback().await?;
            return Ok(Taken::NotBefore(at));
        }
    }
    unit.commit().await?;
    Ok(Taken::Yes)
}
