//! `GET /api/v1/me`: who is signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use store::organisation;
use store::session::Session;
use store::user::User;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use crate::app::App;

/// Who is signed in, and with what.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct Me {
    id: String,
    username: Option<String>,
    email: Option<String>,
    email_verified: bool,
    name: String,
    /// The language that the person chose (BCP 47).
    language: Option<String>,
    admin: bool,
    organisations: Vec<Member>,
    session: Proven,
}

/// An organisation, and what the person is there.
#[derive(Debug, Serialize, JsonSchema)]
struct Member {
    slug: String,
    name: String,
    role: String,
}

/// A session, and what was proven in it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MySession")]
struct Proven {
    id: String,
    /// `aal1`, `aal2`, `phr` or `phrh`.
    acr: String,
    /// RFC 8176.
    amr: Vec<String>,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    auth_time: store::Time,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    created_at: store::Time,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    expires_at: store::Time,
    /// For an app that has just signed in: what to send as bearer from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// `GET /api/v1/me`, with the session's cookie or, for a native app, its token as bearer.
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    SignedIn { session, user, .. }: SignedIn,
) -> Result<Json<Me>, Failure> {
    Ok(Json(describe(&app, session, user).await?))
}

/// The person of a session.
pub(super) async fn describe(app: &App, session: Session, user: User) -> Result<Me, Failure> {
    let mut conn = app.store.read().await?;
    let organisations = organisation::of_user(&mut conn, &user.id).await?;
    Ok(Me {
        id: user.id.to_string(),
        username: user.username,
        email: user.email,
        email_verified: user.email_verified_at.is_some(),
        name: user.name,
        language: user.language,
        admin: user.admin,
        organisations: organisations
            .into_iter()
            .map(|(o, m)| Member { slug: o.slug, name: o.name, role: m.role })
            .collect(),
        session: Proven {
            id: session.id.to_string(),
            acr: session.acr,
            amr: session.amr.0,
            auth_time: session.auth_time,
            created_at: session.created_at,
            expires_at: session.expires_at,
            token: None,
        },
    })
}
