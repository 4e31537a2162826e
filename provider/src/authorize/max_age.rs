//! `max_age`: how many seconds ago the person may have signed in (OpenID Connect Core §3.1.2.1).

use crate::Refusal;
use crate::params::Params;

pub(crate) fn check(params: &Params) -> Result<Option<u64>, Refusal> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    // `parse` would take a plus sign.
    let seconds = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    seconds
        .map(Some)
        .ok_or_else(|| Refusal::invalid_request("max_age must be a number of seconds."))
}
