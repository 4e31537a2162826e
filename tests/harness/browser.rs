//! A browser without a screen: it keeps cookies, says where a request comes from, and follows
//! redirects as long as they stay on the host that it was made for.

use std::sync::{Arc, Mutex, MutexGuard};

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url, redirect};
use serde_json::Value;

use super::{Jar, Page};

/// One person's browser. A clone is another tab of it.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    base: Url,
    jar: Arc<Mutex<Jar>>,
    headers: HeaderMap,
}

impl Browser {
    /// `base` is what relative addresses are relative to, and where redirects are followed.
    pub(crate) fn new(base: &str) -> Self {
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none());
        // Nothing here speaks TLS: reading the system's certificates for it would take its time.
        let client = client.tls_certs_only([]).build().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"));
        Self { client, base: base.parse().unwrap(), jar: Arc::default(), headers }
    }

    /// The same browser, sending one header more (or another value of it) with each request.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        self
    }

    /// The value of a header that it sends with each request.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Another browser with a copy of the cookies: what a thief of them has.
    pub(crate) fn stolen(&self) -> Self {
        let jar = Arc::new(Mutex::new(self.jar().clone()));
        Self { jar, ..self.clone() }
    }

    pub(crate) fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap()
    }

    /// The cookies that a request to `address` would carry.
    pub(crate) fn cookies(&self, address: &str) -> Vec<(String, String)> {
        self.jar().pairs(&self.resolve(address))
    }

    /// Types an address and follows redirects.
    pub(crate) async fn visit(&self, address: &str) -> Page {
        self.follow(self.get(address).await).await
    }

    /// Types an address and looks at the first answer.
    pub(crate) async fn get(&self, address: &str) -> Page {
        let url = self.resolve(address);
        self.send(self.client.get(url.clone()), url, None).await
    }

    /// Sends a form's fields from a page at `from`, and looks at the first answer.
    pub(crate) async fn post(&self, url: Url, from: &Url, fields: &[(String, String)]) -> Page {
        self.send(self.client.post(url.clone()).form(fields), url, Some(from)).await
    }

    /// Follows a link on a page at `from`.
    pub(crate) async fn click(&self, url: Url, from: &Url) -> Page {
        self.follow(self.send(self.client.get(url.clone()), url, Some(from)).await).await
    }

    /// Sends a form as another server does: nothing but the fields.
    pub(crate) async fn call(&self, address: &str, fields: &[(String, String)]) -> Page {
        let url = self.resolve(address);
        self.exchange(self.client.post(url.clone()).form(fields), url).await
    }

    /// Calls the JSON API, as an app does: no `Origin`, no redirects.
    pub(crate) async fn api(&self, method: Method, address: &str, body: Option<&Value>) -> Page {
        let url = self.resolve(address);
        let mut headers = self.headers.clone();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let mut request = self.client.request(method, url.clone()).headers(headers);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.exchange(request, url).await
    }

    /// Sends exactly this, beside the cookies: what no browser and no app would.
    pub(crate) async fn raw(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &[u8])],
        body: impl Into<Vec<u8>>,
    ) -> Page {
        let answer = self.attempt(method, address, headers, body).await;
        answer.unwrap_or_else(|error| panic!("{address}: {error:?}"))
    }

    /// The same where the server may hang up before it has read everything.
    pub(crate) async fn attempt(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &[u8])],
        body: impl Into<Vec<u8>>,
    ) -> reqwest::Result<Page> {
        let url = self.resolve(address);
        let mut request = self.client.request(method, url.clone()).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        self.try_exchange(request, url).await
    }

    /// Follows redirects that stay on the base's origin, with GET; anything else is where it stops.
    pub(crate) async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..20 {
            let Some(next) = page.location().filter(|next| next.origin() == self.base.origin())
            else {
                return page;
            };
            page = self.send(self.client.get(next.clone()), next, Some(&page.url)).await;
        }
        panic!("more than 20 redirects; the last was to {}", page.url);
    }

    pub(crate) fn resolve(&self, address: &str) -> Url {
        self.base.join(address).unwrap_or_else(|error| panic!("{address}: {error}"))
    }

    /// Adds what a browser adds to a navigation (Fetch Metadata; RFC 6454 §7.3).
    async fn send(&self, request: RequestBuilder, url: Url, from: Option<&Url>) -> Page {
        let site = match from {
            None => "none",
            Some(from) if from.origin() == url.origin() => "same-origin",
            Some(from) if from.host() == url.host() && from.scheme() == url.scheme() => "same-site",
            Some(_) => "cross-site",
        };
        let mut request = request
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-site", site);
        if let Some(from) = from {
            request = request.header(header::ORIGIN, from.origin().ascii_serialization());
        }
        self.exchange(request.headers(self.headers.clone()), url).await
    }

    async fn exchange(&self, request: RequestBuilder, url: Url) -> Page {
        let answer = self.try_exchange(request, url.clone()).await;
        answer.unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }

    async fn try_exchange(&self, mut request: RequestBuilder, url: Url) -> reqwest::Result<Page> {
        let cookies = self.jar().header(&url);
        if let Some(cookies) = cookies {
            request = request.header(header::COOKIE, cookies);
        }
        let answer = request.send().await?;
        let status = answer.status();
        assert!(
            !status.is_redirection() || [303, 304].contains(&status.as_u16()),
            "{url} answered {status}: only 303 never posts a password again (RFC 9700 §4.12)"
        );
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            self.jar().store(&url, cookie.to_str().unwrap());
        }
        Ok(Page {
            browser: self.clone(),
            url,
            status,
            headers: answer.headers().clone(),
            body: answer.text().await?,
        })
    }
}
