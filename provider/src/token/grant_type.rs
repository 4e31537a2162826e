//! `grant_type`: one that there is, and that the client may use (RFC 6749 §5.2).

use store::client::{Client, GrantType};

use crate::{ErrorCode, Refusal};

/// The name of the device authorization grant (RFC 8628 §3.4).
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) fn check(name: &str, client: &Client) -> Result<GrantType, Refusal> {
    let grant = match name {
        "authorization_code" => GrantType::AuthorizationCode,
        DEVICE_CODE => GrantType::DeviceCode,
        _ => {
            return Err(Refusal::new(
                ErrorCode::UnsupportedGrantType,
                "The grant_type is none of grant_types_supported.",
            ));
        }
    };
    permitted(grant, client)?;
    Ok(grant)
}

/// Refuses a grant that the client may not use.
pub(crate) fn permitted(grant: GrantType, client: &Client) -> Result<(), Refusal> {
    if client.may_use(grant) {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::UnauthorizedClient, "This client may not use this grant."))
}
