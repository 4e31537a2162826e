//! `scope`: what is asked for and registered is granted, the rest is left out (RFC 6749 §3.3,
//! OpenID Connect Core §3.1.2.1). `offline_access` is left out as long as no refresh token exists.

use store::client::Client;

use crate::params::{Params, words};
use crate::{ErrorCode, Refusal};

pub(crate) fn check(params: &Params, client: &Client) -> Result<Vec<String>, Refusal> {
    let refusal = |description| Err(Refusal::new(ErrorCode::InvalidScope, description));
    let Some(scope) = params.get("scope") else {
        return refusal("scope is missing: send at least openid.");
    };
    let mut granted: Vec<String> = Vec::new();
    for word in words(scope) {
        let is_allowed =
            word != "offline_access" && client.settings.scopes.iter().any(|s| s == word);
        if is_allowed && granted.iter().all(|known| known != word) {
            granted.push(word.to_owned());
        }
    }
    if granted.is_empty() {
        return refusal("This client may use none of the scopes asked for.");
    }
    Ok(granted)
}
