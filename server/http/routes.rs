//! Every route: one line each, which says who may come. The list is what [`router`](super::router) is
//! built from, what `guard.rs` enforces and what `tests/rules` walks, so that no route is open because
//! somebody forgot to close it.
//!
//! To add a route: its handler in the file of its group, and its line here, for the API with what it
//! does (`api/openapi/`). What its [`Access`]
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

use super::api::openapi::{self as say, Operation};
use super::guard::{self, Guard};
use super::{
    MAX_BODY, MAX_DURATION, account, api, assets, device, failure, flow, frame, health, home, oidc,
};
use crate::app::App;

use Access::{App as Program, Browser, Enrolling, Everybody, Referred, Sensitive, Session};
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
    fn is(self, operation: &'static Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }
}

/// Every route.
pub fn routes() -> Vec<Route> {
    vec![
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
        at(Get, "/api/v1/flows/{slug}", Browser, api::flow::show).is(&say::flows::SHOW),
        at(Post, "/api/v1/flows/{slug}", Browser, api::flow::answer).is(&say::flows::ANSWER),
        at(Get, "/api/v1/openapi.json", Everybody, api::openapi::show).is(&say::itself::DOCUMENT),
        at(Get, "/api/v1/docs", Everybody, api::openapi::page).is(&say::itself::PAGE),
        at(Get, "/api/v1/login", Browser, api::login::show).is(&say::login::SHOW),
        at(Post, "/api/v1/login", Browser, api::login::start).is(&say::login::START),
        at(Post, "/api/v1/login/factor", Browser, api::login::choose).is(&say::login::CHOOSE),
        at(Post, "/api/v1/login/verify", Browser, api::login::verify).is(&say::login::VERIFY),
        at(Post, "/api/v1/login/passkey", Browser, api::login::passkey).is(&say::login::PASSKEY),
        at(Post, "/api/v1/login/passkey/finish", Browser, api::login::finish_passkey)
            .is(&say::login::FINISH_PASSKEY),
        at(Get, "/api/v1/me", Session, api::me::show).is(&say::account::ME),
        at(Patch, "/api/v1/me", Session, api::account::update).is(&say::account::UPDATE),
        at(Post, "/api/v1/me/password", Sensitive, api::password::change)
            .is(&say::account::PASSWORD),
        at(Get, "/api/v1/me/sessions", Session, api::account::sessions)
            .is(&say::account::SESSIONS_LIST),
        at(Delete, "/api/v1/me/sessions", Sensitive, api::account::end_other_sessions)
            .is(&say::account::SESSIONS_END),
        at(Delete, "/api/v1/me/sessions/{id}", Sensitive, api::account::end_session)
            .is(&say::account::SESSION_END),
        at(Get, "/api/v1/me/devices", Session, api::account::devices)
            .is(&say::account::DEVICES_LIST),
        at(Delete, "/api/v1/me/devices", Session, api::account::forget_devices)
            .is(&say::account::DEVICES_FORGET),
        at(Delete, "/api/v1/me/devices/{id}", Session, api::account::forget_device)
            .is(&say::account::DEVICE_FORGET),
        at(Get, "/api/v1/me/apps", Session, api::account::apps).is(&say::account::APPS_LIST),
        at(Delete, "/api/v1/me/apps/{client}", Session, api::account::disconnect)
            .is(&say::account::APP_DISCONNECT),
        at(Get, "/api/v1/me/activity", Session, api::account::activity).is(&say::account::ACTIVITY),
        at(Get, "/api/v1/me/step-up", Session, api::step_up::show).is(&say::step_up::SHOW),
        at(Post, "/api/v1/me/step-up", Session, api::step_up::start).is(&say::step_up::START),
        at(Post, "/api/v1/me/step-up/verify", Session, api::step_up::verify)
            .is(&say::step_up::VERIFY),
        at(Get, "/api/v1/me/factors", Session, api::factors::list).is(&say::factors::LIST),
        at(Patch, "/api/v1/me/factors/{id}", Sensitive, api::factors::rename)
            .is(&say::factors::RENAME),
        at(Delete, "/api/v1/me/factors/{id}", Sensitive, api::factors::delete)
            .is(&say::factors::DELETE),
        at(Post, "/api/v1/me/totp", Enrolling, api::totp::start).is(&say::factors::TOTP_START),
        at(Post, "/api/v1/me/totp/confirm", Enrolling, api::totp::confirm)
            .is(&say::factors::TOTP_CONFIRM),
        at(Post, "/api/v1/me/totp/verify", Session, api::totp::verify).is(&say::step_up::TOTP),
        at(Post, "/api/v1/me/totp/disable", Sensitive, api::totp::disable)
            .is(&say::factors::TOTP_DISABLE),
        at(Get, "/api/v1/me/recovery-codes", Session, api::recovery_codes::show)
            .is(&say::factors::CODES_SHOW),
        at(Post, "/api/v1/me/recovery-codes", Sensitive, api::recovery_codes::replace)
            .is(&say::factors::CODES_REPLACE),
        at(Get, "/api/v1/me/passkeys", Session, api::passkeys::list)
            .is(&say::factors::PASSKEYS_LIST),
        at(Post, "/api/v1/me/passkeys", Enrolling, api::passkeys::start)
            .is(&say::factors::PASSKEYS_START),
        at(Post, "/api/v1/me/passkeys/finish", Enrolling, api::passkeys::finish)
            .is(&say::factors::PASSKEYS_FINISH),
        at(Patch, "/api/v1/me/passkeys/{id}", Sensitive, api::passkeys::rename)
            .is(&say::factors::PASSKEYS_RENAME),
        at(Delete, "/api/v1/me/passkeys/{id}", Sensitive, api::passkeys::delete)
            .is(&say::factors::PASSKEYS_DELETE),
        at(Post, "/api/v1/me/otp", Enrolling, api::otp::start).is(&say::factors::OTP_START),
        at(Post, "/api/v1/me/otp/resend", Enrolling, api::otp::resend)
            .is(&say::factors::OTP_RESEND),
        at(Post, "/api/v1/me/otp/confirm", Enrolling, api::otp::confirm)
            .is(&say::factors::OTP_CONFIRM),
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
    ]
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

fn at<H, T>(verb: Verb, path: &'static str, access: Access, handler: H) -> Route
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
