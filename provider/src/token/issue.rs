//! What is issued for a grant, whichever it was: an access token, and an ID token where `openid` was
//! granted. Both hang on the session whose evidence was admitted.

use assurance::{Acr, Admitted};
use chrono::Duration;
use serde_json::json;
use store::client::Client;
use store::code::Grant;
use store::event::{self, Outcome};
use store::session::Session;
use store::token::{self, Kind, NewToken};
use store::user::User;
use store::{Id, Time, Unit};

use super::TokenResponse;
use crate::id_token::{self, IdToken};
use crate::userinfo::TokenData;
use crate::{Error, Provider, Result, Trace, claims};

/// How long an access token lives, in seconds. It is looked up at each use, so what ends it earlier
/// (sign-out, revocation, a disabled person or client) ends it at once.
const LIFETIME_SECONDS: i64 = 3600;

/// Everything that a grant has found.
pub(super) struct Issue<'a> {
    pub(super) client: &'a Client,
    pub(super) grant_id: &'a Id<Grant>,
    pub(super) session: &'a Session,
    pub(super) user: &'a User,
    pub(super) admitted: &'a Admitted,
    pub(super) scopes: &'a [String],
    pub(super) nonce: Option<&'a str>,
    /// The levels that the client named.
    pub(super) acr_values: &'a [Acr],
    /// Claims asked for one by one.
    pub(super) userinfo_claims: &'a [String],
    pub(super) id_token_claims: &'a [String],
}

impl Provider {
    /// Makes the access token, in the unit of work that claims the grant.
    pub(super) async fn issue_token(
        &self,
        unit: &mut Unit,
        issue: &Issue<'_>,
        trace: &Trace<'_>,
        now: Time,
    ) -> Result<String> {
        let ambient = self.store.ambient();
        let access_token = ambient.token();
        let data = TokenData { claims: issue.userinfo_claims.to_vec() };
        let new = NewToken {
            token_hash: store::token(&access_token),
            kind: Kind::Access,
            grant_id: issue.grant_id.clone(),
            client: issue.client,
            session: issue.session,
            scopes: issue.scopes.to_vec(),
            data: serde_json::to_value(data).map_err(Error::Encoding)?,
            expires_at: now.plus(Duration::seconds(LIFETIME_SECONDS)),
        };
        token::create(unit, issue.admitted, new, now).await?;
        let mut event = trace.event("token_issued", Outcome::Success, issue.client);
        event.user_id = Some(issue.session.user_id.clone());
        event.data = json!({ "grant": issue.grant_id, "scopes": issue.scopes });
        event::create(unit, ambient.id(), now, event).await?;
        Ok(access_token)
    }

    /// The answer with that access token, and the ID token that goes with it.
    pub(super) fn token_response(
        &self,
        issue: &Issue<'_>,
        access_token: String,
        now: Time,
    ) -> Result<TokenResponse> {
        let Issue { session, user, admitted, .. } = *issue;
        let is_openid = issue.scopes.iter().any(|scope| scope == "openid");
        let id_token = is_openid.then(|| {
            let claims = IdToken {
                iss: &self.issuer,
                sub: user.id.as_str(),
                aud: issue.client.id.as_str(),
                exp: now.timestamp() + id_token::LIFETIME_SECONDS,
                iat: now.timestamp(),
                auth_time: admitted.auth_time().timestamp(),
                nonce: issue.nonce,
                acr: id_token::acr(admitted, issue.acr_values),
                amr: id_token::amr(admitted),
                at_hash: id_token::at_hash(&access_token),
                sid: session.id.as_str(),
                about: claims::of_user(user, &[], issue.id_token_claims),
            };
            self.keys().sign(issue.client.settings.id_token_signed_response_alg, &claims)
        });
        let until_session_ends = session.expires_at.signed_duration_since(*now).num_seconds();
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: LIFETIME_SECONDS.min(until_session_ends),
            scope: issue.scopes.join(" "),
            id_token: id_token.transpose()?,
        })
    }
}
