//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use store::client::{self, Client};
use store::session::Session;
use store::user::User;
use store::{Conn, Id};

use crate::authorize::Location;
use crate::id_token::Hint;
use crate::params::{Known, Params};
use crate::{Provider, Refusal, Result, redirect_uri};

const KNOWN: &[Known] = &[
    ("id_token_hint", 8192),
    ("client_id", 255),
    ("post_logout_redirect_uri", 2048),
    ("state", 2048),
    ("logout_hint", 255),
    ("ui_locales", 255),
];

/// What to do with a request to sign out.
#[derive(Debug, Clone, PartialEq)]
pub enum EndSession {
    /// Ask the person: nobody proved that it is them who wants this (§2). The page sends the same
    /// parameters back, and the server calls again with `confirmed`.
    Ask {
        /// The name of the client that asks, where it is proven.
        client: Option<String>,
    },
    /// Sign out and go on.
    Done {
        /// Whether there is a session to end; the server ends it before anything else.
        end: bool,
        /// Where to send the browser then; a page of our own if nowhere.
        redirect: Option<Location>,
    },
    /// The request is wrong: a page of our own, nothing ends, nobody is sent anywhere (§4).
    Error(Refusal),
}

impl Provider {
    /// Judges a request to sign out, sent by GET or POST. `confirmed` says that the person agreed
    /// on our own page (by POST, with its CSRF token).
    pub async fn end_session(
        &self,
        params: Vec<(String, String)>,
        session: Option<&(Session, User)>,
        confirmed: bool,
    ) -> Result<EndSession> {
        let params = Params::from(params);
        if let Err(refusal) = params.check(KNOWN) {
            return Ok(EndSession::Error(refusal));
        }
        // A hint that is not ours proves nothing; it is as if there were none.
        let hint = params.get("id_token_hint").and_then(|token| self.hint(token));
        let client_id = params.get("client_id");
        if let (Some(hint), Some(client_id)) = (&hint, client_id)
            && hint.aud != client_id
        {
            return Ok(EndSession::Error(Refusal::invalid_request(
                "id_token_hint was issued to another client than client_id.",
            )));
        }
        let mut conn = self.store.read().await?;
        let client = asking(&mut conn, hint.as_ref()).await?;
        let redirect = match redirect(&params, client.as_ref()) {
            Ok(redirect) => redirect,
            Err(refusal) => return Ok(EndSession::Error(refusal)),
        };
        // Only the hint shows that the person of this session is meant: anybody can link here.
        let is_meant = session
            .is_none_or(|(_, user)| hint.as_ref().is_some_and(|hint| hint.sub == user.id.as_str()));
        if is_meant || confirmed {
            return Ok(EndSession::Done { end: session.is_some(), redirect });
        }
        Ok(EndSession::Ask { client: client.map(|client| client.name) })
    }

    /// What an ID token of ours says, also an expired one.
    pub(crate) fn hint(&self, token: &str) -> Option<Hint> {
        self.keys().verify::<Hint>(token).filter(|hint| hint.iss == self.issuer)
    }
}

/// The client to which the hint was issued: the hint alone proves who asks (§3).
async fn asking(conn: &mut Conn, hint: Option<&Hint>) -> Result<Option<Client>> {
    match hint {
        Some(hint) => Ok(client::find(conn, &Id::from(hint.aud.as_str())).await?),
        None => Ok(None),
    }
}

/// Where the browser may be sent: only to a URI that the proven client registered, byte for byte.
fn redirect(params: &Params, client: Option<&Client>) -> Result<Option<Location>, Refusal> {
    let (Some(client), Some(uri)) = (client, params.get("post_logout_redirect_uri")) else {
        return Ok(None);
    };
    let settings = &client.settings;
    let registered = &settings.post_logout_redirect_uris;
    if !redirect_uri::is_registered(registered, uri, settings.kind)
        || redirect_uri::problem(uri).is_some()
    {
        return Err(Refusal::invalid_request(
            "post_logout_redirect_uri is not registered for this client.",
        ));
    }
    let state = params.get("state").map(|state| ("state", state.to_owned()));
    Ok(Some(Location::new(uri, state)))
}
