//! The revocation endpoint (RFC 7009): a client gives a token back, and with it everything that was
//! issued for the same grant.

use serde_json::json;
use store::event::{self, Outcome};
use store::token;

use crate::params::{Known, Params};
use crate::token::TokenError;
use crate::{Provider, Refusal, Trace};

/// The parameters that are read, and their limits in bytes. A hint is of no use: there is one kind of
/// token.
const KNOWN: &[Known] =
    &[("token", 256), ("token_type_hint", 64), ("client_id", 255), ("client_secret", 255)];

impl Provider {
    /// Answers a revocation request. What is unknown, or another client's, is revoked as far as the
    /// one who asks may know (§2.2).
    pub async fn revoke(
        &self,
        authorization: Option<&str>,
        params: Vec<(String, String)>,
        trace: &Trace<'_>,
    ) -> Result<(), TokenError> {
        let params = Params::from(params);
        params.check(KNOWN)?;
        let client = self.authenticate(authorization, &params).await?;
        let sent =
            params.get("token").ok_or_else(|| Refusal::invalid_request("token is missing."))?;
        let hash = store::token(sent);
        let mut conn = self.store.read().await?;
        let grant = token::grant_of(&mut conn, &hash, &client.id).await?;
        drop(conn);
        let Some(grant) = grant else { return Ok(()) };
        let ambient = self.store.ambient();
        let now = ambient.now();
        let mut unit = self.store.write().await?;
        let revoked = token::revoke_grant(&mut unit, &grant, now).await?;
        let mut event = trace.event("token_revoked", Outcome::Success, &client);
        event.data = json!({ "grant": grant, "revoked": revoked });
        event::create(&mut unit, ambient.id(), now, event).await?;
        Ok(unit.commit().await?)
    }
}
