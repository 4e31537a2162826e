//! Requests that wait for a person: saved, bound to their browser, answered once, within an hour.

use assurance::Demand;
use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::client::{self, Client};
use store::event::{self, NewEvent};
use store::interaction::{self, Interaction};
use store::session::Session;
use store::{Ambient, Document, Id, Time, TokenHash, Unit};

use super::response::Reply;
use super::{Authorize, KNOWN, Request};
use crate::params::{Params, words};
use crate::{Caller, Error, Provider, Refusal, Result, device};

/// How long a person may take, in minutes.
const LIFETIME_MINUTES: i64 = 60;

/// How often a session that was made for a request may fall short of it, before the client is told
/// instead of the person being asked again.
const MOST_TRIES: u8 = 1;

/// How often anybody may come back from the sign-in flow without what the request needs: enough for
/// a person who goes to and fro, and an end to a browser that is sent round in circles.
const MOST_RETURNS: u8 = 10;

/// A saved request.
pub(crate) struct Waiting {
    row: Interaction,
    state: State,
}

/// What has happened since the request was saved.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct State {
    /// How often a new session fell short.
    tries: u8,
    /// How often the person came back with too little, or nothing.
    returns: u8,
    /// What the consent page asked, and of whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Asked>,
}

/// A question that the consent page put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    session: Id<Session>,
    scopes: Vec<String>,
}

impl State {
    pub(crate) fn asking(session: &Session, scopes: &[String]) -> Self {
        let asked = Asked { session: session.id.clone(), scopes: scopes.to_vec() };
        Self { asked: Some(asked), ..Self::default() }
    }
}

/// What the sign-in flow should know of a request that waits.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Who asks.
    pub client: Client,
    /// Where the answer goes: a page whose form ends there must allow it as `form-action`. Empty for
    /// a device, which fetches it.
    pub redirect_uri: String,
    /// What the request demands of the session.
    pub demand: Demand,
    /// Whether only a new sign-in will do (`prompt=login`, `select_account`).
    pub is_fresh: bool,
    /// Who wants to sign in, as the client supposes; unproven, for the form alone.
    pub login_hint: Option<String>,
    /// The id of the person that the client expects; nobody else will be answered.
    pub subject: Option<String>,
    /// Languages for the pages, the preferred one first (BCP 47, unchecked).
    pub ui_locales: Vec<String>,
}

impl Waiting {
    /// The request with this id, if this browser sent it and it still waits.
    pub(crate) async fn find(
        provider: &Provider,
        id: &Id<Interaction>,
        browser: &TokenHash,
    ) -> Result<Option<(Self, Params)>> {
        let now = provider.store.ambient().now();
        let mut conn = provider.store.read().await?;
        let Some(row) = interaction::find(&mut conn, id, browser, now).await? else {
            return Ok(None);
        };
        let state = State::deserialize(&row.state.0).map_err(Error::Encoding)?;
        let params = Params::kept(&row.request).map_err(Error::Encoding)?;
        Ok(Some((Self { row, state }, params)))
    }

    pub(crate) fn id(&self) -> &Id<Interaction> {
        &self.row.id
    }

    /// When the request arrived.
    pub(crate) fn since(&self) -> Time {
        self.row.created_at
    }

    /// Whether somebody signed in, or proved more, in this session since the request arrived.
    pub(crate) fn is_after(&self, session: &Session) -> bool {
        session.auth_time >= self.row.created_at
    }

    /// What is noted when the person must be sent to the flows (again); `None` when they have been
    /// there often enough.
    pub(crate) fn fell_short(&self, caller: &Caller<'_>) -> Option<State> {
        let is_short = caller.session.is_some_and(|(session, _)| self.is_after(session));
        let mut state = self.state.clone();
        state.tries += u8::from(is_short);
        state.returns += 1;
        (state.tries <= MOST_TRIES && state.returns <= MOST_RETURNS).then_some(state)
    }

    /// Whether the consent page asked the person of this session for exactly these scopes.
    pub(crate) fn is_asked(&self, session: &Session, scopes: &[String]) -> bool {
        let asked = self.state.asked.as_ref();
        asked.is_some_and(|asked| asked.session == session.id && asked.scopes == scopes)
    }
}

impl Provider {
    /// What the sign-in flow should know of a request; `None` if it waits no longer, or not for
    /// this browser.
    pub async fn interaction_facts(
        &self,
        id: &Id<Interaction>,
        browser: &TokenHash,
    ) -> Result<Option<Facts>> {
        let Some((waiting, params)) = Waiting::find(self, id, browser).await? else {
            return Ok(None);
        };
        let mut conn = self.store.read().await?;
        let Some(client) = client::find(&mut conn, &waiting.row.client_id).await? else {
            return Ok(None);
        };
        if let Some(grant) = device::grant_of(&params) {
            drop(conn);
            return self.device_facts(&grant, client).await;
        }
        let Ok(request) = Request::check(&params, &client, self) else { return Ok(None) };
        Ok(Some(Facts {
            redirect_uri: params.get("redirect_uri").unwrap_or_default().to_owned(),
            demand: request.demand(waiting.since()),
            is_fresh: request.prompt.login,
            login_hint: params.get("login_hint").map(str::to_owned),
            ui_locales: params
                .get("ui_locales")
                .map(|list| words(list).map(str::to_owned).collect())
                .unwrap_or_default(),
            subject: request.subject,
            client,
        }))
    }

    /// Saves a request, or notes what has happened to one that is saved. Returns its id.
    pub(crate) async fn wait(
        &self,
        params: &Params,
        client: &Client,
        caller: &Caller<'_>,
        waiting: Option<&Waiting>,
        state: State,
    ) -> Result<Id<Interaction>> {
        let ambient = self.store.ambient();
        let state = serde_json::to_value(state).map_err(Error::Encoding)?;
        let mut unit = self.store.write().await?;
        let id = if let Some(waiting) = waiting {
            interaction::update_state(&mut unit, waiting.id(), state).await?;
            waiting.id().clone()
        } else {
            let request = params.keep(KNOWN);
            create(&mut unit, ambient, &client.id, caller, (request, state)).await?
        };
        unit.commit().await?;
        Ok(id)
    }

    /// Sends the person to the sign-in flow; but when they come from there and still fall short,
    /// the client is told why instead (RFC 9470 §9: no loops).
    pub(super) async fn sign_in(
        &self,
        params: &Params,
        client: &Client,
        caller: &Caller<'_>,
        waiting: Option<&Waiting>,
        reply: &Reply<'_>,
        refusal: &Refusal,
    ) -> Result<Authorize> {
        let mut state = State::default();
        if let Some(waiting) = waiting {
            match waiting.fell_short(caller) {
                Some(next) => state = next,
                None => return self.refuse(reply, Some(waiting), refusal, None).await,
            }
        }
        let interaction = self.wait(params, client, caller, waiting, state).await?;
        Ok(Authorize::SignIn { interaction })
    }

    /// Tells the client why not; a request that waited has its answer.
    pub(super) async fn refuse(
        &self,
        reply: &Reply<'_>,
        waiting: Option<&Waiting>,
        refusal: &Refusal,
        event: Option<NewEvent>,
    ) -> Result<Authorize> {
        if waiting.is_none() && event.is_none() {
            return Ok(reply.refusal(refusal));
        }
        let ambient = self.store.ambient();
        let now = ambient.now();
        let mut unit = self.store.write().await?;
        if !finish(&mut unit, waiting, now).await? {
            unit.rollback().await?;
            return Ok(super::ErrorPage::gone());
        }
        if let Some(event) = event {
            event::create(&mut unit, ambient.id(), now, event).await?;
        }
        unit.commit().await?;
        Ok(reply.refusal(refusal))
    }
}

/// Saves a request of this browser with its state.
pub(crate) async fn create(
    unit: &mut Unit,
    ambient: &Ambient,
    client: &Id<Client>,
    caller: &Caller<'_>,
    (request, state): (Value, Value),
) -> Result<Id<Interaction>> {
    let now = ambient.now();
    let row = Interaction {
        id: ambient.id(),
        browser_hash: caller.browser.clone(),
        client_id: client.clone(),
        request: Document(request),
        state: Document(state),
        created_at: now,
        expires_at: now.plus(Duration::minutes(LIFETIME_MINUTES)),
        finished_at: None,
    };
    interaction::create(unit, &row).await?;
    Ok(row.id)
}

/// Answers the request that waited, if one did. Returns `false` when another caller was first.
pub(crate) async fn finish(unit: &mut Unit, waiting: Option<&Waiting>, now: Time) -> Result<bool> {
    let Some(waiting) = waiting else { return Ok(true) };
    match interaction::finish(unit, waiting.id(), now).await {
        Ok(()) => Ok(true),
        Err(store::Error::Stale) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
