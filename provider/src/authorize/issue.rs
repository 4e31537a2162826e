//! The code: made from an admission, bound to client, redirect URI, session, person and challenge.

use assurance::{Acr, Admitted, Demand};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::client::{Client, Consent};
use store::code::{self, NewCode};
use store::event::{self, Outcome};
use store::session::Session;
use store::{Unit, consent};

use super::response::Reply;
use super::waiting::{self, Waiting};
use super::{Authorize, ErrorPage, Request};
use crate::{Caller, Error, Provider, Result};

/// What a code stands for, as it is kept with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Granted {
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code_challenge: Option<String>,
    /// What the request demanded; judged again when the code is redeemed.
    pub(crate) demand: Demand,
    /// The levels that the client named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) acr_values: Vec<Acr>,
    /// Claims asked for one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) userinfo_claims: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) id_token_claims: Vec<String>,
}

impl Granted {
    pub(super) fn new(redirect_uri: &str, request: Request, demand: Demand) -> Self {
        Self {
            redirect_uri: redirect_uri.to_owned(),
            scopes: request.scopes,
            nonce: request.nonce,
            code_challenge: request.code_challenge,
            demand,
            acr_values: request.level.asked,
            userinfo_claims: request.claims.userinfo,
            id_token_claims: request.claims.id_token,
        }
    }
}

/// The person to whom the code belongs.
pub(super) struct Person<'a> {
    pub(super) admitted: &'a Admitted,
    pub(super) session: &'a Session,
}

impl Provider {
    /// Makes the code and answers the client. A request that waited is answered by one caller.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that the endpoint has found")]
    pub(super) async fn issue(
        &self,
        reply: &Reply<'_>,
        client: &Client,
        caller: &Caller<'_>,
        waiting: Option<&Waiting>,
        person: Person<'_>,
        granted: Granted,
        consented: Option<Vec<String>>,
    ) -> Result<Authorize> {
        let Person { admitted, session } = person;
        let ambient = self.store.ambient();
        let now = ambient.now();
        let (code, grant_id) = (ambient.token(), ambient.id());
        let mut event = caller.event("authorization_granted", Outcome::Success, client);
        event.data = json!({
            "grant": grant_id,
            "session": session.id,
            "scopes": granted.scopes,
            "acr": admitted.level(),
            "because": admitted.explanation().reasons.iter().map(|r| r.code).collect::<Vec<_>>(),
        });
        let new = NewCode {
            code_hash: store::token(&code),
            grant_id,
            client,
            session,
            request: serde_json::to_value(granted).map_err(Error::Encoding)?,
        };

        let mut unit = self.store.write().await?;
        if !waiting::finish(&mut unit, waiting, now).await? {
            unit.rollback().await?;
            return Ok(ErrorPage::gone());
        }
        if let Some(scopes) = consented {
            self.record_consent(&mut unit, client, caller, session, &scopes).await?;
        }
        code::create(&mut unit, admitted, new, now).await?;
        event::create(&mut unit, ambient.id(), now, event).await?;
        unit.commit().await?;
        Ok(reply.code(code))
    }

    async fn record_consent(
        &self,
        unit: &mut Unit,
        client: &Client,
        caller: &Caller<'_>,
        session: &Session,
        scopes: &[String],
    ) -> Result<()> {
        let ambient = self.store.ambient();
        let now = ambient.now();
        // Where each time is asked, nothing is remembered.
        if client.settings.consent != Consent::Always {
            consent::allow(unit, &session.user_id, &client.id, scopes, now).await?;
        }
        let mut event = caller.event("consent_given", Outcome::Success, client);
        event.data = json!({ "scopes": scopes });
        event::create(unit, ambient.id(), now, event).await?;
        Ok(())
    }
}
