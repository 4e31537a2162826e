//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4, §3.5).
//!
//! Looking comes first and needs no lock, so that made-up codes cost little; a poll of a grant that
//! waits is noted, and one that was allowed is claimed and paid out in one unit of work.

use assurance::Decision;
use store::client::Client;
use store::device_grant::{self, DeviceGrant, Poll};
use store::session::Session;
use store::user::User;
use store::{Time, TokenHash, standing};

use super::issue::Issue;
use super::{TokenError, TokenResponse, invalid_grant};
use crate::device::Asked;
use crate::error::ErrorCode;
use crate::params::Params;
use crate::{Provider, Refusal, Result, Trace};

impl Provider {
    pub(super) async fn redeem_device_code(
        &self,
        client: &Client,
        params: &Params,
        trace: &Trace<'_>,
    ) -> Result<TokenResponse, TokenError> {
        let code = params
            .get("device_code")
            .ok_or_else(|| Refusal::invalid_request("device_code is missing."))?;
        let hash = store::token(code);
        let now = self.store.ambient().now();
        let mut conn = self.store.read().await?;
        let mut found = device_grant::find_by_device_code(&mut conn, &hash, client, now).await?;
        drop(conn);
        if matches!(found, Poll::Pending) {
            let mut unit = self.store.write().await?;
            found = device_grant::poll(&mut unit, &hash, now).await?;
            unit.commit().await?;
        }
        let refusal = match found {
            Poll::Approved(allowed) => {
                return self.pay_out(client, &hash, &allowed, trace, now).await;
            }
            Poll::Pending => (ErrorCode::AuthorizationPending, "The person has not answered yet."),
            Poll::TooSoon => (
                ErrorCode::SlowDown,
                "The device polls too often: wait five seconds longer from now on.",
            ),
            Poll::Denied => (ErrorCode::AccessDenied, "The person, or a policy, refused."),
            Poll::Expired => (ErrorCode::ExpiredToken, "Nobody answered in time: ask again."),
            Poll::Unknown => return Err(unusable().into()),
        };
        Err(Refusal::new(refusal.0, refusal.1).into())
    }

    async fn pay_out(
        &self,
        client: &Client,
        hash: &TokenHash,
        (grant, session, user): &(DeviceGrant, Session, User),
        trace: &Trace<'_>,
        now: Time,
    ) -> Result<TokenResponse, TokenError> {
        let asked = Asked::of(grant)?;
        let mut conn = self.store.read().await?;
        // What holds for the person may have changed since they answered.
        let demand = Some(asked.demand);
        let standing = standing::of(&mut conn, user, Some(client), demand).await?;
        drop(conn);
        let decision =
            assurance::admit(&standing.policies, &session.evidence, &standing.enrolled, *now);
        let Decision::Admitted(admitted) = decision else {
            return Err(
                invalid_grant("The session no longer satisfies what is demanded of it.").into()
            );
        };
        let issue = Issue {
            client,
            grant_id: &grant.grant_id,
            session,
            user,
            admitted: &admitted,
            scopes: &grant.scopes,
            nonce: None,
            acr_values: &asked.acr_values,
            userinfo_claims: &[],
            id_token_claims: &[],
        };
        let mut unit = self.store.write().await?;
        if !device_grant::claim(&mut unit, hash, &client.id, now).await? {
            unit.rollback().await?;
            return Err(unusable().into());
        }
        let access_token = self.issue_token(&mut unit, &issue, trace, now).await?;
        unit.commit().await?;
        Ok(self.token_response(&issue, access_token, now)?)
    }
}

fn unusable() -> Refusal {
    invalid_grant(
        "The device code is unknown, used, or another client's, or the session it was allowed in has ended.",
    )
}
