//! Relying parties: the OAuth 2.0 clients.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::conn::on;
use crate::organisation::Organisation;
use crate::schema::clients;
use crate::{Conn, Document, Id, Result, Sealer, Time, Unit};

/// The owner of what the program makes by itself. No blueprint has this name: it has a dot.
pub const BUILT_IN: &str = "flowgate.built-in";

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It can, and authenticates at the token endpoint.
    Confidential,
    /// It cannot: a native or browser application.
    Public,
}

/// When a person is asked to consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The first time, and again when more is asked for.
    Once,
    /// Each time.
    Always,
    /// Never: the client belongs to the operator.
    Never,
}

/// Whether authorization requests must carry a code challenge (RFC 7636).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// Always.
    Required,
    /// May be left out; only for confidential clients.
    Optional,
}

/// How a client may come by tokens (RFC 6749 §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// By a code that the browser brings (RFC 6749 §4.1).
    AuthorizationCode,
    /// By polling while the person answers in a browser elsewhere (RFC 8628).
    DeviceCode,
}

/// With which algorithm a client's ID tokens are signed (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSA with SHA-256: what a client expects that asked for nothing else (OpenID Connect Core
    /// §3.1.3.7 no. 7).
    #[default]
    RS256,
    /// ECDSA on P-256 with SHA-256: smaller, and a fifteenth of the work.
    ES256,
}

/// What a client may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether it can keep a secret.
    pub kind: Kind,
    /// How it may come by tokens.
    #[serde(default = "authorization_code")]
    pub grants: Vec<GrantType>,
    /// Where codes may be sent; compared byte for byte (RFC 9700 §2.1).
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// When people are asked.
    pub consent: Consent,
    /// Whether a code challenge is required.
    pub pkce: Pkce,
    /// The scopes it may ask for.
    pub scopes: Vec<String>,
    /// How its ID tokens are signed.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
}

fn authorization_code() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

/// A client.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = clients, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
#[diesel(treat_none_as_null = true)]
pub struct Client {
    /// The `client_id`.
    pub id: Id<Client>,
    /// Its name for people.
    pub name: String,
    /// The organisation whose policy also holds for whoever signs in to it.
    pub organisation_id: Option<Id<Organisation>>,
    secret_hash: Option<Vec<u8>>,
    /// What it may do.
    pub settings: Document<Settings>,
    /// The blueprint that states it, if one does.
    pub owner: Option<String>,
    /// Counts the events after which everything issued to it must be dead.
    pub security_epoch: i64,
    /// Since when it may not be used.
    pub disabled_at: Option<Time>,
    /// When the record was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

impl Client {
    /// A new client of no organisation and no blueprint. `secret` is kept only as a keyed hash.
    #[must_use]
    pub fn new(
        id: Id<Client>,
        name: String,
        secret: Option<&str>,
        settings: Settings,
        sealer: &Sealer,
        now: Time,
    ) -> Self {
        let secret_hash = secret.map(|secret| sealer.mac(&purpose(&id), secret.as_bytes()));
        Self {
            id,
            name,
            organisation_id: None,
            secret_hash,
            settings: Document(settings),
            owner: None,
            security_epoch: 0,
            disabled_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether the program made it by itself: a blueprint that states it takes it over.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.owner.as_deref() == Some(BUILT_IN)
    }

    /// Whether it may come by tokens this way.
    #[must_use]
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.settings.grants.contains(&grant)
    }

    /// Whether it has a secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.secret_hash.is_some()
    }

    /// Whether `secret` is its secret, in constant time.
    #[must_use]
    pub fn is_secret(&self, sealer: &Sealer, secret: &str) -> bool {
        self.secret_hash
            .as_deref()
            .is_some_and(|hash| sealer.is_mac(&purpose(&self.id), secret.as_bytes(), hash))
    }

    /// Whether the two have the same secret, as far as their hashes tell.
    #[must_use]
    pub fn has_same_secret(&self, other: &Self) -> bool {
        self.secret_hash == other.secret_hash
    }
}

fn purpose(id: &Id<Client>) -> String {
    format!("client secret {id}")
}

/// The client with this id, if it may be used.
pub async fn find(conn: &mut Conn, id: &Id<Client>) -> Result<Option<Client>> {
    let query = clients::table.find(id).filter(clients::disabled_at.is_null());
    Ok(on!(conn, |c| query.select(Client::as_select()).first(c)).optional()?)
}

/// All clients, also disabled ones, by id.
pub async fn all(conn: &mut Conn) -> Result<Vec<Client>> {
    let query = clients::table.order(clients::id);
    Ok(on!(conn, |c| query.select(Client::as_select()).load(c))?)
}

/// Makes a client.
///
/// # Errors
/// [`crate::Error::Conflict`] when its id is taken.
pub async fn create(unit: &mut Unit, client: &Client) -> Result<()> {
    let query = diesel::insert_into(clients::table).values(client);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Writes every field of a client.
pub async fn update(unit: &mut Unit, client: &Client) -> Result<()> {
    let query = diesel::update(clients::table.find(&client.id)).set(client);
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Deletes a client and everything issued to it.
pub async fn delete(unit: &mut Unit, id: &Id<Client>) -> Result<()> {
    let query = diesel::delete(clients::table.find(id));
    crate::one(on!(unit, |c| query.execute(c))?)
}
