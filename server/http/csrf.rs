//! Against forged requests: a token in every form, and the browser's own word where it gives one.

use axum::http::{HeaderMap, HeaderValue, header};
use store::Sealer;

use super::failure::Failure;
use super::visitor::Visitor;

const PURPOSE: &str = "csrf";

/// The token of this browser's forms.
pub(super) fn token(sealer: &Sealer, browser: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&sealer.mac(PURPOSE, browser.as_bytes()))
}

/// Whether a form was made for this browser.
pub(super) fn check(sealer: &Sealer, browser: Option<&str>, given: &str) -> Result<(), Failure> {
    let browser = browser.ok_or(Failure::Csrf)?;
    let given =
        data_encoding::BASE64URL_NOPAD.decode(given.as_bytes()).map_err(|_| Failure::Csrf)?;
    if sealer.is_mac(PURPOSE, browser.as_bytes(), &given) { Ok(()) } else { Err(Failure::Csrf) }
}

/// Whether the browser says that the request comes from a page of this server. One that says nothing
/// (an old one, or no browser) is not refused for that.
///
/// Our pages are `no-referrer`, so that the tokens in their URLs go nowhere; their forms are therefore
/// posted with `Origin: null`, and then `Sec-Fetch-Site` must vouch for them.
pub(super) fn check_origin(headers: &HeaderMap, own: &str) -> Result<(), Failure> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return Err(Failure::Csrf);
    }
    match headers.get(header::ORIGIN).map(HeaderValue::as_bytes) {
        None => Ok(()),
        Some(origin) if origin == own.as_bytes() => Ok(()),
        Some(b"null") if site == Some(b"same-origin") => Ok(()),
        Some(_) => Err(Failure::Csrf),
    }
}

/// Where to send a form of a relying party's page so that it comes with this server's cookies, if it
/// came without: they are `SameSite=Lax`, so a browser leaves them out of another site's `POST`, but
/// not out of the `GET` to which that is redirected. Else nobody would be signed in here, and the
/// browser would be given a new secret, which takes every sign-in under way from the person.
pub(super) fn with_cookies(
    path: &str,
    headers: &HeaderMap,
    visitor: &Visitor,
    fields: &[(String, String)],
) -> Option<String> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_bare = visitor.browser.is_none() && visitor.session.is_none();
    (site == Some(b"cross-site") && is_bare).then(|| {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("{path}?{query}")
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::check_origin;

    fn is_ours(origin: Option<&'static str>, site: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert("origin", HeaderValue::from_static(origin));
        }
        if let Some(site) = site {
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
        }
        check_origin(&headers, "https://id.example").is_ok()
    }

    #[test]
    fn only_pages_of_this_server_are_ours() {
        let own = Some("https://id.example");
        assert!(is_ours(None, None) && is_ours(own, None) && is_ours(own, Some("same-origin")));
        assert!(is_ours(Some("null"), Some("same-origin")));
        assert!(!is_ours(Some("null"), None) && !is_ours(Some("null"), Some("none")));
        assert!(!is_ours(own, Some("cross-site")) && !is_ours(own, Some("same-site")));
        for other in ["http://id.example", "https://id.example.evil", "https://ID.example", ""] {
            assert!(!is_ours(Some(other), Some("same-origin")), "{other}");
        }
    }
}
