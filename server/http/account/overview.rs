//! `GET /account`: the account at a glance.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::{actor, show};
use crate::account::overview;
use crate::app::App;
use crate::render::{App as Application, Overview};

/// `GET /account`.
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Response, Failure> {
    let overview = overview::of(&actor(&app, &signed_in)).await?;
    let session = &signed_in.session;
    let to_go_to = |client: store::client::Client| {
        let uri = client.settings.0.client_uri?;
        Some(Application { name: client.name, uri: Some(uri) })
    };
    let view = Overview {
        acr: session.acr.clone(),
        amr: session.amr.0.clone(),
        auth_time: session.auth_time.to_rfc3339(),
        organisations: overview.organisations.into_iter().map(|o| o.name).collect(),
        apps: overview.apps.into_iter().filter_map(to_go_to).collect(),
        nudges: overview.nudges,
    };
    show(&app, &signed_in, "/account", &view).await
}
