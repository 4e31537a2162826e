//! `GET /healthz` (the process lives) and `GET /readyz` (it can serve).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use store::blueprint_version;

use crate::app::App;

/// `GET /healthz`
pub(super) async fn live() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database answers and there is a flow to run.
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    let reachable = match app.store.read().await {
        Ok(mut conn) => blueprint_version::latest(&mut conn).await.is_ok(),
        Err(_) => false,
    };
    match (reachable, app.engine.catalogue().version() > 0) {
        (true, true) => (StatusCode::OK, "ready"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"),
        (true, false) => (StatusCode::SERVICE_UNAVAILABLE, "no blueprint was applied"),
    }
}
