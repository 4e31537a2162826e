//! Who is asking, as the server made it out.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use store::TokenHash;
use store::session::Session;
use store::user::User;

use crate::condition::ClientFacts;

/// What is known of the one request at hand. The server alone fills it in.
#[derive(Debug, Clone)]
pub struct Request {
    /// The digest of the browser's (or native app's) secret.
    pub browser: TokenHash,
    /// The digest of the device's token, where the browser was remembered before.
    pub device: Option<TokenHash>,
    /// The live session that came with it, and its person.
    pub session: Option<(Session, User)>,
    /// Whether an app acts for that session with an access token of its own. What it proves opens what
    /// it does here, but the session stays as it is: its secret is the browser's, and whoever holds
    /// that one gains nothing by what is proven elsewhere.
    pub is_delegated: bool,
    /// The client's address, after the trusted proxies.
    pub ip: Option<IpAddr>,
    /// Its user agent.
    pub user_agent: String,
    /// The language negotiated (BCP 47).
    pub language: String,
    /// The request's name in the log.
    pub request_id: String,
}

/// The relying party's request for which a flow is run, as the provider describes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interaction {
    /// Its identifier; the flow comes back to it.
    pub id: String,
    /// Who asks.
    pub client: ClientFacts,
    /// What the relying party demands of the sign-in.
    #[serde(default)]
    pub demand: Option<assurance::Demand>,
    /// Whom it expects.
    #[serde(default)]
    pub login_hint: Option<String>,
    /// The origin (or scheme) that the browser is sent to in the end, for the pages' `form-action`.
    #[serde(default)]
    pub leads_to: Option<String>,
}
