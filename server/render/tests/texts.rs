use std::collections::BTreeSet;

use super::super::files::Embedded;
use super::super::{ErrorKind, ErrorPage, Locale, Locales, Renderer, samples};
use super::{files, root, strict};

/// `t("a.b")` and `say("a.b")` name a key; `t("a." ~ x)` a prefix.
fn keys_in(source: &str, keys: &mut BTreeSet<String>, prefixes: &mut BTreeSet<String>) {
    for quote in ['"', '\''] {
        let mut parts = source.split(quote);
        parts.next();
        // Every piece between quotes, and what stands behind it.
        let pieces: Vec<&str> = parts.collect();
        for pair in pieces.windows(2) {
            let (text, after) = (pair[0], pair[1].trim_start());
            let is_key = |text: &str| {
                text.starts_with(|c: char| c.is_ascii_lowercase())
                    && text.contains('.')
                    && ![".svg", ".css", ".js"].iter().any(|end| text.ends_with(end))
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._".contains(&b))
            };
            if is_key(text) && after.starts_with('~') {
                prefixes.insert(text.to_owned());
            } else if is_key(text) {
                keys.insert(text.to_owned());
            }
        }
    }
}

/// Keys that Rust puts together.
const SPOKEN_PREFIXES: [&str; 11] = [
    "prompt.label.",
    "factor.",
    "language.",
    "time.",
    "reason.",
    "acr.",
    "amr.",
    "scope.",
    "error.",
    "wiki.claim.",
    "mail.",
];

/// Texts between quotes in the crates' sources that look like keys.
fn keys_in_crates() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for folder in ["engine", "stages", "provider", "server", "flows"] {
        for (path, source) in files(&root().join(folder), &["rs", "yaml"]) {
            if !path.components().any(|part| part.as_os_str() == "render") {
                keys_in(&source, &mut keys, &mut BTreeSet::new());
            }
        }
    }
    keys
}

#[test]
fn locales_and_templates_name_the_same_keys() {
    let (mut keys, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
    for (_, source) in files(&root().join("templates"), &["html", "txt"]) {
        keys_in(&source, &mut keys, &mut prefixes);
    }
    let renderer = strict();
    let locale = &renderer.locales().all()[0];
    let is_there = |key: &str| locale.has(key) || locale.has(&format!("{key}.other"));
    let unknown: Vec<&String> = keys
        .iter()
        .filter(|key| !is_there(key) && !key.contains(".html"))
        .filter(|key| prefixes.iter().all(|prefix| !prefix.starts_with(key.as_str())))
        .collect();
    assert!(unknown.is_empty(), "in templates alone: {unknown:?}");

    // What stages say to people begins with the name of a group of texts.
    let crates = keys_in_crates();
    let is_text = |key: &str| {
        let group = key.split('.').next().unwrap_or_default();
        [
            "identify",
            "password",
            "new_password",
            "prompt",
            "email_link",
            "deny",
            "gate",
            "code",
            "enrol",
            "sms_otp_setup",
            "email_otp_setup",
            "static_setup",
        ]
        .contains(&group)
    };
    let unknown: Vec<&String> =
        crates.iter().filter(|key| is_text(key) && !is_there(key)).collect();
    assert!(unknown.is_empty(), "in Rust alone: {unknown:?}");

    let is_said = |key: &str| {
        let whole = key.trim_end_matches(".one").trim_end_matches(".other");
        keys.contains(whole)
            || crates.contains(whole)
            || prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
            || SPOKEN_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
    };
    let unused: Vec<&str> = locale.keys().filter(|key| !is_said(key)).collect();
    assert!(unused.is_empty(), "in locales alone: {unused:?}");
}

#[test]
fn every_language_has_the_same_keys_and_placeholders() {
    let read = |path: &str| {
        let file = Embedded::get(path).unwrap();
        String::from_utf8(file.data.into_owned()).unwrap()
    };
    let english = read("locales/en.yaml");
    let reference = Locales::parse(&[("en".to_owned(), english)]).unwrap();
    let reference = &reference.all()[0];
    for path in Embedded::iter().filter(|path| path.starts_with("locales/")) {
        // Read as if it were English, so that nothing is filled in from there.
        let alone = Locales::parse(&[("en".to_owned(), read(&path))]).unwrap();
        let alone = &alone.all()[0];
        let keys = |locale: &Locale| locale.keys().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(keys(alone), keys(reference), "{path}");
        for key in alone.keys() {
            let names = |locale: &Locale| {
                locale.parameters(key).into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
            };
            assert_eq!(names(alone), names(reference), "{path}: {key}");
        }
    }
}

#[test]
fn a_missing_text_shows_its_key_unless_strict() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("error.html"),
        "{{ t('no.such') }} {{ say('no.such') }} {{ t('amr.pwd') }}",
    )
    .unwrap();
    let render = |renderer: Renderer| {
        let page = samples::frame(&renderer, &renderer.locales().default_lang());
        renderer.render(&page, &ErrorPage::new(ErrorKind::NotFound))
    };
    let shown = render(Renderer::new(Some(folder.path())).unwrap()).unwrap();
    assert_eq!(shown, "no.such no.such Password");
    let error = render(Renderer::strict(Some(folder.path())).unwrap()).unwrap_err();
    assert!(error.to_string().contains("no.such"), "{error}");
}
