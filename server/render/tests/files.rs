use serde_json::{Value as Json, json};

use super::super::{Challenge, ErrorKind, ErrorPage, Renderer, samples};
use super::{rendered, strict};

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
