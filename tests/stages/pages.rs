//! Every stage kind's page, as it really comes: in each language, with and without something wrong.

use serde_json::json;

use super::attacks::{SAMPLES, blueprint, component, reach};
use crate::harness::{Page, TestApp};

/// Words of a page that are keys of a text, which it should show instead.
fn bare_keys(page: &Page) -> Vec<String> {
    let texts = page.texts("title, main, footer").join(" ");
    let is_key = |word: &&str| {
        let parts: Vec<_> = word.split('.').collect();
        parts.len() > 1
            && parts.iter().all(|part| {
                !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            })
    };
    texts.split_whitespace().filter(is_key).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_speaks_every_language() {
    let app = TestApp::with_settings(&blueprint(), super::webauthn::SETTINGS).await;
    for sample in SAMPLES {
        let mut seen = Vec::new();
        for language in ["en", "de"] {
            let browser = app.browser().with("accept-language", language);
            let walk = reach(browser.clone(), sample).await;
            let address = walk.address().replace("/api/v1/flows/", "/flow/");
            let page = browser.visit(&address).await.expect(200);
            assert_eq!(page.attribute("html", "lang"), language, "{page:?}");
            assert_eq!(bare_keys(&page), [""; 0], "{}: {page:?}", sample.kind);
            assert!(page.has("main h1") && page.has(r#"form[method="post"]"#), "{page:?}");
            walk.answer(json!({})).await.asks(component(sample));
            let wrong = browser.visit(&address).await.expect(200);
            assert_eq!(bare_keys(&wrong), [""; 0], "{}: {wrong:?}", sample.kind);
            assert!(wrong.has("[role=alert], .wrong, #errors"), "{}: {wrong:?}", sample.kind);
            seen.push(page.text("h1"));
        }
        assert_ne!(seen[0], seen[1], "{}: the languages differ", sample.kind);
    }
}
