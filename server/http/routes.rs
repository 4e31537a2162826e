//! Every route: one line each, which says who may come. The list is what [`router`](super::router) is
//! built from, what `guard.rs` enforces and what `tests/rules` walks, so that no route is open because
//! somebody forgot to close it.
//!
//! To add a route: its handler in the file of its group, and its line here, or, for the API, in
//! `api/routes.rs` with what it does. What its [`Access`]
//! promises holds before the handler runs; who is signed in, a handler learns from
//! [`SignedIn`](super::guard::SignedIn), and what our own form sent from [`Sent`](super::form::Sent).

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::api::openapi::Operation;
use super::guard::{self, Guard};
use super::{
    MAX_BODY, MAX_DURATION, account, api, assets, device, failure, flow, frame, health, home, oidc,
};
use crate::app::App;

use Access::{App as Program, Browser, Everybody, Referred, Sensitive, Session};
use Verb::{Delete, Get, Patch, Post, Put};

/// Who may come to a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody: it shows nothing of anybody and changes nothing.
    Everybody,
    /// A program, with the secret or token that the handler checks.
    App,
    /// A browser that another site sends here with a relying party's request, which `provider`
    /// judges: the one kind of write that needs no page of ours.
    Referred,
    /// A browser (or a native app, with its bearer value). What it sees and does is bound to its
    /// secret; a write comes from a page of ours.
    Browser,
    /// Who is signed in. A write that a cookie speaks for comes from a page of ours.
    Session,
    /// Who is signed in and has proven it of late, as strictly as their organisations demand for a
    /// sensitive act. Writes as in `Session`.
    Sensitive,
    /// As `Sensitive`; and whoever must set up a factor and has just shown what they have may do that.
    Enrolling,
}

/// One route.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, with `{parameters}`.
    pub path: &'static str,
    /// Who may come.
    pub access: Access,
    /// What it does, for those who call it: said of every route of the API.
    pub operation: Option<&'static Operation>,
    handler: MethodRouter<Arc<App>>,
}

impl Route {
    /// The same with what it does.
    pub(super) fn is(self, operation: &'static Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }
}

/// Every route.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        at(Get, "/", Browser, home::show),
        at(Post, "/logout", Browser, home::sign_out),
        at(Get, "/account", Session, account::overview::get),
        at(Get, "/account/profile", Session, account::profile::get),
        at(Post, "/account/profile", Session, account::profile::post),
        at(Get, "/account/security", Session, account::security::get),
        at(Post, "/account/security", Session, account::security::post),
        at(Get, "/account/factors/{id}", Sensitive, account::factor::get),
        at(Post, "/account/factors/{id}", Sensitive, account::factor::rename),
        at(Get, "/account/factors/{id}/remove", Sensitive, account::factor::ask),
        at(Post, "/account/factors/{id}/remove", Sensitive, account::factor::remove),
        at(Get, "/account/sessions", Session, account::sessions::get),
        at(Post, "/account/sessions", Sensitive, account::sessions::post),
        at(Get, "/account/apps", Session, account::apps::get),
        at(Post, "/account/apps", Session, account::apps::post),
        at(Get, "/account/activity", Session, account::activity::get),
        at(Get, "/flow/{slug}", Browser, flow::show),
        at(Post, "/flow/{slug}", Browser, flow::answer),
        at(Get, "/.well-known/openid-configuration", Everybody, oidc::metadata::discovery),
        at(Get, "/oauth/jwks", Everybody, oidc::metadata::jwks),
        at(Get, "/oauth/authorize", Referred, oidc::authorize::get),
        at(Post, "/oauth/authorize", Referred, oidc::authorize::post),
        at(Get, "/oauth/authorize/{id}", Browser, oidc::authorize::resume),
        at(Post, "/oauth/consent/{id}", Browser, oidc::authorize::consent),
        at(Post, "/oauth/token", Program, oidc::token::token),
        at(Post, "/oauth/revoke", Program, oidc::token::revoke),
        at(Post, "/oauth/device_authorization", Program, oidc::device::authorize),
        at(Get, "/device", Session, device::show),
        at(Post, "/device", Session, device::enter),
        at(Get, "/device/{id}", Session, device::ask),
        at(Post, "/device/{id}", Session, device::answer),
        at(Get, "/oauth/userinfo", Program, oidc::token::userinfo),
        at(Post, "/oauth/userinfo", Program, oidc::token::userinfo),
        at(Get, "/oauth/logout", Referred, oidc::logout::get),
        at(Post, "/oauth/logout", Referred, oidc::logout::post),
        at(Post, "/oauth/logout/confirm", Browser, oidc::logout::confirm),
        at(Get, "/static/{*name}", Everybody, assets::show),
        at(Get, "/favicon.ico", Everybody, assets::favicon),
        at(Get, "/healthz", Everybody, health::live),
        at(Get, "/readyz", Everybody, health::ready),
    ];
    routes.extend(api::routes::routes());
    routes
}

/// How a route is asked.
#[derive(Debug, Clone, Copy)]
pub enum Verb {
    /// Looks; answers `HEAD` too.
    Get,
    /// Adds, or acts.
    Post,
    /// Puts one thing in the place of another.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

pub(super) fn at<H, T>(verb: Verb, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Arc<App>>,
    T: 'static,
{
    let (method, filter) = match verb {
        Get => (Method::GET, MethodFilter::GET),
        Post => (Method::POST, MethodFilter::POST),
        Put => (Method::PUT, MethodFilter::PUT),
        Patch => (Method::PATCH, MethodFilter::PATCH),
        Delete => (Method::DELETE, MethodFilter::DELETE),
    };
    Route { method, path, access, operation: None, handler: on(filter, handler) }
}

/// All routes, each behind its guard.
pub fn router(app: Arc<App>) -> Router {
    let routes = routes();
    let pages: Vec<&str> =
        routes.iter().filter(|route| route.method == Method::GET).map(|route| route.path).collect();
    let depths: Vec<usize> = routes.iter().map(|route| depth_of_page(route.path, &pages)).collect();
    let mut built = Router::new();
    for (route, depth) in routes.into_iter().zip(depths) {
        let guard = Guard { app: Arc::clone(&app), access: route.access, depth };
        let handler = route.handler.route_layer(from_fn_with_state(guard, guard::pass));
        built = built.route(route.path, handler);
    }
    built
        .fallback(failure::not_found)
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(failure::panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, MAX_DURATION))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), frame::frame))
        .with_state(app)
}

/// How many segments of `path` lead to a page: all of them, or as many as the nearest one above has.
/// A form's address is not always one.
fn depth_of_page(path: &str, pages: &[&str]) -> usize {
    let mut at = path;
    while !pages.contains(&at) {
        match at.rsplit_once('/') {
            Some((above, _)) if !above.is_empty() => at = above,
            _ => return 0,
        }
    }
    at.matches('/').count()
}

#[cfg(test)]
mod tests {
    use super::depth_of_page;

    #[test]
    fn a_form_leads_back_to_its_page() {
        let pages = ["/", "/account", "/account/factors/{id}"];
        assert_eq!(depth_of_page("/account/factors/{id}", &pages), 3);
        assert_eq!(depth_of_page("/account/factors/{id}/delete", &pages), 3);
        assert_eq!(depth_of_page("/account/sessions/{id}", &pages), 1);
        assert_eq!(depth_of_page("/elsewhere", &pages), 0);
    }
}
