//! What each route says to a request that brings nothing: no cookie, no token, no secret.

use std::collections::BTreeSet;

use reqwest::Method;

use super::routes::{Caller, ROUTES};
use crate::harness::TestApp;

/// A route, an address at which it answers, and its status there for nobody.
const ANONYMOUS: &[(&str, &str, &str, u16)] = &[
    // Who has no session is led to the flow that makes one.
    ("GET", "/", "/", 303),
    ("GET", "/flow/{slug}", "/flow/sign-in", 303),
    ("GET", "/api/v1/flows/{slug}", "/api/v1/flows/sign-in", 200),
    // Forms need the token of a page.
    ("POST", "/logout", "/logout", 403),
    ("POST", "/flow/{slug}", "/flow/sign-in", 403),
    ("POST", "/oauth/consent/{id}", "/oauth/consent/1", 403),
    ("POST", "/oauth/logout/confirm", "/oauth/logout/confirm", 403),
    // A form is no JSON.
    ("POST", "/api/v1/flows/{slug}", "/api/v1/flows/sign-in", 415),
    ("GET", "/api/v1/me", "/api/v1/me", 401),
    ("GET", "/oauth/userinfo", "/oauth/userinfo", 401),
    ("POST", "/oauth/userinfo", "/oauth/userinfo", 401),
    ("POST", "/oauth/token", "/oauth/token", 400),
    // A request that names no client is answered to nobody else.
    ("GET", "/oauth/authorize", "/oauth/authorize", 400),
    ("POST", "/oauth/authorize", "/oauth/authorize", 400),
    ("GET", "/oauth/authorize/{id}", "/oauth/authorize/1", 410),
    // Nobody is signed in, so nobody is signed out.
    ("GET", "/oauth/logout", "/oauth/logout", 200),
    ("POST", "/oauth/logout", "/oauth/logout", 200),
    ("GET", "/.well-known/openid-configuration", "/.well-known/openid-configuration", 200),
    ("GET", "/oauth/jwks", "/oauth/jwks", 200),
    ("GET", "/static/{*name}", "/static/flowgate.css", 200),
    ("GET", "/favicon.ico", "/favicon.ico", 303),
    ("GET", "/healthz", "/healthz", 200),
    ("GET", "/readyz", "/readyz", 200),
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_no_further_than_the_door() {
    let app = TestApp::start().await;
    let listed: BTreeSet<_> = ANONYMOUS.iter().map(|route| (route.0, route.1)).collect();
    let routes: BTreeSet<_> = ROUTES.iter().map(|route| (route.0, route.1)).collect();
    assert_eq!(listed, routes, "say in tests/rules/callers.rs what a new route tells nobody");
    let form: &[(&str, &[u8])] = &[("content-type", b"application/x-www-form-urlencoded")];
    for (method, route, address, status) in ANONYMOUS {
        let browser = app.browser();
        let headers = if *method == "POST" { form } else { &[] };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let page = browser.raw(method, address, headers, "").await;
        assert_eq!(page.status.as_u16(), *status, "{route}: {page:?}");
        let names: Vec<_> = browser.cookies("/").into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().all(|name| name == "flowgate-browser"), "{route}: {names:?}");
        for word in [crate::ADA, "Lovelace", "bob@acme.example"] {
            assert!(!page.body.contains(word), "{route} tells nobody of {word}: {page:?}");
        }
        let is_public = ROUTES.iter().any(|it| it.1 == *route && it.2 == Caller::Everybody);
        assert!(!is_public || names.is_empty(), "{route} knows nobody, so it needs no cookie");
    }
    let quiet = app.events().await;
    assert!(quiet.iter().all(|event| event.user_id.is_none()), "{quiet:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_route_takes_is_not_allowed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let addresses: BTreeSet<_> = ANONYMOUS.iter().map(|route| (route.1, route.2)).collect();
    for (route, address) in addresses {
        for method in ["PUT", "PATCH", "DELETE", "POST", "GET", "TRACE", "PROPFIND"] {
            if ROUTES.iter().any(|listed| (listed.0, listed.1) == (method, route)) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let page = browser.raw(method, address, &[], "").await;
            assert_eq!(page.status, 405, "{page:?}");
        }
    }
}
