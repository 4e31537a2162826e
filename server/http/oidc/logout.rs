//! RP-initiated logout: `GET|POST /oauth/logout`, and the person's own word for it.

use std::sync::Arc;

use axum::extract::{Form, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use provider::EndSession;

use super::super::failure::Failure;
use super::super::form::Sent;
use super::super::frame::FormTarget;
use super::super::visitor::Visitor;
use super::super::{cookies, csrf, home, page};
use super::authorize::{ours, pairs, provider_error, target};
use crate::app::App;
use crate::render::{LoggedOut, LogoutConfirm, Person};

/// `GET /oauth/logout`
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Result<Response, Failure> {
    end(&app, &visitor, pairs(query.as_deref()), false).await
}

/// `POST /oauth/logout`
pub(in super::super) async fn post(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    match csrf::with_cookies("/oauth/logout", &headers, &visitor, &fields) {
        Some(location) => Ok(page::go(&location)),
        None => end(&app, &visitor, fields, false).await,
    }
}

/// `POST /oauth/logout/confirm`: the person agreed on our page; the request stands in the query.
pub(in super::super) async fn confirm(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
    _: Sent,
) -> Result<Response, Failure> {
    end(&app, &visitor, pairs(query.as_deref()), true).await
}

async fn end(
    app: &App,
    visitor: &Visitor,
    parameters: Vec<(String, String)>,
    confirmed: bool,
) -> Result<Response, Failure> {
    let judged = app
        .provider
        .end_session(parameters.clone(), visitor.session.as_ref(), confirmed)
        .await
        .map_err(provider_error)?;
    match judged {
        EndSession::Error(refusal) => ours(app, visitor, &refusal),
        EndSession::Ask { client } => ask(app, visitor, &parameters, client),
        EndSession::Done { end, redirect } => {
            if end {
                home::end_session(app, visitor).await?;
            }
            let mut response = if let Some(location) = redirect {
                page::go(location.as_str())
            } else {
                let frame = page::frame(app, visitor, "/");
                Html(app.renderer.render(&frame, &LoggedOut { client: None })?).into_response()
            };
            if end {
                let cookie = cookies::no_session(app.settings.is_secure());
                page::set_cookie(&mut response, &cookie);
            }
            Ok(response)
        }
    }
}

fn ask(
    app: &App,
    visitor: &Visitor,
    parameters: &[(String, String)],
    client: Option<String>,
) -> Result<Response, Failure> {
    let (browser, is_new) = visitor.browser_or_new(app);
    let is_proven = client.is_some();
    let mut frame = page::frame(app, visitor, "/oauth/logout");
    let query: String =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    frame.languages.clear();
    frame.action = format!("/oauth/logout/confirm?{query}");
    frame.csrf = csrf::token(app.store.sealer(), &browser);
    frame.links.back = Some("/".to_owned());
    if let Some((_, user)) = &visitor.session {
        frame.person = Some(Person::new(user.display_name(), user.email.as_deref()));
    }
    let html = app.renderer.render(&frame, &LogoutConfirm { client })?;
    let mut response = (StatusCode::OK, Html(html)).into_response();
    if is_new {
        let cookie = cookies::browser(&browser, app.settings.is_secure());
        page::set_cookie(&mut response, &cookie);
    }
    // The client's registered address follows by redirect; nobody else is ever redirected to.
    let asked = parameters.iter().find(|(name, _)| is_proven && name == "post_logout_redirect_uri");
    if let Some(target) = asked.and_then(|(_, uri)| target(uri)) {
        response.extensions_mut().insert(FormTarget(target));
    }
    Ok(response)
}
