//! Wiki, the sample relying party: an app of its own on its own port that knows of Flowgate only
//! what OpenID Connect tells it. [`relying_party`] speaks the protocol over [`transport`],
//! [`id_token`] decides whether to believe, [`shelf`] remembers, [`view`] turns claims into pages.
//! A new thing to try is a [`Wish`], a line in [`wish`] and its text `wiki.actions.<key>`.

mod error;
mod id_token;
mod relying_party;
mod shelf;
mod transport;
mod view;

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{Query, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use chrono::Duration;
use cookie::{Cookie, SameSite};
use serde::Deserialize;

use self::error::Error;
use self::relying_party::{Answer, Login, Registration, RelyingParty, SignedIn, Wish};
use self::shelf::Shelf;
use super::site::Site;
use crate::render::{WikiError, WikiHome};

/// The `client_id` in `flows/demo.yaml`.
const CLIENT_ID: &str = "wiki";
const SESSION: &str = "wiki_session";
/// Ties a login to the browser that began it.
const BROWSER: &str = "wiki_browser";
const LOGIN_LIFETIME: Duration = Duration::minutes(30);
const SESSION_LIFETIME: Duration = Duration::hours(12);
const CAPACITY: usize = 1_000;

/// Where Wiki's pages lead to outside it.
#[derive(Clone)]
pub(super) struct Neighbours {
    /// The identity provider: its address is its issuer.
    pub(super) issuer: String,
    /// The outbox.
    pub(super) outbox: String,
}

/// The app.
pub(super) struct Wiki {
    site: Arc<Site>,
    neighbours: Neighbours,
    relying_party: RelyingParty,
    /// By `state`.
    logins: Shelf<(String, Login)>,
    /// By the value of the session cookie.
    sessions: Shelf<Session>,
}

/// Somebody's session at Wiki: its own, beside the one at Flowgate.
#[derive(Clone)]
struct Session {
    csrf: String,
    signed_in: SignedIn,
}

/// Where answers of the identity provider arrive.
pub(super) fn redirect_uri(origin: &str) -> String {
    format!("{origin}/callback")
}

/// Its front page, where people also land after signing out.
pub(super) fn home_uri(origin: &str) -> String {
    format!("{origin}/")
}

impl Wiki {
    pub(super) fn new(
        site: Arc<Site>,
        neighbours: Neighbours,
        client_secret: String,
    ) -> Result<Self, reqwest::Error> {
        let relying_party = RelyingParty::new(Registration {
            issuer: neighbours.issuer.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret,
            redirect_uri: redirect_uri(&site.origin),
            post_logout_redirect_uri: home_uri(&site.origin),
        })?;
        let logins = Shelf::new(LOGIN_LIFETIME, CAPACITY);
        let sessions = Shelf::new(SESSION_LIFETIME, CAPACITY);
        Ok(Self { site, neighbours, relying_party, logins, sessions })
    }

    /// Its routes.
    pub(super) fn into_router(self) -> Router {
        let site = Arc::clone(&self.site);
        let routes = Router::new()
            .route("/", get(home))
            .route("/login", get(login))
            .route("/callback", get(callback))
            .route("/logout", post(logout))
            .with_state(Arc::new(self));
        site.serve(routes)
    }

    fn session(&self, headers: &HeaderMap) -> Option<Session> {
        self.sessions.find(&cookie(headers, SESSION)?, self.site.ambient().now())
    }

    /// What went wrong, on the page where one begins anew.
    fn failed(&self, headers: &HeaderMap, error: &Error) -> Response {
        tracing::info!(code = error.code(), %error, "nobody was signed in to Wiki");
        let description = Some(error.to_string());
        let error = WikiError { code: error.code().to_owned(), description };
        self.welcome(headers, Some(error))
    }

    fn welcome(&self, headers: &HeaderMap, error: Option<WikiError>) -> Response {
        let actions = view::actions(&self.neighbours, false);
        self.site.page(headers, "", &WikiHome { sign_in: "/login".to_owned(), error, actions })
    }

    /// The browser's own value, which it keeps over several logins.
    fn browser(&self, headers: &HeaderMap) -> String {
        cookie(headers, BROWSER).unwrap_or_else(|| self.site.ambient().token())
    }

    /// Ends a login that this browser began.
    async fn finish(&self, headers: &HeaderMap, answer: Answer) -> Result<Response, Error> {
        let ambient = self.site.ambient();
        let state = answer.state.as_deref().ok_or(Error::UnknownState)?;
        let (browser, login) =
            self.logins.claim(state, ambient.now()).ok_or(Error::UnknownState)?;
        if cookie(headers, BROWSER) != Some(browser) {
            return Err(Error::UnknownState);
        }
        let signed_in = self.relying_party.finish(login, answer).await?;
        if let Some(old) = cookie(headers, SESSION) {
            self.sessions.claim(&old, ambient.now());
        }
        let (id, csrf) = (ambient.token(), ambient.token());
        self.sessions.create(id.clone(), Session { csrf, signed_in }, ambient.now());
        Ok((set(SESSION, &id), Redirect::to("/")).into_response())
    }
}

async fn home(State(wiki): State<Arc<Wiki>>, headers: HeaderMap) -> Response {
    match wiki.session(&headers) {
        Some(Session { csrf, signed_in }) => {
            wiki.site.page(&headers, &csrf, &view::claims(&wiki.neighbours, &signed_in))
        }
        None => wiki.welcome(&headers, None),
    }
}

#[derive(Deserialize)]
struct Try {
    r#try: Option<String>,
}

/// The addresses of the things to try.
fn wish(name: Option<&str>) -> Wish {
    match name {
        Some("fresh") => Wish::Fresh,
        Some("second_factor") => Wish::SecondFactor,
        Some("silent") => Wish::Silent,
        Some("consent") => Wish::Consent,
        _ => Wish::Usual,
    }
}

async fn login(
    State(wiki): State<Arc<Wiki>>,
    headers: HeaderMap,
    Query(query): Query<Try>,
) -> Response {
    let ambient = wiki.site.ambient();
    let state = ambient.token();
    match wiki.relying_party.begin(ambient, &state, wish(query.r#try.as_deref())).await {
        Ok((url, login)) => {
            let browser = wiki.browser(&headers);
            let cookie = set(BROWSER, &browser);
            wiki.logins.create(state, (browser, login), ambient.now());
            (cookie, Redirect::to(url.as_str())).into_response()
        }
        Err(error) => wiki.failed(&headers, &error),
    }
}

async fn callback(
    State(wiki): State<Arc<Wiki>>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Response {
    match wiki.finish(&headers, answer).await {
        Ok(response) => response,
        Err(error) => wiki.failed(&headers, &error),
    }
}

#[derive(Deserialize)]
struct SignOut {
    csrf: String,
}

async fn logout(
    State(wiki): State<Arc<Wiki>>,
    headers: HeaderMap,
    Form(form): Form<SignOut>,
) -> Response {
    let Some(session) = wiki.session(&headers) else {
        return Redirect::to("/").into_response();
    };
    if verify_slices_are_equal(session.csrf.as_bytes(), form.csrf.as_bytes()).is_err() {
        return (StatusCode::FORBIDDEN, "This form is not from Wiki.").into_response();
    }
    if let Some(id) = cookie(&headers, SESSION) {
        wiki.sessions.claim(&id, wiki.site.ambient().now());
    }
    let url = wiki.relying_party.logout_url(&session.signed_in.id_token).await;
    let target = url.map_or_else(|| "/".to_owned(), Into::into);
    (set(SESSION, ""), Redirect::to(&target)).into_response()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut cookies = values.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let found = cookies.find(|cookie| cookie.name() == name)?;
    (!found.value().is_empty()).then(|| found.value().to_owned())
}

/// A cookie until the browser closes; an empty value deletes it. Without `Secure` and `__Host-`,
/// because the demo has no TLS.
fn set(name: &str, value: &str) -> AppendHeaders<[(axum::http::HeaderName, HeaderValue); 1]> {
    let cookie = Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax);
    let cookie =
        if value.is_empty() { cookie.max_age(cookie::time::Duration::ZERO) } else { cookie };
    let header = HeaderValue::try_from(cookie.build().to_string());
    AppendHeaders([(SET_COOKIE, header.unwrap_or_else(|_| HeaderValue::from_static("")))])
}
