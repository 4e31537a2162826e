//! Whether the person lets the client have what it asks for.

use store::client::{Client, Consent};
use store::interaction::Interaction;
use store::session::Session;
use store::user::User;
use store::{Conn, Id, consent};

use super::waiting::{State, Waiting};
use super::{Authorize, Request};
use crate::params::Params;
use crate::{Caller, ErrorCode, Provider, Refusal, Result, claims};

/// What the consent page shows. It posts to the interaction, with a CSRF token.
#[derive(Debug, Clone)]
pub struct ConsentPage {
    /// What waits.
    pub interaction: Id<Interaction>,
    /// Who asks.
    pub client: Client,
    /// Everything that it asks for.
    pub scopes: Vec<String>,
    /// Where the answer goes: the page must allow it as `form-action`.
    pub redirect_uri: String,
}

/// What the person must be asked about, if anything. Claims asked for one by one count as the
/// scopes that cover them.
pub(super) async fn needed(
    conn: &mut Conn,
    client: &Client,
    request: &Request,
    user: &Id<User>,
) -> Result<Option<Vec<String>>> {
    let scopes = asked(request);
    let is_needed = match client.settings.consent {
        _ if request.prompt.consent => true,
        Consent::Never => false,
        Consent::Always => true,
        Consent::Once => {
            let given = consent::find(conn, user, &client.id).await?;
            !given.is_some_and(|given| given.has_all(&scopes))
        }
    };
    Ok(is_needed.then_some(scopes))
}

/// What is said where nothing may be shown.
pub(super) fn required() -> Refusal {
    Refusal::new(ErrorCode::ConsentRequired, "The person has not yet allowed what is asked for.")
}

/// What the client is told when the person says no.
pub(super) fn refused() -> Refusal {
    Refusal::new(ErrorCode::AccessDenied, "The person refused.")
}

fn asked(request: &Request) -> Vec<String> {
    let mut scopes = request.scopes.clone();
    let names = request.claims.userinfo.iter().chain(&request.claims.id_token);
    for scope in names.filter_map(|claim| claims::scope_of(claim)) {
        if scopes.iter().all(|known| known != scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

impl ConsentPage {
    /// The page, whose interaction is not yet known.
    pub(super) fn new(client: Client, scopes: Vec<String>, redirect_uri: &str) -> Self {
        let interaction = Id::from(String::new());
        Self { interaction, client, scopes, redirect_uri: redirect_uri.to_owned() }
    }
}

impl Provider {
    /// Shows the consent page to the person of this session.
    pub(super) async fn ask(
        &self,
        params: &Params,
        mut page: ConsentPage,
        caller: &Caller<'_>,
        waiting: Option<&Waiting>,
        session: &Session,
    ) -> Result<Authorize> {
        let state = State::asking(session, &page.scopes);
        page.interaction = self.wait(params, &page.client, caller, waiting, state).await?;
        Ok(Authorize::Consent(Box::new(page)))
    }
}
