//! Whether the client may ask here at all (RFC 6749 §4.1.2.1, `unauthorized_client`).

use store::client::{Client, GrantType};

use crate::Refusal;
use crate::token::permitted;

pub(super) fn check(client: &Client) -> Result<(), Refusal> {
    permitted(GrantType::AuthorizationCode, client)
}
