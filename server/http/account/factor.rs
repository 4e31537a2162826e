//! `/account/factors/{id}`: one factor, to be renamed or removed.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use store::Id;
use store::credential::Credential;

use super::super::failure::Failure;
use super::super::form::Sent;
use super::super::guard::SignedIn;
use super::{Said, actor, done, notice, organisations, show, show_as, wrong};
use crate::account::factors::{self, LONGEST_NAME};
use crate::account::{Actor, Error};
use crate::app::App;
use crate::render::{FactorPage, Refused, Remove};

fn path(id: &Id<Credential>) -> String {
    format!("/account/factors/{id}")
}

/// `GET /account/factors/{id}`.
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    said: Query<Said>,
) -> Result<Response, Failure> {
    let factor = factors::find(&actor(&app, &signed_in), &Id::from(id)).await?;
    let view = FactorPage {
        typed: factor.name.clone(),
        longest_name: LONGEST_NAME,
        errors: Vec::new(),
        notice: notice(&said),
        factor,
    };
    show(&app, &signed_in, &path(&view.factor.id), &view).await
}

/// `POST /account/factors/{id}`: field `name`.
pub(in super::super) async fn rename(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, Failure> {
    let actor = actor(&app, &signed_in);
    let factor = factors::find(&actor, &Id::from(id)).await?;
    let typed = sent.fields.get("name").cloned().unwrap_or_default();
    match factors::rename(&actor, &factor.id, &typed).await {
        Ok(renamed) => Ok(done(&path(&renamed.id), "renamed")),
        Err(Error::Name(most)) => {
            let errors = vec![wrong("name", "account.factor.bad_name", most)];
            let path = path(&factor.id);
            let view =
                FactorPage { factor, typed, longest_name: LONGEST_NAME, errors, notice: None };
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &app, &signed_in, &path, &view).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /account/factors/{id}/remove`: what it means, or why it can't be.
pub(in super::super) async fn ask(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let actor = actor(&app, &signed_in);
    let checked = factors::check(&actor, &Id::from(&*id)).await;
    answer(&app, &signed_in, &actor, &id, checked).await
}

/// `POST /account/factors/{id}/remove`.
pub(in super::super) async fn remove(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    _: Sent,
) -> Result<Response, Failure> {
    let actor = actor(&app, &signed_in);
    match factors::remove(&actor, &Id::from(&*id)).await {
        Ok(()) => Ok(done("/account/security", "removed")),
        refused => answer(&app, &signed_in, &actor, &id, refused).await,
    }
}

/// The page that asks, or says why not.
async fn answer(
    app: &App,
    signed_in: &SignedIn,
    actor: &Actor<'_>,
    id: &str,
    checked: Result<(), Error>,
) -> Result<Response, Failure> {
    let refused = match checked {
        Ok(()) => None,
        Err(Error::Last(told)) => Some(Refused {
            organisations: organisations(&told),
            reasons: serde_json::to_value(&told.reasons)
                .map_err(|error| Failure::Internal(error.to_string().into()))?,
        }),
        Err(error) => return Err(error.into()),
    };
    let factor = factors::find(actor, &Id::from(id)).await?;
    let status = if refused.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let path = format!("{}/remove", path(&factor.id));
    show_as(status, app, signed_in, &path, &Remove { factor, refused }).await
}
