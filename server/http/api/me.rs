//! `GET /api/v1/me`: who is signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use store::organisation;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use crate::app::App;

/// `GET /api/v1/me`, with the session's cookie or, for a native app, its token as bearer.
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    SignedIn { session, user, .. }: SignedIn,
) -> Result<Json<Value>, Failure> {
    let mut conn = app.store.read().await?;
    let organisations = organisation::of_user(&mut conn, &user.id).await?;
    Ok(Json(json!({
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "email_verified": user.email_verified_at.is_some(),
        "name": user.name,
        "language": user.language,
        "admin": user.admin,
        "organisations": organisations
            .iter()
            .map(|(o, m)| json!({ "slug": o.slug, "name": o.name, "role": m.role }))
            .collect::<Vec<_>>(),
        "session": {
            "id": session.id,
            "acr": session.acr,
            "amr": session.amr,
            "auth_time": session.auth_time,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        },
    })))
}
