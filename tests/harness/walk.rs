//! A flow walked by JSON, as a native app or a page's own script does.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, Page};

/// One execution, and what it last said.
#[derive(Clone)]
pub(crate) struct Walk {
    browser: Browser,
    slug: String,
    execution: String,
    pub(crate) status: u16,
    /// The last answer: where it stands, how it ended, or a problem (RFC 9457).
    pub(crate) body: Value,
}

impl Walk {
    /// Begins a flow in a browser, which is known by its cookie.
    pub(crate) async fn begin(browser: &Browser, slug: &str) -> Self {
        let page = browser.api(Method::GET, &format!("/api/v1/flows/{slug}"), None).await;
        Self::of(browser.clone(), slug, &page)
    }

    /// Begins a flow as a native app, which is known by the token that it gets.
    pub(crate) async fn native(browser: &Browser, slug: &str) -> Self {
        let address = format!("/api/v1/flows/{slug}?client=native");
        let page = browser.api(Method::GET, &address, None).await.expect(200);
        let token = page.json()["token"].as_str().expect("a token for the app").to_owned();
        let app = browser.clone().with("authorization", &format!("Bearer {token}"));
        Self::of(app, slug, &page)
    }

    /// The execution that a page of `browser` shows.
    pub(crate) async fn resume(browser: &Browser, slug: &str, execution: &str) -> Self {
        let address = format!("/api/v1/flows/{slug}?e={execution}");
        let page = browser.api(Method::GET, &address, None).await;
        Self::of(browser.clone(), slug, &page)
    }

    /// Uses a mailed link.
    pub(crate) async fn follow_link(browser: &Browser, link: &str) -> Self {
        let link = browser.resolve(link);
        let slug = link.path().strip_prefix("/flow/").expect("a link to a flow").to_owned();
        let address = format!("/api/v1/flows/{slug}?{}", link.query().unwrap_or_default());
        let page = browser.api(Method::POST, &address, Some(&json!({}))).await;
        Self::of(browser.clone(), &slug, &page)
    }

    fn of(browser: Browser, slug: &str, page: &Page) -> Self {
        let body = if page.body.is_empty() { Value::Null } else { page.json() };
        let execution = body["execution"].as_str().unwrap_or_default().to_owned();
        Self { browser, slug: slug.to_owned(), execution, status: page.status.as_u16(), body }
    }

    /// Answers the question that is being asked.
    pub(crate) async fn answer(self, answer: Value) -> Self {
        let page = self.send(&json!({ "step": self.body["step"], "answer": answer })).await;
        let next = Self::of(self.browser.clone(), &self.slug, &page);
        Self { execution: self.execution, ..next }
    }

    /// Sends any body to the execution.
    pub(crate) async fn send(&self, body: &Value) -> Page {
        self.browser.api(Method::POST, &self.address(), Some(body)).await
    }

    /// Looks again where it stands.
    pub(crate) async fn look(&self) -> Self {
        let page = self.browser.api(Method::GET, &self.address(), None).await;
        let next = Self::of(self.browser.clone(), &self.slug, &page);
        Self { execution: self.execution.clone(), ..next }
    }

    /// Who walks it.
    pub(crate) fn browser(&self) -> &Browser {
        &self.browser
    }

    /// The token by which a native app's execution knows it.
    #[track_caller]
    pub(crate) fn bearer(&self) -> String {
        let value = self.browser.header("authorization").expect("a native app");
        value.strip_prefix("Bearer ").unwrap_or_default().to_owned()
    }

    /// Its address in the API.
    pub(crate) fn address(&self) -> String {
        format!("/api/v1/flows/{}?e={}", self.slug, self.execution)
    }

    pub(crate) fn execution(&self) -> &str {
        &self.execution
    }

    /// What is asked; empty when nothing is.
    pub(crate) fn component(&self) -> &str {
        self.body["challenge"]["component"].as_str().unwrap_or_default()
    }

    /// The keys of what was wrong with the last answer.
    pub(crate) fn errors(&self) -> Vec<&str> {
        let errors = self.body["challenge"]["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["key"].as_str()).collect()
    }

    /// The session that it made: its id.
    pub(crate) fn session(&self) -> Option<&str> {
        self.body["finished"]["session"]["id"].as_str()
    }

    /// What kind of problem came back; empty when none did.
    pub(crate) fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.strip_prefix("urn:flowgate:problem:").unwrap_or(kind)
    }

    /// Fails, showing what came, unless it asks for `component`.
    #[track_caller]
    pub(crate) fn asks(self, component: &str) -> Self {
        assert_eq!(self.component(), component, "{self:?}");
        self
    }
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}\n{:#}", self.status, self.slug, self.body)
    }
}
