//! Authenticator apps: set up, verify, disable.

use std::sync::Arc;

use assurance::Factor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::execution;

use super::super::account::actor;
use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::drive::Drive;
use super::login::Nothing;
use super::problem::Problem;
use super::question::Shown;
use super::unambiguous::Json;
use super::{set_up, step_up};
use crate::account::factors::{self, Bound};
use crate::app::App;

const FLOW: &str = "set-up-totp";
const COMPONENT: &str = "totp_setup";

/// A secret that waits for its first code. It is shown here and never again.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TotpSetUp")]
pub(super) struct SetUp {
    /// The set-up, for `confirm`.
    setup: String,
    /// In base32.
    secret: String,
    /// `otpauth://totp/…`, for the app.
    uri: String,
    /// The same as a QR code: a PNG as `data:` URI.
    qr: String,
    issuer: String,
    digits: i64,
    /// In seconds.
    period: i64,
}

/// The first code of an app.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TotpConfirmation")]
pub(in super::super) struct Confirmation {
    setup: String,
    code: String,
    /// What the owner calls the app.
    #[serde(default)]
    name: Option<String>,
}

/// A code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TotpCode")]
pub(in super::super) struct Code {
    code: String,
}

/// A code of the app that goes; none where no app was confirmed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TotpDisabling")]
pub(in super::super) struct Disabling {
    #[serde(default)]
    code: Option<String>,
    /// Which, where there are several.
    #[serde(default)]
    factor: Option<String>,
}

/// What is gone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TotpDisabled")]
pub(super) struct Disabled {
    /// The factor; `null` where only a set-up was pending.
    disabled: Option<String>,
}

/// `POST /api/v1/me/totp`
pub(in super::super) async fn start(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let view = set_up::begin(&drive, &signed_in, FLOW, Factor::Totp).await?;
    let data = drive.expect(&view, COMPONENT)?;
    let body = SetUp {
        setup: view.execution.to_string(),
        secret: set_up::text(data, "secret").replace(' ', ""),
        uri: set_up::text(data, "uri"),
        qr: set_up::text(data, "qr"),
        issuer: set_up::text(data, "issuer"),
        digits: data["digits"].as_i64().unwrap_or_default(),
        period: data["period"].as_i64().unwrap_or_default(),
    };
    Ok(drive.caller.respond(&app, json!(body)))
}

/// `POST /api/v1/me/totp/confirm`
pub(in super::super) async fn confirm(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Confirmation>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let view = set_up::resume(&drive, &sent.setup, FLOW, COMPONENT).await?;
    let answer = json!({ "code": sent.code, "name": sent.name });
    set_up::confirm(&drive, &signed_in, view, answer).await
}

/// `POST /api/v1/me/totp/verify`: a step-up with a code.
pub(in super::super) async fn verify(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Code>,
) -> Result<Response, Failure> {
    let shown = Shown { code: Some(sent.code), ..Shown::default() };
    step_up::show_now(&app, &signed_in, Factor::Totp, shown).await
}

/// `POST /api/v1/me/totp/disable`: with a code where an app was confirmed; a set-up that is pending is
/// abandoned.
pub(in super::super) async fn disable(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Disabling>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    abandon(&drive).await?;
    let actor = actor(&app, &signed_in);
    let all = factors::list(&actor).await?.factors;
    let apps: Vec<Bound> =
        all.into_iter().filter(|bound| bound.factor == Factor::Totp.as_str()).collect();
    if apps.is_empty() {
        return Ok(drive.caller.respond(&app, json!(Disabled { disabled: None })));
    }
    let id = which(&apps, sent.factor.as_deref())?.id.clone();
    // Before the code is used up.
    factors::check(&actor, &id).await?;
    let code =
        sent.code.ok_or_else(|| Problem::malformed("a code of the app is needed: `code`"))?;
    let shown = Shown { code: Some(code), ..Shown::default() };
    let view = step_up::prove(&drive, Factor::Totp, shown).await?;
    let finished = drive.finished(&view)?;
    factors::remove(&actor, &id).await?;
    let body = Disabled { disabled: Some(id.to_string()) };
    Ok(drive.caller.settle(&app, finished, json!(body)))
}

async fn abandon(drive: &Drive) -> Result<(), Failure> {
    let mut unit = drive.app.store.write().await?;
    execution::delete_unfinished(&mut unit, FLOW, &drive.caller.request.browser).await?;
    Ok(unit.commit().await?)
}

fn which<'a>(apps: &'a [Bound], named: Option<&str>) -> Result<&'a Bound, Failure> {
    match (apps, named) {
        (apps, Some(named)) => {
            let found = apps.iter().find(|bound| bound.id.as_str() == named);
            found.ok_or(Failure::NotFound)
        }
        ([only], None) => Ok(only),
        _ => {
            let title = "there are several authenticator apps: say which by `factor`";
            let problem = Problem::new(StatusCode::CONFLICT, "several_factors", title);
            Err(problem.with("factors", json!(apps)).into())
        }
    }
}
