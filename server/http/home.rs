//! `GET /`: who is signed in; and `POST /logout`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use engine::definition::Purpose;
use store::{client, event, organisation, session};

use super::failure::Failure;
use super::form::Sent;
use super::visitor::Visitor;
use super::{cookies, csrf, page};
use crate::app::App;
use crate::render::{Account, App as Application, Person};

/// `GET /`: the person's page, or the way to sign in.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let Some((session, user)) = &visitor.session else {
        let catalogue = app.engine.catalogue();
        let slug = app.sign_in_flow();
        let there = catalogue.find(&slug).is_some_and(|p| p.purpose() == Purpose::Authentication);
        return if there { Ok(page::go(&format!("/flow/{slug}"))) } else { Err(Failure::NotFound) };
    };
    let mut conn = app.store.read().await?;
    let organisations = organisation::of_user(&mut conn, &user.id).await?;
    let clients = client::all(&mut conn).await?;
    drop(conn);
    let (browser, is_new) = visitor.browser_or_new(&app);
    let mut frame = page::frame(&app, &visitor, "/");
    frame.csrf = csrf::token(app.store.sealer(), &browser);
    "/logout".clone_into(&mut frame.action);
    frame.links.sign_out = Some("/logout".to_owned());
    frame.person = Some(Person::new(user.display_name(), user.email.as_deref()));
    if let [(only, _)] = organisations.as_slice() {
        frame.brand.organisation = Some(crate::render::Organisation::new(
            &only.name,
            only.colour.as_deref(),
            only.logo.as_deref(),
        ));
    }
    // An organisation's applications are its members' alone to see.
    let is_mine = |client: &client::Client| {
        let of = client.organisation_id.as_ref();
        of.is_none_or(|id| organisations.iter().any(|(organisation, _)| organisation.id == *id))
    };
    let apps: Vec<_> = clients
        .into_iter()
        .filter(|client| client.disabled_at.is_none() && is_mine(client))
        .collect();
    let account = Account {
        acr: session.acr.clone(),
        amr: session.amr.0.clone(),
        auth_time: Some(session.auth_time.to_rfc3339()),
        organisations: organisations.into_iter().map(|(o, _)| o.name).collect(),
        apps: apps
            .into_iter()
            .filter_map(|client| {
                let uri = client.settings.client_uri.clone()?;
                Some(Application { name: client.name, uri: Some(uri) })
            })
            .collect(),
    };
    let mut response = Html(app.renderer.render(&frame, &account)?).into_response();
    if is_new {
        let cookie = cookies::browser(&browser, app.settings.is_secure());
        page::set_cookie(&mut response, &cookie);
    }
    Ok(response)
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
