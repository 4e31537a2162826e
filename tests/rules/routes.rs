//! Every route says who may come (`server/http/routes.rs`), and how a request for it looks.

use std::collections::BTreeSet;

use flowgate::http::{Access, Route, routes};
use reqwest::Method;

use super::read;

/// What stands in the place of a path's parameters where a test asks: names of `blueprints/acme.yaml`,
/// or ids of nothing.
const PARAMETERS: &[(&str, &str)] = &[
    ("{slug}", "sign-in"),
    ("{*name}", "flowgate.css"),
    ("{client}", "wiki"),
    ("{id}", "0190a9c5-3d0e-7d7e-8f6a-3a8f4d3c2b1a"),
];

/// An address at which the route answers.
pub(super) fn address(route: &Route) -> String {
    let fill = |path: String, (name, value): &(&str, &str)| path.replace(name, value);
    let address = PARAMETERS.iter().fold(route.path.to_owned(), fill);
    assert!(!address.contains('{'), "{address}: say in tests/rules/routes.rs what stands there");
    address
}

/// Whether programs are spoken to there.
pub(super) fn is_api(route: &Route) -> bool {
    route.path.starts_with("/api/")
}

/// Whether the route is for who is signed in.
pub(super) fn needs_session(route: &Route) -> bool {
    matches!(route.access, Access::Session | Access::Sensitive | Access::Enrolling)
}

#[test]
fn every_route_is_in_the_list() {
    let source = read("server/http/routes.rs");
    assert_eq!(source.matches(".route(").count(), 1, "add a line to `routes()` instead");
    for (path, text) in super::sources::sources() {
        let is_ours = path.starts_with("server/http") && !path.ends_with("routes.rs");
        assert!(!is_ours || !text.contains(".route("), "{}: see routes.rs", path.display());
    }
    let routes = routes();
    let unique: BTreeSet<_> =
        routes.iter().map(|route| (route.method.as_str(), route.path)).collect();
    assert_eq!(unique.len(), routes.len());
}

#[test]
fn what_changes_something_has_a_caller() {
    for route in routes() {
        let is_public = route.access == Access::Everybody;
        assert!(!is_public || route.method == Method::GET, "{} {}", route.method, route.path);
        // What another site may send is what OpenID Connect says that it may.
        let is_referred = route.access == Access::Referred;
        assert!(!is_referred || route.path.starts_with("/oauth/"), "{}", route.path);
    }
}

/// What is one person's is found below these, and nowhere else may be open to nobody.
const PERSONAL: &[&str] = &["/account", "/api/v1/me", "/device"];

fn is_personal(route: &Route) -> bool {
    PERSONAL.iter().any(|place| {
        let rest = route.path.strip_prefix(place);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[test]
fn what_is_one_person_s_is_for_who_is_signed_in() {
    for route in routes().iter().filter(|route| is_personal(route)) {
        assert!(needs_session(route), "{} is for who is signed in", route.path);
    }
}

/// What may be written in a session of any age, and why that gives a thief nothing to keep.
const HARMLESS: &[(&str, &str, &str)] = &[
    ("POST", "/account/profile", "a name and a language"),
    ("PATCH", "/api/v1/me", "a name and a language"),
    ("POST", "/account/security", "spares nobody a proof any more"),
    ("DELETE", "/api/v1/me/devices", "spares nobody a proof any more"),
    ("DELETE", "/api/v1/me/devices/{id}", "spares nobody a proof any more"),
    ("POST", "/account/apps", "takes from an app what it was given"),
    ("DELETE", "/api/v1/me/apps/{client}", "takes from an app what it was given"),
    ("POST", "/api/v1/me/step-up", "asks for a proof"),
    ("POST", "/api/v1/me/step-up/verify", "is a proof"),
    ("POST", "/api/v1/me/totp/verify", "is a proof"),
    ("POST", "/device", "looks a code up"),
    ("POST", "/device/{id}", "the provider judges it as it judges every authorization"),
];

/// CVE-2026-3429: a sensitive act takes a recent proof, by whichever route. Whoever adds one
/// that does not says why.
#[test]
fn what_changes_how_somebody_signs_in_takes_a_recent_proof() {
    let is_listed = |route: &Route| {
        let key = (route.method.as_str(), route.path);
        HARMLESS.iter().any(|listed| (listed.0, listed.1) == key)
    };
    let writes = || routes().into_iter().filter(|it| is_personal(it) && it.method != Method::GET);
    for route in writes() {
        let is_guarded = matches!(route.access, Access::Sensitive | Access::Enrolling);
        assert!(
            is_guarded != is_listed(&route),
            "{} {}: it is Sensitive, or stands in tests/rules/routes.rs with its reason",
            route.method,
            route.path
        );
    }
    for (method, path, _) in HARMLESS {
        let is_it = |route: Route| (route.method.as_str(), route.path) == (*method, *path);
        assert!(writes().any(is_it), "there is no {method} {path}");
    }
}
