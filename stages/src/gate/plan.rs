//! What `gate` does next: the decision of `assurance`, narrowed to what can be asked for here.

use assurance::{Challenge, Decision, Enrol, Explanation, Factor};
use chrono::{DateTime, Duration, Utc};
use engine::definition::Purpose;
use engine::{Context, Denial, ForChange, Result};
use store::credential;

use super::{Pages, denial};
use crate::factor::{Wanted, ways};

/// What to do next.
pub(super) enum Plan {
    /// Nothing is missing.
    Pass,
    /// Ask for a factor.
    Ask(Ask),
    /// Have a factor set up.
    Enrol(Offer),
    /// Nothing that the person can do here would help.
    Deny(Denial),
}

/// A factor to ask for.
pub(super) struct Ask {
    /// Which is on the page.
    pub(super) factor: Factor,
    /// All that would do, strongest first.
    pub(super) factors: Vec<Factor>,
    /// What is wanted of it.
    pub(super) wanted: Wanted,
    /// For how long this browser may be remembered, if at all.
    pub(super) remember: Option<Duration>,
    /// Why.
    pub(super) explanation: Explanation,
}

/// Factors to set up, of which one would do.
pub(super) struct Offer {
    /// Which, strongest first.
    pub(super) factors: Vec<Factor>,
    /// Until when there was or is time.
    pub(super) deadline: Option<DateTime<Utc>>,
    /// Whether it can wait.
    pub(super) later: bool,
    /// Why.
    pub(super) explanation: Explanation,
}

/// What to do next, with what was shown so far.
pub(super) async fn make(context: &mut Context<'_>, pages: &Pages) -> Result<Plan> {
    Ok(match context.admit_here().await? {
        ForChange::Permitted(permit) => match permit.enrol_by() {
            Some(deadline) if !pages.later && may_enrol(context).await? => {
                let explanation = permit.explanation().clone();
                within_grace(context, deadline, explanation).await?
            }
            _ => Plan::Pass,
        },
        ForChange::Refused(Decision::Challenge(challenge)) => {
            ask(context, pages, challenge).await?
        }
        ForChange::Refused(Decision::Enrol(enrol)) => demand(context, enrol),
        ForChange::Refused(refused) => Plan::Deny(denial(&refused)),
    })
}

/// Whether a factor may be bound now, while it could still wait.
async fn may_enrol(context: &mut Context<'_>) -> Result<bool> {
    let permitted = matches!(context.admit_for_change().await?, ForChange::Permitted(_));
    Ok(permitted && is_sign_in(context))
}

/// Whether the flow is one in which people come in: there they hear of a deadline.
fn is_sign_in(context: &Context<'_>) -> bool {
    matches!(
        context.program().purpose(),
        Purpose::Authentication | Purpose::Recovery | Purpose::Enrolment
    )
}

async fn within_grace(
    context: &mut Context<'_>,
    deadline: DateTime<Utc>,
    explanation: Explanation,
) -> Result<Plan> {
    let allowed = context.standing().await?.policies.join().factors;
    let factors: Vec<Factor> = offered(context, allowed.iter());
    if factors.is_empty() {
        return Ok(Plan::Pass);
    }
    Ok(Plan::Enrol(Offer { factors, deadline: Some(deadline), later: true, explanation }))
}

fn demand(context: &Context<'_>, enrol: Enrol) -> Plan {
    let factors = offered(context, enrol.factors.iter().copied());
    if factors.is_empty() {
        return Plan::Deny(denial(&Decision::Enrol(enrol)));
    }
    let Enrol { deadline, explanation, .. } = enrol;
    Plan::Enrol(Offer { factors, deadline, later: false, explanation })
}

/// The factors that can be set up in place. Recovery codes are for when the others are lost, so they
/// are never the first factor; they come with it.
fn offered(context: &Context<'_>, factors: impl Iterator<Item = Factor>) -> Vec<Factor> {
    let can_be = |factor: &Factor| {
        *factor != Factor::Static
            && ways::enrolment(*factor).is_some()
            && ways::is_ready(context, *factor)
    };
    factors.filter(can_be).collect()
}

async fn ask(context: &mut Context<'_>, pages: &Pages, challenge: Challenge) -> Result<Plan> {
    // Who is brought back by a mailbox has shown it: it is no second factor there, however often.
    let is_spent =
        |it: &Factor| *it == Factor::Email && context.program().purpose() == Purpose::Recovery;
    let can_be = |it: &Factor| ways::is_ready(context, *it) && !is_spent(it);
    let factors: Vec<Factor> = challenge.factors.iter().copied().filter(can_be).collect();
    let Some(first) = first(context, &factors).await? else {
        return Ok(Plan::Deny(denial(&Decision::Challenge(challenge))));
    };
    let factor = pages.chosen.filter(|chosen| factors.contains(chosen)).unwrap_or(first);
    let policies = context.standing().await?.policies;
    let remember = policies.join().remember_device.to_delta();
    let may_remember =
        is_sign_in(context) && remember > Duration::zero() && !policies.demand.sensitive;
    let Challenge { credentials, user_verification, explanation, .. } = challenge;
    // The list names the credentials of WebAuthn and of others; a password stands in none.
    let credentials = (factor == Factor::Webauthn).then_some(credentials);
    Ok(Plan::Ask(Ask {
        factor,
        factors,
        wanted: Wanted { credentials, user_verification },
        remember: may_remember.then_some(remember),
        explanation,
    }))
}

/// What to ask for first: of the factors that are not a last resort the one used last, or else the
/// strongest.
async fn first(context: &mut Context<'_>, factors: &[Factor]) -> Result<Option<Factor>> {
    let everyday: Vec<Factor> = factors
        .iter()
        .copied()
        .filter(|factor| matches!(factor, Factor::Webauthn | Factor::Totp | Factor::Password))
        .collect();
    let among = if everyday.is_empty() { factors } else { &everyday };
    if among.len() < 2 {
        return Ok(among.first().copied());
    }
    let Some(id) = context.person().await?.map(|person| person.id.clone()) else {
        return Ok(None);
    };
    let mut conn = context.services().store.read().await?;
    let credentials = credential::of_user(&mut conn, &id).await?;
    let last_used = |factor: &Factor| {
        let of_kind = credentials.iter().filter(|credential| credential.kind == factor.as_str());
        of_kind.filter_map(|credential| credential.last_used_at).max()
    };
    // Of equals the last is the maximum; the list begins with the strongest.
    Ok(among.iter().rev().copied().max_by_key(last_used))
}
