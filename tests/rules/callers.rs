//! What each route says to a request that brings nothing: no cookie, no token, no secret.

use std::collections::BTreeSet;

use flowgate::http::{Access, Route, routes};
use reqwest::Method;

use super::routes::{address, is_api, needs_session};
use crate::harness::TestApp;

/// The routes that are for others than who is signed in, and their status for nobody.
const ANONYMOUS: &[(&str, &str, u16)] = &[
    // Who has no session is led to the flow that makes one.
    ("GET", "/", 303),
    ("GET", "/flow/{slug}", 303),
    ("GET", "/api/v1/flows/{slug}", 200),
    // Forms need the token of a page.
    ("POST", "/logout", 403),
    ("POST", "/flow/{slug}", 403),
    ("POST", "/oauth/consent/{id}", 403),
    ("POST", "/oauth/logout/confirm", 403),
    // A form is no JSON.
    ("POST", "/api/v1/flows/{slug}", 415),
    ("POST", "/api/v1/login", 415),
    ("POST", "/api/v1/login/factor", 415),
    ("POST", "/api/v1/login/verify", 415),
    ("POST", "/api/v1/login/passkey", 415),
    ("POST", "/api/v1/login/passkey/finish", 415),
    // No sign-in waits.
    ("GET", "/api/v1/login", 401),
    ("GET", "/oauth/userinfo", 401),
    ("POST", "/oauth/userinfo", 401),
    ("POST", "/oauth/token", 400),
    ("POST", "/oauth/revoke", 401),
    ("POST", "/oauth/device_authorization", 401),
    ("GET", "/api/v1/openapi.json", 200),
    ("GET", "/api/v1/docs", 200),
    // A request that names no client is answered to nobody else.
    ("GET", "/oauth/authorize", 400),
    ("POST", "/oauth/authorize", 400),
    ("GET", "/oauth/authorize/{id}", 410),
    // Nobody is signed in, so nobody is signed out.
    ("GET", "/oauth/logout", 200),
    ("POST", "/oauth/logout", 200),
    ("GET", "/.well-known/openid-configuration", 200),
    ("GET", "/oauth/jwks", 200),
    ("GET", "/api/v1/openapi.json", 200),
    ("GET", "/api/v1/docs", 200),
    ("GET", "/static/{*name}", 200),
    ("GET", "/favicon.ico", 303),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
];

/// The status for nobody. Of the routes for who is signed in nobody needs to say it.
fn expected(route: &Route) -> u16 {
    let is_it =
        |listed: &&(&str, &str, u16)| (listed.0, listed.1) == (route.method.as_str(), route.path);
    match ANONYMOUS.iter().find(is_it) {
        Some((.., status)) => *status,
        None if needs_session(route) && is_api(route) => 401,
        None if needs_session(route) => 303,
        None => panic!(
            "say in tests/rules/callers.rs what {} {} tells nobody",
            route.method, route.path
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_no_further_than_the_door() {
    let app = TestApp::start().await;
    let form: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];
    let routes = routes();
    for route in &routes {
        let browser = app.browser();
        let headers = if route.method == Method::GET { &[] } else { form };
        let page = browser.raw(route.method.clone(), &address(route), headers, "").await;
        assert_eq!(page.status.as_u16(), expected(route), "{} {page:?}", route.method);
        let names: Vec<_> = browser.cookies("/").into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().all(|name| name == "flowgate-browser"), "{}: {names:?}", route.path);
        let is_public = route.access == Access::Everybody;
        for word in [crate::ADA, "Lovelace", "bob@acme.example"] {
            let is_told = !is_public && page.body.contains(word);
            assert!(!is_told, "it tells nobody of {word}: {page:?}");
        }
        assert!(
            !is_public || names.is_empty(),
            "{} knows nobody, so it needs no cookie",
            route.path
        );
    }
    for (method, path, _) in ANONYMOUS {
        let is_it = |route: &Route| (route.method.as_str(), route.path) == (*method, *path);
        assert!(routes.iter().any(is_it), "there is no {method} {path}");
    }
    let quiet = app.events().await;
    assert!(quiet.iter().all(|event| event.user_id.is_none()), "{quiet:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_route_takes_is_not_allowed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let routes = routes();
    let addresses: BTreeSet<_> = routes.iter().map(|route| (route.path, address(route))).collect();
    for (path, address) in addresses {
        for method in ["PUT", "PATCH", "DELETE", "POST", "GET", "TRACE", "PROPFIND"] {
            if routes.iter().any(|listed| (listed.method.as_str(), listed.path) == (method, path)) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let page = browser.raw(method, &address, &[], "").await;
            assert_eq!(page.status, 405, "{page:?}");
        }
    }
}
