//! `request`, `request_uri`, `registration`: refused, never ignored, since what they hold would
//! count more than what stands beside them (OpenID Connect Core §6, §7.2.1).

use crate::params::Params;
use crate::{ErrorCode, Refusal};

pub(super) fn check(params: &Params) -> Result<(), Refusal> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.get(name).is_some() {
            return Err(Refusal::new(code, format!("{name} is not supported.")));
        }
    }
    Ok(())
}
