//! Who drives a flow by the API, and how its outcome reaches them: a browser by cookies, an app by
//! bearer values.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cookie::Cookie;
use engine::Finished;
use schemars::JsonSchema;
use serde_json::{Value, json};
use store::TokenHash;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::super::visitor::{Visitor, bearer};
use super::super::{cookies, page};
use super::problem::Problem;
use crate::app::App;

/// Who drives.
pub(super) struct Caller {
    /// The request as the engine sees it.
    pub(super) request: engine::Request,
    by: By,
}

/// How they are known.
enum By {
    /// A browser, by the secret in its cookie.
    Cookie {
        /// The secret, if it has none yet.
        new: Option<String>,
    },
    /// An app that signs in, by a secret that it gets here.
    Native {
        /// The secret, if it has none yet.
        new: Option<String>,
    },
    /// An app that is signed in, by its session's token.
    Session,
    /// An app that acts for the session in which its access token was issued.
    Delegate,
}

impl Caller {
    /// Somebody who signs in: a browser, or with `?client=native` an app, which sends what it got as
    /// `token` as bearer from then on.
    pub(super) fn coming(
        app: &App,
        visitor: &Visitor,
        headers: &HeaderMap,
        client: Option<&str>,
    ) -> Result<Self, Failure> {
        let native = |secret: &str, new| {
            let request =
                engine::Request { session: None, device: None, ..visitor.request(secret) };
            Self { request, by: By::Native { new } }
        };
        if let Some(secret) = bearer(headers)? {
            return Ok(native(&secret, None));
        }
        match client {
            Some("native") => {
                let secret = app.store.ambient().token();
                Ok(native(&secret, Some(secret.clone())))
            }
            Some(_) => Err(Failure::BadRequest("client may be native")),
            None => {
                let (secret, is_new) = visitor.browser_or_new(app);
                let request = visitor.request(&secret);
                Ok(Self { request, by: By::Cookie { new: is_new.then_some(secret) } })
            }
        }
    }

    /// Somebody who is signed in.
    pub(super) fn of(app: &App, signed_in: &SignedIn) -> Self {
        let SignedIn { visitor, session, bearer, .. } = signed_in;
        let Some(bearer) = bearer else {
            let (secret, is_new) = visitor.browser_or_new(app);
            let request = visitor.request(&secret);
            return Self { request, by: By::Cookie { new: is_new.then_some(secret) } };
        };
        // What an app begins is bound to its session, and goes on when the session's token changes.
        // The name is no bearer value, so nobody can send it.
        let request = visitor.request(&format!("session/{}", session.id));
        let is_delegated = !is_of(bearer, &session.token_hash);
        let by = if is_delegated { By::Delegate } else { By::Session };
        Self { request: engine::Request { is_delegated, device: None, ..request }, by }
    }

    /// Whether it is an app with an access token, which cannot renew the browser's session.
    pub(super) fn is_delegate(&self) -> bool {
        matches!(self.by, By::Delegate)
    }

    /// Whether it keeps cookies.
    pub(super) fn is_browser(&self) -> bool {
        matches!(self.by, By::Cookie { .. })
    }

    /// What a browser without a secret is to keep.
    pub(super) fn introduction(&self, app: &App) -> Option<Cookie<'static>> {
        match &self.by {
            By::Cookie { new: Some(secret) } => {
                Some(cookies::browser(secret, app.settings.is_secure()))
            }
            By::Cookie { new: None } | By::Native { .. } | By::Session | By::Delegate => None,
        }
    }

    /// A question, or anything else that ends nothing. The answer to an app's first request has the
    /// secret by which it is known from then on.
    pub(super) fn respond(&self, app: &App, mut body: Value) -> Response {
        if let By::Native { new: Some(secret) } = &self.by {
            body["token"] = json!(secret);
        }
        let mut response = (StatusCode::OK, Json(body)).into_response();
        if let Some(cookie) = self.introduction(app) {
            page::set_cookie(&mut response, &cookie);
        }
        response
    }

    /// The answer with which a flow ends: the session's new secret goes to where the old one is.
    pub(super) fn settle(&self, app: &App, finished: &Finished, mut body: Value) -> Response {
        let secure = app.settings.is_secure();
        let mut set = Vec::new();
        if self.is_browser() {
            set.extend(finished.device.iter().map(|device| cookies::device(device, secure)));
            set.extend(finished.session.iter().map(|session| {
                let until = session.persistent.then(|| session.expires_at.into());
                cookies::session(&session.token, until, secure)
            }));
        } else {
            if let Some(session) = &finished.session {
                body["session"]["id"] = json!(session.id);
                body["session"]["expires_at"] = json!(session.expires_at);
                body["session"]["token"] = json!(session.token);
            }
            if let Some(device) = &finished.device {
                body["device"] = json!(device);
            }
        }
        let mut response = (StatusCode::OK, Json(body)).into_response();
        set.extend(self.introduction(app));
        for cookie in &set {
            page::set_cookie(&mut response, cookie);
        }
        response
    }

    /// What only a browser can do: this page does it.
    pub(super) fn to_browser(&self, app: &App, problem: Problem) -> Problem {
        match self.introduction(app) {
            Some(cookie) => problem.set(cookie),
            None => problem,
        }
    }
}

/// The answer with which a flow ends, as [`Caller::settle`] makes it.
#[derive(JsonSchema)]
#[schemars(rename = "Renewed{T}")]
#[expect(dead_code, reason = "it is its schema that counts")]
pub(super) struct Settled<T> {
    #[serde(flatten)]
    rest: T,
    /// For an app: its session's new secret, in the place of the one that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Renewed>,
}

/// A session's new secret.
#[derive(JsonSchema)]
#[schemars(rename = "RenewedSession")]
#[expect(dead_code, reason = "it is its schema that counts")]
pub(super) struct Renewed {
    id: String,
    expires_at: chrono::DateTime<chrono::Utc>,
    /// What to send as bearer from now on.
    token: String,
}

fn is_of(token: &str, hash: &TokenHash) -> bool {
    store::token(token) == *hash
}
