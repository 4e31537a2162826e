//! `id_token_hint`, and `sub` in `claims`: the person that the client expects. Nobody else is
//! answered (OpenID Connect Core §3.1.2.1). An expired ID token will do, a forged one will not.

use store::client::Client;

use super::claims_parameter::ClaimsParameter;
use crate::params::Params;
use crate::{Provider, Refusal};

pub(super) fn check(
    params: &Params,
    client: &Client,
    claims: &ClaimsParameter,
    provider: &Provider,
) -> Result<Option<String>, Refusal> {
    let Some(token) = params.get("id_token_hint") else { return Ok(claims.subject.clone()) };
    let hint =
        provider.hint(token).filter(|hint| hint.aud == client.id.as_str()).ok_or_else(|| {
            Refusal::invalid_request("id_token_hint is no ID token that was issued to this client.")
        })?;
    if claims.subject.as_ref().is_some_and(|subject| *subject != hint.sub) {
        return Err(Refusal::invalid_request("id_token_hint and claims name different people."));
    }
    Ok(Some(hint.sub))
}
