//! The device authorization endpoint.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::Trace;

use super::super::failure::Failure;
use super::super::frame::Visit;
use super::token::{PRAGMA, authorization, form, no_form, refusal};
use crate::app::App;

/// `POST /oauth/device_authorization` (RFC 8628 §3.1)
pub(in super::super) async fn authorize(
    State(app): State<Arc<App>>,
    axum::Extension(visit): axum::Extension<Visit>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let ip = visit.ip.map(|ip| ip.to_string());
    let trace = Trace { ip: ip.as_deref(), request_id: Some(&visit.request_id) };
    let Some(form) = form(&headers, &body) else { return Ok(no_form()) };
    let agent = headers.get(header::USER_AGENT).map(HeaderValue::to_str);
    let agent = agent.and_then(Result::ok).unwrap_or_default();
    let asked =
        app.provider.device_authorization(authorization(&headers), form, agent, &trace).await;
    Ok(match asked {
        Ok(answer) => (StatusCode::OK, [PRAGMA], Json(answer)).into_response(),
        Err(error) => refusal(error),
    })
}
