//! Step-up: whether a sensitive act would be let through now, until when, and with what it would be;
//! and the proof that makes it so. Any proof refreshes the session in place: the same session with a
//! new secret, and with what was shown.

use std::sync::Arc;

use assurance::{Decision, Demand, Enrolled, Evidence, Factor, Policies, Span};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use engine::{Body, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::session::{self, Session};
use store::standing;
use store::user::User;

use super::super::failure::Failure;
use super::super::guard::{self, SignedIn};
use super::drive::Drive;
use super::login::another;
use super::problem::Problem;
use super::question::{Question, Shown};
use super::unambiguous::Json;
use crate::app::App;

/// The flow that asks for what the policies demand.
const STEP_UP: &str = "step-up";

/// The flow that asks for one factor, whatever was shown before.
const fn flow_of(factor: Factor) -> &'static str {
    match factor {
        Factor::Password => "prove-password",
        Factor::Webauthn => "prove-passkey",
        Factor::Totp => "prove-totp",
        Factor::Static => "prove-recovery-code",
        Factor::Email => "prove-email-code",
        Factor::Sms => "prove-sms-code",
    }
}

/// Whether a sensitive act would be let through now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StepUpStatus")]
pub(in super::super) struct Status {
    satisfied: bool,
    /// Until when what was proven suffices; `null` where it does not even now.
    until: Option<DateTime<Utc>>,
    /// The level of the session: `aal1`, `aal2`, `phr` or `phrh`.
    acr: String,
    /// RFC 8176.
    amr: Vec<String>,
    #[schemars(with = "DateTime<Utc>")]
    auth_time: store::Time,
    /// How old a proof may be, in seconds.
    max_age: u64,
    /// The factors that would do, strongest first.
    factors: Vec<Factor>,
}

/// A factor is asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NeedsProof {
    /// `needs_proof`.
    status: &'static str,
    /// The step-up, for `verify`.
    step_up: String,
    #[serde(flatten)]
    question: Question,
}

/// Which factor to show.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StepUp")]
pub(in super::super) struct Choice {
    /// Without it, whichever the policies ask for.
    #[serde(default)]
    factor: Option<Factor>,
    /// A step-up that waits: choose another factor in it, or have another code sent.
    #[serde(default)]
    step_up: Option<String>,
}

/// A factor that is shown.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StepUpVerification")]
pub(in super::super) struct Verification {
    /// The step-up that waits; needed where something was sent or made for it.
    #[serde(default)]
    step_up: Option<String>,
    /// Which factor it is, where nothing waits; without it `password` is the password and `code` one
    /// of the authenticator app, or, with letters, a recovery code.
    #[serde(default)]
    factor: Option<Factor>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<Map<String, Value>>")]
    credential: Option<Value>,
    #[serde(default)]
    password: Option<String>,
}

/// `GET /api/v1/me/step-up`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    SignedIn { session, user, .. }: SignedIn,
) -> Result<Answer<Status>, Failure> {
    Ok(Answer(status(&app, &session, &user).await?))
}

/// `POST /api/v1/me/step-up`: asks for a factor, unless nothing is missing and none is named.
pub(in super::super) async fn start(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Choice>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    in_browser(&drive, &signed_in).await?;
    if let Some(id) = &sent.step_up {
        let (view, question) = waiting(&drive, id).await?;
        let factor = sent.factor.unwrap_or(question.factor);
        let view = another(&drive, view, &question, factor).await?;
        return proceed(&drive, &signed_in, view).await;
    }
    let Some(factor) = sent.factor else {
        let present = status(&app, &signed_in.session, &signed_in.user).await?;
        if present.satisfied {
            return Ok(drive.caller.respond(&app, json!(present)));
        }
        let view = drive.begin(STEP_UP).await?;
        return proceed(&drive, &signed_in, view).await;
    };
    let view = ask(&drive, factor).await?;
    proceed(&drive, &signed_in, view).await
}

/// `POST /api/v1/me/step-up/verify`
pub(in super::super) async fn verify(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Verification>,
) -> Result<Response, Failure> {
    let Verification { step_up, factor, code, credential, password } = sent;
    let shown = Shown { code, credential, password };
    if let Some(id) = step_up {
        let drive = Drive::of(&app, &signed_in);
        in_browser(&drive, &signed_in).await?;
        let (view, question) = waiting(&drive, &id).await?;
        let answer = shown.answer(&question)?;
        let view = drive.answer(view, Value::Object(answer)).await?;
        return proceed(&drive, &signed_in, view).await;
    }
    let factor = factor.or_else(|| guess(&shown));
    let factor = factor.ok_or_else(|| Problem::malformed("send `code` or `password`"))?;
    if matches!(factor, Factor::Webauthn | Factor::Email | Factor::Sms) {
        let detail = "begin with POST /api/v1/me/step-up and send its `step_up`";
        return Err(Problem::malformed(detail).into());
    }
    show_now(&app, &signed_in, factor, shown).await
}

/// Asks for `factor`, shows it, and refreshes the session.
pub(super) async fn show_now(
    app: &Arc<App>,
    signed_in: &SignedIn,
    factor: Factor,
    shown: Shown,
) -> Result<Response, Failure> {
    let drive = Drive::of(app, signed_in);
    in_browser(&drive, signed_in).await?;
    let view = prove(&drive, factor, shown).await?;
    proceed(&drive, signed_in, view).await
}

/// Asks for `factor` and shows it.
pub(super) async fn prove(drive: &Drive, factor: Factor, shown: Shown) -> Result<View, Failure> {
    let view = ask(drive, factor).await?;
    let question = Question::of(&view).ok_or_else(|| drive.page_needed(&view))?;
    let answer = shown.answer(&question)?;
    drive.answer(view, Value::Object(answer)).await
}

/// Asks for `factor`, whatever was shown before.
async fn ask(drive: &Drive, factor: Factor) -> Result<View, Failure> {
    let (_, user) = drive.caller.request.session.as_ref().ok_or(Failure::Unauthenticated)?;
    let mut conn = drive.app.store.read().await?;
    let standing = standing::of(&mut conn, user, None, None).await?;
    drop(conn);
    if !standing.enrolled.has(factor) {
        let title = "the person has no such factor";
        return Err(Problem::new(StatusCode::NOT_FOUND, "factor_unknown", title).into());
    }
    drive.begin(flow_of(factor)).await
}

/// The step-up that waits, and what it asks for.
async fn waiting(drive: &Drive, id: &str) -> Result<(View, Question), Failure> {
    let proofs = Factor::STRONGEST_FIRST.into_iter().map(flow_of);
    let flows: Vec<_> = std::iter::once(STEP_UP).chain(proofs).collect();
    let view = drive.resume(id, &flows).await?;
    let question = Question::of(&view).ok_or(Failure::Expired)?;
    Ok((view, question))
}

/// From where the flow stands to the answer: the refreshed session, or the next question.
async fn proceed(drive: &Drive, signed_in: &SignedIn, view: View) -> Result<Response, Failure> {
    if let Body::Finished(finished) = &view.body {
        let now = drive.app.store.ambient().now();
        let mut conn = drive.app.store.read().await?;
        let found = session::find(&mut conn, &signed_in.session.id, now).await?;
        drop(conn);
        let (session, user) = found.ok_or(Failure::Unauthenticated)?;
        let body = json!(status(&drive.app, &session, &user).await?);
        return Ok(drive.caller.settle(&drive.app, finished, body));
    }
    let question = Question::of(&view).ok_or_else(|| drive.page_needed(&view))?;
    let step_up = view.execution.to_string();
    let body = NeedsProof { status: "needs_proof", step_up, question };
    Ok(drive.caller.respond(&drive.app, json!(body)))
}

/// An app with an access token acts with what was proven in its session, and proves nothing for it:
/// the person does, where that session is (RFC 9470 §4).
async fn in_browser(drive: &Drive, signed_in: &SignedIn) -> Result<(), Failure> {
    if !drive.caller.is_delegate() {
        return Ok(());
    }
    let (decision, mut lacks) = guard::judge(&drive.app, signed_in).await?;
    if matches!(decision, Decision::Admitted(_)) {
        lacks.code = "step_up_needed";
        lacks.max_age = Some(0);
    }
    Err(Failure::Insufficient(Arc::new(lacks)))
}

/// Which factor an answer shows, where it does not say so.
fn guess(shown: &Shown) -> Option<Factor> {
    match (&shown.code, &shown.password) {
        (None, Some(_)) => Some(Factor::Password),
        (Some(code), None) if code.chars().any(char::is_alphabetic) => Some(Factor::Static),
        (Some(_), None) => Some(Factor::Totp),
        _ => None,
    }
}

async fn status(app: &App, session: &Session, user: &User) -> Result<Status, Failure> {
    let mut conn = app.store.read().await?;
    let demand = Some(Demand::sensitive());
    let now = app.store.ambient().now();
    let standing = standing::in_session(&mut conn, user, demand, now).await?;
    drop(conn);
    let now = *now;
    let (policies, enrolled) = (&standing.policies, &standing.enrolled);
    let evidence = &session.evidence.0;
    let decision = assurance::admit(policies, evidence, enrolled, now);
    let until = until(policies, evidence, enrolled, now);
    Ok(Status {
        satisfied: matches!(decision, Decision::Admitted(_)),
        until: until.map(|until| until.min(*session.expires_at)),
        acr: session.acr.clone(),
        amr: session.amr.0.clone(),
        auth_time: session.auth_time,
        max_age: policies.join().recent.as_seconds(),
        factors: usable(policies, evidence, enrolled, &decision, now),
    })
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
