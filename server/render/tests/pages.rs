use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::files::{Embedded, is_template};
use super::super::{Brand, Challenge, Page, Person, samples};
use super::{rendered, root, strict};

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
            // Some mails lead nowhere: a code, a farewell.
            let Some(link) = data["link"].as_str() else { continue };
            assert!(mail.text.contains(link), "{}", mail.text);
            let escaped = link.replace('&', "&amp;").replace('/', "&#x2f;");
            assert!(mail.html.contains(&escaped), "{name}: {}", mail.html);
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
            "account/layout.html",
            "account/parts.html",
            "base.html",
            "stages/layout.html",
            "email/facts.txt",
            "email/layout.html",
            "email/parts.html",
            "demo/wiki_layout.html",
        ];
        if !is_part.iter().any(|part| path.starts_with(part)) {
            assert!(sampled.contains(&*path), "{path} has no sample");
        }
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
        // A form that posts itself would leave before anybody has looked.
        let mut html = html.replace(" data-submit", "");
        for (name, url) in renderer.assets.urls() {
            html = html.replace(&url.replace('/', "&#x2f;"), name).replace(url, name);
        }
        html = html.replace("&#x2f;static&#x2f;", "");
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
