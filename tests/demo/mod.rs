//! `flowgate demo` as a newcomer meets it: the binary, nothing set up, and the greeting to go by.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::harness::{Browser, Page, Process, free_port};

/// Longer than saving the blueprint takes to show.
const PATIENCE: Duration = Duration::from_secs(30);

/// The demo in a folder that is no checkout, with temporary data.
struct Demo {
    process: Process,
    greeting: String,
}

impl Demo {
    async fn start() -> Self {
        let mut process = Process::start(&["demo", "--port", &free_port().to_string()]);
        let greeting =
            async |output: &str| output.contains("Ctrl-C ends it").then(|| output.to_owned());
        let greeting = process.wait_for(greeting).await;
        Self { process, greeting }
    }

    /// The second word of the line that begins with `name`.
    fn word(&self, name: &str) -> &str {
        let mut lines = self.greeting.lines().map(str::split_whitespace);
        let line = lines.find(|words| words.clone().next() == Some(name)).expect(name);
        line.clone().nth(1).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(self.word(name))
    }

    /// Begins at Wiki; ends at the first page of the login.
    async fn sign_in(&self) -> Page {
        let browser = Browser::new(self.word("Wiki"));
        let page = browser.visit("/").await.click("main a.button").await;
        walk(page).await
    }
}

/// Follows redirects from site to site, as browsers do.
async fn walk(mut page: Page) -> Page {
    while let Some(url) = page.location() {
        page = page.browser.get(url.as_str()).await;
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_greeting_names_signs_in_to_wiki_and_out() {
    let demo = Demo::start().await;
    let page = demo.sign_in().await;
    let page = walk(page.form_with("login").fill("login", "ada").send().await).await;
    let form = page.form_with("password").fill("password", demo.word("ada"));
    let page = walk(form.send().await).await;
    let page = walk(page.form_with("action").press("action", "allow").send().await).await;
    let page = page.expect(200);
    assert!(page.url.as_str().starts_with(demo.word("Wiki")), "{}", page.url);
    let (names, values) = (page.texts("tbody th"), page.texts("tbody td.value"));
    let claims: HashMap<_, _> = names.into_iter().zip(values).collect();
    let issuer = demo.word("Flowgate").trim_end_matches('/');
    for (name, value) in [
        ("iss", issuer),
        ("aud", "wiki"),
        ("acr", "aal1"),
        ("amr", "pwd"),
        ("email", "ada@acme.example"),
        ("email_verified", "true"),
    ] {
        assert_eq!(claims.get(name).map(String::as_str), Some(value), "{name}: {claims:?}");
    }

    let page = walk(page.form("header form").send().await).await;
    assert_eq!(page.url.as_str(), demo.word("Wiki"));
    let page = walk(page.click("main a.button").await).await;
    assert!(page.has("input[name=login]"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_shows_at_once_and_a_mistake_changes_nothing() {
    let demo = Demo::start().await;
    assert_eq!(demo.sign_in().await.text("h1"), "Welcome back");
    let path = demo.path("Blueprint");
    let blueprint = std::fs::read_to_string(&path).unwrap();

    save(&path, &blueprint.replace("title: Welcome back", "title: Good to see you"));
    let begun = Instant::now();
    while demo.sign_in().await.text("h1") != "Good to see you" {
        assert!(begun.elapsed() < PATIENCE, "{}", demo.process.last_words());
        sleep(Duration::from_millis(100)).await;
    }

    save(&path, &blueprint.replace("attempts: 5", "atempts: 5"));
    let begun = Instant::now();
    while !demo.process.last_words().contains("did you mean `attempts`?") {
        assert!(begun.elapsed() < PATIENCE, "{}", demo.process.last_words());
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(demo.sign_in().await.text("h1"), "Good to see you");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_nothing_behind() {
    let mut demo = Demo::start().await;
    // An open connection does not keep it.
    let _page = demo.sign_in().await;
    let data = demo.path("Data");
    assert!(data.join("flowgate.db").exists());
    let status = demo.process.interrupt();
    assert!(status.success(), "{status}: {}", demo.process.last_words());
    assert!(!data.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_use_the_demos_pages() {
    let demo = Demo::start().await;
    for site in ["Wiki", "Outbox"] {
        let browser = Browser::new(demo.word(site));
        let page = browser.visit("/").await.expect(200);
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        // DNS rebinding: another name for this machine.
        browser.clone().with("host", "rebound.example").get("/").await.expect(421);
    }
    // A login that this browser did not begin.
    let browser = Browser::new(demo.word("Wiki"));
    let page = browser.visit("/callback?code=x&state=y").await;
    assert_eq!(page.text("[role=alert] code"), "unknown_state");
}

fn save(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
