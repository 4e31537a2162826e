//! What the API is, as an OpenAPI 3.1 document, made from the list of routes: each line in `routes.rs`
//! names its [`Operation`], and the types of bodies and answers are those that the handlers read and
//! write. `document.rs` puts it together, `page.rs` shows it to people.
//!
//! To describe a route: a constant in the file of its subject here, and `.is(&…)` in its line.

pub(in super::super) mod account;
mod document;
pub(in super::super) mod factors;
pub(in super::super) mod flows;
pub(in super::super) mod itself;
pub(in super::super) mod login;
mod operation;
mod page;
pub(in super::super) mod step_up;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::super::routes::routes;
use crate::app::App;

pub use document::openapi;
pub use operation::Operation;
pub(in super::super) use page::show as page;

/// `GET /api/v1/openapi.json`
pub(in super::super) async fn show(State(app): State<Arc<App>>) -> Json<Value> {
    Json(openapi(&routes(), app.engine.registry(), &app.settings.public_url))
}
