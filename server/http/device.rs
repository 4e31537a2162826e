//! `/device`: where a person lets a device or a program act for them (RFC 8628 §3.3). They enter the
//! code that it shows, then see who asks for what from where, and allow or deny it; an address with
//! the code in it only fills in the form.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use engine::definition::Purpose;
use provider::Caller;
use provider::device::{DevicePage, Entry, Question};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Id, Time, UserCode};

use super::failure::Failure;
use super::form::Sent;
use super::guard::SignedIn;
use super::oidc::authorize::provider_error;
use super::{cookies, csrf, page};
use crate::account::agent::Agent;
use crate::app::App;
use crate::render::{Challenge, DeviceConfirm, DeviceDone, DeviceEnter, Page, Person, Scope};

const PATH: &str = "/device";

/// The flow with which somebody who is signed in proves more.
const STEP_UP: &str = "step-up";

/// What the page's address says.
#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    /// The code (`verification_uri_complete`).
    user_code: Option<String>,
    /// What was just done: `allowed` or `denied`.
    done: Option<String>,
}

/// `GET /device`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Parameters>,
    signed_in: SignedIn,
) -> Result<Response, Failure> {
    let allowed = match parameters.done.as_deref() {
        Some("allowed") => Some(true),
        Some("denied") => Some(false),
        _ => None,
    };
    if let Some(allowed) = allowed {
        let (frame, _) = frame(&app, &signed_in, PATH);
        return Ok(Html(app.renderer.render(&frame, &DeviceDone { allowed })?).into_response());
    }
    // What can be no code is not repeated.
    let code = parameters.user_code.as_deref().and_then(UserCode::parse);
    let user_code = code.map(|code| code.to_string()).unwrap_or_default();
    enter_page(&app, &signed_in, StatusCode::OK, &DeviceEnter { user_code, errors: Vec::new() })
}

/// `POST /device`: the code that the device shows.
pub(super) async fn enter(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    sent: Sent,
) -> Result<Response, Failure> {
    let typed = sent.fields.get("user_code").map(String::as_str).unwrap_or_default();
    let seen = Seen::of(&signed_in, &sent.browser);
    let entered = app.provider.enter_user_code(typed, &seen.caller(&signed_in)).await;
    let (status, mut error) = match entered.map_err(provider_error)? {
        Entry::Found { interaction } => return Ok(page::go(&format!("{PATH}/{interaction}"))),
        Entry::SignIn => return Err(Failure::SignIn(PATH.to_owned())),
        Entry::Malformed => (StatusCode::OK, json!({ "key": "code.format", "params": {} })),
        Entry::Unknown => (StatusCode::OK, json!({ "key": "device.unknown", "params": {} })),
        Entry::Locked { until } => {
            let params = json!({ "minutes": minutes_until(until, app.store.ambient().now()) });
            (StatusCode::TOO_MANY_REQUESTS, json!({ "key": "device.locked", "params": params }))
        }
    };
    error["field"] = "user_code".into();
    let user_code: String = typed.chars().take(64).collect();
    enter_page(&app, &signed_in, status, &DeviceEnter { user_code, errors: vec![error] })
}

/// `GET /device/{id}`: who asks, for what, from where.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    signed_in: SignedIn,
) -> Result<Response, Failure> {
    let browser = signed_in.visitor.browser.clone().ok_or(Failure::Expired)?;
    let seen = Seen::of(&signed_in, &browser);
    let id = Id::from(id.as_str());
    let asked = app.provider.device_question(&id, &seen.caller(&signed_in)).await;
    respond(&app, &signed_in, asked.map_err(provider_error)?)
}

/// `POST /device/{id}`: action `allow` or `deny`.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    signed_in: SignedIn,
    sent: Sent,
) -> Result<Response, Failure> {
    let allow = match sent.fields.get("action").map(String::as_str) {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Err(Failure::BadRequest("the action is allow or deny")),
    };
    let seen = Seen::of(&signed_in, &sent.browser);
    let id = Id::from(id.as_str());
    let answered = app.provider.answer_device(&id, &seen.caller(&signed_in), allow).await;
    respond(&app, &signed_in, answered.map_err(provider_error)?)
}

/// What of a request the provider judges by.
struct Seen {
    browser: store::TokenHash,
    session: (store::session::Session, store::user::User),
    ip: Option<String>,
}

impl Seen {
    fn of(signed_in: &SignedIn, browser: &str) -> Self {
        Self {
            browser: store::token(browser),
            session: (signed_in.session.clone(), signed_in.user.clone()),
            ip: signed_in.visitor.visit.ip.map(|ip| ip.to_string()),
        }
    }

    fn caller<'a>(&'a self, signed_in: &'a SignedIn) -> Caller<'a> {
        let request_id = Some(&*signed_in.visitor.visit.request_id);
        Caller {
            browser: &self.browser,
            session: Some(&self.session),
            trace: provider::Trace { ip: self.ip.as_deref(), request_id },
        }
    }
}

fn respond(app: &App, signed_in: &SignedIn, question: Question) -> Result<Response, Failure> {
    match question {
        Question::Ask(asked) => confirm_page(app, signed_in, *asked),
        Question::SignIn { interaction } => {
            let slug = proof_flow(app);
            Ok(page::go(&format!("/flow/{slug}?interaction={interaction}")))
        }
        Question::Allowed(_) => Ok(page::go(&format!("{PATH}?done=allowed"))),
        Question::Denied(_) => Ok(page::go(&format!("{PATH}?done=denied"))),
        Question::Refused(why) => {
            let (frame, _) = frame(app, signed_in, PATH);
            let data = json!({ "outcome": "deny", "reasons": why.reasons, "enrol_by": null });
            let errors: &[Value] = &[];
            let challenge = Challenge { component: "gate", title: None, data: &data, errors };
            let html = app.renderer.stage(&frame, &challenge)?;
            Ok((StatusCode::FORBIDDEN, Html(html)).into_response())
        }
        Question::Gone => Err(Failure::Expired),
    }
}

/// The flow in which somebody who is signed in proves what is missing: the step-up, which leaves the
/// session in its place, or, where a blueprint took that away, the sign-in.
fn proof_flow(app: &App) -> String {
    let catalogue = app.engine.catalogue();
    let step_up = catalogue.find(STEP_UP).filter(|flow| flow.purpose() == Purpose::StepUp);
    step_up.map_or_else(|| app.sign_in_flow(), |_| STEP_UP.to_owned())
}

/// The frame of a page here, whose form is posted to `path`; and a secret for a browser without one.
fn frame(app: &App, signed_in: &SignedIn, path: &str) -> (Page, Option<String>) {
    let SignedIn { visitor, user, .. } = signed_in;
    let (browser, is_new) = visitor.browser_or_new(app);
    let mut frame = page::frame(app, visitor, path);
    frame.csrf = csrf::token(app.store.sealer(), &browser);
    path.clone_into(&mut frame.action);
    frame.person = Some(Person::new(user.display_name(), user.email.as_deref()));
    (frame, is_new.then_some(browser))
}

fn enter_page(
    app: &App,
    signed_in: &SignedIn,
    status: StatusCode,
    view: &DeviceEnter,
) -> Result<Response, Failure> {
    let (frame, new) = frame(app, signed_in, PATH);
    let mut response = (status, Html(app.renderer.render(&frame, view)?)).into_response();
    if let Some(browser) = new {
        page::set_cookie(&mut response, &cookies::browser(&browser, app.settings.is_secure()));
    }
    Ok(response)
}

fn confirm_page(app: &App, signed_in: &SignedIn, asked: DevicePage) -> Result<Response, Failure> {
    let (frame, _) = frame(app, signed_in, &format!("{PATH}/{}", asked.interaction));
    let scope = |name: String| Scope { name, title: None, description: None };
    let view = DeviceConfirm {
        client: asked.client.name,
        scopes: asked.scopes.into_iter().map(scope).collect(),
        ip: asked.ip,
        agent: Agent::of(Some(&asked.user_agent)),
        asked_at: asked.asked_at.to_rfc3339(),
    };
    Ok(Html(app.renderer.render(&frame, &view)?).into_response())
}

/// Begun minutes count whole: nobody is told to come back too soon.
fn minutes_until(until: Time, now: Time) -> i64 {
    (until.signed_duration_since(*now).num_seconds().max(0) + 59) / 60
}
