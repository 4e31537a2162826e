//! Who sends a request: the browser (or native app) and the session that came with it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use store::session::{self, Session};
use store::user::User;
use store::{Time, standing};

use super::cookies::{Cookies, is_token};
use super::failure::Failure;
use super::frame::Visit;
use super::oidc::authorize::provider_error;
use crate::app::App;

/// Who asks. It has no `Debug`, since it holds the browser's secret.
#[derive(Clone)]
pub(super) struct Visitor {
    /// What the frame found out.
    pub(super) visit: Visit,
    /// The browser's secret, if it has one yet.
    pub(super) browser: Option<String>,
    /// The device's token, where it was remembered.
    pub(super) device: Option<String>,
    /// The live session, and its person.
    pub(super) session: Option<(Session, User)>,
    /// The user agent, cut to 256 characters.
    pub(super) user_agent: String,
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        if let Some(visitor) = parts.extensions.get::<Self>() {
            // The guard looked already.
            return Ok(visitor.clone());
        }
        let visit = parts.extensions.get::<Visit>().cloned();
        let visit = visit.ok_or_else(|| Failure::Internal("the frame is missing".into()))?;
        let secure = app.settings.is_secure();
        let cookies = Cookies::of(&parts.headers);
        let session = match cookies.session(secure) {
            Some(token) => find(app, token).await?,
            None => None,
        };
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            visit,
            browser: cookies.browser(secure).map(str::to_owned),
            device: cookies.device(secure).map(str::to_owned),
            session,
            user_agent: agent.unwrap_or_default().chars().take(256).collect(),
        })
    }
}

/// The live session with this token.
pub(super) async fn find(app: &App, token: &str) -> Result<Option<(Session, User)>, Failure> {
    if !is_token(token) {
        return Ok(None);
    }
    let now = app.store.ambient().now();
    let mut conn = app.store.read().await?;
    let found = session::find_by_token(&mut conn, &store::token(token), now).await?;
    drop(conn);
    let Some((session, user)) = found.filter(|(session, _)| !is_idle(app, session, now)) else {
        return Ok(None);
    };
    if session.is_to_be_seen(now) {
        if end_if_too_long(app, &session, &user, now).await? {
            return Ok(None);
        }
        if let Err(error) = note_use(app, &session, now).await {
            // Whoever is signed in need not suffer for it.
            tracing::warn!(%error, "the use of a session cannot be noted");
        }
    }
    Ok(Some((session, user)))
}

/// Whether nobody has used the session for longer than is set.
fn is_idle(app: &App, session: &Session, now: Time) -> bool {
    let idle = app.settings.session_idle;
    !idle.is_zero() && idle.after(*session.last_seen_at) <= *now
}

/// Ends a session that is older than the policies of its person allow by now: they may have been
/// shortened since it was made. Returns whether it was.
pub(super) async fn end_if_too_long(
    app: &App,
    session: &Session,
    user: &User,
    now: Time,
) -> Result<bool, Failure> {
    let mut conn = app.store.read().await?;
    let standing = standing::in_session(&mut conn, user, None, now).await?;
    drop(conn);
    let limit = standing.policies.join().session;
    if limit.is_none_or(|limit| limit.after(*session.created_at) > *now) {
        return Ok(false);
    }
    let mut unit = app.store.write().await?;
    session::end(&mut unit, &session.id, now).await?;
    unit.commit().await?;
    Ok(true)
}

/// A row a minute and session, by its key.
async fn note_use(app: &App, session: &Session, now: Time) -> store::Result<()> {
    let mut unit = app.store.write().await?;
    if session::seen(&mut unit, &session.id, now).await? {
        unit.commit().await
    } else {
        unit.rollback().await
    }
}

/// The live session that a bearer value of the API speaks for, and its person: a native session's
/// token, or an access token that may act for the account.
pub(super) async fn find_by_bearer(
    app: &App,
    token: &str,
) -> Result<Option<(Session, User)>, Failure> {
    match find(app, token).await? {
        Some(found) => Ok(Some(found)),
        None => find_by_access_token(app, token).await,
    }
}

/// The session of an OAuth access token with the scope `account`. That an app uses it shows nobody's
/// presence (NIST SP 800-63B-4 §5.1.2), so it is not noted as use.
async fn find_by_access_token(app: &App, token: &str) -> Result<Option<(Session, User)>, Failure> {
    let found = app.provider.account_token(token).await.map_err(provider_error)?;
    let Some((_, user, session)) = found else { return Ok(None) };
    let now = app.store.ambient().now();
    Ok((!is_idle(app, &session, now)).then_some((session, user)))
}

/// The bearer value of a request, if it has one.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    token.filter(|token| is_token(token)).map(Some).ok_or(Failure::Unauthenticated)
}

impl Visitor {
    /// The request as the engine sees it, coming from the browser whose secret is `browser`.
    pub(super) fn request(&self, browser: &str) -> engine::Request {
        engine::Request {
            browser: store::token(browser),
            device: self.device.as_deref().map(store::token),
            session: self.session.clone(),
            is_delegated: false,
            ip: self.visit.ip,
            user_agent: self.user_agent.clone(),
            language: self.visit.lang.to_string(),
            request_id: self.visit.request_id.clone(),
        }
    }

    /// The browser's secret, or a new one for a browser that has none.
    pub(super) fn browser_or_new(&self, app: &App) -> (String, bool) {
        match &self.browser {
            Some(browser) => (browser.clone(), false),
            None => (app.store.ambient().token(), true),
        }
    }
}
