//! The client that is always there: the command line, `flowgate login`. A blueprint that states a
//! client with its id takes it over; when that leaves the blueprint again, it is made anew.

use store::client::{self, BUILT_IN, Client, Consent, GrantType, Kind, Pkce, Settings};
use store::{Id, Store};

use crate::Result;
use crate::account::ACCOUNT;

/// The `client_id` of the command line.
pub const CLI: &str = "flowgate-cli";

/// Makes it, if it is missing. A disabled one stays disabled.
pub(crate) async fn ensure(store: &Store) -> Result<()> {
    let all = client::all(&mut store.read().await?).await?;
    if all.iter().any(|client| client.id.as_str() == CLI) {
        return Ok(());
    }
    let settings = Settings {
        kind: Kind::Public,
        grants: vec![GrantType::DeviceCode],
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        consent: Consent::Once,
        pkce: Pkce::Required,
        scopes: ["openid", "profile", "email", ACCOUNT].map(str::to_owned).to_vec(),
        id_token_signed_response_alg: client::SigningAlgorithm::ES256,
        client_uri: None,
        logo_uri: None,
        policy_uri: None,
        tos_uri: None,
    };
    let name = "Flowgate CLI".to_owned();
    let now = store.ambient().now();
    let mut cli = Client::new(Id::from(CLI), name, None, settings, store.sealer(), now);
    cli.owner = Some(BUILT_IN.to_owned());
    let mut unit = store.write().await?;
    match client::create(&mut unit, &cli).await {
        Ok(()) => Ok(unit.commit().await?),
        // Another process was quicker.
        Err(store::Error::Conflict(_)) => Ok(unit.rollback().await?),
        Err(error) => Err(error.into()),
    }
}
