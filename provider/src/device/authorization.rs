//! The device authorization endpoint (RFC 8628 §3.1, §3.2).

use assurance::Demand;
use serde::Serialize;
use store::UserCode;
use store::client::{Client, GrantType};
use store::device_grant::{self, INTERVAL_SECONDS, LIFETIME_SECONDS, NewDeviceGrant};

use super::Asked;
use crate::authorize::claims_parameter::ClaimsParameter;
use crate::authorize::{level, max_age, scope};
use crate::discovery::endpoint;
use crate::params::{Known, Params};
use crate::token::{TokenError, permitted};
use crate::{Error, Provider, Refusal, Result, Trace};

/// The parameters that are read, and their limits in bytes.
const KNOWN: &[Known] = &[
    ("client_id", 255),
    ("client_secret", 255),
    ("scope", 1024),
    ("acr_values", 512),
    ("max_age", 10),
];

/// How much of a user agent is shown to the person, in characters.
const MAX_USER_AGENT: usize = 256;

/// How often a user code that another grant has is thrown again: of 20⁸ codes a few are taken.
const THROWS: usize = 8;

/// A successful answer. The server adds `Cache-Control: no-store`.
#[derive(Clone, Serialize)]
pub struct DeviceAuthorization {
    /// What the device polls with.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where the person types it.
    pub verification_uri: String,
    /// The same with the code in it.
    pub verification_uri_complete: String,
    /// How long both codes live, in seconds.
    pub expires_in: i64,
    /// How long the device waits between two polls, in seconds.
    pub interval: i64,
}

impl std::fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceAuthorization").finish_non_exhaustive()
    }
}

impl Provider {
    /// Answers a device authorization request. `authorization` is that header; `params` the form in
    /// the body; `user_agent` is what the device calls itself, for the page that asks the person.
    pub async fn device_authorization(
        &self,
        authorization: Option<&str>,
        params: Vec<(String, String)>,
        user_agent: &str,
        trace: &Trace<'_>,
    ) -> Result<DeviceAuthorization, TokenError> {
        let params = Params::from(params);
        params.check(KNOWN)?;
        let client = self.authenticate(authorization, &params).await?;
        permitted(GrantType::DeviceCode, &client)?;
        let scopes = scope::check(&params, &client)?;
        let asked = self.asked(&params, user_agent, trace)?;
        let (device_code, user_code) = self.create_grant(&client, scopes, &asked).await?;
        let verification_uri = format!("{}{}", self.issuer, endpoint::VERIFICATION);
        Ok(DeviceAuthorization {
            verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
            verification_uri,
            device_code,
            user_code: user_code.to_string(),
            expires_in: LIFETIME_SECONDS,
            interval: INTERVAL_SECONDS,
        })
    }

    /// What the device asks for beyond scopes: `acr_values` as a wish and `max_age`, as at the
    /// authorization endpoint; ages are reckoned from now.
    fn asked(
        &self,
        params: &Params,
        user_agent: &str,
        trace: &Trace<'_>,
    ) -> Result<Asked, Refusal> {
        let level = level::check(params, &ClaimsParameter::default())?;
        Ok(Asked {
            ip: trace.ip.map(str::to_owned),
            user_agent: user_agent.chars().take(MAX_USER_AGENT).collect(),
            demand: Demand {
                acr: level.least,
                essential: false,
                max_age: max_age::check(params)?,
                asked_at: Some(self.store.ambient().now().into()),
                sensitive: false,
            },
            acr_values: level.asked,
        })
    }

    async fn create_grant(
        &self,
        client: &Client,
        scopes: Vec<String>,
        asked: &Asked,
    ) -> Result<(String, UserCode)> {
        let (ambient, sealer) = (self.store.ambient(), self.store.sealer());
        let now = ambient.now();
        let device_code = ambient.token();
        let mut unit = self.store.write().await?;
        for _ in 0..THROWS {
            let user_code = UserCode::generate(ambient);
            let new = NewDeviceGrant {
                device_code_hash: store::token(&device_code),
                user_code: &user_code,
                grant_id: ambient.id(),
                client,
                scopes: scopes.clone(),
                data: asked.to_json()?,
            };
            if device_grant::create(&mut unit, sealer, new, now).await? {
                unit.commit().await?;
                return Ok((device_code, user_code));
            }
        }
        Err(Error::Store(store::Error::Conflict("user code".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_lists_every_parameter_with_its_limit() {
        let page = include_str!("../../../docs/openid.md");
        let (_, section) = page.split_once("## Device authorization").unwrap_or_default();
        for (name, most) in super::KNOWN {
            assert!(section.contains(&format!("\n| `{name}` | {most} | ")), "{name}");
        }
    }
}
