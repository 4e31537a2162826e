//! `gate`: asks `assurance` whether what was proven is enough for every organisation of the person,
//! and turns what is missing into pages: one for each factor that would do, or a set-up where a factor
//! is demanded and none exists. Whatever is answered, `assurance` is asked again.
//!
//! `plan.rs` says what to do next; `page.rs` shows it.

mod page;
mod plan;

use assurance::{Decision, Factor};
use engine::{Answered, Challenge, Context, Denial, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::factor::{no_answer, ways};
use plan::Plan;

/// Lets through who is admitted, and asks everybody else for exactly what is missing.
pub struct Gate;

/// `gate` has nothing to set: the organisations' policies say everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// What the page that `gate` shows asks for: the answer of the factor's own stage, and these.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Answer {
    /// Another way: the factor to show, or to set up; empty for the list of those.
    #[serde(default)]
    choose: Option<Choice>,
    /// Not to set up a factor now, while there is grace.
    #[serde(default, deserialize_with = "crate::answer::flag")]
    later: bool,
    /// Not to be asked again in this browser for as long as the policies allow.
    #[serde(default, deserialize_with = "crate::answer::flag")]
    remember_device: bool,
    /// What the factor asks for.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A factor, or nothing yet.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Choice {
    Factor(Factor),
    List(Empty),
}

/// The empty text.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
enum Empty {
    #[serde(rename = "")]
    Empty,
}

/// What `gate` remembers of its pages. It decides nothing: what was proven is in the evidence.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Pages {
    /// The factor that the person chose.
    #[serde(default)]
    chosen: Option<Factor>,
    /// The factor whose page was prepared.
    #[serde(default)]
    prepared: Option<Factor>,
    /// The factor that is being set up.
    #[serde(default)]
    enrolling: Option<Factor>,
    /// Whether the person will set up a factor another time.
    #[serde(default)]
    later: bool,
}

const PAGES: &str = "pages";

impl Stage for Gate {
    const KIND: &'static str = "gate";
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, _config: &Config) -> Result<Entered> {
        context.join_by_domain().await?;
        if context.person().await?.is_none() {
            return Ok(Entered::Deny(nobody()));
        }
        context.recognise_device().await?;
        Ok(match proceed(context, Pages::default()).await? {
            Answered::Next => Entered::Next,
            Answered::Deny(denial) => Entered::Deny(denial),
            Answered::Retry(_) | Answered::Refuse(_) | Answered::Restart(_) => Entered::Ask,
        })
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Challenge> {
        let pages = pages(context);
        page::show(context, &pages).await
    }

    async fn answer(
        context: &mut Context<'_>,
        _config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        let mut pages = pages(context);
        if context.person().await?.is_none() {
            return Ok(Answered::Deny(nobody()));
        }
        context.join_by_domain().await?;
        if let Some(enrolling) = pages.enrolling {
            if answer.choose.is_none() {
                return enrol(context, pages, enrolling, answer.rest).await;
            }
            pages.enrolling = None;
        }
        let chosen = match answer.choose {
            Some(Choice::List(Empty::Empty)) => return proceed(context, pages).await,
            Some(Choice::Factor(factor)) => Some(factor),
            None => None,
        };
        match (plan::make(context, &pages).await?, chosen) {
            (Plan::Ask(ask), Some(factor)) if ask.factors.contains(&factor) => {
                proceed(context, Pages { chosen: Some(factor), prepared: None, ..pages }).await
            }
            (Plan::Enrol(offer), Some(factor)) if offer.factors.contains(&factor) => {
                begin_enrolment(context, pages, factor).await
            }
            (Plan::Enrol(offer), None) if answer.later && offer.later => {
                proceed(context, Pages { later: true, ..pages }).await
            }
            (Plan::Ask(ask), None) => prove(context, pages, ask, answer).await,
            // Something that is not offered; the back button; a page that was overtaken.
            (_, Some(_)) | (Plan::Enrol(_), None) => Ok(no_answer()),
            (Plan::Pass | Plan::Deny(_), None) => proceed(context, pages).await,
        }
    }
}

/// Asks the factor that is on the page, and then `assurance`.
async fn prove(
    context: &mut Context<'_>,
    pages: Pages,
    ask: plan::Ask,
    answer: Answer,
) -> Result<Answered> {
    let answered = ways::proof(ask.factor).answer(context, &ask.wanted, answer.rest).await?;
    if !matches!(answered, Answered::Next) {
        return Ok(answered);
    }
    if answer.remember_device
        && let Some(lasts) = ask.remember
        && ask.factor.is_second()
    {
        context.remember_device(ask.factor, lasts).await?;
    }
    proceed(context, Pages { later: pages.later, ..Pages::default() }).await
}

async fn begin_enrolment(
    context: &mut Context<'_>,
    pages: Pages,
    factor: Factor,
) -> Result<Answered> {
    let Some(way) = ways::enrolment(factor) else {
        return Ok(no_answer());
    };
    way.prepare(context).await?;
    context.set_scratch_of(PAGES, &Pages { enrolling: Some(factor), ..pages });
    Ok(Answered::Retry(Vec::new()))
}

async fn enrol(
    context: &mut Context<'_>,
    pages: Pages,
    factor: Factor,
    answer: Map<String, Value>,
) -> Result<Answered> {
    let Some(way) = ways::enrolment(factor) else {
        return Ok(no_answer());
    };
    // What was offered may be refused by now: another browser of the person's may have enrolled, and
    // whoever has a factor shows it first. Once it is bound, only its codes are left to show.
    let was_offered = match plan::make(context, &Pages { enrolling: None, ..pages.clone() }).await?
    {
        Plan::Enrol(offer) => offer.factors.contains(&factor),
        Plan::Pass | Plan::Ask(_) | Plan::Deny(_) => false,
    };
    if !was_offered && !way.is_bound(context) {
        return proceed(context, Pages { enrolling: None, ..pages }).await;
    }
    match way.answer(context, answer).await? {
        Answered::Next => proceed(context, Pages { later: pages.later, ..Pages::default() }).await,
        other => Ok(other),
    }
}

/// Does what there is to do now: passes, refuses, or prepares the page that comes next.
async fn proceed(context: &mut Context<'_>, mut pages: Pages) -> Result<Answered> {
    match plan::make(context, &pages).await? {
        Plan::Pass => return Ok(Answered::Next),
        Plan::Deny(denial) => return Ok(Answered::Deny(denial)),
        Plan::Ask(ask) => {
            if pages.prepared != Some(ask.factor) {
                ways::proof(ask.factor).prepare(context, &ask.wanted).await?;
                pages.prepared = Some(ask.factor);
            }
        }
        Plan::Enrol(_) => {}
    }
    context.set_scratch_of(PAGES, &pages);
    Ok(Answered::Retry(Vec::new()))
}

fn pages(context: &Context<'_>) -> Pages {
    context.scratch_of(PAGES).unwrap_or_default()
}

/// The refusal of somebody who was never identified, or may not sign in any more.
pub(crate) fn nobody() -> Denial {
    Denial::new("deny.text", "nobody was identified, or the person may not sign in")
}

/// A decision that is not an admission, as a refusal that explains itself.
pub(crate) fn denial(decision: &Decision) -> Denial {
    let (key, reason) = match decision {
        Decision::Admitted(_) => ("deny.text", "admitted"),
        Decision::Challenge(_) => ("deny.text", "a further proof is needed"),
        Decision::Enrol(_) => ("deny.text", "a factor must be enrolled first"),
        Decision::Deny(_) => ("deny.text", "the policies cannot be satisfied"),
    };
    Denial { explanation: Some(decision.explanation().clone()), ..Denial::new(key, reason) }
}
