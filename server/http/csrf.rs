//! Against forged requests: a token in every form, and the browser's own word where it gives one.

use axum::http::{HeaderMap, header};
use store::Sealer;

use super::failure::Failure;

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
pub(super) fn check_origin(headers: &HeaderMap, own: &str) -> Result<(), Failure> {
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return Err(Failure::Csrf);
    }
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() != own.as_bytes() => Err(Failure::Csrf),
        _ => Ok(()),
    }
}
