//! The token and userinfo endpoints.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::Trace;
use provider::token::TokenError;
use serde_json::json;

use super::super::failure::Failure;
use super::super::frame::Visit;
use crate::app::App;

/// `POST /oauth/token` (RFC 6749 §3.2)
pub(in super::super) async fn token(
    State(app): State<Arc<App>>,
    axum::Extension(visit): axum::Extension<Visit>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let ip = visit.ip.map(|ip| ip.to_string());
    let trace = Trace { ip: ip.as_deref(), request_id: Some(&visit.request_id) };
    let Some(form) = form(&headers, &body) else { return Ok(no_form()) };
    match app.provider.token(authorization(&headers), form, &trace).await {
        Ok(answer) => Ok((StatusCode::OK, [PRAGMA], Json(answer)).into_response()),
        Err(error) => Ok(refusal(error)),
    }
}

/// `POST /oauth/revoke` (RFC 7009)
pub(in super::super) async fn revoke(
    State(app): State<Arc<App>>,
    axum::Extension(visit): axum::Extension<Visit>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ip = visit.ip.map(|ip| ip.to_string());
    let trace = Trace { ip: ip.as_deref(), request_id: Some(&visit.request_id) };
    let Some(form) = form(&headers, &body) else { return no_form() };
    match app.provider.revoke(authorization(&headers), form, &trace).await {
        Ok(()) => (StatusCode::OK, [PRAGMA]).into_response(),
        Err(error) => refusal(error),
    }
}

/// An error answer (RFC 6749 §5.2).
pub(super) fn refusal(error: TokenError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let challenge = error.www_authenticate;
    let mut response = (status, [PRAGMA], Json(error)).into_response();
    if let Some(challenge) = challenge {
        let value = HeaderValue::from_static(challenge);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// The answer to a body that is no form.
pub(super) fn no_form() -> Response {
    let body = json!({
        "error": "invalid_request",
        "error_description": "Send the parameters as application/x-www-form-urlencoded.",
    });
    (StatusCode::BAD_REQUEST, [PRAGMA], Json(body)).into_response()
}

/// `GET|POST /oauth/userinfo` (OpenID Connect Core §5.3)
pub(in super::super) async fn userinfo(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = form(&headers, &body).unwrap_or_default();
    match app.provider.userinfo(authorization(&headers), &form).await {
        Ok(claims) => Json(claims).into_response(),
        Err(error) => {
            let status =
                StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, Json(json!({}))).into_response();
            if let Some(challenge) = error.www_authenticate {
                let value = HeaderValue::from_static(challenge);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
            }
            response
        }
    }
}

/// RFC 6749 §5.1 asks for it beside `Cache-Control: no-store`, which every answer has.
pub(super) const PRAGMA: (header::HeaderName, &str) = (header::PRAGMA, "no-cache");

/// The `Authorization` header; one that cannot be read is there all the same, and wrong.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or("invalid"))
}

/// The parameters of a form; none where the body is something else.
pub(super) fn form(headers: &HeaderMap, body: &Bytes) -> Option<Vec<(String, String)>> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(';').next()?.trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        .then(|| form_urlencoded::parse(body).into_owned().collect())
}
