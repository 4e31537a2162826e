//! `/account/profile`: what a person is called, and in which language they are written to.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::form::Sent;
use super::super::guard::SignedIn;
use super::{Said, actor, done, notice, show, show_as, wrong};
use crate::account::Error;
use crate::account::profile::{self, Change, LONGEST_NAME};
use crate::app::App;
use crate::render::{Notice, Profile};

const PATH: &str = "/account/profile";

/// What stands in the form for no language of one's own.
const NONE: &str = "browser";

/// `GET /account/profile`.
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    said: Query<Said>,
) -> Result<Response, Failure> {
    show(&app, &signed_in, PATH, &view(&app, &signed_in, notice(&said))).await
}

/// `POST /account/profile`: fields `name` and `language`.
pub(in super::super) async fn post(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    sent: Sent,
) -> Result<Response, Failure> {
    let field = |name: &str| sent.fields.get(name).cloned();
    let language =
        field("language").map(|chosen| if chosen == NONE { String::new() } else { chosen });
    let change = Change { name: field("name"), language };
    let error = match profile::update(&actor(&app, &signed_in), change).await {
        Ok(true) => return Ok(done(PATH, "saved")),
        Ok(false) => return Ok(super::page::go(PATH)),
        Err(Error::Name(most)) => wrong("name", "account.profile.bad_name", most),
        Err(Error::Language) => wrong("language", "account.profile.bad_language", 0),
        Err(error) => return Err(error.into()),
    };
    let mut view = view(&app, &signed_in, None);
    view.name = field("name").unwrap_or_default();
    view.errors.push(error);
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &app, &signed_in, PATH, &view).await
}

fn view(app: &App, signed_in: &SignedIn, notice: Notice) -> Profile {
    let user = &signed_in.user;
    let language = |locale: &crate::render::Locale| -> Value {
        json!({ "value": locale.lang(), "label": locale.name() })
    };
    Profile {
        name: user.name.clone(),
        longest_name: LONGEST_NAME,
        username: user.username.clone(),
        email: user.email.clone(),
        email_verified: user.email_verified_at.is_some(),
        language: user.language.clone().unwrap_or_else(|| NONE.to_owned()),
        languages: [json!({ "value": NONE, "label": "account.profile.browser" })]
            .into_iter()
            .chain(app.renderer.locales().all().iter().map(language))
            .collect(),
        errors: Vec::new(),
        notice,
    }
}
