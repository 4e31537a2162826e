//! `nonce`: returned unchanged in the ID token, where it was sent (OpenID Connect Core §3.1.2.1).

use crate::params::Params;

pub(super) fn check(params: &Params) -> Option<String> {
    params.get("nonce").map(str::to_owned)
}
