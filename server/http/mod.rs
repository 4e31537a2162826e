//! The network's side: routes, cookies, headers, errors. One file per group of routes; `frame.rs` is
//! what every request passes.
//!
//! To add a route, see `routes.rs`, where each is one line that says who may come.

mod account;
mod api;
mod assets;
mod cookies;
mod csrf;
mod device;
mod failure;
mod flow;
mod form;
mod frame;
mod guard;
mod health;
mod home;
mod insufficient;
mod limits;
mod next;
mod oidc;
mod page;
mod routes;
mod visitor;

use std::time::Duration;

pub use api::openapi::{Operation, openapi};
pub use limits::{Budget, Limits, MAX_CLIENTS};
pub use routes::{Access, Route, Verb, router, routes};

/// The largest body that is read, in bytes: forms and JSON are small.
pub const MAX_BODY: usize = 64 * 1024;

/// How long a request may take.
pub const MAX_DURATION: Duration = Duration::from_secs(30);
