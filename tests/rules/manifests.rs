//! Rules over manifests and lock files.

use super::{files, read, root};

const CRATES: [&str; 6] = ["assurance", "blueprints", "engine", "provider", "stages", "store"];

fn manifest(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn each_dependency_s_version_stands_once() {
    let mut wrong = Vec::new();
    for name in CRATES.iter().map(|name| format!("{name}/Cargo.toml")).chain(["Cargo.toml".into()])
    {
        let manifest = manifest(&name);
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(kind).and_then(toml::Value::as_table);
            for (dependency, value) in dependencies.into_iter().flatten() {
                if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    wrong.push(format!("{name}: {dependency}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "take these from [workspace.dependencies]: {wrong:#?}");
}

/// Which crates may know which: what is not listed cannot be imported.
#[test]
fn dependencies_point_one_way() {
    let allowed: [(&str, &[&str]); 6] = [
        ("assurance", &[]),
        ("store", &["assurance"]),
        ("engine", &["assurance", "store"]),
        ("stages", &["assurance", "store", "engine"]),
        ("blueprints", &["assurance", "store", "engine"]),
        ("provider", &["assurance", "store"]),
    ];
    for (name, may) in allowed {
        let manifest = manifest(&format!("{name}/Cargo.toml"));
        let knows = manifest.get("dependencies").and_then(toml::Value::as_table);
        for dependency in knows.into_iter().flat_map(toml::Table::keys) {
            let is_ours = CRATES.contains(&dependency.as_str());
            assert!(!is_ours || may.contains(&dependency.as_str()), "{name} knows {dependency}");
        }
    }
}

#[test]
fn every_crate_has_the_lints() {
    for name in CRATES {
        let lints = &manifest(&format!("{name}/Cargo.toml"))["lints"];
        assert_eq!(
            lints["workspace"].as_bool(),
            Some(true),
            "{name} needs [lints] workspace = true"
        );
    }
}

#[test]
fn lock_files_name_no_hosts() {
    let lock = read("tests/browser/package-lock.json");
    assert!(!lock.contains("\"resolved\""), "tests/browser/.npmrc says how it is written");
    assert!(root().join("tests/browser/.npmrc").is_file());
}

/// CI runs `make test`, and nothing that a person could not.
#[test]
fn workflows_are_scripts_that_a_person_can_run() {
    assert!(read(".ci/run").contains("make --no-print-directory test"));
    assert!(files("tests", "mjs").len() >= 5, "the browser's scripts");
}
