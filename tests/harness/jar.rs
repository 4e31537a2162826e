//! A cookie jar by the rules of RFC 6265bis that matter on one host, open to the test: what a thief
//! or a forgetful browser does can be done.

use cookie::Cookie;
use reqwest::Url;
use store::{Clock as _, SystemClock};

#[derive(Debug, Clone)]
struct Stored {
    host: String,
    path: String,
    name: String,
    value: String,
}

/// Keeps cookies by host, not by port, as browsers do (RFC 6265 §8.5).
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(Vec<Stored>);

impl Jar {
    /// Takes a `Set-Cookie` header that came from `url`. A cookie that Chromium would refuse fails the test.
    pub(crate) fn store(&mut self, url: &Url, header: &str) {
        let cookie = Cookie::parse(header.to_owned()).expect("a cookie");
        let name = cookie.name().to_owned();
        assert!(cookie.domain().is_none(), "a cookie of one host has no Domain: {header}");
        if name.starts_with("__Host-") || name.starts_with("__Secure-") {
            assert_eq!(cookie.secure(), Some(true), "{name} must be Secure: {header}");
        }
        if name.starts_with("__Host-") {
            assert_eq!(cookie.path(), Some("/"), "{name} must have Path=/: {header}");
        }
        let host = url.host_str().unwrap().to_owned();
        let path = cookie.path().filter(|path| path.starts_with('/')).map_or_else(
            || url.path().rsplit_once('/').map_or("/", |(folder, _)| folder).to_owned(),
            str::to_owned,
        );
        self.0.retain(|old| (&old.host, &old.path, &old.name) != (&host, &path, &name));
        if !is_expired(&cookie) {
            self.0.push(Stored { host, path, name, value: cookie.value().to_owned() });
        }
    }

    /// The `Cookie` header for a request to `url`; `None` when there is nothing to send.
    pub(crate) fn header(&self, url: &Url) -> Option<String> {
        let pairs: Vec<_> =
            self.matching(url).map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The names and values that a request to `url` would carry.
    pub(crate) fn pairs(&self, url: &Url) -> Vec<(String, String)> {
        self.matching(url).map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
    }

    /// Forgets every cookie but those whose names contain `part`.
    pub(crate) fn keep_only(&mut self, part: &str) {
        self.0.retain(|cookie| cookie.name.contains(part));
    }

    /// Gives the cookie `name` another value, wherever it is.
    pub(crate) fn replace(&mut self, name: &str, value: &str) {
        let mut found = false;
        for cookie in self.0.iter_mut().filter(|cookie| cookie.name == name) {
            value.clone_into(&mut cookie.value);
            found = true;
        }
        assert!(found, "there is no cookie {name}: {self:?}");
    }

    /// What closing and opening a browser without "continue where you left off" does, or clearing its data.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn matching(&self, url: &Url) -> impl Iterator<Item = &Stored> {
        let (host, at) = (url.host_str().unwrap_or_default().to_owned(), url.path().to_owned());
        self.0.iter().filter(move |cookie| {
            let rest = at.strip_prefix(&cookie.path);
            let below = rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || cookie.path.ends_with('/')
            });
            cookie.host == host && below
        })
    }
}

/// `Max-Age` before `Expires` (RFC 6265 §4.1.2.2).
fn is_expired(cookie: &Cookie<'_>) -> bool {
    match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), _) => age.whole_seconds() <= 0,
        (None, Some(at)) => at.unix_timestamp() <= SystemClock.now().timestamp(),
        (None, None) => false,
    }
}
