//! Flows as pages: `GET|POST /flow/{slug}`.
//!
//! `GET` without `e` begins an execution, with `e` shows it, with `link` shows what a mailed link
//! would do. Every `POST` is answered with 303 to the page that comes next, so that reloading and
//! going back never send an answer again.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use engine::definition::Purpose;
use engine::{Begin, Body};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::Id;

use super::failure::Failure;
use super::form::Sent;
use super::visitor::Visitor;
use super::{cookies, csrf, next, page};
use crate::app::App;
use crate::render::Challenge;

/// What a flow's URL says.
#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    /// The execution.
    e: Option<String>,
    /// A mailed link.
    link: Option<String>,
    /// The relying party's request that needs this flow.
    interaction: Option<String>,
    /// The page of ours to go back to.
    next: Option<String>,
}

/// `GET /flow/{slug}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    Query(parameters): Query<Parameters>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    if let Some(token) = &parameters.link {
        return show_link(&app, &visitor, &slug, token).await;
    }
    if let Some(id) = &parameters.e {
        let browser = visitor.browser.clone().ok_or(Failure::Expired)?;
        let request = visitor.request(&browser);
        return match app.engine.view(&slug, &Id::from(id.as_str()), &request).await {
            Ok(view) => page::execution(&app, &visitor, &browser, view).await,
            // Whoever is signed in has no use for a page that is over.
            Err(engine::Error::UnknownExecution) if visitor.session.is_some() => Ok(page::go("/")),
            Err(error) => Err(error.into()),
        };
    }
    begin(&app, &visitor, &slug, &parameters).await
}

async fn begin(
    app: &App,
    visitor: &Visitor,
    slug: &str,
    parameters: &Parameters,
) -> Result<Response, Failure> {
    let (browser, is_new) = visitor.browser_or_new(app);
    let next = parameters.next.as_deref().and_then(next::check);
    let interaction = match &parameters.interaction {
        Some(id) => Some(app.interaction(id, &browser).await?.ok_or(Failure::Expired)?),
        None => None,
    };
    let catalogue = app.engine.catalogue();
    let program = catalogue.find(slug).ok_or(Failure::NotFound)?;
    if program.purpose() == Purpose::Authentication
        && interaction.is_none()
        && visitor.session.is_some()
    {
        return Ok(page::go(next.unwrap_or("/")));
    }
    let request = visitor.request(&browser);
    let view = app
        .engine
        .begin(slug, &request, Begin { interaction, next: next.map(str::to_owned) })
        .await?;
    let mut response = match &view.body {
        Body::Finished(_) => page::execution(app, visitor, &browser, view).await?,
        _ => page::go(&format!("/flow/{slug}?e={}", view.execution)),
    };
    if is_new {
        let cookie = cookies::browser(&browser, app.settings.is_secure());
        page::set_cookie(&mut response, &cookie);
    }
    Ok(response)
}

/// `POST /flow/{slug}`
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    Query(parameters): Query<Parameters>,
    visitor: Visitor,
    Sent { browser, mut fields }: Sent,
) -> Result<Response, Failure> {
    let request = visitor.request(&browser);
    if let Some(token) = &parameters.link {
        let view = app.engine.open_link(&slug, token, &request).await?;
        return onward(&app, &visitor, &browser, view).await;
    }
    let id = parameters.e.ok_or(Failure::BadRequest("the form names no execution"))?;
    let step = fields.remove("step").and_then(|step| step.parse().ok());
    let step = step.ok_or(Failure::BadRequest("the form names no step"))?;
    let answer: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let answered = app
        .engine
        .answer(&slug, &Id::from(id.as_str()), step, Value::Object(answer), &request)
        .await;
    match answered {
        Ok(view) => onward(&app, &visitor, &browser, view).await,
        // Another tab, a double click or the back button: show where it stands.
        Err(engine::Error::Stale) => Ok(page::go(&format!("/flow/{slug}?e={id}"))),
        Err(engine::Error::UnknownExecution) if visitor.session.is_some() => Ok(page::go("/")),
        Err(error) => Err(error.into()),
    }
}

async fn onward(
    app: &App,
    visitor: &Visitor,
    browser: &str,
    view: engine::View,
) -> Result<Response, Failure> {
    match &view.body {
        Body::Finished(_) => page::execution(app, visitor, browser, view).await,
        _ => Ok(page::go(&format!("/flow/{}?e={}", view.flow.slug, view.execution))),
    }
}

/// What a mailed link leads to: a page that asks to go on. Looking at it changes nothing, since mail
/// scanners look at every link.
async fn show_link(
    app: &App,
    visitor: &Visitor,
    slug: &str,
    token: &str,
) -> Result<Response, Failure> {
    if !cookies::is_token(token) {
        return Err(Failure::LinkInvalid);
    }
    app.engine.find_link(slug, token).await?;
    let (browser, is_new) = visitor.browser_or_new(app);
    let path = format!("/flow/{slug}?link={token}");
    let mut frame = page::frame(app, visitor, &path);
    frame.csrf = csrf::token(app.store.sealer(), &browser);
    frame.action = path;
    let data = json!({ "state": "confirm" });
    let errors: &[Value] = &[];
    let challenge = Challenge { component: "email_link", title: None, data: &data, errors };
    let html = app.renderer.stage(&frame, &challenge)?;
    let mut response = Html(html).into_response();
    if is_new {
        let cookie = cookies::browser(&browser, app.settings.is_secure());
        page::set_cookie(&mut response, &cookie);
    }
    Ok(response)
}
