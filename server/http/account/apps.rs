//! `/account/apps`: the apps that a person let see something of them.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use store::Id;

use super::super::failure::Failure;
use super::super::form::Sent;
use super::super::guard::SignedIn;
use super::{Said, actor, done, notice, pressed, show};
use crate::account::apps;
use crate::app::App;
use crate::render::Apps;

const PATH: &str = "/account/apps";

/// `GET /account/apps`.
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    said: Query<Said>,
) -> Result<Response, Failure> {
    let apps = apps::list(&actor(&app, &signed_in)).await?;
    show(&app, &signed_in, PATH, &Apps { apps, notice: notice(&said) }).await
}

/// `POST /account/apps`: field `disconnect`.
pub(in super::super) async fn post(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    sent: Sent,
) -> Result<Response, Failure> {
    let client = Id::from(pressed(&sent, "disconnect")?);
    apps::disconnect(&actor(&app, &signed_in), &client).await?;
    Ok(done(PATH, "disconnected"))
}
