//! The shipped blueprint of the demo.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use blueprints::Options;

use super::*;

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/demo.yaml")
}

#[test]
fn the_blueprint_has_nothing_to_remark() {
    let registry = stages::registry();
    let checked = blueprints::check(&[path()], &Options::for_apply(&registry));
    assert_eq!(blueprints::render_text(&checked.diagnostics, false), "");
}

#[test]
fn what_the_demo_fills_in_is_what_the_blueprint_asks_for() {
    let applied = check(&path(), &vars("http://127.0.0.1:9", "s3cret")).unwrap();
    let wiki = &applied.clients["wiki"];
    assert_eq!(wiki.redirect_uris, ["http://127.0.0.1:9/callback"]);
    assert_eq!(wiki.post_logout_redirect_uris, ["http://127.0.0.1:9/"]);
    assert_eq!(wiki.secret.as_ref().unwrap().reveal(), "s3cret");
}

#[test]
fn the_greeting_names_everybody_and_their_passwords() {
    let applied = check(&path(), &BTreeMap::new()).unwrap();
    let text = Greeting {
        issuer: "http://127.0.0.1:8080",
        wiki: "http://127.0.0.1:8081",
        outbox: "http://127.0.0.1:8082",
        blueprint: Path::new("flows/demo.yaml"),
        is_watched: true,
        data: Path::new("/tmp/flowgate-demo"),
        is_temporary: true,
        applied: &applied,
    }
    .text();
    assert!(text.contains("http://127.0.0.1:8081/  "), "{text}");
    assert!(applied.users.len() >= 6);
    for (name, user) in &applied.users {
        let password = user.password.as_ref().unwrap().reveal();
        let line = text.lines().find(|line| line.trim_start().starts_with(name.as_str()));
        assert!(line.unwrap().contains(password), "{name}: {text}");
        assert!(password.chars().count() >= 15, "{name}");
    }
    assert!(text.contains("Hedy Lamarr, Acme GmbH and Globex Corporation"), "{text}");
    assert!(text.contains("Sign in as joan"), "{text}");
}
