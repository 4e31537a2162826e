//! OpenID Connect: what relying parties speak to. Pure functions over typed requests; the server
//! turns HTTP into their arguments and their answers into HTTP.
//!
//! One rule of a specification is one small file. The authorization endpoint is `authorize/` with
//! its checks as a list in `authorize/mod.rs`; the token endpoint is `token/`, one file per grant;
//! `device/` is what comes before the token endpoint for a device without a browser.
//! To add a parameter, add a file with its check and a line to that list; to add a grant, a file in
//! `token/` and a line in its `match`; and say so in `discovery.rs`.

mod account;
mod built_in;
mod claims;
mod discovery;
mod end_session;
mod error;
mod id_token;
mod keys;
mod params;
pub mod redirect_uri;
mod revoke;
mod userinfo;

pub mod authorize;
pub mod device;
pub mod token;

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use store::client::Client;
use store::event::{NewEvent, Outcome};
use store::session::Session;
use store::user::User;
use store::{Store, TokenHash};

pub use account::ACCOUNT;
pub use built_in::CLI;
pub use discovery::endpoint;
pub use end_session::EndSession;
pub use error::{Error, ErrorCode, Refusal};
pub use userinfo::BearerError;

use keys::Keys;

/// What a function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The OpenID provider of a process.
pub struct Provider {
    store: Store,
    issuer: String,
    keys: ArcSwap<Keys>,
    discovery: ArcSwap<Published>,
}

/// A document that everybody may read and keep: made once, served as it is.
#[derive(Debug, Clone)]
pub struct Published {
    /// The JSON document.
    pub body: Bytes,
    /// Its entity tag, with quotes (RFC 9110 §8.8.3).
    pub etag: Arc<str>,
}

/// The browser that sends a request, and who is signed in there.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The digest of the browser's secret: interactions belong to it.
    pub browser: &'a TokenHash,
    /// The live session of this browser.
    pub session: Option<&'a (Session, User)>,
    /// For the audit trail.
    pub trace: Trace<'a>,
}

/// From where a request came, for the audit trail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trace<'a> {
    /// The client's address.
    pub ip: Option<&'a str>,
    /// The request's name in the log.
    pub request_id: Option<&'a str>,
}

impl Provider {
    /// Opens the provider of `issuer` (the public URL, without a slash at its end), and makes its
    /// signing keys and its own client if there are none.
    ///
    /// # Errors
    /// When the store fails or a key cannot be opened.
    pub async fn open(store: Store, issuer: String) -> Result<Self> {
        let keys = Keys::load(&store).await?;
        built_in::ensure(&store).await?;
        let discovery = discovery::document(&store, &issuer).await?;
        let discovery = ArcSwap::from_pointee(discovery);
        Ok(Self { store, issuer, keys: ArcSwap::from_pointee(keys), discovery })
    }

    /// Takes up other clients, after a blueprint was applied: what the metadata say depends on what
    /// clients may do, and our own client is always there.
    pub async fn reload_clients(&self) -> Result<()> {
        built_in::ensure(&self.store).await?;
        let discovery = discovery::document(&self.store, &self.issuer).await?;
        self.discovery.store(Arc::new(discovery));
        Ok(())
    }

    /// Reads the signing keys again: another node made or retired some.
    pub async fn reload_keys(&self) -> Result<()> {
        self.keys.store(Arc::new(Keys::load(&self.store).await?));
        Ok(())
    }

    /// The issuer: `iss` of everything.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The provider's metadata (OpenID Connect Discovery §4, RFC 8414).
    #[must_use]
    pub fn discovery(&self) -> Published {
        Published::clone(&self.discovery.load())
    }

    /// The public keys (RFC 7517 §5).
    #[must_use]
    pub fn jwks(&self) -> Published {
        self.keys.load().jwks.clone()
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys.load_full()
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Published {
    fn new(document: &serde_json::Value) -> Result<Self> {
        let body = serde_json::to_vec(document).map_err(Error::Encoding)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body);
        let tag = data_encoding::BASE64URL_NOPAD.encode(&digest.as_ref()[..12]);
        Ok(Self { body: Bytes::from(body), etag: format!("\"{tag}\"").into() })
    }
}

impl Caller<'_> {
    /// An event that the person of this browser caused.
    fn event(&self, kind: &'static str, outcome: Outcome, client: &Client) -> NewEvent {
        let mut event = self.trace.event(kind, outcome, client);
        event.user_id = self.session.map(|(_, user)| user.id.clone());
        event.actor_id.clone_from(&event.user_id);
        event
    }

    /// That policies let this person not in to a client.
    fn denied(&self, client: &Client, reasons: &[assurance::Code]) -> NewEvent {
        let mut event = self.event("authorization_denied", Outcome::Failure, client);
        event.data = serde_json::json!({ "because": reasons });
        event
    }
}

impl Trace<'_> {
    /// An event from here.
    fn event(&self, kind: &'static str, outcome: Outcome, client: &Client) -> NewEvent {
        let mut event = NewEvent::new(kind, outcome);
        event.client_id = Some(client.id.as_str().to_owned());
        event.ip = self.ip.map(str::to_owned);
        event.request_id = self.request_id.map(str::to_owned);
        event
    }
}
