//! The pages on which a person lets a device act for them (RFC 8628 §3.3).

use serde::Serialize;
use serde_json::Value as Json;

use super::view::{Scope, View, view};
use crate::account::agent::Agent;

/// `oauth/device_enter.html`: field `user_code`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeviceEnter {
    /// What the address or the last attempt said.
    pub(crate) user_code: String,
    /// What was wrong with that.
    pub(crate) errors: Vec<Json>,
}
view!(DeviceEnter, "oauth/device_enter.html", "device");

/// `oauth/device_confirm.html`: action `allow` or `deny`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeviceConfirm {
    /// Who asks, by name.
    pub(crate) client: String,
    /// For what.
    pub(crate) scopes: Vec<Scope>,
    /// From which address.
    pub(crate) ip: Option<String>,
    /// With what, in words of ours: what the device says of itself could be made to persuade.
    #[serde(flatten)]
    pub(crate) agent: Agent,
    /// When, RFC 3339.
    pub(crate) asked_at: String,
}
view!(DeviceConfirm, "oauth/device_confirm.html", "device");

/// `oauth/device_done.html`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeviceDone {
    /// Whether the device may act for the person now.
    pub(crate) allowed: bool,
}
view!(DeviceDone, "oauth/device_done.html", "device");
