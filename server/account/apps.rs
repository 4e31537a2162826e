//! The apps that a person let see something of them.

use serde::Serialize;
use serde_json::json;
use store::client::Client;
use store::{Id, Time, consent};

use super::{Actor, Error, Result};

/// An app that the person allowed something.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Connected {
    pub(crate) client: Id<Client>,
    pub(crate) name: String,
    pub(crate) uri: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) since: Time,
}

/// The apps that the person allowed something, by name.
pub(crate) async fn list(actor: &Actor<'_>) -> Result<Vec<Connected>> {
    let mut conn = actor.app.store.read().await?;
    let consents = consent::with_clients(&mut conn, &actor.user.id).await?;
    let connected = consents.into_iter().map(|(consent, client)| Connected {
        client: client.id,
        name: client.name,
        uri: client.settings.0.client_uri,
        scopes: consent.scopes.0,
        since: consent.created_at,
    });
    Ok(connected.collect())
}

/// Takes back what the person allowed an app; its codes and tokens end.
pub(crate) async fn disconnect(actor: &Actor<'_>, client: &Id<Client>) -> Result<()> {
    let mut unit = actor.app.store.write().await?;
    if !consent::delete(&mut unit, &actor.user.id, client, actor.now()).await? {
        unit.rollback().await?;
        return Err(Error::NotFound);
    }
    actor.record(&mut unit, "app_disconnected", json!({ "client": client })).await?;
    Ok(unit.commit().await?)
}
