//! What goes wrong, as a page for people and as a problem document (RFC 9457) for programs. The one
//! place that turns errors into answers.

use std::any::Any;
use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::api::problem::Problem;
use super::frame::Visit;
use super::insufficient::Insufficient;
use super::next;
use super::page::{go, set_cookie};
use crate::app::App;
use crate::render::{ErrorKind, ErrorPage, Page};

/// A request that failed.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It makes no sense; says what is wrong with it.
    BadRequest(&'static str),
    /// It does not prove that it comes from a page of ours.
    Csrf,
    /// It needs somebody who is signed in.
    Unauthenticated,
    /// The same for a page, to be led back to.
    SignIn(String),
    /// It needs a stronger or a newer proof.
    Insufficient(Arc<Insufficient>),
    /// What the API says no to.
    Problem(Arc<Problem>),
    /// Too many requests from one address; says how many seconds to wait.
    TooMany(u64),
    /// The factor is the last that counts for these organisations, or for coming in at all.
    LastFactor(Arc<[String]>),
    /// There is no such thing.
    NotFound,
    /// There is, but not by this method.
    MethodNotAllowed,
    /// It means another server.
    Misdirected,
    /// The execution is gone.
    Expired,
    /// The step is past.
    Stale,
    /// The link is no longer good.
    LinkInvalid,
    /// The body is too large.
    TooLarge,
    /// The body is of another type than is read here.
    UnsupportedMediaType,
    /// Too much to do.
    Unavailable,
    /// A mistake of ours; the log has the rest.
    Internal(Arc<str>),
}

impl Failure {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Csrf => StatusCode::FORBIDDEN,
            Self::Unauthenticated | Self::SignIn(_) | Self::Insufficient(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Problem(problem) => problem.status,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Expired | Self::LinkInvalid => StatusCode::GONE,
            Self::Stale | Self::LastFactor(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem's `type`, stable for programs, and its `title`.
    fn problem(&self) -> (&'static str, &'static str) {
        match self {
            Self::BadRequest(what) => ("bad_request", what),
            Self::Csrf => ("csrf", "the request does not come from a page of this server"),
            Self::Unauthenticated | Self::SignIn(_) => ("unauthenticated", "sign in first"),
            Self::Insufficient(_) => {
                ("insufficient_user_authentication", "a stronger or newer proof is needed")
            }
            Self::Problem(problem) => (problem.kind, problem.title),
            Self::TooMany(_) => ("too_many_requests", "too many requests; wait a moment"),
            Self::LastFactor(_) => (
                "last_factor",
                "nothing else that you have would let you in; add another factor first",
            ),
            Self::NotFound => ("not_found", "there is nothing here"),
            Self::MethodNotAllowed => ("method_not_allowed", "not by this method"),
            Self::Misdirected => ("misdirected", "this server has another name"),
            Self::Expired => ("execution_unknown", "there is no such execution; begin again"),
            Self::Stale => {
                ("step_past", "that step was answered already; read where it stands now")
            }
            Self::LinkInvalid => ("link_invalid", "the link is unknown, expired or used"),
            Self::TooLarge => ("too_large", "the body may have 65536 bytes"),
            Self::UnsupportedMediaType => ("media_type", "send application/json"),
            Self::Unavailable => ("unavailable", "too busy; try again in a moment"),
            Self::Internal(_) => ("internal", "something went wrong on our side"),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadRequest(_)
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::Problem(_) => ErrorKind::BadRequest,
            Self::Csrf => ErrorKind::Csrf,
            Self::Unauthenticated | Self::SignIn(_) | Self::Insufficient(_) => ErrorKind::Forbidden,
            Self::TooMany(_) => ErrorKind::TooManyRequests,
            Self::NotFound | Self::MethodNotAllowed | Self::Misdirected => ErrorKind::NotFound,
            Self::Expired => ErrorKind::Expired,
            Self::Stale | Self::LastFactor(_) => ErrorKind::Stale,
            Self::LinkInvalid => ErrorKind::LinkInvalid,
            Self::Unavailable => ErrorKind::Unavailable,
            Self::Internal(_) => ErrorKind::Internal,
        }
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::UnknownFlow(_) => Self::NotFound,
            engine::Error::UnknownExecution => Self::Expired,
            engine::Error::UnknownLink => Self::LinkInvalid,
            engine::Error::SessionNeeded => Self::Unauthenticated,
            // A code was used elsewhere in a flow that has no page to say so.
            engine::Error::Stale | engine::Error::Spent(_) => Self::Stale,
            engine::Error::Busy => Self::Unavailable,
            engine::Error::Internal(what) => Self::Internal(what.into()),
            engine::Error::Store(error) => error.into(),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Stale => Self::Stale,
            store::Error::Unavailable(_) => Self::Unavailable,
            other => Self::Internal(other.to_string().into()),
        }
    }
}

impl From<crate::render::Error> for Failure {
    fn from(error: crate::render::Error) -> Self {
        Self::Internal(error.to_string().into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        response(self)
    }
}

/// A response that only says what failed; the frame gives it a face.
pub(super) fn response(failure: Failure) -> Response {
    let mut response = failure.status().into_response();
    if let Failure::Problem(problem) = &failure {
        problem.cookies.iter().for_each(|cookie| set_cookie(&mut response, cookie));
    }
    response.extensions_mut().insert(failure);
    response
}

/// What failed, if anything did and no handler has given it a face.
pub(super) fn of(response: &Response) -> Option<Failure> {
    if let Some(failure) = response.extensions().get::<Failure>() {
        return Some(failure.clone());
    }
    // What axum and its layers refuse by themselves says so in plain text or not at all.
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| !kind.starts_with("text/plain")) {
        return None;
    }
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Some(Failure::TooLarge),
        StatusCode::SERVICE_UNAVAILABLE => Some(Failure::Unavailable),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(Failure::UnsupportedMediaType),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Some(Failure::BadRequest("the request cannot be read"))
        }
        _ => None,
    }
}

/// Gives a failure its face.
pub(super) fn show(app: &App, visit: &Visit, failure: &Failure, bare: &Response) -> Response {
    if let Failure::Internal(what) = failure {
        tracing::error!(request = %visit.request_id, what = %what, "internal error");
    }
    let mut response = match failure {
        _ if visit.json => document(visit, failure),
        Failure::SignIn(back) => lead(&app.sign_in_flow(), back),
        Failure::Insufficient(insufficient) => lead("step-up", &insufficient.back),
        _ => page(app, visit, failure),
    };
    let wait = match failure {
        Failure::Unavailable => Some(2),
        Failure::TooMany(seconds) => Some(*seconds),
        Failure::Problem(problem) => problem.retry_after,
        _ => None,
    };
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let challenge = match failure {
        Failure::Unauthenticated | Failure::SignIn(_) => Some(HeaderValue::from_static("Bearer")),
        Failure::Problem(problem) if problem.status == StatusCode::UNAUTHORIZED => {
            Some(HeaderValue::from_static("Bearer"))
        }
        Failure::Insufficient(insufficient) => insufficient.www_authenticate(),
        _ => None,
    };
    if let Some(challenge) = challenge.filter(|_| visit.json) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    // What a handler set beside (an `Allow`, a cookie) stays.
    for (name, value) in bare.headers() {
        if name == header::ALLOW || name == header::SET_COOKIE {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

fn document(visit: &Visit, failure: &Failure) -> Response {
    let (kind, title) = failure.problem();
    let status = failure.status();
    let mut body = json!({
        "type": format!("urn:flowgate:problem:{kind}"),
        "title": title,
        "status": status.as_u16(),
        "request_id": visit.request_id,
    });
    if let Failure::Insufficient(insufficient) = failure
        && let Ok(Value::Object(lacks)) = serde_json::to_value(&**insufficient)
        && let Some(body) = body.as_object_mut()
    {
        body.extend(lacks);
    }
    if let Failure::LastFactor(organisations) = failure {
        body["organisations"] = json!(&**organisations);
    }
    if let Failure::Problem(problem) = failure
        && let Some(body) = body.as_object_mut()
    {
        body.extend(problem.detail.iter().map(|detail| ("detail".to_owned(), json!(detail))));
        body.extend(problem.more.clone());
    }
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, kind)], Json(body).into_response().into_body()).into_response()
}

/// To a flow, and from it back to the page that somebody wanted.
fn lead(flow: &str, back: &str) -> Response {
    let mut target = format!("/flow/{flow}");
    if let Some(back) = next::check(back) {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("next", back).finish();
        target.push('?');
        target.push_str(&query);
    }
    go(&target)
}

fn page(app: &App, visit: &Visit, failure: &Failure) -> Response {
    let page = Page::new(&app.renderer, &visit.lang, &visit.request_id, &visit.nonce);
    let retry_after = if let Failure::TooMany(seconds) = failure { Some(*seconds) } else { None };
    let view = ErrorPage { kind: failure.kind(), retry_after };
    match app.renderer.render(&page, &view) {
        Ok(html) => (failure.status(), Html(html)).into_response(),
        Err(error) => {
            tracing::error!(request = %visit.request_id, %error, "the error page failed");
            failure.status().into_response()
        }
    }
}

/// The answer to every path that there is not.
pub(super) async fn not_found() -> Failure {
    Failure::NotFound
}

/// The answer to every method that there is not.
pub(super) async fn method_not_allowed() -> Failure {
    Failure::MethodNotAllowed
}

/// The answer of a handler that panicked.
#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer wants")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic.downcast_ref::<String>().map(String::as_str);
    let what = what.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    response(Failure::Internal(format!("a handler panicked: {what}").into()))
}
