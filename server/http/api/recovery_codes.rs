//! Recovery codes: how many are left, and a new set in the place of the old one.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::super::account::actor;
use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::drive::Drive;
use super::login::Nothing;
use super::set_up;
use super::unambiguous::Json;
use crate::account::factors;
use crate::app::App;

const FLOW: &str = "set-up-recovery-codes";

/// How many codes are left. The codes themselves are known to nobody but their owner.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RecoveryCodesLeft")]
pub(in super::super) struct Remaining {
    left: i64,
    of: i64,
    /// When the set was made; `null` without one.
    #[schemars(with = "Option<chrono::DateTime<chrono::Utc>>")]
    created_at: Option<store::Time>,
}

/// A new set, shown here and never again. The old one is dead.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewRecoveryCodes")]
pub(super) struct NewSet {
    codes: Vec<String>,
}

/// `GET /api/v1/me/recovery-codes`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<axum::Json<Remaining>, Failure> {
    let codes = factors::list(&actor(&app, &signed_in)).await?.recovery_codes;
    Ok(axum::Json(match codes {
        Some(codes) => {
            Remaining { left: codes.left, of: codes.of, created_at: Some(codes.created_at) }
        }
        None => Remaining { left: 0, of: 0, created_at: None },
    }))
}

/// `POST /api/v1/me/recovery-codes`
pub(in super::super) async fn replace(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let view = drive.begin(FLOW).await?;
    let (view, codes) = set_up::take_codes(&drive, view).await?;
    let codes = codes.ok_or_else(|| drive.page_needed(&view))?;
    let finished = drive.finished(&view)?;
    Ok(drive.caller.settle(&app, finished, json!(NewSet { codes })))
}
