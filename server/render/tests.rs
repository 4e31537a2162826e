#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::page::{Brand, Organisation, Page, Person};
use super::samples::{self, Sample};
use super::*;

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

#[test]
fn every_sample_renders_in_every_language() {
    let renderer = strict();
    for locale in renderer.locales().all() {
        for sample in samples::pages() {
            let html = rendered(&renderer, &sample, locale.lang());
            assert!(html.starts_with("<!doctype html>"), "{}", sample.name);
            assert!(html.contains(&format!("<html lang=\"{}\"", locale.lang())), "{}", sample.name);
            assert!(html.trim_end().ends_with("</html>"), "{}", sample.name);
            for word in ["None", "True", "False", "undefined"] {
                assert!(!html.contains(word), "{}: {word}", sample.name);
            }
            assert!(html.contains("<h1>") && !html.contains("<title> ·"), "{}", sample.name);
        }
        for (name, data) in samples::mails() {
            let brand = Brand::default();
            let mail = renderer.mail(name, locale.lang(), &brand, &data).unwrap();
            assert!(mail.text.contains(data["link"].as_str().unwrap()), "{}", mail.text);
            assert!(mail.html.contains("&amp;lang=en"), "{name}");
        }
    }
}

#[test]
fn every_template_has_a_sample() {
    let mut sampled: BTreeSet<String> =
        samples::pages().into_iter().map(|sample| sample.template).collect();
    for (name, _) in samples::mails() {
        sampled.insert(format!("email/{name}.txt"));
        sampled.insert(format!("email/{name}.html"));
    }
    for path in Embedded::iter().filter(|path| is_template(path)) {
        let is_part = [
            "components/",
            "base.html",
            "stages/layout.html",
            "email/layout.html",
            "email/parts.html",
            "demo/wiki_layout.html",
        ];
        if !is_part.iter().any(|part| path.starts_with(part)) {
            assert!(sampled.contains(&*path), "{path} has no sample");
        }
    }
}

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
        ["identify", "password", "new_password", "prompt", "email_link", "deny", "gate"]
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

const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{9973*3}}{% for %}";

/// Every text that a person or an administrator can set becomes an attack.
fn poison(value: &mut Json, key: &str) {
    const STRUCTURE: [&str; 16] = [
        "lang",
        "dir",
        "component",
        "key",
        "type",
        "kind",
        "level",
        "outcome",
        "state",
        "mode",
        "field",
        "by",
        "theme",
        "code_",
        "at",
        "auth_time",
    ];
    match value {
        Json::String(text) if !STRUCTURE.contains(&key) => {
            *text = if [
                "url",
                "uri",
                "_uri",
                "href",
                "link",
                "recovery",
                "enrolment",
                "back",
                "sign_in",
                "sign_out",
            ]
            .iter()
            .any(|name| key.ends_with(name))
            {
                format!("javascript:alert(1)//{HOSTILE}")
            } else {
                HOSTILE.to_owned()
            };
        }
        Json::Array(items) => items.iter_mut().for_each(|item| poison(item, key)),
        Json::Object(entries) => {
            for (key, value) in
                entries.iter_mut().filter(|(key, _)| !STRUCTURE.contains(&key.as_str()))
            {
                poison(value, key);
            }
        }
        _ => {}
    }
}

fn assert_harmless(html: &str, name: &str) {
    for needle in ["<script>alert", "<img src=x", "=\"javascript:", "29919"] {
        let found = html.find(needle);
        assert!(found.is_none(), "{name}: {needle} at {}", &html[found.unwrap_or(0)..]);
    }
}

#[test]
fn nothing_that_people_write_becomes_markup() {
    let renderer = Renderer::new(None).unwrap();
    let lang = renderer.locales().default_lang();
    for sample in samples::pages() {
        let mut page = serde_json::to_value(sample.page(&renderer, &lang)).unwrap();
        let mut data = sample.data.clone();
        poison(&mut page, "page");
        poison(&mut data, "data");
        let context = Value::from_pairs([
            ("page", Value::from(Serde(&page))),
            (sample.variable, Value::from(Serde(&data))),
        ]);
        let html = renderer.render_value(&sample.template, &lang, context);
        let html = html.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert_harmless(&html, &sample.name);
        // A sample without a text of anybody's shows none.
        let shows = html.contains("&lt;script&gt;alert");
        assert!(shows || sample.name == "wiki_home", "{} shows nothing of it", sample.name);
    }
    for (name, mut data) in samples::mails() {
        poison(&mut data, "mail");
        let brand = Brand { name: HOSTILE.to_owned(), organisation: None };
        let mail = renderer.mail(name, &lang, &brand, &data).unwrap();
        assert_harmless(&mail.html, name);
        assert!(mail.text.contains(HOSTILE), "a text mail is not HTML: {}", mail.text);
        assert!(!mail.text.contains("javascript:"), "{}", mail.text);
    }
}

#[test]
fn hostile_names_are_not_greeted_and_break_no_header() {
    let renderer = strict();
    let lang = renderer.locales().default_lang();
    let mut mail = json!({
        "name": "click www.evil.example", "address": "a@b.example\r\nBcc: c@d.example",
        "link": "https://id.example/x", "minutes": 60,
    });
    let sent = renderer.mail("verify", &lang, &Brand::default(), &mail).unwrap();
    assert!(!sent.text.contains("evil.example") && !sent.html.contains("evil.example"));
    assert!(!sent.text.contains("\nBcc:"), "{}", sent.text);
    mail["name"] = json!("Ada");
    assert!(
        renderer
            .mail("verify", &lang, &Brand::default(), &mail)
            .unwrap()
            .text
            .contains("Hello Ada,")
    );

    for name in ["Acme\r\nBcc: x@y.example", "Acme\u{2028}x", "Acme\u{85}", "\0", &"x".repeat(300)]
    {
        let brand = Brand { name: name.to_owned(), organisation: None };
        assert!(
            matches!(renderer.mail("verify", &lang, &brand, &mail), Err(Error::Subject)),
            "{name:?}"
        );
        let brand =
            Brand { name: "F".to_owned(), organisation: Some(Organisation::new(name, None, None)) };
        assert!(
            matches!(renderer.mail("verify", &lang, &brand, &mail), Err(Error::Subject)),
            "{name:?}"
        );
    }
}

#[test]
fn pages_load_nothing_from_elsewhere_and_have_nothing_inline() {
    let renderer = strict();
    for sample in samples::pages() {
        let html = rendered(&renderer, &sample, &renderer.locales().default_lang());
        for needle in
            [" style=", " onclick", " onload", "<script>", "<style>", "src=\"http", "@import"]
        {
            assert!(!html.contains(needle), "{}: {needle}", sample.name);
        }
        for form in html.split("<form").skip(1) {
            assert!(form.starts_with(" method=\"post\""), "{}: a form by GET", sample.name);
            let is_ours = !form.contains("data-submit");
            assert!(
                !is_ours || form.contains("name=\"csrf\""),
                "{}: a form without a token",
                sample.name
            );
        }
        for file in html.split("/static/").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]) {
            let file = file.replace("&#x2f;", "/");
            assert!(renderer.asset(&file).is_some(), "{}: {file}", sample.name);
        }
    }
}

#[test]
fn undefined_values_fuel_and_unknown_templates_are_errors() {
    let renderer = Renderer::new(None).unwrap();
    let lang = renderer.locales().default_lang();
    let page = samples::frame(&renderer, &lang);
    let data = json!({});
    let stage = |component: &str| {
        let errors: [Json; 0] = [];
        renderer.stage(&page, &Challenge { component, title: None, data: &data, errors: &errors })
    };
    assert!(stage("prompt").is_err(), "a prompt without fields");
    assert!(stage("identify").is_ok());
    for component in ["../error", "nonesuch", "", "identify.html\0"] {
        assert!(stage(component).is_err());
        assert!(!renderer.has_stage(component));
    }
    assert!(renderer.has_stage("identify") && !renderer.has_stage("layout"));

    let folder = tempfile::tempdir().unwrap();
    let loops =
        "{% for a in range(10000) %}{% for b in range(10000) %}{{ b }}{% endfor %}{% endfor %}";
    std::fs::write(folder.path().join("error.html"), loops).unwrap();
    let renderer = Renderer::new(Some(folder.path())).unwrap();
    assert!(renderer.render(&page, &ErrorPage::new(ErrorKind::NotFound)).is_err());
}

#[test]
fn overrides_replace_templates_and_merge_texts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("locales/de.yaml", "password: {title: Kennwort bitte}");
    write("locales/fr.yaml", "language: {name: Français, dir: ltr}\nform: {continue: Continuer}");
    write(
        "components/foot.html",
        "{% macro page_foot(page) %}<footer>Ours &amp; {{ page.brand.name }}</footer>{% endmacro %}",
    );
    write("static/flowgate.css", "body { color: rebeccapurple }");
    write("README.md", "{{ not a template");
    write(".git/config.html", "{{ nor this");
    let renderer = Renderer::strict(Some(folder.path())).unwrap();
    let html = |tag: &str, name: &str| {
        let lang = renderer.locales().find(tag).unwrap();
        let sample = samples::pages().into_iter().find(|sample| sample.name == name).unwrap();
        rendered(&renderer, &sample, &lang)
    };
    let german = html("de", "password");
    assert!(
        german.contains("Kennwort bitte")
            && german.contains("Weiter")
            && german.contains("Ours &amp; Flowgate")
    );
    let french = html("fr-CA", "password");
    assert!(french.contains("Continuer") && french.contains("Enter your password"));
    assert_ne!(renderer.asset_url("flowgate.css"), strict().asset_url("flowgate.css"));

    write("stages/identify.html", "{% extends ");
    let error = Renderer::new(Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("stages/identify.html"), "{error}");
    write("stages/identify.html", "");
    write("locales/de.yaml", "password: [");
    assert!(
        Renderer::new(Some(folder.path())).unwrap_err().to_string().contains("locales/de.yaml")
    );
    assert!(Renderer::new(Some(&folder.path().join("nonesuch"))).is_err());
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

#[test]
fn initials_are_one_or_two_letters() {
    let initials = |name: &str| Person::new(name, None).initials;
    assert_eq!(initials("Ada Lovelace"), "AL");
    assert_eq!(initials("ada@acme.example"), "A");
    assert_eq!(initials("J. R. R. Tolkien"), "JT");
    assert_eq!(initials("émile"), "É");
    assert_eq!(initials("  "), "");
}

/// `target/gallery/`: every page in every language as a file, for eyes, screenshots and axe.
#[test]
fn the_gallery_is_written() {
    let renderer = strict();
    let folder = root().join("target/gallery");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, _) in renderer.assets.urls() {
        let asset = renderer.asset(name).unwrap();
        std::fs::write(folder.join(name), &*asset.bytes).unwrap();
    }
    let write = |name: &str, html: &str| {
        let mut html = html.to_owned();
        for (name, url) in renderer.assets.urls() {
            html = html.replace(&url.replace('/', "&#x2f;"), name).replace(url, name);
        }
        std::fs::write(folder.join(name), html).unwrap();
    };
    for locale in renderer.locales().all() {
        let lang = locale.lang();
        for sample in samples::pages() {
            write(&format!("{}.{lang}.html", sample.name), &rendered(&renderer, &sample, lang));
        }
        for (name, data) in samples::mails() {
            let brand = samples::frame(&renderer, lang).brand;
            let mail = renderer.mail(name, lang, &brand, &data).unwrap();
            write(&format!("mail_{name}.{lang}.html"), &mail.html);
            std::fs::write(
                folder.join(format!("mail_{name}.{lang}.txt")),
                format!("{}\n\n{}", mail.subject, mail.text),
            )
            .unwrap();
        }
    }
}

/// Not a benchmark, only a bound that a mistake (compiling per request, say) would break.
#[test]
fn a_page_takes_well_under_a_millisecond() {
    let renderer = strict();
    let lang = renderer.locales().default_lang();
    let samples = samples::pages();
    let sample = samples.iter().find(|sample| sample.name == "password").unwrap();
    let page: Page = sample.page(&renderer, &lang);
    let errors: [Json; 0] = [];
    let challenge = Challenge {
        component: "password",
        title: None,
        data: &sample.data["data"],
        errors: &errors,
    };
    let rounds: u32 = 200;
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(renderer.stage(&page, &challenge).unwrap());
    }
    let each = start.elapsed() / rounds;
    assert!(each < std::time::Duration::from_millis(5), "{each:?}");
}
