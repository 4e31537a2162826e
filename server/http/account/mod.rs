//! The account pages: each shows one part of `crate::account` and takes its forms. They work without a
//! script; a page that was posted to answers with a redirect to one that says what was done.
//!
//! To add a page: its view in `render/account.rs`, its template in `templates/account/` with a line in
//! `layout.html`, its handler here, its lines in `routes.rs`.

pub(super) mod activity;
pub(super) mod apps;
pub(super) mod factor;
pub(super) mod overview;
pub(super) mod profile;
pub(super) mod security;
pub(super) mod sessions;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use store::organisation;

use super::failure::Failure;
use super::guard::SignedIn;
use super::{cookies, csrf, page};
use crate::account::{Actor, Error};
use crate::app::App;
use crate::render::{Organisation, Person, View};

/// Who acts in this request.
pub(super) fn actor<'a>(app: &'a App, signed_in: &'a SignedIn) -> Actor<'a> {
    let visit = &signed_in.visitor.visit;
    Actor {
        app,
        user: &signed_in.user,
        session: &signed_in.session,
        ip: visit.ip,
        request_id: &visit.request_id,
        language: visit.lang.as_str(),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::Name(_) => Self::BadRequest("a name is one line of visible characters"),
            Error::Language => Self::BadRequest("there is no such language"),
            Error::Last(told) => Self::LastFactor(organisations(&told).into()),
            Error::Stale => Self::Stale,
            Error::Store(error) => error.into(),
            Error::Mail(error) => error.into(),
        }
    }
}

/// The organisations that a refusal is about, by name.
fn organisations(told: &assurance::Explanation) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for origin in told.reasons.iter().filter_map(|reason| reason.origin.as_ref()) {
        let is_default = matches!(origin, assurance::Origin::Organisation { slug, .. }
            if slug == store::standing::DEFAULT_ORGANISATION);
        let name = origin.name().filter(|name| !is_default && !names.iter().any(|n| n == name));
        names.extend(name.map(str::to_owned));
    }
    names
}

/// What the page that comes after an act says of it. Anything else in its place says nothing.
const NOTICES: [&str; 8] = [
    "saved",
    "renamed",
    "removed",
    "session_ended",
    "sessions_ended",
    "device_forgotten",
    "devices_forgotten",
    "disconnected",
];

/// What a page's address says beside its path.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    notice: Option<String>,
}

/// The notice of a page's address, if it is one of ours.
fn notice(Query(said): &Query<Said>) -> Option<&'static str> {
    let said = said.notice.as_deref()?;
    NOTICES.into_iter().find(|notice| *notice == said)
}

/// To the page at `path`, which says what was done.
fn done(path: &str, notice: &'static str) -> Response {
    page::go(&format!("{path}?notice={notice}"))
}

/// An account page at `path`, whose forms are posted there.
async fn show<V: View>(
    app: &App,
    signed_in: &SignedIn,
    path: &str,
    view: &V,
) -> Result<Response, Failure> {
    show_as(StatusCode::OK, app, signed_in, path, view).await
}

async fn show_as<V: View>(
    status: StatusCode,
    app: &App,
    signed_in: &SignedIn,
    path: &str,
    view: &V,
) -> Result<Response, Failure> {
    let SignedIn { visitor, user, .. } = signed_in;
    let mut conn = app.store.read().await?;
    let organisations = organisation::of_user(&mut conn, &user.id).await?;
    drop(conn);
    let (browser, is_new) = visitor.browser_or_new(app);
    let mut frame = page::frame(app, visitor, path);
    frame.csrf = csrf::token(app.store.sealer(), &browser);
    path.clone_into(&mut frame.action);
    frame.links.sign_out = Some("/logout".to_owned());
    frame.person = Some(Person::new(user.display_name(), user.email.as_deref()));
    if let [(only, _)] = organisations.as_slice() {
        let (colour, logo) = (only.colour.as_deref(), only.logo.as_deref());
        frame.brand.organisation = Some(Organisation::new(&only.name, colour, logo));
    }
    let html = app.renderer.render(&frame, view)?;
    let mut response = (status, Html(html)).into_response();
    if is_new {
        let cookie = cookies::browser(&browser, app.settings.is_secure());
        page::set_cookie(&mut response, &cookie);
    }
    Ok(response)
}

/// A field that cannot be taken, as forms show it.
fn wrong(field: &str, key: &str, most: usize) -> Value {
    json!({ "field": field, "key": key, "params": { "max": most } })
}

/// The value of the one field that a form of buttons sends.
fn pressed<'s>(sent: &'s super::form::Sent, field: &str) -> Result<&'s str, Failure> {
    let value = sent.fields.get(field).map(String::as_str);
    value.ok_or(Failure::BadRequest("a button of the form must be pressed"))
}
