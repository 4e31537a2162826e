//! `/account/activity`: what happened to a person's account.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::{actor, show};
use crate::account::activity;
use crate::app::App;
use crate::render::ActivityPage;

/// Where a page begins.
#[derive(Debug, Deserialize)]
pub(in super::super) struct From {
    /// Before this event.
    pub(in super::super) before: Option<String>,
}

/// `GET /account/activity`.
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    let before = from.before.as_deref();
    let activity = activity::page(&actor(&app, &signed_in), before).await?;
    let view = ActivityPage { activity, newest: before.is_none() };
    show(&app, &signed_in, "/account/activity", &view).await
}
