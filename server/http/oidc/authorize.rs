//! The authorization endpoint, its way back from the flows, and consent.

use std::sync::Arc;

use axum::extract::{Form, Path, Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use provider::authorize::Authorize;
use provider::{Caller, Refusal, Trace};
use serde::Deserialize;
use store::interaction::Interaction;
use store::{Id, organisation};

use super::super::failure::Failure;
use super::super::form::Sent;
use super::super::frame::FormTarget;
use super::super::visitor::Visitor;
use super::super::{cookies, csrf, page};
use crate::app::App;
use crate::render::{Consent, ConsentClient, FormPost, OauthError, Person, Scope};

/// The flow in which people prove more within the session that they have.
const STEP_UP: &str = "step-up";

/// `GET /oauth/authorize`
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Result<Response, Failure> {
    authorize(&app, &visitor, pairs(query.as_deref())).await
}

/// `POST /oauth/authorize`: the same parameters as a form (OpenID Connect Core §3.1.2.1).
pub(in super::super) async fn post(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    match csrf::with_cookies("/oauth/authorize", &headers, &visitor, &fields) {
        Some(location) => Ok(page::go(&location)),
        None => authorize(&app, &visitor, fields).await,
    }
}

async fn authorize(
    app: &App,
    visitor: &Visitor,
    parameters: Vec<(String, String)>,
) -> Result<Response, Failure> {
    let (browser, is_new) = visitor.browser_or_new(app);
    let ip = visitor.visit.ip.map(|ip| ip.to_string());
    let hash = store::token(&browser);
    let caller = caller(visitor, &hash, ip.as_deref());
    let judged = app.provider.authorize(parameters, &caller).await.map_err(provider_error)?;
    let mut response = respond(app, visitor, &browser, judged).await?;
    if is_new {
        let cookie = cookies::browser(&browser, app.settings.is_secure());
        page::set_cookie(&mut response, &cookie);
    }
    Ok(response)
}

/// What a return from the flows says.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Again {
    /// The person wants to sign in as somebody else.
    again: Option<String>,
}

/// `GET /oauth/authorize/{id}`: the same checks again, now with the session that the flow made.
pub(in super::super) async fn resume(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(again): Query<Again>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let browser = visitor.browser.clone().ok_or(Failure::Expired)?;
    if again.again.is_some() {
        let slug = app.sign_in_flow();
        return Ok(page::go(&format!("/flow/{slug}?interaction={}", ascii(&id))));
    }
    let ip = visitor.visit.ip.map(|ip| ip.to_string());
    let hash = store::token(&browser);
    let caller = caller(&visitor, &hash, ip.as_deref());
    let id = Id::from(id.as_str());
    let judged = app.provider.resume(&id, &caller).await.map_err(provider_error)?;
    respond(&app, &visitor, &browser, judged).await
}

/// `POST /oauth/consent/{id}`
pub(in super::super) async fn consent(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Sent { browser, fields }: Sent,
) -> Result<Response, Failure> {
    let allowed = match fields.get("action").map(String::as_str) {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Err(Failure::BadRequest("the action is allow or deny")),
    };
    let ip = visitor.visit.ip.map(|ip| ip.to_string());
    let hash = store::token(&browser);
    let caller = caller(&visitor, &hash, ip.as_deref());
    let id = Id::from(id.as_str());
    let judged =
        app.provider.decide_consent(&id, &caller, allowed).await.map_err(provider_error)?;
    respond(&app, &visitor, &browser, judged).await
}

fn caller<'a>(
    visitor: &'a Visitor,
    browser: &'a store::TokenHash,
    ip: Option<&'a str>,
) -> Caller<'a> {
    Caller {
        browser,
        session: visitor.session.as_ref(),
        trace: Trace { ip, request_id: Some(&visitor.visit.request_id) },
    }
}

async fn respond(
    app: &App,
    visitor: &Visitor,
    browser: &str,
    judged: Authorize,
) -> Result<Response, Failure> {
    match judged {
        Authorize::Redirect(location) => Ok(page::go(location.as_str())),
        Authorize::Device { interaction } => Ok(page::go(&format!("/device/{interaction}"))),
        Authorize::SignIn { interaction } => {
            let slug = app.way_in(visitor, browser, &interaction).await?;
            Ok(page::go(&format!("/flow/{slug}?interaction={interaction}")))
        }
        Authorize::Consent(asked) => {
            let mut frame =
                page::frame(app, visitor, &format!("/oauth/authorize/{}", asked.interaction));
            frame.action = format!("/oauth/consent/{}", asked.interaction);
            frame.csrf = csrf::token(app.store.sealer(), browser);
            frame.links.not_you = Some(format!("/oauth/authorize/{}?again=1", asked.interaction));
            if let Some((_, user)) = &visitor.session {
                frame.person = Some(Person::new(user.display_name(), user.email.as_deref()));
            }
            let settings = &asked.client.settings;
            let target = target(&asked.redirect_uri);
            let view = Consent {
                client: ConsentClient {
                    name: asked.client.name.clone(),
                    logo_uri: settings.logo_uri.clone(),
                    policy_uri: settings.policy_uri.clone(),
                    tos_uri: settings.tos_uri.clone(),
                    uri: settings.client_uri.clone(),
                },
                scopes: asked
                    .scopes
                    .iter()
                    .map(|name| Scope { name: name.clone(), title: None, description: None })
                    .collect(),
                redirect_host: url::Url::parse(&asked.redirect_uri)
                    .ok()
                    .and_then(|url| url.host_str().map(str::to_owned)),
            };
            let mut response = Html(app.renderer.render(&frame, &view)?).into_response();
            if let Some(target) = target {
                response.extensions_mut().insert(FormTarget(target));
            }
            Ok(response)
        }
        Authorize::FormPost { action, fields } => {
            let frame = page::frame(app, visitor, "/");
            let view = FormPost {
                action: action.clone(),
                fields: fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect(),
            };
            let mut response = Html(app.renderer.render(&frame, &view)?).into_response();
            if let Some(target) = target(&action) {
                response.extensions_mut().insert(FormTarget(target));
            }
            Ok(response)
        }
        Authorize::ErrorPage(shown) => {
            let refusal = Refusal { code: shown.code, description: shown.description };
            ours(app, visitor, &refusal)
        }
    }
}

/// A refusal that is shown here, because it cannot be said to a registered address.
pub(super) fn ours(app: &App, visitor: &Visitor, refusal: &Refusal) -> Result<Response, Failure> {
    tracing::info!(
        request = %visitor.visit.request_id,
        code = refusal.code.as_str(),
        description = %refusal.description,
        "a relying party's request was refused"
    );
    let frame = page::frame(app, visitor, "/");
    let view = OauthError {
        code: refusal.code.as_str().to_owned(),
        description: Some(refusal.description.to_string()),
        client: None,
    };
    let html = app.renderer.render(&frame, &view)?;
    Ok((StatusCode::BAD_REQUEST, Html(html)).into_response())
}

/// The pairs of a query, in order.
pub(super) fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

/// As what a page's `form-action` names a URI: its origin, or its scheme where it has none.
pub(in super::super) fn target(uri: &str) -> Option<String> {
    let url = url::Url::parse(uri).ok()?;
    let origin = url.origin();
    Some(if origin.is_tuple() {
        origin.ascii_serialization()
    } else {
        format!("{}:", url.scheme())
    })
}

/// An id as it may stand in a URL of ours; anything else is nobody's.
fn ascii(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(in super::super) fn provider_error(error: provider::Error) -> Failure {
    if error.is_temporary() {
        return Failure::Unavailable;
    }
    Failure::Internal(error.to_string().into())
}

impl App {
    /// The relying party's request `id` of this browser, as the engine wants it.
    pub(in super::super) async fn interaction(
        &self,
        id: &str,
        browser: &str,
    ) -> Result<Option<engine::Interaction>, Failure> {
        let hash = store::token(browser);
        let facts = self.provider.interaction_facts(&Id::from(id), &hash).await;
        let Some(facts) = facts.map_err(provider_error)? else { return Ok(None) };
        let organisation = match &facts.client.organisation_id {
            Some(id) => {
                let mut conn = self.store.read().await?;
                organisation::find_by_id(&mut conn, id).await?.map(|organisation| organisation.slug)
            }
            None => None,
        };
        Ok(Some(engine::Interaction {
            id: id.to_owned(),
            client: engine::condition::ClientFacts {
                id: facts.client.id.to_string(),
                name: facts.client.name,
                organisation,
            },
            demand: Some(facts.demand),
            login_hint: facts.login_hint,
            leads_to: target(&facts.redirect_uri),
        }))
    }

    /// The flow that a request needs which waits: who is signed in already proves what is missing in
    /// the session that they have, unless only a new sign-in or another person will do.
    async fn way_in(
        &self,
        visitor: &Visitor,
        browser: &str,
        id: &Id<Interaction>,
    ) -> Result<String, Failure> {
        let Some((_, user)) = &visitor.session else { return Ok(self.sign_in_flow()) };
        let facts = self.provider.interaction_facts(id, &store::token(browser)).await;
        let is_for_them = facts.map_err(provider_error)?.is_some_and(|facts| {
            !facts.is_fresh && facts.subject.is_none_or(|subject| subject == user.id.as_str())
        });
        Ok(if is_for_them { STEP_UP.to_owned() } else { self.sign_in_flow() })
    }

    /// The flow that people sign in with: `sign-in`, or else the first one that is for that.
    pub(in super::super) fn sign_in_flow(&self) -> String {
        let catalogue = self.engine.catalogue();
        let is_for_that = |program: &&Arc<engine::Program>| {
            program.purpose() == engine::definition::Purpose::Authentication
        };
        let usual = catalogue.find("sign-in").filter(is_for_that);
        usual
            .or_else(|| catalogue.stated().find(is_for_that))
            .map_or_else(|| "sign-in".to_owned(), |program| program.slug().to_owned())
    }
}
