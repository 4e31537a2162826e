//! `grant_type=authorization_code` (RFC 6749 §4.1.3, OpenID Connect Core §3.1.3).
//!
//! Reading comes first and needs no lock; then one unit of work claims the code and writes the
//! token. Any failed redemption burns the code, and one that comes second revokes what the first
//! was given.

use assurance::{Admitted, Decision};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::Deserialize as _;
use serde_json::json;
use store::client::Client;
use store::code::{self, Burnt, Code};
use store::event::{self, Outcome};
use store::session::Session;
use store::user::User;
use store::{Time, TokenHash, standing};

use super::issue::Issue;
use super::{TokenError, TokenResponse, invalid_grant};
use crate::authorize::{Granted, challenge_of};
use crate::params::Params;
use crate::{Error, Provider, Refusal, Result, Trace};

/// Everything that redeeming a code has found.
struct Redemption {
    code: Code,
    session: Session,
    user: User,
    granted: Granted,
    admitted: Admitted,
}

impl Redemption {
    fn issue<'a>(&'a self, client: &'a Client) -> Issue<'a> {
        let granted = &self.granted;
        Issue {
            client,
            grant_id: &self.code.grant_id,
            session: &self.session,
            user: &self.user,
            admitted: &self.admitted,
            scopes: &granted.scopes,
            nonce: granted.nonce.as_deref(),
            acr_values: &granted.acr_values,
            userinfo_claims: &granted.userinfo_claims,
            id_token_claims: &granted.id_token_claims,
        }
    }
}

impl Provider {
    pub(super) async fn redeem_code(
        &self,
        client: &Client,
        params: &Params,
        trace: &Trace<'_>,
    ) -> Result<TokenResponse, TokenError> {
        let code =
            params.get("code").ok_or_else(|| Refusal::invalid_request("code is missing."))?;
        let hash = store::token(code);
        let now = self.store.ambient().now();
        match self.check_code(client, params, &hash, now).await? {
            Ok(redemption) => {
                let issue = redemption.issue(client);
                match self.claim(&hash, &issue, trace, now).await? {
                    Some(access_token) => Ok(self.token_response(&issue, access_token, now)?),
                    None => Err(self.burn(client, &hash, trace, unusable(), now).await?),
                }
            }
            Err(refusal) => Err(self.burn(client, &hash, trace, refusal, now).await?),
        }
    }

    /// Everything that must hold, before anything is written.
    async fn check_code(
        &self,
        client: &Client,
        params: &Params,
        hash: &TokenHash,
        now: Time,
    ) -> Result<Result<Redemption, Refusal>> {
        let mut conn = self.store.read().await?;
        let Some((code, session, user)) = code::find(&mut conn, hash, client, now).await? else {
            return Ok(Err(unusable()));
        };
        let granted = Granted::deserialize(&code.request.0).map_err(Error::Encoding)?;
        let checked = check_redirect_uri(params, &granted)
            .and_then(|()| check_verifier(params, granted.code_challenge.as_deref()));
        if let Err(refusal) = checked {
            return Ok(Err(refusal));
        }
        // What holds for the person may have changed since the code was made.
        let demand = granted.demand.clone();
        let standing = standing::of(&mut conn, &user, Some(client), Some(demand)).await?;
        let decision =
            assurance::admit(&standing.policies, &session.evidence, &standing.enrolled, *now);
        Ok(match decision {
            Decision::Admitted(admitted) => {
                Ok(Redemption { code, session, user, granted, admitted: *admitted })
            }
            Decision::Challenge(_) | Decision::Enrol(_) | Decision::Deny(_) => {
                Err(invalid_grant("The session no longer satisfies what is demanded of it."))
            }
        })
    }

    /// Uses the code and makes the access token, in one unit of work. `None` when somebody else
    /// used the code first.
    async fn claim(
        &self,
        hash: &TokenHash,
        issue: &Issue<'_>,
        trace: &Trace<'_>,
        now: Time,
    ) -> Result<Option<String>> {
        let mut unit = self.store.write().await?;
        if !code::claim(&mut unit, hash, &issue.client.id, now).await? {
            unit.rollback().await?;
            return Ok(None);
        }
        let access_token = self.issue_token(&mut unit, issue, trace, now).await?;
        unit.commit().await?;
        Ok(Some(access_token))
    }

    /// Makes sure that the code opens nothing any more, and says why it did not.
    async fn burn(
        &self,
        client: &Client,
        hash: &TokenHash,
        trace: &Trace<'_>,
        refusal: Refusal,
        now: Time,
    ) -> Result<TokenError> {
        // A made-up code takes no write lock.
        if !code::is_known(&mut self.store.read().await?, hash).await? {
            return Ok(refusal.into());
        }
        let ambient = self.store.ambient();
        let mut unit = self.store.write().await?;
        let event = match code::burn(&mut unit, hash, now).await? {
            Burnt::Unknown => None,
            Burnt::Now(code) => Some(("code_refused", code, 0)),
            Burnt::Before { code, revoked } => Some(("code_reused", code, revoked)),
        };
        if let Some((kind, code, revoked)) = event {
            let mut event = trace.event(kind, Outcome::Failure, client);
            event.user_id = Some(code.user_id);
            event.data = json!({
                "grant": code.grant_id,
                "because": refusal.description,
                "issued_to": code.client_id,
                "revoked": revoked,
            });
            event::create(&mut unit, ambient.id(), now, event).await?;
        }
        unit.commit().await?;
        Ok(refusal.into())
    }
}

fn unusable() -> Refusal {
    invalid_grant(
        "The code is unknown, expired, used, or another client's, or the session it came from has ended.",
    )
}

/// The redirect URI must be the one to which the code was sent (RFC 6749 §4.1.3).
fn check_redirect_uri(params: &Params, granted: &Granted) -> Result<(), Refusal> {
    match params.get("redirect_uri") {
        Some(uri) if uri == granted.redirect_uri => Ok(()),
        Some(_) => Err(invalid_grant("redirect_uri is another one than in the request.")),
        None => Err(Refusal::invalid_request("redirect_uri is missing.")),
    }
}

/// The verifier must belong to the challenge; without a challenge there must be none, so that
/// nobody can strip PKCE from a request (RFC 7636 §4.6, RFC 9700 §4.8.2).
fn check_verifier(params: &Params, challenge: Option<&str>) -> Result<(), Refusal> {
    match (challenge, params.get("code_verifier")) {
        (None, None) => Ok(()),
        (None, Some(_)) => {
            Err(invalid_grant("code_verifier was sent, but the request had no code_challenge."))
        }
        (Some(_), None) => Err(invalid_grant("code_verifier is missing.")),
        (Some(challenge), Some(verifier)) => {
            let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
            let is_verifier =
                (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved);
            let expected = challenge_of(verifier);
            if is_verifier
                && verify_slices_are_equal(expected.as_bytes(), challenge.as_bytes()).is_ok()
            {
                Ok(())
            } else {
                Err(invalid_grant("code_verifier does not belong to the code_challenge."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn check(verifier: &str, challenge: Option<&str>) -> bool {
        let params = Params::from(vec![("code_verifier".to_owned(), verifier.to_owned())]);
        check_verifier(&params, challenge).is_ok()
    }

    #[test]
    fn a_verifier_belongs_to_its_challenge_or_to_none() {
        assert!(check(VERIFIER, Some(CHALLENGE)));
        assert!(check("", None));
        assert!(!check(VERIFIER, None), "a verifier without a challenge");
        assert!(!check("", Some(CHALLENGE)), "a challenge without a verifier");
        assert!(!check(&VERIFIER.to_lowercase(), Some(CHALLENGE)));
        assert!(!check(CHALLENGE, Some(CHALLENGE)), "plain");
    }

    #[test]
    fn a_verifier_has_the_length_and_letters_of_the_specification() {
        for (verifier, is_fine) in [
            ("a".repeat(42), false),
            ("a".repeat(43), true),
            ("~._-".repeat(32), true),
            ("a".repeat(129), false),
            (format!("{}+", "a".repeat(43)), false),
            (format!("{} ", "a".repeat(43)), false),
            (format!("{}ä", "a".repeat(43)), false),
        ] {
            assert_eq!(check(&verifier, Some(&challenge_of(&verifier))), is_fine, "{verifier}");
        }
    }
}
