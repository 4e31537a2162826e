//! The device authorization grant (RFC 8628), as far as it happens before the token endpoint: a device
//! asks for codes (`authorization.rs`), a person enters one (`entry.rs`), and allows or denies it
//! (`question.rs`). The device then redeems its code in `token/device_code.rs`.
//!
//! A grant whose code was entered waits as an interaction of that browser, as an authorization request
//! does: the flows know for whom the person signs in, and come back to it.

mod authorization;
mod entry;
mod question;

use assurance::{Acr, Demand};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Id;
use store::client::Client;
use store::code::Grant;
use store::device_grant::{self, DeviceGrant};

use crate::authorize::Facts;
use crate::params::Params;
use crate::{Error, Provider, Result};

pub use authorization::DeviceAuthorization;
pub use entry::Entry;
pub use question::{DevicePage, Question};

/// Under which name an interaction keeps the grant that it is about. No request has a parameter of
/// this name that is kept.
const GRANT: &str = "device_grant";

/// The grant that an interaction is about, if it is about one.
pub(crate) fn grant_of(params: &Params) -> Option<Id<Grant>> {
    params.get(GRANT).map(Id::from)
}

/// An interaction's request, about a grant.
fn request_about(grant: &Id<Grant>) -> Value {
    Params::from(vec![(GRANT.to_owned(), grant.to_string())]).keep(&[(GRANT, 64)])
}

/// What is kept with a grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// From where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<String>,
    /// With what it was asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) user_agent: String,
    /// What it demands; judged again when it is redeemed.
    pub(crate) demand: Demand,
    /// The levels that the client named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) acr_values: Vec<Acr>,
}

impl Asked {
    pub(crate) fn of(grant: &DeviceGrant) -> Result<Self> {
        Self::deserialize(&grant.data.0).map_err(Error::Encoding)
    }

    fn to_json(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(Error::Encoding)
    }
}

impl Provider {
    /// What the flows should know of a grant that waits.
    pub(crate) async fn device_facts(
        &self,
        grant: &Id<Grant>,
        client: Client,
    ) -> Result<Option<Facts>> {
        let now = self.store.ambient().now();
        let mut conn = self.store.read().await?;
        let Some((grant, _)) = device_grant::find(&mut conn, grant, now).await? else {
            return Ok(None);
        };
        Ok(Some(Facts {
            client,
            redirect_uri: String::new(),
            demand: Asked::of(&grant)?.demand,
            is_fresh: false,
            login_hint: None,
            subject: None,
            ui_locales: Vec::new(),
        }))
    }
}
