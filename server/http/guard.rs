//! What stands before each handler: whatever its line in `routes.rs` promises. Who is signed in is
//! found out here and nowhere else; a handler that needs a person takes [`SignedIn`], which only
//! this file makes, and only on routes that are for who is signed in.

use std::sync::Arc;

use assurance::{Admitted, Decision, Demand};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use store::session::Session;
use store::standing;
use store::user::User;

use super::failure::Failure;
use super::insufficient::Insufficient;
use super::routes::Access;
use super::visitor::{self, Visitor, bearer};
use super::{csrf, form, limits};
use crate::app::App;

/// One route's guard.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) app: Arc<App>,
    pub(super) access: Access,
    /// How many segments of the path lead to a page that a person can be led back to.
    pub(super) depth: usize,
}

/// Somebody who is signed in, and with what.
#[derive(Clone)]
pub(super) struct SignedIn {
    /// The request; its session is the one below.
    pub(super) visitor: Visitor,
    /// The live session.
    pub(super) session: Session,
    /// Its person.
    pub(super) user: User,
    /// The bearer value, where no cookie speaks for the person: a native session's token, or an
    /// access token.
    pub(super) bearer: Option<String>,
    /// The page to lead back to.
    back: String,
}

/// Lets a request through to its handler, or not.
pub(super) async fn pass(
    State(guard): State<Guard>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (mut parts, mut body) = request.into_parts();
    limits::spend(&guard.app, guard.access, &parts)?;
    match guard.access {
        Access::Everybody | Access::App | Access::Referred => {}
        Access::Browser => body = guard.require_our_page(&mut parts, body).await?,
        Access::Session | Access::Sensitive | Access::Enrolling => {
            check_origin(&guard.app, &parts)?;
            let signed_in = guard.sign_in(&mut parts).await?;
            if guard.access != Access::Session {
                check_proofs(&guard.app, guard.access, &signed_in).await?;
            }
            parts.extensions.insert(signed_in.visitor.clone());
            parts.extensions.insert(signed_in);
            body = guard.require_our_page(&mut parts, body).await?;
        }
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

impl Guard {
    /// Whether a write comes from a page of ours. A form is read for that, and left for its handler
    /// as [`form::Sent`]; JSON is what no page of another site can send unasked.
    async fn require_our_page(&self, parts: &mut Parts, body: Body) -> Result<Body, Failure> {
        if !is_write(parts) {
            return Ok(body);
        }
        check_origin(&self.app, parts)?;
        if is_api(parts) {
            return Ok(body);
        }
        let visitor = Visitor::from_request_parts(parts, &self.app).await?;
        parts.extensions.insert(visitor.clone());
        let sent = form::read(&self.app, &visitor, Request::from_parts(parts.clone(), body)).await;
        parts.extensions.insert(sent?);
        Ok(Body::empty())
    }

    /// Who is signed in, and has not been for longer than their organisations allow by now.
    async fn sign_in(&self, parts: &mut Parts) -> Result<SignedIn, Failure> {
        let back = self.back(parts);
        let mut visitor = Visitor::from_request_parts(parts, &self.app).await?;
        let bearer = if is_api(parts) { bearer(&parts.headers)? } else { None };
        if let Some(token) = &bearer {
            visitor.session = visitor::find_by_bearer(&self.app, token).await?;
        }
        let signed_in = visitor.session.clone();
        let (session, user) = signed_in.ok_or_else(|| Failure::SignIn(back.clone()))?;
        let now = self.app.store.ambient().now();
        if visitor::end_if_too_long(&self.app, &session, &user, now).await? {
            return Err(Failure::SignIn(back));
        }
        Ok(SignedIn { visitor, session, user, bearer, back })
    }

    /// The page to lead back to: this one, or for a form the one that it stands on.
    fn back(&self, parts: &Parts) -> String {
        if !is_write(parts) {
            let path = parts.uri.path_and_query().map(ToString::to_string);
            return path.unwrap_or_default();
        }
        let segments = parts.uri.path().split('/').take(self.depth + 1);
        segments.collect::<Vec<_>>().join("/")
    }
}

/// Whether the person proved enough, and of late, for a sensitive act by all of their organisations.
///
/// # Errors
/// [`Failure::Insufficient`] with exactly what is missing: in a browser the way to the step-up, for a
/// program the answer of RFC 9470 §3.
pub(super) async fn sensitive(app: &App, signed_in: &SignedIn) -> Result<Admitted, Failure> {
    match judge(app, signed_in).await? {
        (Decision::Admitted(admitted), _) => Ok(*admitted),
        (_, lacks) => Err(Failure::Insufficient(Arc::new(lacks))),
    }
}

/// What the route promises of the person's proofs. The admission itself is of no use here: nothing is
/// issued.
async fn check_proofs(app: &App, access: Access, signed_in: &SignedIn) -> Result<(), Failure> {
    if access == Access::Enrolling
        && let (Decision::Enrol(_), _) = judge(app, signed_in).await?
    {
        return Ok(());
    }
    sensitive(app, signed_in).await.map(drop)
}

/// How a sensitive act would be judged now, and what it would lack.
pub(super) async fn judge(
    app: &App,
    signed_in: &SignedIn,
) -> Result<(Decision, Insufficient), Failure> {
    let mut conn = app.store.read().await?;
    let demand = Some(Demand::sensitive());
    let now = app.store.ambient().now();
    let standing = standing::in_session(&mut conn, &signed_in.user, demand, now).await?;
    let evidence = &signed_in.session.evidence.0;
    let decision = assurance::admit(&standing.policies, evidence, &standing.enrolled, *now);
    let effective = standing.policies.join();
    let is_fresh = *signed_in.session.auth_time >= effective.recent.before(*now);
    let lacks = Insufficient::of(&decision, &effective, is_fresh, &signed_in.back);
    Ok((decision, lacks))
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Failure> {
        let signed_in = parts.extensions.get::<Self>().cloned();
        signed_in.ok_or_else(|| Failure::Internal("this route is not for who is signed in".into()))
    }
}

/// A cookie is sent along whoever asks; a bearer value only by who has it.
fn check_origin(app: &App, parts: &Parts) -> Result<(), Failure> {
    let is_cookie_s = !is_api(parts) || !parts.headers.contains_key(header::AUTHORIZATION);
    if is_write(parts) && is_cookie_s {
        csrf::check_origin(&parts.headers, &app.settings.public_url)?;
    }
    Ok(())
}

fn is_write(parts: &Parts) -> bool {
    parts.method != Method::GET && parts.method != Method::HEAD
}

fn is_api(parts: &Parts) -> bool {
    parts.uri.path().starts_with("/api/")
}
