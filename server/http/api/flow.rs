//! Flows as JSON: `GET|POST /api/v1/flows/{slug}`.
//!
//! A browser is known by its cookie. A native app has none: it begins with `?client=native`, gets an
//! execution token, and sends it as bearer from then on; when it is done it gets the session's token
//! in the same way.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::{Begin, Body, FieldError, View};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::Id;

use super::super::cookies;
use super::super::failure::Failure;
use super::super::visitor::{Visitor, bearer};
use super::super::{next, page};
use super::unambiguous;
use crate::app::App;

/// What a flow's URL says.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Parameters {
    /// The execution.
    e: Option<String>,
    /// A mailed link, to be used by a POST.
    link: Option<String>,
    /// The relying party's request that needs this flow.
    interaction: Option<String>,
    /// `native`: no cookies, tokens instead.
    client: Option<String>,
    /// The page of ours to go back to.
    next: Option<String>,
}

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// The step that it answers.
    step: i64,
    /// What the component asks for.
    answer: Map<String, Value>,
}

/// Who is asking, and how the answer reaches them.
struct Caller {
    secret: String,
    native: bool,
    is_new: bool,
}

/// `GET /api/v1/flows/{slug}`: begins an execution, or shows the one named by `e`.
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    Query(parameters): Query<Parameters>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let caller = caller(&app, &visitor, &headers, &parameters)?;
    let request = request(&visitor, &caller);
    let view = if let Some(id) = &parameters.e {
        app.engine.view(&slug, &Id::from(id.as_str()), &request).await?
    } else {
        let interaction = match &parameters.interaction {
            Some(id) => Some(app.interaction(id, &caller.secret).await?.ok_or(Failure::Expired)?),
            None => None,
        };
        let next = parameters.next.as_deref().and_then(next::check).map(str::to_owned);
        app.engine.begin(&slug, &request, Begin { interaction, next }).await?
    };
    Ok(respond(&app, &caller, &view, StatusCode::OK))
}

/// `POST /api/v1/flows/{slug}`: answers a step, or uses a link.
pub(in super::super) async fn answer(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    Query(parameters): Query<Parameters>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let caller = caller(&app, &visitor, &headers, &parameters)?;
    unambiguous::check_type(&headers)?;
    let request = request(&visitor, &caller);
    if let Some(token) = &parameters.link {
        let view = app.engine.open_link(&slug, token, &request).await?;
        return Ok(respond(&app, &caller, &view, StatusCode::OK));
    }
    let id = parameters.e.as_deref();
    let id = id.ok_or(Failure::BadRequest("name the execution: ?e="))?;
    let sent: Sent = unambiguous::object(&body)
        .map_err(|_| Failure::BadRequest("send {\"step\": number, \"answer\": {…}}"))?;
    let view = app
        .engine
        .answer(&slug, &Id::from(id), sent.step, Value::Object(sent.answer), &request)
        .await?;
    let again = matches!(&view.body, Body::Ask { errors, .. } if !errors.is_empty());
    let status = if again { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(respond(&app, &caller, &view, status))
}

fn caller(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Caller, Failure> {
    if let Some(secret) = bearer(headers)? {
        return Ok(Caller { secret, native: true, is_new: false });
    }
    match parameters.client.as_deref() {
        Some("native") => {
            Ok(Caller { secret: app.store.ambient().token(), native: true, is_new: true })
        }
        Some(_) => Err(Failure::BadRequest("client may be native")),
        None => {
            let (secret, is_new) = visitor.browser_or_new(app);
            Ok(Caller { secret, native: false, is_new })
        }
    }
}

/// A native app's request brings no session of a browser.
fn request(visitor: &Visitor, caller: &Caller) -> engine::Request {
    let request = visitor.request(&caller.secret);
    if caller.native { engine::Request { session: None, ..request } } else { request }
}

fn respond(app: &App, caller: &Caller, view: &View, status: StatusCode) -> Response {
    let mut body = json!({
        "execution": view.execution,
        "step": view.step,
        "flow": view.flow,
        "person": view.person,
        "client": view.interaction.as_ref().map(|interaction| &interaction.client),
    });
    if caller.native && caller.is_new {
        body["token"] = json!(caller.secret);
    }
    let mut status = status;
    let mut set = Vec::new();
    let secure = app.settings.is_secure();
    match &view.body {
        Body::Ask { stage, title, challenge, errors } => {
            body["challenge"] = json!({
                "stage": stage,
                "component": challenge.component,
                "title": title,
                "data": challenge.data,
                "errors": errors.iter().map(error).collect::<Vec<_>>(),
            });
        }
        Body::Denied(denial) => {
            status = StatusCode::FORBIDDEN;
            body["denied"] = json!({
                "key": denial.key,
                "text": denial.text,
                "explanation": denial.explanation,
            });
        }
        Body::Finished(finished) => {
            body["finished"] = json!({ "location": page::target(&finished.destination) });
            if let Some(device) = &finished.device {
                if caller.native {
                    body["finished"]["device"] = json!(device);
                } else {
                    set.push(cookies::device(device, secure));
                }
            }
            if let Some(session) = &finished.session {
                body["finished"]["session"] =
                    json!({ "id": session.id, "expires_at": session.expires_at });
                if caller.native {
                    body["finished"]["session"]["token"] = json!(session.token);
                } else {
                    let until = session.persistent.then(|| session.expires_at.into());
                    set.push(cookies::session(&session.token, until, secure));
                }
            } else if finished.signed_out && !caller.native {
                set.push(cookies::no_session(secure));
            }
        }
    }
    if caller.is_new && !caller.native {
        set.push(cookies::browser(&caller.secret, secure));
    }
    let mut response = (status, Json(body)).into_response();
    for cookie in &set {
        page::set_cookie(&mut response, cookie);
    }
    response
}

fn error(error: &FieldError) -> Value {
    json!({ "field": error.field, "key": error.key, "params": error.params })
}
