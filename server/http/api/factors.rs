//! The person's factors: list, rename, delete. Set-ups are in the files of the factors.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use store::Id;

use super::super::account::actor;
use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::unambiguous::Json;
use crate::account::factors::{self, Bound, Factors};
use crate::app::App;

/// Another name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FactorName")]
pub(in super::super) struct Naming {
    pub(super) name: String,
}

/// `GET /api/v1/me/factors`
pub(in super::super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Answer<Factors>, Failure> {
    Ok(Answer(factors::list(&actor(&app, &signed_in)).await?))
}

/// `PATCH /api/v1/me/factors/{id}`
pub(in super::super) async fn rename(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(sent): Json<Naming>,
) -> Result<Answer<Bound>, Failure> {
    let actor = actor(&app, &signed_in);
    Ok(Answer(factors::rename(&actor, &Id::from(id), &sent.name).await?))
}

/// `DELETE /api/v1/me/factors/{id}`
pub(in super::super) async fn delete(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    factors::remove(&actor(&app, &signed_in), &Id::from(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
