//! `response_type`: `code` and nothing else (RFC 9700 §2.1.2: no token passes through a browser's
//! address).

use crate::params::Params;
use crate::{ErrorCode, Refusal};

pub(super) fn check(params: &Params) -> Result<(), Refusal> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(Refusal::new(
            ErrorCode::UnsupportedResponseType,
            "Only the response_type code is supported.",
        )),
        None => Err(Refusal::invalid_request("response_type is missing: send code.")),
    }
}
