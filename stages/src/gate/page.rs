//! What `gate` shows.

use assurance::Factor;
use engine::{Challenge, Context, Result};
use serde_json::{Value, json};

use super::plan::{self, Plan};
use super::{Gate, Pages};
use crate::factor::ways;
use engine::Stage as _;

/// The page that the plan asks for.
pub(super) async fn show(context: &mut Context<'_>, pages: &Pages) -> Result<Challenge> {
    if context.person().await?.is_none() {
        // Disabled since, or with another password: whatever is answered is refused.
        return Ok(overtaken());
    }
    if let Some(factor) = pages.enrolling
        && let Some(way) = ways::enrolment(factor)
    {
        let (component, mut data) = way.challenge(context).await?;
        data["back"] = json!(true);
        return Ok(Challenge::new(component, data));
    }
    Ok(match plan::make(context, pages).await? {
        Plan::Ask(ask) => {
            let way = ways::proof(ask.factor);
            let mut data = way.challenge(context, &ask.wanted).await?;
            data["others"] = json!(others(&ask.factors, ask.factor));
            data["reasons"] = json!(ask.explanation.reasons);
            let days = ask.remember.map(|lasts| lasts.num_days().max(1));
            data["remember"] = days.map_or(Value::Null, |days| json!({ "days": days }));
            Challenge::new(way.component(), data)
        }
        Plan::Enrol(offer) => Challenge::new(
            "enrol",
            json!({
                "factors": offer.factors,
                "deadline": offer.deadline,
                "later": offer.later,
                "reasons": offer.explanation.reasons,
            }),
        ),
        Plan::Pass | Plan::Deny(_) => overtaken(),
    })
}

fn others(factors: &[Factor], shown: Factor) -> Vec<Factor> {
    factors.iter().copied().filter(|factor| *factor != shown).collect()
}

/// What was missing is not missing any more, or nothing helps any more: any answer goes on.
fn overtaken() -> Challenge {
    let data = json!({ "outcome": "challenge", "reasons": [], "enrol_by": null });
    Challenge::new(Gate::KIND, data)
}
