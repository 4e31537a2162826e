//! `/account/security`: what a person signs in with, and where they are not asked for all of it.

use std::sync::Arc;

use assurance::Factor;
use axum::extract::{Query, State};
use axum::response::Response;
use store::Id;

use super::super::failure::Failure;
use super::super::form::Sent;
use super::super::guard::SignedIn;
use super::{Said, actor, done, notice, pressed, show};
use crate::account::devices;
use crate::account::factors::{self, Codes};
use crate::app::App;
use crate::render::{Security, SetUp};

const PATH: &str = "/account/security";

/// The flow that sets up each factor.
const SET_UPS: [(Factor, &str); 4] = [
    (Factor::Webauthn, "set-up-passkey"),
    (Factor::Totp, "set-up-totp"),
    (Factor::Sms, "set-up-sms-code"),
    (Factor::Email, "set-up-email-code"),
];

/// `GET /account/security`.
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    said: Query<Said>,
) -> Result<Response, Failure> {
    let actor = actor(&app, &signed_in);
    let factors = factors::list(&actor).await?;
    let view = Security {
        few_codes: factors.recovery_codes.as_ref().is_some_and(Codes::are_few),
        factors,
        set_ups: set_ups(&app),
        devices: devices::list(&actor).await?,
        notice: notice(&said),
    };
    show(&app, &signed_in, PATH, &view).await
}

/// What can be set up: what has a flow, and a way to send its codes.
fn set_ups(app: &App) -> Vec<SetUp> {
    let catalogue = app.engine.catalogue();
    let can = |factor: Factor| factor != Factor::Sms || app.settings.sms.is_some();
    SET_UPS
        .into_iter()
        .filter(|(factor, flow)| can(*factor) && catalogue.find(flow).is_some())
        .map(|(factor, flow)| SetUp {
            factor: factor.as_str(),
            url: format!("/flow/{flow}?next=%2Faccount%2Fsecurity"),
        })
        .collect()
}

/// `POST /account/security`: field `forget`.
pub(in super::super) async fn post(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    sent: Sent,
) -> Result<Response, Failure> {
    let actor = actor(&app, &signed_in);
    match pressed(&sent, "forget")? {
        "all" => {
            devices::forget_all(&actor).await?;
            Ok(done(PATH, "devices_forgotten"))
        }
        id => {
            devices::forget(&actor, &Id::from(id)).await?;
            Ok(done(PATH, "device_forgotten"))
        }
    }
}
