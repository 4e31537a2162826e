//! `acr_values` and `claims.id_token.acr`: the level that the session should or must have (OpenID
//! Connect Core §3.1.2.1 and §5.5.1.1, RFC 9470 §4). The first is a wish, met as far as the person
//! can; an essential claim must be met, or the request fails.

use assurance::Acr;
use serde_json::Value;

use super::claims_parameter::ClaimsParameter;
use crate::params::{Params, words};
use crate::{ErrorCode, Refusal};

/// The level asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Level {
    /// The least that satisfies, or the best that is wished for.
    pub(crate) least: Option<Acr>,
    /// Whether it must be met.
    pub(crate) essential: bool,
    /// Every known level named: what is reported is one of these, where one was reached.
    pub(crate) asked: Vec<Acr>,
}

pub(crate) fn check(params: &Params, claims: &ClaimsParameter) -> Result<Level, Refusal> {
    if let Some(acr) = &claims.acr
        && acr.values().next().is_some()
    {
        let known = acr.values().filter_map(Value::as_str).filter_map(|name| name.parse().ok());
        let asked: Vec<Acr> = known.collect();
        if acr.essential && asked.is_empty() {
            return Err(Refusal::new(
                ErrorCode::UnmetAuthenticationRequirements,
                "None of the essential acr values is known; see acr_values_supported.",
            ));
        }
        // Any of the values will do: the weakest must be reached, the first is wished for.
        let least = if acr.essential { asked.iter().min() } else { asked.first() };
        return Ok(Level { least: least.copied(), essential: acr.essential, asked });
    }
    // In order of preference; unknown ones are other providers'.
    let names = params.get("acr_values").map(words).into_iter().flatten();
    let asked: Vec<Acr> = names.filter_map(|name| name.parse().ok()).collect();
    Ok(Level { least: asked.first().copied(), essential: false, asked })
}
