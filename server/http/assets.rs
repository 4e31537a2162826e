//! `GET /static/…`: what pages load, from memory, to be kept for ever under its hashed name.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::failure::Failure;
use crate::app::App;

/// `GET /static/{name}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let asset = app.renderer.asset(&name).ok_or(Failure::NotFound)?;
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == asset.etag.as_str());
    let head = [
        (header::CONTENT_TYPE, asset.content_type.to_owned()),
        (header::ETAG, asset.etag.clone()),
        (header::CACHE_CONTROL, asset.cache_control.to_owned()),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, head).into_response());
    }
    Ok((head, asset.bytes.clone().into_owned()).into_response())
}

/// `GET /favicon.ico`, which browsers ask for unasked.
pub(super) async fn favicon(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let url = app.renderer.asset_url("favicon.svg").ok_or(Failure::NotFound)?;
    Ok(super::page::go(url))
}
