//! `GET /api/v1/me/step-up`: whether a sensitive act would be let through now, until when, and with
//! what it would be.

use std::sync::Arc;

use assurance::{Decision, Demand, Enrolled, Evidence, Factor, Policies, Span};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use store::standing;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use crate::app::App;

/// `GET /api/v1/me/step-up`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    SignedIn { session, user, .. }: SignedIn,
) -> Result<Json<Value>, Failure> {
    let mut conn = app.store.read().await?;
    let demand = Some(Demand::sensitive());
    let standing = standing::of(&mut conn, &user, None, demand).await?;
    drop(conn);
    let now = *app.store.ambient().now();
    let (policies, enrolled) = (&standing.policies, &standing.enrolled);
    let evidence = &session.evidence.0;
    let decision = assurance::admit(policies, evidence, enrolled, now);
    let until = until(policies, evidence, enrolled, now);
    Ok(Json(json!({
        "satisfied": matches!(decision, Decision::Admitted(_)),
        "until": until.map(|until| until.min(*session.expires_at)),
        "acr": session.acr,
        "amr": session.amr,
        "auth_time": session.auth_time,
        "max_age": policies.join().recent.as_seconds(),
        "factors": usable(policies, evidence, enrolled, &decision, now),
    })))
}

/// The last moment at which what was proven still suffices: that at which one of the proofs grows too
/// old. `None` where it does not suffice even now.
fn until(
    policies: &Policies,
    evidence: &Evidence,
    enrolled: &Enrolled,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let recent = policies.join().recent;
    let ends = evidence.proofs().iter().map(|proof| recent.after(proof.shown_at()));
    let suffices = |at: &DateTime<Utc>| {
        *at >= now
            && matches!(assurance::admit(policies, evidence, enrolled, *at), Decision::Admitted(_))
    };
    ends.filter(suffices).max()
}

/// The factors that would do, strongest first: where nothing is missing, those that would be asked
/// for once what was proven is too old.
fn usable(
    policies: &Policies,
    evidence: &Evidence,
    enrolled: &Enrolled,
    decision: &Decision,
    now: DateTime<Utc>,
) -> Vec<Factor> {
    match decision {
        Decision::Challenge(challenge) => challenge.factors.clone(),
        Decision::Admitted(_) => {
            let recent = policies.join().recent.as_seconds();
            let later = Span::seconds(recent.saturating_add(1)).after(now);
            match assurance::admit(policies, evidence, enrolled, later) {
                Decision::Challenge(challenge) => challenge.factors,
                Decision::Admitted(_) | Decision::Enrol(_) | Decision::Deny(_) => Vec::new(),
            }
        }
        Decision::Enrol(_) | Decision::Deny(_) => Vec::new(),
    }
}
