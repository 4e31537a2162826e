//! `POST /api/v1/me/password`: another password. Everything that was issued before ends, but for the
//! session in which it is changed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::drive::{Drive, asked};
use super::problem::Problem;
use super::unambiguous::Json;
use crate::app::App;

const FLOW: &str = "change-password";

/// Another password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordChange")]
pub(in super::super) struct Change {
    /// The one that holds until now; none where the person has none.
    #[serde(default)]
    current: Option<String>,
    new: String,
}

/// It holds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PasswordChanged")]
pub(super) struct Changed {
    changed: bool,
}

/// `POST /api/v1/me/password`
pub(in super::super) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Change>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    if drive.caller.is_delegate() {
        let title = "an access token changes no password: it would end its own session";
        return Err(Problem::new(StatusCode::FORBIDDEN, "browser_needed", title).into());
    }
    let mut view = drive.begin(FLOW).await?;
    if asked(&view).is_some_and(|challenge| challenge.component == "password") {
        let current = sent.current.ok_or_else(|| Problem::malformed("send `current` too"))?;
        view = drive.answer(view, json!({ "password": current })).await?;
    }
    drive.expect(&view, "prompt")?;
    let view = drive.answer(view, json!({ "password": sent.new })).await?;
    let finished = drive.finished(&view)?;
    Ok(drive.caller.settle(&app, finished, json!(Changed { changed: true })))
}
