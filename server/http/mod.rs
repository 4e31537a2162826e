//! The network's side: routes, cookies, headers, errors. One file per group of routes; `frame.rs` is
//! what every request passes.
//!
//! To add a route: its handler in the file of its group, one line in [`router`] and one in
//! `tests/rules/routes.rs`, which says who may call it.

mod api;
mod assets;
mod cookies;
mod csrf;
mod failure;
mod flow;
mod form;
mod frame;
mod health;
mod home;
mod oidc;
mod page;
mod visitor;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;

/// The largest body that is read, in bytes: forms and JSON are small.
pub const MAX_BODY: usize = 64 * 1024;

/// How long a request may take.
pub const MAX_DURATION: Duration = Duration::from_secs(30);

/// Every route.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/logout", post(home::sign_out))
        .route("/flow/{slug}", get(flow::show).post(flow::answer))
        .route("/api/v1/flows/{slug}", get(api::flow::show).post(api::flow::answer))
        .route("/api/v1/me", get(api::me::show))
        .route("/.well-known/openid-configuration", get(oidc::metadata::discovery))
        .route("/oauth/jwks", get(oidc::metadata::jwks))
        .route("/oauth/authorize", get(oidc::authorize::get).post(oidc::authorize::post))
        .route("/oauth/authorize/{id}", get(oidc::authorize::resume))
        .route("/oauth/consent/{id}", post(oidc::authorize::consent))
        .route("/oauth/token", post(oidc::token::token))
        .route("/oauth/userinfo", get(oidc::token::userinfo).post(oidc::token::userinfo))
        .route("/oauth/logout", get(oidc::logout::get).post(oidc::logout::post))
        .route("/oauth/logout/confirm", post(oidc::logout::confirm))
        .route("/static/{*name}", get(assets::show))
        .route("/favicon.ico", get(assets::favicon))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(failure::not_found)
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(failure::panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, MAX_DURATION))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), frame::frame))
        .with_state(app)
}
