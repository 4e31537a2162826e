//! `GET /`: to the account of who is signed in, or to the way to sign in; and `POST /logout`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use engine::definition::Purpose;
use store::{event, session};

use super::failure::Failure;
use super::form::Sent;
use super::visitor::Visitor;
use super::{cookies, page};
use crate::app::App;

/// `GET /`: the start of everybody.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    if visitor.session.is_some() {
        return Ok(page::go("/account"));
    }
    let catalogue = app.engine.catalogue();
    let slug = app.sign_in_flow();
    let there = catalogue.find(&slug).is_some_and(|p| p.purpose() == Purpose::Authentication);
    if there { Ok(page::go(&format!("/flow/{slug}"))) } else { Err(Failure::NotFound) }
}

/// `POST /logout`: ends the browser's session.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    _: Sent,
) -> Result<Response, Failure> {
    end_session(&app, &visitor).await?;
    let mut response = page::go("/");
    page::set_cookie(&mut response, &cookies::no_session(app.settings.is_secure()));
    Ok(response)
}

/// Ends the session that came with a request.
pub(super) async fn end_session(app: &App, visitor: &Visitor) -> Result<(), Failure> {
    let Some((session, user)) = &visitor.session else { return Ok(()) };
    let ambient = app.store.ambient();
    let now = ambient.now();
    let mut unit = app.store.write().await?;
    session::end(&mut unit, &session.id, now).await?;
    let event = event::NewEvent {
        actor_id: Some(user.id.clone()),
        user_id: Some(user.id.clone()),
        ip: visitor.visit.ip.map(|ip| ip.to_string()),
        request_id: Some(visitor.visit.request_id.clone()),
        data: serde_json::json!({ "session": session.id }),
        ..event::NewEvent::new("logout", event::Outcome::Success)
    };
    event::create(&mut unit, ambient.id(), now, event).await?;
    Ok(unit.commit().await?)
}
