//! Every page and mail in every language: whole, escaped, without a missing or a spare text.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod hostile;
mod pages;
mod texts;

use std::path::{Path, PathBuf};

use super::samples::Sample;
use super::{Lang, Renderer};

fn strict() -> Renderer {
    Renderer::strict(None).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rendered(renderer: &Renderer, sample: &Sample, lang: &Lang) -> String {
    let html = sample.render(renderer, lang);
    html.unwrap_or_else(|error| panic!("{} in {lang}: {error}", sample.name))
}

/// All files below a folder with one of these extensions.
fn files(folder: &Path, extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if extension.is_some_and(|extension| extensions.contains(&extension)) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}
