//! Discovery and keys.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::Published;

use crate::app::App;

/// Relying parties may keep both for five minutes.
const CACHE: &str = "public, max-age=300";

/// `GET /.well-known/openid-configuration`
pub(in super::super) async fn discovery(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Response {
    publish(&app.provider.discovery(), &headers)
}

/// `GET /oauth/jwks`
pub(in super::super) async fn jwks(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    publish(&app.provider.jwks(), &headers)
}

fn publish(document: &Published, headers: &HeaderMap) -> Response {
    let head = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, CACHE),
        (header::ETAG, &*document.etag),
        // Browser applications read both (RFC 9700 §2.6 forbids it only at the authorization endpoint).
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| *tag == *document.etag);
    if known {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, document.body.clone()).into_response()
}
