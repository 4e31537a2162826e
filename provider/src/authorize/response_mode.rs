//! `response_mode`: `query`, or `form_post`. A code is never put into a fragment.

use crate::Refusal;
use crate::params::Params;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseMode {
    Query,
    FormPost,
}

/// The mode that answers, errors included; the default where another was asked for.
pub(super) fn of(params: &Params) -> ResponseMode {
    match params.get_strictly(("response_mode", 32)) {
        Some("form_post") => ResponseMode::FormPost,
        _ => ResponseMode::Query,
    }
}

pub(super) fn check(params: &Params) -> Result<(), Refusal> {
    match params.get("response_mode") {
        None | Some("query" | "form_post") => Ok(()),
        Some(_) => Err(Refusal::invalid_request("response_mode must be query or form_post.")),
    }
}
