use minijinja::Value;
use minijinja::value::Serde;
use serde_json::{Value as Json, json};

use super::super::{Brand, Error, Organisation, Renderer, samples};
use super::strict;

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
