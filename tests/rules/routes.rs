//! Every route, and who may call it. A route that is not listed here fails the build: whoever adds
//! one says here who its callers are.

use std::collections::BTreeSet;

use super::read;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Everybody: it shows nothing of anybody and changes nothing.
    Everybody,
    /// A browser; what it sees and does depends on its cookies, and a form needs its CSRF token.
    Browser,
    /// An app, with the secret or token that the handler checks.
    App,
}

use Caller::{App, Browser, Everybody};

pub(super) const ROUTES: &[(&str, &str, Caller)] = &[
    ("GET", "/", Browser),
    ("POST", "/logout", Browser),
    ("GET", "/flow/{slug}", Browser),
    ("POST", "/flow/{slug}", Browser),
    ("GET", "/api/v1/flows/{slug}", App),
    ("POST", "/api/v1/flows/{slug}", App),
    ("GET", "/api/v1/me", App),
    ("GET", "/.well-known/openid-configuration", Everybody),
    ("GET", "/oauth/jwks", Everybody),
    ("GET", "/oauth/authorize", Browser),
    ("POST", "/oauth/authorize", Browser),
    ("GET", "/oauth/authorize/{id}", Browser),
    ("POST", "/oauth/consent/{id}", Browser),
    ("POST", "/oauth/token", App),
    ("GET", "/oauth/userinfo", App),
    ("POST", "/oauth/userinfo", App),
    ("GET", "/oauth/logout", Browser),
    ("POST", "/oauth/logout", Browser),
    ("POST", "/oauth/logout/confirm", Browser),
    ("GET", "/static/{*name}", Everybody),
    ("GET", "/favicon.ico", Everybody),
    ("GET", "/healthz", Everybody),
    ("GET", "/readyz", Everybody),
];

/// What `.route("PATH", get(..).post(..))` says in the one file where routes are.
fn routes_in(source: &str) -> BTreeSet<(String, String)> {
    let source: String = source.split_whitespace().collect();
    let mut routes = BTreeSet::new();
    for route in source.split(".route(\"").skip(1) {
        let (path, handlers) = route.split_once('"').unwrap();
        let handlers = handlers.split(".route(").next().unwrap();
        for method in ["get", "post", "put", "patch", "delete", "any"] {
            let call = format!("{method}(");
            if handlers.contains(&format!(",{call}")) || handlers.contains(&format!(").{call}")) {
                routes.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    routes
}

#[test]
fn every_route_says_who_may_call_it() {
    let found = routes_in(&read("server/http/mod.rs"));
    let listed: BTreeSet<_> =
        ROUTES.iter().map(|(method, path, _)| (method.to_string(), path.to_string())).collect();
    assert_eq!(found, listed, "tests/rules/routes.rs and server/http/mod.rs differ");
    let public = ROUTES.iter().filter(|route| route.2 == Everybody);
    assert!(public.clone().all(|route| route.0 == "GET"), "what changes something has a caller");
}

#[test]
fn the_rule_sees_routes() {
    let source = r#"router.route("/a", get(show).post(answer)).route(
        "/b/{id}",
        delete(gone),
    ).fallback(x)"#;
    let expected = [("DELETE", "/b/{id}"), ("GET", "/a"), ("POST", "/a")];
    let expected = expected.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(routes_in(source), BTreeSet::from(expected));
}
