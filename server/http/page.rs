//! From what the engine and the provider say to a page.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use cookie::Cookie;
use engine::{Body, Denial, Destination, Finished, View};
use serde_json::{Value, json};
use store::organisation;

use super::cookies;
use super::failure::Failure;
use super::frame::FormTarget;
use super::visitor::Visitor;
use crate::app::App;
use crate::render::{Challenge, ClientHead, FlowHead, Organisation, Page, Person};

/// The frame of a page for this visitor.
pub(super) fn frame(app: &App, visitor: &Visitor, path: &str) -> Page {
    let visit = &visitor.visit;
    let mut page = Page::new(&app.renderer, &visit.lang, &visit.request_id, &visit.nonce);
    let joint = if path.contains('?') { '&' } else { '?' };
    page.languages =
        app.renderer.languages(&visit.lang, |lang| format!("{path}{joint}lang={lang}"));
    page
}

/// Puts a cookie into a response.
pub(super) fn set_cookie(response: &mut Response, cookie: &Cookie<'_>) {
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// 303, the only way on after a form (RFC 9700 §4.12). `target` is a path or URL made by this server.
pub(super) fn go(target: &str) -> Response {
    Redirect::to(target).into_response()
}

/// The page of an execution that asks, or the way on from one that is over.
pub(super) async fn execution(
    app: &App,
    visitor: &Visitor,
    browser: &str,
    view: View,
) -> Result<Response, Failure> {
    let path = format!("/flow/{}?e={}", view.flow.slug, view.execution);
    match &view.body {
        Body::Finished(finished) => Ok(finish(app, finished)),
        Body::Ask { title, challenge, errors, .. } => {
            let page = flow_page(app, visitor, browser, &view, &path).await?;
            let challenge = Challenge {
                component: challenge.component,
                title: title.as_deref(),
                data: &challenge.data,
                errors,
            };
            let html = app.renderer.stage(&page, &challenge)?;
            Ok(with_target(&view, Html(html).into_response()))
        }
        Body::Denied(denial) => {
            let page = flow_page(app, visitor, browser, &view, &path).await?;
            let (component, data) = refusal(denial);
            let errors: &[Value] = &[];
            let challenge = Challenge { component, title: None, data: &data, errors };
            let html = app.renderer.stage(&page, &challenge)?;
            let status = axum::http::StatusCode::FORBIDDEN;
            Ok(with_target(&view, (status, Html(html)).into_response()))
        }
    }
}

/// Forms of a page may lead, by redirects, to the relying party that waits.
fn with_target(view: &View, mut response: Response) -> Response {
    let target = view.interaction.as_ref().and_then(|interaction| interaction.leads_to.clone());
    if let Some(target) = target {
        response.extensions_mut().insert(FormTarget(target));
    }
    response
}

async fn flow_page(
    app: &App,
    visitor: &Visitor,
    browser: &str,
    view: &View,
    path: &str,
) -> Result<Page, Failure> {
    let mut page = frame(app, visitor, path);
    page.csrf = super::csrf::token(app.store.sealer(), browser);
    path.clone_into(&mut page.action);
    page.step = u64::try_from(view.step).unwrap_or(0);
    page.flow = Some(FlowHead {
        slug: view.flow.slug.clone(),
        title: view.flow.title.clone().unwrap_or_default(),
        purpose: view.flow.purpose.as_str().to_owned(),
    });
    page.person = view.person.as_ref().map(|person| {
        let name = person.name.as_deref().unwrap_or(&person.login);
        Person::new(name, Some(&person.login))
    });
    let restart = match &view.interaction {
        Some(interaction) => format!("/oauth/authorize/{}?again=1", interaction.id),
        None => format!("/flow/{}", view.flow.slug),
    };
    page.links.not_you = Some(restart.clone());
    page.links.restart = Some(restart);
    if let Some(interaction) = &view.interaction {
        page.client = Some(ClientHead { name: interaction.client.name.clone() });
        if let Some(slug) = &interaction.client.organisation {
            let mut conn = app.store.read().await?;
            let found = organisation::find(&mut conn, slug).await?;
            page.brand.organisation =
                found.map(|o| Organisation::new(&o.name, o.colour.as_deref(), o.logo.as_deref()));
        }
    }
    Ok(page)
}

/// A refusal as the component and data that show it: with its reasons where `assurance` gave some.
pub(super) fn refusal(denial: &Denial) -> (&'static str, Value) {
    if let Some(explanation) = &denial.explanation {
        let data = json!({ "outcome": "deny", "reasons": explanation.reasons, "enrol_by": null });
        return ("gate", data);
    }
    let text = denial.text.as_ref().unwrap_or(&denial.key);
    ("deny", json!({ "text": text, "reasons": [] }))
}

/// Where a finished flow leads.
pub(super) fn target(destination: &Destination) -> String {
    match destination {
        Destination::Interaction(id) => format!("/oauth/authorize/{id}"),
        Destination::Url(url) | Destination::Path(url) => url.clone(),
        Destination::Home => "/".to_owned(),
    }
}

fn finish(app: &App, finished: &Finished) -> Response {
    let secure = app.settings.is_secure();
    let mut response = go(&target(&finished.destination));
    if let Some(device) = &finished.device {
        set_cookie(&mut response, &cookies::device(device, secure));
    }
    if let Some(session) = &finished.session {
        let until = session.persistent.then(|| session.expires_at.into());
        set_cookie(&mut response, &cookies::session(&session.token, until, secure));
    } else if finished.signed_out {
        set_cookie(&mut response, &cookies::no_session(secure));
    }
    response
}
