//! The scope `account`: access tokens with which the program of a person, such as `flowgate` in their
//! terminal, manages their account. Such a token shows nothing by itself: what it may do is judged by
//! the evidence of the session that it hangs on.

use store::session::{self, Session};
use store::token::{self, Kind, Token};
use store::user::User;

use crate::{Provider, Result};

/// The scope.
pub const ACCOUNT: &str = "account";

impl Provider {
    /// The live access token `bearer` with its person and the session whose evidence it acts with, if
    /// it was issued for the scope `account`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn account_token(&self, bearer: &str) -> Result<Option<(Token, User, Session)>> {
        let now = self.store.ambient().now();
        let mut conn = self.store.read().await?;
        let found = token::find(&mut conn, &store::token(bearer), Kind::Access, now).await?;
        let Some((token, user)) = found else { return Ok(None) };
        if !token.scopes.iter().any(|scope| scope == ACCOUNT) {
            return Ok(None);
        }
        let Some(id) = &token.session_id else { return Ok(None) };
        let session = session::find(&mut conn, id, now).await?;
        Ok(session.map(|(session, _)| (token, user, session)))
    }
}
