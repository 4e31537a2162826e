//! `claims`: claims asked for one by one (OpenID Connect Core §5.5). Served are those about the
//! person that the client's scopes would cover; unknown ones are ignored, as the section says.

use serde::Deserialize;
use serde_json::{Map, Value};
use store::client::Client;

use crate::Refusal;
use crate::claims;
use crate::params::Params;

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClaimsParameter {
    /// About the person, from the UserInfo endpoint.
    pub(super) userinfo: Vec<String>,
    /// About the person, in the ID token.
    pub(super) id_token: Vec<String>,
    /// The level, if it was asked for.
    pub(super) acr: Option<One>,
    /// The person that is expected.
    pub(super) subject: Option<String>,
}

/// How one claim is asked for (§5.5.1).
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct One {
    #[serde(default)]
    pub(super) essential: bool,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    values: Vec<Value>,
}

impl One {
    /// The values that would do; none means that any does.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.value.iter().chain(&self.values)
    }
}

pub(super) fn check(params: &Params, client: &Client) -> Result<ClaimsParameter, Refusal> {
    let Some(text) = params.get("claims") else { return Ok(ClaimsParameter::default()) };
    let malformed =
        || Refusal::invalid_request("claims must be a JSON object as in OpenID Connect Core 5.5.");
    let sent: Map<String, Value> = serde_json::from_str(text).map_err(|_| malformed())?;
    let part = |name: &str| match sent.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(claims)) => Ok(claims.clone()),
        Some(_) => Err(malformed()),
    };
    let (userinfo, id_token) = (part("userinfo")?, part("id_token")?);
    let one = |claim: &str| match id_token.get(claim) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(One::default())),
        Some(how @ Value::Object(_)) => One::deserialize(how).map(Some).map_err(|_| malformed()),
        Some(_) => Err(malformed()),
    };
    let subject = one("sub")?.and_then(|one| one.value?.as_str().map(str::to_owned));
    Ok(ClaimsParameter {
        acr: one("acr")?,
        subject,
        userinfo: served(&userinfo, client),
        id_token: served(&id_token, client),
    })
}

fn served(asked: &Map<String, Value>, client: &Client) -> Vec<String> {
    let may = |claim: &&String| {
        claims::scope_of(claim)
            .is_some_and(|scope| client.settings.scopes.iter().any(|allowed| allowed == scope))
    };
    asked.keys().filter(may).cloned().collect()
}
