//! `redirect_uri`: required, and registered byte for byte (OpenID Connect Core §3.1.2.1).

use store::client::Client;

use super::{ErrorPage, PageProblem};
use crate::params::{Known, Params};
use crate::{ErrorCode, redirect_uri};

pub(super) const PARAMETER: Known = ("redirect_uri", 2048);

pub(super) fn check<'a>(params: &'a Params, client: &Client) -> Result<&'a str, ErrorPage> {
    let page = |description: &'static str| {
        ErrorPage::new(PageProblem::RedirectUri, ErrorCode::InvalidRequest, description)
    };
    let sent =
        params.get_strictly(PARAMETER).ok_or_else(|| page("redirect_uri must be sent once."))?;
    let settings = &client.settings;
    if !redirect_uri::is_registered(&settings.redirect_uris, sent, settings.kind) {
        return Err(page(
            "redirect_uri is not registered for this client. It must be equal byte for byte.",
        ));
    }
    // Also what was registered before a rule became stricter is not used.
    match redirect_uri::problem(sent) {
        None => Ok(sent),
        Some(problem) => Err(ErrorPage::new(
            PageProblem::RedirectUri,
            ErrorCode::InvalidRequest,
            format!("redirect_uri {problem}."),
        )),
    }
}
