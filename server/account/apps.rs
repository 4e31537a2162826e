//! The apps that a person let see something of them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::client::Client;
use store::{Id, Time, consent, token};

use super::{Actor, Error, Result};

/// An app that the person allowed something.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Connected {
    #[schemars(with = "String")]
    pub(crate) client: Id<Client>,
    pub(crate) name: String,
    pub(crate) uri: Option<String>,
    pub(crate) scopes: Vec<String>,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) since: Time,
}

/// The apps that the person allowed something, and those that have access without asking; by name.
pub(crate) async fn list(actor: &Actor<'_>) -> Result<Vec<Connected>> {
    let mut conn = actor.app.store.read().await?;
    let consents = consent::with_clients(&mut conn, &actor.user.id).await?;
    let tokens = token::of_user(&mut conn, &actor.user.id, actor.now()).await?;
    drop(conn);
    let mut connected: Vec<_> = consents
        .into_iter()
        .map(|(consent, client)| of(client, consent.scopes.0, consent.created_at))
        .collect();
    for (token, client) in tokens {
        match connected.iter_mut().find(|app| app.client == client.id) {
            Some(app) => app.add(token.scopes.0),
            None => connected.push(of(client, token.scopes.0, token.created_at)),
        }
    }
    connected.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(connected)
}

fn of(client: Client, scopes: Vec<String>, since: Time) -> Connected {
    let uri = client.settings.0.client_uri;
    Connected { client: client.id, name: client.name, uri, scopes, since }
}

impl Connected {
    fn add(&mut self, scopes: Vec<String>) {
        let new: Vec<_> = scopes.into_iter().filter(|it| !self.scopes.contains(it)).collect();
        self.scopes.extend(new);
    }
}

/// Takes back what the person allowed an app; its codes and tokens end.
pub(crate) async fn disconnect(actor: &Actor<'_>, client: &Id<Client>) -> Result<()> {
    let (user, now) = (&actor.user.id, actor.now());
    let mut unit = actor.app.store.write().await?;
    let revoked = token::revoke_of(&mut unit, user, client, now).await?;
    if !consent::delete(&mut unit, user, client, now).await? && revoked == 0 {
        unit.rollback().await?;
        return Err(Error::NotFound);
    }
    actor.record(&mut unit, "app_disconnected", json!({ "client": client })).await?;
    Ok(unit.commit().await?)
}
