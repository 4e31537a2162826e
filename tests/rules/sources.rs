//! Rules over the Rust sources.

use std::path::{Path, PathBuf};

use super::{files, read};

const FOLDERS: [&str; 8] =
    ["assurance", "blueprints", "engine", "provider", "server", "stages", "store", "tests"];

/// A file is read in one sitting.
const MAX_LINES: usize = 500;

pub(super) fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    let paths = FOLDERS.into_iter().flat_map(|folder| files(folder, "rs"));
    paths.map(|path| {
        let text = read(&path);
        (path, text)
    })
}

/// Inside a crate: tests of one of its modules, which that module's paragraph stands for.
fn is_unit_test(path: &Path) -> bool {
    let is_of_the_whole = path.starts_with("tests");
    !is_of_the_whole && path.iter().any(|part| part == "tests" || part == "tests.rs")
}

#[test]
fn every_file_opens_with_what_it_is_about() {
    let silent: Vec<_> = sources()
        .filter(|(path, text)| !is_unit_test(path) && !text.starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "these files need a `//!` paragraph at the top: {silent:#?}");
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    let long: Vec<_> = sources()
        .filter(|(path, _)| !is_unit_test(path))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .collect();
    assert!(long.is_empty(), "these files have more than {MAX_LINES} lines: {long:#?}");
}

#[test]
fn nothing_is_called_utils_or_helpers() {
    let vague = ["util", "utils", "helper", "helpers", "common", "misc"];
    let found: Vec<_> = sources()
        .map(|(path, _)| path)
        .filter(|path| {
            path.iter().any(|part| vague.contains(&part.to_string_lossy().trim_end_matches(".rs")))
        })
        .collect();
    assert!(found.is_empty(), "say what these are about: {found:#?}");
}

#[test]
fn only_the_store_knows_diesel() {
    let found: Vec<_> = sources()
        .filter(|(path, _)| !path.starts_with("store") && !path.starts_with("tests"))
        .filter(|(_, text)| text.contains("diesel::") || text.contains("diesel_async::"))
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "queries belong to the crate store: {found:#?}");
}
