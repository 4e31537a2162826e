use assurance::{Factor, Mfa, Origin, Policy};
use serde_json::{Value, json};

use super::support::{open, person};
use crate::client::{Client, Consent, GrantType, Kind, Pkce, Settings, SigningAlgorithm};
use crate::credential::{self, Credential};
use crate::organisation::{self, Membership, Organisation};
use crate::user::User;
use crate::{Document, Id, Store, Time, Unit, standing};

async fn organisation(unit: &mut Unit, slug: &str, since: Time) -> Organisation {
    let row = Organisation {
        id: Id::from(slug),
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        colour: None,
        logo: None,
        domains: Document(Vec::new()),
        join_by_domain: false,
        policy: Document(Policy { mfa: Mfa::Required, ..Policy::default() }),
        policy_since: since,
        owner: None,
        created_at: since,
        updated_at: since,
    };
    organisation::create(unit, &row).await.unwrap();
    row
}

fn client(store: &Store, organisation: &Organisation) -> Client {
    let settings = Settings {
        kind: Kind::Public,
        grants: vec![GrantType::AuthorizationCode],
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        consent: Consent::Never,
        pkce: Pkce::Required,
        scopes: Vec::new(),
        id_token_signed_response_alg: SigningAlgorithm::ES256,
        client_uri: None,
        logo_uri: None,
        policy_uri: None,
        tos_uri: None,
    };
    let (sealer, now) = (store.sealer(), store.ambient().now());
    let mut client = Client::new(Id::from("wiki"), "Wiki".to_owned(), None, settings, sealer, now);
    client.organisation_id = Some(organisation.id.clone());
    client
}

async fn bind(unit: &mut Unit, user: &User, kind: &str, data: Value, confirmed: Option<Time>) {
    let row = Credential {
        id: Id::from(format!("{kind} of ada")),
        user_id: user.id.clone(),
        kind: kind.to_owned(),
        name: kind.to_owned(),
        unique_key: None,
        data: Document(data),
        sealed: None,
        confirmed_at: confirmed,
        created_at: user.created_at,
        last_used_at: None,
        counter: -1,
    };
    credential::create(unit, &row).await.unwrap();
}

fn origins(standing: &standing::Standing) -> Vec<String> {
    let name = |origin: &Origin| match origin {
        Origin::Organisation { slug, .. } => slug.clone(),
        Origin::Client { client, name } => format!("{client} of {name}"),
        Origin::Demand => "demand".to_owned(),
    };
    standing.policies.held.iter().map(|held| name(&held.origin)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_of_all_organisations_hold_and_of_the_client_once() {
    let test = open().await;
    let ada = person(&test.store, "ada@acme.example").await;
    let now = test.store.ambient().now();
    let joined_at = now.plus(chrono::Duration::hours(1));
    let mut unit = test.store.write().await.unwrap();
    let none = standing::of(&mut unit, &ada, None, None).await.unwrap();
    assert!(none.policies.held.is_empty(), "nobody stated `default`");

    organisation(&mut unit, "default", now).await;
    let acme = organisation(&mut unit, "acme", now).await;
    let wiki = client(&test.store, &acme);
    let guest = standing::of(&mut unit, &ada, Some(&wiki), None).await.unwrap();
    assert_eq!(origins(&guest), ["default", "wiki of ACME"]);
    assert!(guest.organisations.is_empty());

    let membership = Membership {
        user_id: ada.id.clone(),
        organisation_id: acme.id.clone(),
        role: "member".to_owned(),
        joined_at,
    };
    organisation::join(&mut unit, &membership).await.unwrap();
    let member = standing::of(&mut unit, &ada, Some(&wiki), None).await.unwrap();
    assert_eq!(origins(&member), ["acme"]);
    assert_eq!(member.policies.held[0].joined_at, *joined_at);
    assert_eq!(member.policies.held[0].policy.mfa, Mfa::Required);
    assert_eq!(member.policies.subject, ada.id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_credentials_are_factors() {
    let test = open().await;
    let ada = person(&test.store, "ada@acme.example").await;
    let now = test.store.ambient().now();
    let mut unit = test.store.write().await.unwrap();
    bind(&mut unit, &ada, "password", json!({}), Some(now)).await;
    bind(&mut unit, &ada, "totp", json!({}), None).await;
    bind(&mut unit, &ada, "email", json!({ "address": "ada@acme.example" }), Some(now)).await;
    let key = json!({ "presence_only": true, "hardware": true });
    bind(&mut unit, &ada, "webauthn", key, Some(now)).await;
    bind(&mut unit, &ada, "ssh", json!({}), Some(now)).await;
    let enrolled = standing::enrolled(&mut unit, &ada.id).await.unwrap();
    assert_eq!(enrolled.factors().len(), 3);
    assert!(!enrolled.has(Factor::Totp), "its set-up is not finished");
    let of = |factor| enrolled.factors().iter().find(|one| one.factor == factor).unwrap();
    assert_eq!(of(Factor::Email).credential, "ada@acme.example");
    assert_eq!(of(Factor::Password).credential, "password of ada");
    assert!(!of(Factor::Webauthn).verifies && of(Factor::Webauthn).hardware);
}
