//! Passkeys and security keys: register, list, rename, delete.

use std::sync::Arc;

use assurance::Factor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::Id;

use super::super::account::actor;
use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::drive::Drive;
use super::factors::Naming;
use super::login::Nothing;
use super::set_up;
use super::unambiguous::Json;
use crate::account::factors::{self, Bound};
use crate::app::App;

const FLOW: &str = "set-up-passkey";
const COMPONENT: &str = "webauthn_setup";

/// A registration that waits for the authenticator.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PasskeySetUp")]
pub(super) struct SetUp {
    /// The set-up, for `finish`.
    setup: String,
    /// For `navigator.credentials.create()`.
    options: Map<String, Value>,
}

/// What the authenticator made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasskeyRegistration")]
pub(in super::super) struct Registration {
    setup: String,
    /// The `PublicKeyCredential` as its `toJSON()` makes it.
    #[schemars(with = "Map<String, Value>")]
    credential: Value,
    /// What the owner calls it.
    #[serde(default)]
    name: Option<String>,
}

/// The person's passkeys.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct Passkeys {
    passkeys: Vec<Bound>,
}

/// `POST /api/v1/me/passkeys`
pub(in super::super) async fn start(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let view = set_up::begin(&drive, &signed_in, FLOW, Factor::Webauthn).await?;
    let data = drive.expect(&view, COMPONENT)?;
    let options = data["options"].as_object().cloned().unwrap_or_default();
    let body = SetUp { setup: view.execution.to_string(), options };
    Ok(drive.caller.respond(&app, json!(body)))
}

/// `POST /api/v1/me/passkeys/finish`
pub(in super::super) async fn finish(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Registration>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let view = set_up::resume(&drive, &sent.setup, FLOW, COMPONENT).await?;
    let answer = json!({ "credential": sent.credential, "name": sent.name });
    set_up::confirm(&drive, &signed_in, view, answer).await
}

/// `GET /api/v1/me/passkeys`
pub(in super::super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<axum::Json<Passkeys>, Failure> {
    let all = factors::list(&actor(&app, &signed_in)).await?.factors;
    let passkeys = all.into_iter().filter(is_passkey).collect();
    Ok(axum::Json(Passkeys { passkeys }))
}

/// `PATCH /api/v1/me/passkeys/{id}`
pub(in super::super) async fn rename(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(sent): Json<Naming>,
) -> Result<axum::Json<Bound>, Failure> {
    let id = find(&app, &signed_in, &id).await?;
    Ok(axum::Json(factors::rename(&actor(&app, &signed_in), &id, &sent.name).await?))
}

/// `DELETE /api/v1/me/passkeys/{id}`
pub(in super::super) async fn delete(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let id = find(&app, &signed_in, &id).await?;
    factors::remove(&actor(&app, &signed_in), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The passkey of the person with this id.
async fn find(
    app: &App,
    signed_in: &SignedIn,
    id: &str,
) -> Result<Id<store::credential::Credential>, Failure> {
    let found = factors::find(&actor(app, signed_in), &Id::from(id)).await?;
    if is_passkey(&found) { Ok(found.id) } else { Err(Failure::NotFound) }
}

fn is_passkey(bound: &Bound) -> bool {
    bound.factor == Factor::Webauthn.as_str()
}
