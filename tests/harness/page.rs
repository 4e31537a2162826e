//! What came back, read as a browser reads it.

use reqwest::header::{self, HeaderMap};
use reqwest::{StatusCode, Url};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use super::{Browser, Form};

/// One answer and where it came from.
pub(crate) struct Page {
    pub(crate) browser: Browser,
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    /// Fails, showing the page, unless its status is `status`.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    /// The text of the first element that `selector` finds, with single spaces.
    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        let texts = self.texts(selector);
        texts.into_iter().next().unwrap_or_else(|| panic!("no {selector} in {self:?}"))
    }

    /// The text of each element that `selector` finds.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&css(selector)).map(text_of).collect()
    }

    pub(crate) fn has(&self, selector: &str) -> bool {
        Html::parse_document(&self.body).select(&css(selector)).next().is_some()
    }

    /// The form that has a control with this name.
    #[track_caller]
    pub(crate) fn form_with(&self, name: &str) -> Form {
        self.form(&format!(r#"form:has([name="{name}"])"#))
    }

    /// The first form that `selector` finds.
    #[track_caller]
    pub(crate) fn form(&self, selector: &str) -> Form {
        let html = Html::parse_document(&self.body);
        let form = html.select(&css(selector)).next();
        Form::read(self, form.unwrap_or_else(|| panic!("no {selector} in {self:?}")))
    }

    /// Follows the first link that `selector` finds.
    pub(crate) async fn click(&self, selector: &str) -> Page {
        let href = self.attribute(selector, "href");
        self.browser.click(self.url.join(&href).unwrap(), &self.url).await
    }

    /// An attribute of the first element that `selector` finds.
    #[track_caller]
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> String {
        let html = Html::parse_document(&self.body);
        let found = html.select(&css(selector)).next().and_then(|element| element.attr(name));
        found.unwrap_or_else(|| panic!("no {selector} with {name} in {self:?}")).to_owned()
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self) -> Option<Url> {
        let target = self.headers.get(header::LOCATION)?.to_str().unwrap();
        self.status.is_redirection().then(|| self.url.join(target).unwrap())
    }

    /// A parameter of the redirect's query: a code, an error, a state.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let location = self.location()?;
        let pair = location.query_pairs().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.into_owned())
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"));
        value.to_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}\n{:#?}\n{}", self.status, self.url, self.headers, self.body)
    }
}

pub(super) fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}

pub(super) fn text_of(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
