//! The account as JSON, beside its factors: sessions, remembered devices, apps, activity, and the
//! person's own details. The same acts as the account pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use store::Id;

use super::super::account::activity::From;
use super::super::account::actor;
use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::unambiguous;
use crate::account::profile::{self, Change};
use crate::account::{activity, apps, devices, sessions};
use crate::app::App;

/// `GET /api/v1/me/sessions`.
pub(in super::super) async fn sessions(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Value>, Failure> {
    let sessions = sessions::list(&actor(&app, &signed_in)).await?;
    Ok(Json(json!({ "sessions": sessions })))
}

/// `DELETE /api/v1/me/sessions/{id}`.
pub(in super::super) async fn end_session(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    sessions::end(&actor(&app, &signed_in), &Id::from(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/me/sessions`: all others.
pub(in super::super) async fn end_other_sessions(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Value>, Failure> {
    let ended = sessions::end_others(&actor(&app, &signed_in)).await?;
    Ok(Json(json!({ "ended": ended })))
}

/// `GET /api/v1/me/devices`.
pub(in super::super) async fn devices(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Value>, Failure> {
    let devices = devices::list(&actor(&app, &signed_in)).await?;
    Ok(Json(json!({ "devices": devices })))
}

/// `DELETE /api/v1/me/devices/{id}`.
pub(in super::super) async fn forget_device(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    devices::forget(&actor(&app, &signed_in), &Id::from(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/me/devices`: all of them.
pub(in super::super) async fn forget_devices(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Value>, Failure> {
    let forgotten = devices::forget_all(&actor(&app, &signed_in)).await?;
    Ok(Json(json!({ "forgotten": forgotten })))
}

/// `GET /api/v1/me/apps`.
pub(in super::super) async fn apps(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Value>, Failure> {
    let apps = apps::list(&actor(&app, &signed_in)).await?;
    Ok(Json(json!({ "apps": apps })))
}

/// `DELETE /api/v1/me/apps/{client}`.
pub(in super::super) async fn disconnect(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(client): Path<String>,
) -> Result<StatusCode, Failure> {
    apps::disconnect(&actor(&app, &signed_in), &Id::from(client)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/me/activity`: 50 events, those before `?before=<id>` or the newest.
pub(in super::super) async fn activity(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Query(from): Query<From>,
) -> Result<Json<Value>, Failure> {
    let page = activity::page(&actor(&app, &signed_in), from.before.as_deref()).await?;
    Ok(Json(json!({ "events": page.events, "next": page.next })))
}

/// `PATCH /api/v1/me`: the name, the language; what is left out stays.
pub(in super::super) async fn update(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    unambiguous::Json(change): unambiguous::Json<Change>,
) -> Result<StatusCode, Failure> {
    profile::update(&actor(&app, &signed_in), change).await?;
    Ok(StatusCode::NO_CONTENT)
}
