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
#[test]
fn what_is_one_person_s_is_for_who_is_signed_in() {
    for route in routes() {
        let is_personal = ["/account", "/api/v1/me"].iter().any(|place| {
            route
                .path
                .strip_prefix(place)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        assert!(!is_personal || needs_session(&route), "{} is for who is signed in", route.path);
    }
}
