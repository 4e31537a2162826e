//! The cookies: which there are, and how they are set. Each holds one opaque value and nothing else.
//!
//! Over HTTPS their names begin with `__Host-`, which binds them to this host; over plain HTTP
//! on a loopback address they have other names rather than weaker flags on the same ones.

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, SameSite};

/// The signed-in session's token.
const SESSION: &str = "flowgate-session";

/// The secret of the browser, which binds executions and interactions to it.
const BROWSER: &str = "flowgate-browser";

/// The secret of a device that was remembered, for as long as policies may allow.
const DEVICE: &str = "flowgate-device";

/// The sign-in of the API that waits for a second factor: the id of its execution, which is of no use
/// without the browser's secret.
const LOGIN: &str = "flowgate-login";

/// So long an execution in which something was proven waits.
const LOGIN_MINUTES: i64 = 10;

/// The language chosen.
pub(super) const LANGUAGE: &str = "flowgate-language";

/// The length of a bearer value: 256 bits in base64url.
const TOKEN_LENGTH: usize = 43;

/// The cookies of a request.
pub(super) struct Cookies<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Cookies<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim(), value.trim()))
        });
        Self(pairs.collect())
    }

    /// The one cookie of this name; of two with one name neither is believed.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let mut found = self.0.iter().filter(|(key, _)| *key == name).map(|(_, value)| *value);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    pub(super) fn session(&self, secure: bool) -> Option<&'a str> {
        self.get(&name(SESSION, secure)).filter(|value| is_token(value))
    }

    pub(super) fn device(&self, secure: bool) -> Option<&'a str> {
        self.get(&name(DEVICE, secure)).filter(|value| is_token(value))
    }

    pub(super) fn login(&self, secure: bool) -> Option<&'a str> {
        self.get(&name(LOGIN, secure)).filter(|value| !value.is_empty() && value.len() <= 64)
    }

    pub(super) fn browser(&self, secure: bool) -> Option<&'a str> {
        self.get(&name(BROWSER, secure)).filter(|value| is_token(value))
    }
}

/// Keeps the device's secret for a year: how long it counts is the policies' to say.
pub(super) fn device(token: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(DEVICE, token, secure);
    cookie.set_max_age(Duration::days(365));
    cookie
}

/// Whether a value has the form of a token of ours.
pub(super) fn is_token(value: &str) -> bool {
    value.len() == TOKEN_LENGTH
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn name(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

fn cookie(of: &str, value: &str, secure: bool) -> Cookie<'static> {
    Cookie::build((name(of, secure), value.to_owned()))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .build()
}

/// Keeps a session; `until` where it outlives the browser.
pub(super) fn session(token: &str, until: Option<DateTime<Utc>>, secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(SESSION, token, secure);
    if let Some(until) =
        until.and_then(|at| OffsetDateTime::from_unix_timestamp(at.timestamp()).ok())
    {
        cookie.set_expires(until);
    }
    cookie
}

/// Forgets the session.
pub(super) fn no_session(secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(SESSION, "", secure);
    cookie.set_max_age(Duration::ZERO);
    cookie
}

/// Keeps which sign-in waits.
pub(super) fn login(execution: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(LOGIN, execution, secure);
    cookie.set_max_age(Duration::minutes(LOGIN_MINUTES));
    cookie
}

/// Forgets it.
pub(super) fn no_login(secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(LOGIN, "", secure);
    cookie.set_max_age(Duration::ZERO);
    cookie
}

/// Keeps the browser's secret until the browser is closed.
pub(super) fn browser(token: &str, secure: bool) -> Cookie<'static> {
    cookie(BROWSER, token, secure)
}

/// Keeps the language for a year.
pub(super) fn language(tag: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(LANGUAGE, tag, secure);
    cookie.set_name(LANGUAGE);
    cookie.set_max_age(Duration::days(365));
    cookie
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Cookies, is_token, no_session, session};

    #[test]
    fn two_cookies_of_one_name_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; b=2; a=3"));
        headers.append(header::COOKIE, HeaderValue::from_static("c=4"));
        let cookies = Cookies::of(&headers);
        assert_eq!(
            (cookies.get("a"), cookies.get("b"), cookies.get("c")),
            (None, Some("2"), Some("4"))
        );
    }

    #[test]
    fn tokens_have_one_form() {
        assert!(is_token(&"a".repeat(43)));
        for bad in ["", "a", &"a".repeat(44), &"=".repeat(43), &"ä".repeat(43)] {
            assert!(!is_token(bad), "{bad}");
        }
    }

    #[test]
    fn over_https_the_session_is_bound_to_the_host() {
        let set = session("value", None, true).to_string();
        assert_eq!(set, "__Host-flowgate-session=value; HttpOnly; SameSite=Lax; Secure; Path=/");
        assert!(no_session(true).to_string().contains("Max-Age=0"));
    }
}
