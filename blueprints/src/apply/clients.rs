//! Relying parties.

use std::collections::BTreeSet;

use store::Id;
use store::client::{self, Client, GrantType, Settings};

use super::{Action, ApplyError, Run, differing, missing};
use crate::model::{self, ClientKind, Grant};

impl Run<'_> {
    /// Makes, changes and deletes clients.
    pub(super) async fn write_clients(&mut self) -> Result<(), ApplyError> {
        let present = client::all(self.unit).await?;
        for (id, stated) in &self.blueprint.clients {
            let fresh = self.client(id, stated);
            match present.iter().find(|client| client.id.as_str() == id) {
                None => {
                    client::create(self.unit, &fresh).await?;
                    self.change(Action::Create, "client", id, Vec::new());
                }
                // What the program made by itself yields to whoever states it.
                Some(there)
                    if there.is_built_in() || self.owns("client", id, there.owner.as_deref()) =>
                {
                    self.update_client(there, fresh).await?;
                }
                Some(_) => {}
            }
        }
        let stated: BTreeSet<&str> = self.blueprint.clients.keys().map(String::as_str).collect();
        let owned = present
            .iter()
            .filter(|client| client.owner.as_deref() == Some(&self.blueprint.name))
            .map(|client| client.id.as_str());
        for id in missing(owned, &stated) {
            client::delete(self.unit, &Id::from(id)).await?;
            self.change(Action::Delete, "client", id, Vec::new());
        }
        Ok(())
    }

    /// The row that the blueprint states.
    fn client(&self, id: &str, stated: &model::Client) -> Client {
        let settings = Settings {
            kind: match stated.kind {
                ClientKind::Confidential => client::Kind::Confidential,
                ClientKind::Public => client::Kind::Public,
            },
            grants: stated.grants.iter().map(|grant| grant_type(*grant)).collect(),
            redirect_uris: stated.redirect_uris.clone(),
            post_logout_redirect_uris: stated.post_logout_redirect_uris.clone(),
            consent: match stated.consent {
                model::Consent::Once => client::Consent::Once,
                model::Consent::Always => client::Consent::Always,
                model::Consent::Never => client::Consent::Never,
            },
            pkce: match stated.pkce {
                model::Pkce::Required => client::Pkce::Required,
                model::Pkce::Optional => client::Pkce::Optional,
            },
            scopes: stated.scopes.clone(),
            id_token_signed_response_alg: match stated.id_token_signed_response_alg {
                model::SigningAlgorithm::RS256 => client::SigningAlgorithm::RS256,
                model::SigningAlgorithm::ES256 => client::SigningAlgorithm::ES256,
            },
            client_uri: stated.client_uri.clone(),
            logo_uri: stated.logo_uri.clone(),
            policy_uri: stated.policy_uri.clone(),
            tos_uri: stated.tos_uri.clone(),
        };
        let secret = stated.secret.as_ref().map(model::Secret::reveal);
        let name = stated.name.clone().unwrap_or_else(|| id.to_owned());
        let sealer = self.store.sealer();
        let mut client = Client::new(Id::from(id), name, secret, settings, sealer, self.now);
        client.organisation_id = self.organisation_id(stated.organisation.as_deref());
        client.owner = Some(self.blueprint.name.clone());
        client
    }

    async fn update_client(&mut self, there: &Client, mut fresh: Client) -> Result<(), ApplyError> {
        let (now, was) = (&fresh.settings, &there.settings);
        let keys = differing(&[
            ("owner", fresh.owner == there.owner),
            ("name", fresh.name == there.name),
            ("organisation", fresh.organisation_id == there.organisation_id),
            ("secret", fresh.has_same_secret(there)),
            ("kind", now.kind == was.kind),
            ("grants", now.grants == was.grants),
            ("redirect_uris", now.redirect_uris == was.redirect_uris),
            (
                "post_logout_redirect_uris",
                now.post_logout_redirect_uris == was.post_logout_redirect_uris,
            ),
            ("consent", now.consent == was.consent),
            ("pkce", now.pkce == was.pkce),
            ("scopes", now.scopes == was.scopes),
            (
                "id_token_signed_response_alg",
                now.id_token_signed_response_alg == was.id_token_signed_response_alg,
            ),
            ("client_uri", now.client_uri == was.client_uri),
            ("logo_uri", now.logo_uri == was.logo_uri),
            ("policy_uri", now.policy_uri == was.policy_uri),
            ("tos_uri", now.tos_uri == was.tos_uri),
        ]);
        if keys.is_empty() {
            return Ok(());
        }
        // What was issued under wider terms ends with them.
        let is_narrower = now.kind != was.kind
            || was.scopes.iter().any(|scope| !now.scopes.contains(scope))
            || was.grants.iter().any(|grant| !now.grants.contains(grant));
        fresh.security_epoch = there.security_epoch + i64::from(is_narrower);
        fresh.disabled_at = there.disabled_at;
        fresh.created_at = there.created_at;
        client::update(self.unit, &fresh).await?;
        self.change(Action::Update, "client", there.id.as_str(), keys);
        Ok(())
    }
}

fn grant_type(stated: Grant) -> GrantType {
    match stated {
        Grant::AuthorizationCode => GrantType::AuthorizationCode,
        Grant::DeviceCode => GrantType::DeviceCode,
    }
}
