//! Browsers on which a person is not asked for a second factor for a while.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::device::{self, Device};
use store::{Id, Time};

use super::agent::Agent;
use super::{Actor, Error, Result};

/// A remembered device as its person sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Remembered {
    #[schemars(with = "String")]
    pub(crate) id: Id<Device>,
    #[serde(flatten)]
    pub(crate) agent: Agent,
    pub(crate) ip: Option<String>,
    /// The factor that was passed on it.
    pub(crate) factor: Option<&'static str>,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) created_at: Time,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) last_seen_at: Time,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) expires_at: Time,
}

/// The person's remembered devices, the one used last first.
pub(crate) async fn list(actor: &Actor<'_>) -> Result<Vec<Remembered>> {
    let mut conn = actor.app.store.read().await?;
    let devices = device::of_user(&mut conn, &actor.user.id, actor.now()).await?;
    Ok(devices.into_iter().map(remembered).collect())
}

fn remembered(device: Device) -> Remembered {
    Remembered {
        agent: Agent::of(device.user_agent.as_deref()),
        factor: device.factor().map(assurance::Factor::as_str),
        id: device.id,
        ip: device.ip,
        created_at: device.created_at,
        last_seen_at: device.last_seen_at,
        expires_at: device.expires_at,
    }
}

/// Forgets one.
pub(crate) async fn forget(actor: &Actor<'_>, id: &Id<Device>) -> Result<()> {
    let mut unit = actor.app.store.write().await?;
    if !device::delete(&mut unit, &actor.user.id, id).await? {
        unit.rollback().await?;
        return Err(Error::NotFound);
    }
    actor.record(&mut unit, "device_forgotten", json!({ "device": id })).await?;
    Ok(unit.commit().await?)
}

/// Forgets all. Returns how many that were.
pub(crate) async fn forget_all(actor: &Actor<'_>) -> Result<usize> {
    let mut unit = actor.app.store.write().await?;
    let forgotten = device::delete_all(&mut unit, &actor.user.id).await?;
    if forgotten == 0 {
        unit.rollback().await?;
        return Ok(0);
    }
    actor.record(&mut unit, "devices_forgotten", json!({ "count": forgotten })).await?;
    unit.commit().await?;
    Ok(forgotten)
}
