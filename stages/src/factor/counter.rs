//! Counts attempts per person and factor, in the store, before anything is compared: no new flow, no
//! restart and no twenty requests at once give one guess more (NIST SP 800-63B-4 §3.2.2).

use assurance::Factor;
use chrono::Duration;
use engine::{Answered, Context, Effect, FieldError, Result};
use serde_json::json;
use store::Time;
use store::attempt::{self, Attempt, Limit};
use store::event::Outcome;

/// So many wrong answers in a row pass; each further one locks the factor.
pub(crate) const FREE: i64 = 5;

/// For how long at first, in seconds; twice as long each further time …
const FIRST_LOCK_SECONDS: i64 = 30;

/// … and at most so long, in minutes.
const LONGEST_LOCK_MINUTES: i64 = 15;

/// So many wrong answers within one execution end it: the sign-in begins again.
const PER_EXECUTION: u8 = 5;

/// Whether an answer may be compared.
pub(crate) enum Try {
    /// Yes; it is counted as failed until [`succeeded`].
    Counted,
    /// No: say this.
    Refused(Answered),
}

/// Counts an attempt with `factor`, for good.
pub(crate) async fn attempt(context: &mut Context<'_>, factor: Factor) -> Result<Try> {
    let limit = Limit {
        free: FREE,
        first: Duration::seconds(FIRST_LOCK_SECONDS),
        longest: Duration::minutes(LONGEST_LOCK_MINUTES),
    };
    let subject = crate::subject(context);
    let mut unit = context.services().store.write().await?;
    let counted =
        attempt::count(&mut unit, &subject, factor.as_str(), limit, context.now()).await?;
    unit.commit().await?;
    match counted {
        Attempt::Allowed { failures } => {
            // The attempt that begins the lock: if it is wrong, the owner hears of it.
            context.set_scratch_of("locks", &(failures == FREE));
            Ok(Try::Counted)
        }
        Attempt::Locked { until } => {
            let data = json!({ "factor": factor, "reason": "locked" });
            context.record("factor_checked", Outcome::Failure, data);
            Ok(Try::Refused(Answered::Refuse(vec![locked(context.now(), until)])))
        }
    }
}

fn locked(now: Time, until: Time) -> FieldError {
    let minutes = (*until - *now).num_minutes() + 1;
    FieldError::page("code.locked").with("minutes", minutes)
}

/// Notes that `factor` was shown: its failures are forgotten.
pub(crate) fn succeeded(context: &mut Context<'_>, factor: Factor) {
    let subject = crate::subject(context);
    context.push(Effect::ClearAttempts { subject, factor: factor.as_str() });
    context.record("factor_checked", Outcome::Success, json!({ "factor": factor }));
}

/// Notes that `factor` was not shown, and says `error`. Repeated failure ends the pending login, and
/// the owner is told when the factor locks.
pub(crate) async fn failed(
    context: &mut Context<'_>,
    factor: Factor,
    error: FieldError,
) -> Result<Answered> {
    let data = json!({ "factor": factor, "reason": error.key });
    context.record("factor_checked", Outcome::Failure, data);
    if context.scratch_of("locks").unwrap_or(false) {
        tell_owner(context, factor).await?;
    }
    let failures = context.scratch_of::<u8>("failures").unwrap_or(0).saturating_add(1);
    context.set_scratch_of("failures", &failures);
    if failures >= PER_EXECUTION {
        return Ok(Answered::Restart(vec![FieldError::page("identify.too_many")]));
    }
    Ok(Answered::Retry(vec![error]))
}

async fn tell_owner(context: &mut Context<'_>, factor: Factor) -> Result<()> {
    let Some(person) = context.person().await? else { return Ok(()) };
    let name = person.display_name().to_owned();
    let Some(email) = person.email.clone().filter(|_| person.email_verified_at.is_some()) else {
        return Ok(());
    };
    let data = json!({
        "name": name,
        "factor": factor,
        "device": "",
        "when": context.now(),
        "ip": context.request().ip,
        "link": format!("{}/account/activity", context.services().public_url),
    });
    context.warn("factor_locked", &email, data).await
}
