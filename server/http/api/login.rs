//! Signing in by JSON: a name and a password, a second factor where one is asked for, or a passkey.
//!
//! Until the last factor is shown there is no session: what waits is an execution of the sign-in flow,
//! bound to the browser's secret (or the app's), named by a cookie (or by `login`), and gone after ten
//! minutes. It opens these endpoints and nothing else.

use std::sync::Arc;

use assurance::Factor;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use engine::definition::Purpose;
use engine::{Body, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Id, session};

use super::super::cookies::{self, Cookies};
use super::super::failure::Failure;
use super::super::page;
use super::super::visitor::Visitor;
use super::caller::Caller;
use super::drive::{Drive, asked};
use super::me;
use super::problem::Problem;
use super::question::{Question, Shown};
use super::unambiguous::Json;
use crate::app::App;

/// The flow that begins with a passkey.
const PASSWORDLESS: &str = "passwordless";

/// How a sign-in begins.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct Beginning {
    /// `native`: no cookies; the answer has a `token` to be sent as bearer.
    client: Option<String>,
}

/// Which sign-in is meant.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct Waiting {
    /// The sign-in that waits, where no cookie names it.
    login: Option<String>,
}

/// A name and a password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Login")]
pub(in super::super) struct Credentials {
    /// The address or the user name.
    pub(super) login: String,
    pub(super) password: String,
    /// To stay signed in, where the sign-in flow offers it.
    #[serde(default)]
    remember_me: bool,
}

/// Another factor.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LoginFactor")]
pub(in super::super) struct Choice {
    /// One of `factors`; the one that is asked for already, to have another code sent.
    factor: Factor,
    #[serde(default)]
    login: Option<String>,
}

/// A factor that is shown.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LoginVerification")]
pub(in super::super) struct Verification {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<Map<String, Value>>")]
    credential: Option<Value>,
    #[serde(default)]
    password: Option<String>,
    /// Not to be asked again in this browser, where `remember_days` is given.
    #[serde(default)]
    remember_device: bool,
    /// The sign-in that waits, where no cookie names it.
    #[serde(default)]
    login: Option<String>,
}

/// A passkey that says who it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasskeyLogin")]
pub(in super::super) struct Passkey {
    /// The `PublicKeyCredential` as its `toJSON()` makes it.
    #[schemars(with = "Map<String, Value>")]
    credential: Value,
    /// The sign-in that waits, where no cookie names it.
    #[serde(default)]
    login: Option<String>,
}

/// The password was right, and a second factor is asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NeedsMfa {
    /// `needs_mfa`.
    status: &'static str,
    /// The sign-in that waits.
    login: String,
    #[serde(flatten)]
    question: Question,
    /// `client=native`: what to send as bearer from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// The person who has just signed in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SignedIn")]
pub(super) struct Done {
    #[serde(flatten)]
    me: me::Me,
    /// An organisation asks for a second factor, and there is time.
    #[serde(skip_serializing_if = "Option::is_none")]
    enrol: Option<Enrol>,
    /// For an app that asked to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

/// A second factor is to be set up.
#[derive(Debug, Serialize, JsonSchema)]
struct Enrol {
    factors: Vec<Factor>,
    /// Until when.
    deadline: Option<DateTime<Utc>>,
}

/// What a passkey is asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PasskeyQuestion")]
pub(super) struct Asked {
    /// The sign-in that waits.
    login: String,
    /// For `navigator.credentials.get()`.
    options: Map<String, Value>,
    /// `client=native`: what to send as bearer from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// `POST /api/v1/login`
pub(in super::super) async fn start(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Beginning>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(sent): Json<Credentials>,
) -> Result<Response, Failure> {
    let caller = Caller::coming(&app, &visitor, &headers, parameters.client.as_deref())?;
    let drive = Drive::new(&app, caller);
    let mut hand = vec![
        ("identify", json!({ "login": sent.login, "remember_me": sent.remember_me })),
        ("password", json!({ "password": sent.password })),
    ];
    let mut view = drive.begin(&app.sign_in_flow()).await?;
    while let Some(component) = asked(&view).map(|challenge| challenge.component)
        && let Some(at) = hand.iter().position(|(name, _)| *name == component)
    {
        let (_, answer) = hand.remove(at);
        view = drive.answer(view, answer).await.map_err(not_signed_in)?;
    }
    proceed(&drive, view).await
}

/// `GET /api/v1/login`: what the sign-in that waits asks for.
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Waiting>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let drive = drive(&app, &visitor, &headers)?;
    let (view, question) = waiting(&drive, &headers, parameters.login.as_deref()).await?;
    Ok(needs_mfa(&drive, &view, question))
}

/// `POST /api/v1/login/factor`: another way.
pub(in super::super) async fn choose(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(sent): Json<Choice>,
) -> Result<Response, Failure> {
    let drive = drive(&app, &visitor, &headers)?;
    let (view, question) = waiting(&drive, &headers, sent.login.as_deref()).await?;
    let view = another(&drive, view, &question, sent.factor).await?;
    proceed(&drive, view).await
}

/// `POST /api/v1/login/verify`: shows the factor that is asked for.
pub(in super::super) async fn verify(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(sent): Json<Verification>,
) -> Result<Response, Failure> {
    let drive = drive(&app, &visitor, &headers)?;
    let (view, question) = waiting(&drive, &headers, sent.login.as_deref()).await?;
    let Verification { code, credential, password, remember_device, .. } = sent;
    let mut answer = Shown { code, credential, password }.answer(&question)?;
    if remember_device && question.remember_days.is_some() {
        answer.insert("remember_device".to_owned(), Value::Bool(true));
    }
    let ended = |failure| over(&app, &drive, failure);
    let view = drive.answer(view, Value::Object(answer)).await.map_err(ended)?;
    proceed(&drive, view).await
}

/// `POST /api/v1/login/passkey`: begins a sign-in with a passkey alone.
pub(in super::super) async fn passkey(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Beginning>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Failure> {
    let caller = Caller::coming(&app, &visitor, &headers, parameters.client.as_deref())?;
    let drive = Drive::new(&app, caller);
    let view = drive.begin(PASSWORDLESS).await?;
    let data = drive.expect(&view, "webauthn")?;
    let options = data.get("options").and_then(Value::as_object).cloned().unwrap_or_default();
    let asked = Asked { login: view.execution.to_string(), options, token: None };
    let mut response = drive.caller.respond(&app, json!(asked));
    keep(&drive, &view, &mut response);
    Ok(response)
}

/// `POST /api/v1/login/passkey/finish`
pub(in super::super) async fn finish_passkey(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(sent): Json<Passkey>,
) -> Result<Response, Failure> {
    let drive = drive(&app, &visitor, &headers)?;
    let view = pending(&drive, &headers, sent.login.as_deref()).await?;
    let question = Question::of(&view).filter(Question::is_passwordless);
    question.ok_or(Failure::Unauthenticated)?;
    let view = drive.answer(view, json!({ "credential": sent.credential })).await?;
    proceed(&drive, view).await
}

/// A body with nothing in it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Nothing {}

/// Somebody whose sign-in has begun.
fn drive(app: &Arc<App>, visitor: &Visitor, headers: &HeaderMap) -> Result<Drive, Failure> {
    Ok(Drive::new(app, Caller::coming(app, visitor, headers, None)?))
}

/// The sign-in that waits for a further factor, and for which.
async fn waiting(
    drive: &Drive,
    headers: &HeaderMap,
    named: Option<&str>,
) -> Result<(View, Question), Failure> {
    let view = pending(drive, headers, named).await?;
    let has_proven = view.person.as_ref().is_none_or(|person| person.name.is_some());
    let question = Question::of(&view).filter(|it| has_proven && !it.is_passwordless());
    let question = question.ok_or(Failure::Unauthenticated)?;
    Ok((view, question))
}

/// The sign-in that waits, of this browser or app.
async fn pending(drive: &Drive, headers: &HeaderMap, named: Option<&str>) -> Result<View, Failure> {
    let cookies = Cookies::of(headers);
    let kept = cookies.login(drive.app.settings.is_secure()).filter(|_| drive.caller.is_browser());
    let id = named.or(kept).ok_or(Failure::Unauthenticated)?;
    let flow = drive.flow_of(id).await?.ok_or(Failure::Unauthenticated)?;
    let catalogue = drive.app.engine.catalogue();
    let is_sign_in =
        catalogue.find(&flow).is_some_and(|it| it.purpose() == Purpose::Authentication);
    if !is_sign_in {
        return Err(Failure::Unauthenticated);
    }
    Ok(drive.app.engine.view(&flow, &Id::from(id), &drive.caller.request).await?)
}

/// Has `factor` asked for; for the one that is asked for already, has another code sent.
pub(super) async fn another(
    drive: &Drive,
    view: View,
    question: &Question,
    factor: Factor,
) -> Result<View, Failure> {
    let is_sent = matches!(factor, Factor::Email | Factor::Sms);
    if factor == question.factor {
        return if is_sent {
            drive.answer(view, json!({ "action": "resend" })).await
        } else {
            Ok(view)
        };
    }
    if !question.factors.contains(&factor) {
        let title = "this factor is not among those that would do";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "factor_not_offered", title);
        return Err(problem.with("factors", json!(question.factors)).into());
    }
    drive.answer(view, json!({ "choose": factor })).await
}

/// From where the flow stands to the answer: the session, or the next question.
async fn proceed(drive: &Drive, mut view: View) -> Result<Response, Failure> {
    let mut enrol = None;
    // Whoever may wait with a second factor waits: the answer says until when.
    if let Some(challenge) = asked(&view)
        && challenge.component == "enrol"
        && challenge.data["later"] == true
    {
        let data = &challenge.data;
        enrol = Some(Enrol {
            factors: serde_json::from_value(data["factors"].clone()).unwrap_or_default(),
            deadline: serde_json::from_value(data["deadline"].clone()).unwrap_or_default(),
        });
        view = drive.answer(view, json!({ "later": true })).await?;
    }
    if let Body::Finished(finished) = &view.body {
        let issued = finished.session.as_ref();
        let issued =
            issued.ok_or_else(|| Failure::Internal("a sign-in without a session".into()))?;
        let now = drive.app.store.ambient().now();
        let mut conn = drive.app.store.read().await?;
        let found = session::find(&mut conn, &issued.id, now).await?;
        drop(conn);
        let (session, user) = found.ok_or(Failure::Unauthenticated)?;
        let me = me::describe(&drive.app, session, user).await?;
        let body = Done { me, enrol, device: None };
        let mut response = drive.caller.settle(&drive.app, finished, json!(body));
        forget(drive, &mut response);
        return Ok(response);
    }
    match Question::of(&view) {
        Some(question) => Ok(needs_mfa(drive, &view, question)),
        None => Err(drive.page_needed(&view)),
    }
}

fn needs_mfa(drive: &Drive, view: &View, question: Question) -> Response {
    let login = view.execution.to_string();
    let body = NeedsMfa { status: "needs_mfa", login, question, token: None };
    let mut response = drive.caller.respond(&drive.app, json!(body));
    keep(drive, view, &mut response);
    response
}

fn keep(drive: &Drive, view: &View, response: &mut Response) {
    if drive.caller.is_browser() {
        let secure = drive.app.settings.is_secure();
        page::set_cookie(response, &cookies::login(view.execution.as_str(), secure));
    }
}

fn forget(drive: &Drive, response: &mut Response) {
    if drive.caller.is_browser() {
        page::set_cookie(response, &cookies::no_login(drive.app.settings.is_secure()));
    }
}

/// A wrong name and a wrong password are one answer: 401.
fn not_signed_in(failure: Failure) -> Failure {
    match failure {
        Failure::Problem(problem) if problem.status == StatusCode::BAD_REQUEST => {
            let problem = Problem { status: StatusCode::UNAUTHORIZED, ..(*problem).clone() };
            problem.into()
        }
        other => other,
    }
}

/// Too many failures end the sign-in: nothing waits any more.
fn over(app: &App, drive: &Drive, failure: Failure) -> Failure {
    match failure {
        Failure::Problem(problem) if problem.code() == "identify.too_many" => {
            let problem = (*problem).clone();
            let problem = Problem { status: StatusCode::UNAUTHORIZED, ..problem };
            if drive.caller.is_browser() {
                problem.set(cookies::no_login(app.settings.is_secure())).into()
            } else {
                problem.into()
            }
        }
        other => other,
    }
}
