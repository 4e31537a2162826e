//! Who is there, and whether they are admitted: policies, demand and evidence are judged anew for
//! each request. A parameter never shows that somebody signed in; only the session does.

use assurance::{Admitted, Code, Decision, Demand, Explanation};
use store::client::Client;
use store::session::Session;
use store::{Conn, Time, standing};

use super::Request;
use super::waiting::Waiting;
use crate::{Caller, ErrorCode, Refusal, Result};

/// What comes of it.
pub(super) enum Judgement<'a> {
    /// A code may be made.
    Admitted {
        admitted: Box<Admitted>,
        /// What was demanded in the end: a wish that could not be met is dropped.
        demand: Demand,
        session: &'a Session,
    },
    /// The person must do something; where nothing may be shown, this is the answer.
    SignIn(Refusal),
    /// Nothing that the person does would help.
    Denied {
        refusal: Refusal,
        /// Why, for the audit trail.
        reasons: Vec<Code>,
    },
}

pub(super) async fn check<'a>(
    conn: &mut Conn,
    client: &Client,
    request: &Request,
    caller: &Caller<'a>,
    waiting: Option<&Waiting>,
    now: Time,
) -> Result<Judgement<'a>> {
    let sign_in = |description: &'static str| {
        Ok(Judgement::SignIn(Refusal::new(ErrorCode::LoginRequired, description)))
    };
    let Some((session, user)) = caller.session else {
        return sign_in("Nobody is signed in in this browser.");
    };
    if request.subject.as_ref().is_some_and(|subject| subject != user.id.as_str()) {
        return sign_in("Another person is signed in than the one the client expects.");
    }
    // A new request for a fresh sign-in has none yet, however young the session is.
    if request.prompt.login && !waiting.is_some_and(|waiting| waiting.is_after(session)) {
        return sign_in("The person must sign in again.");
    }
    let asked_at = waiting.map_or(now, Waiting::since);
    let demand = request.demand(asked_at);
    let mut standing = standing::of(conn, user, Some(client), Some(demand)).await?;
    let mut decision =
        assurance::admit(&standing.policies, &session.evidence, &standing.enrolled, *now);
    // A wish is asked for once. What can't be asked, or did not come of it, is let go.
    let was_asked = request.prompt.none || waiting.is_some_and(|waiting| waiting.is_after(session));
    if was_asked && !request.level.essential && !matches!(decision, Decision::Admitted(_)) {
        standing.policies.demand.acr = None;
        decision =
            assurance::admit(&standing.policies, &session.evidence, &standing.enrolled, *now);
    }
    Ok(match decision {
        Decision::Admitted(admitted) => {
            Judgement::Admitted { admitted, demand: standing.policies.demand, session }
        }
        Decision::Challenge(challenge) => {
            Judgement::SignIn(missing(request, &challenge.explanation))
        }
        Decision::Enrol(enrol) => Judgement::SignIn(missing(request, &enrol.explanation)),
        Decision::Deny(deny) => Judgement::Denied {
            refusal: denied(request, &deny.explanation),
            reasons: deny.explanation.reasons.iter().map(|reason| reason.code).collect(),
        },
    })
}

fn missing(request: &Request, explanation: &Explanation) -> Refusal {
    if is_level(request, explanation) {
        return unmet();
    }
    let is_age = explanation.has(Code::ProofTooOld) || explanation.has(Code::NoProof);
    if is_age {
        Refusal::new(ErrorCode::LoginRequired, "The person signed in too long ago.")
    } else {
        Refusal::new(
            ErrorCode::InteractionRequired,
            "The person must first prove more than they have in this session.",
        )
    }
}

fn denied(request: &Request, explanation: &Explanation) -> Refusal {
    if is_level(request, explanation) {
        return unmet();
    }
    Refusal::new(ErrorCode::AccessDenied, "The policies that hold for the person let nobody in.")
}

/// Whether what is missing is the level that the client says it must have.
fn is_level(request: &Request, explanation: &Explanation) -> bool {
    request.level.essential
        && (explanation.has(Code::AcrRequired) || explanation.has(Code::AcrUnreachable))
}

fn unmet() -> Refusal {
    Refusal::new(
        ErrorCode::UnmetAuthenticationRequirements,
        "The person does not reach the essential acr.",
    )
}
