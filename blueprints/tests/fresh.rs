//! `docs/blueprints.md` and `docs/blueprint.schema.json` say what the program does, with the stages
//! that it ships. To write them anew: `UPDATE_DOCS=1 cargo test -p blueprints --test fresh`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

const BEGIN: &str =
    "<!-- Made from the types of the language; a test says how to write it anew. -->\n";

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

fn is_fresh(name: &str, expected: &str) {
    let path = docs(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/{name} is stale: see the head of blueprints/tests/fresh.rs");
}

#[test]
fn the_schema_is_fresh() {
    is_fresh("blueprint.schema.json", &blueprints::schema_text(&stages::registry()));
}

#[test]
fn the_reference_is_fresh() {
    let text = std::fs::read_to_string(docs("blueprints.md")).unwrap();
    let (own, _) = text.split_once(BEGIN).unwrap();
    let made = blueprints::reference(&stages::registry());
    is_fresh("blueprints.md", &format!("{own}{BEGIN}{made}"));
}
