//! Rules over what is shipped: blueprints, stages and their templates.

use blueprints::{Options, check, render_text};

use super::{files, read, root};

#[test]
fn every_shipped_blueprint_passes_check() {
    let registry = stages::registry();
    let options = Options::new(&registry);
    let shipped = files("flows", "yaml");
    assert!(shipped.len() >= 2, "{shipped:?}");
    for path in shipped.into_iter().chain(files("tests/blueprints", "yaml")) {
        let checked = check(&[root().join(&path)], &options);
        let findings = render_text(&checked.diagnostics, false);
        assert!(checked.diagnostics.is_empty(), "{}:\n{findings}", path.display());
    }
}

/// The first flow that an administrator reads fits on a screen.
#[test]
fn the_shipped_login_is_at_most_25_lines() {
    let blueprint = read("flows/default.yaml");
    let lines = blueprint.lines().skip_while(|line| *line != "  sign-in:");
    let login = lines.take_while(|line| !line.is_empty()).count();
    assert!((4..=25).contains(&login), "sign-in has {login} lines");
}

/// Stages that ask nothing, so that there is nothing to show.
const SILENT: [&str; 1] = ["user_write"];

#[test]
fn every_stage_has_a_template() {
    for kind in stages::registry().kinds() {
        let path = format!("templates/stages/{}.html", kind.name());
        let is_shown = !SILENT.contains(&kind.name());
        assert_eq!(root().join(&path).is_file(), is_shown, "{path} or tests/rules/shipped.rs");
    }
}
