//! Where a person is signed in.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::session::{self, Session};
use store::{Id, Time};

use super::agent::Agent;
use super::{Actor, Error, Result};

/// A live session as its person sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Place {
    #[schemars(with = "String")]
    pub(crate) id: Id<Session>,
    /// Whether it is the one that asks.
    pub(crate) current: bool,
    #[serde(flatten)]
    pub(crate) agent: Agent,
    pub(crate) ip: Option<String>,
    pub(crate) acr: String,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) created_at: Time,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) last_seen_at: Time,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) expires_at: Time,
}

/// The person's live sessions: this one, then the one used last first.
pub(crate) async fn list(actor: &Actor<'_>) -> Result<Vec<Place>> {
    let mut conn = actor.app.store.read().await?;
    let sessions = session::of_user(&mut conn, &actor.user.id, actor.now()).await?;
    let mut places: Vec<_> = sessions.into_iter().map(|session| place(actor, session)).collect();
    places.sort_by_key(|place| !place.current);
    Ok(places)
}

fn place(actor: &Actor<'_>, session: Session) -> Place {
    Place {
        current: session.id == actor.session.id,
        agent: Agent::of(session.user_agent.as_deref()),
        id: session.id,
        ip: session.ip,
        acr: session.acr,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        expires_at: session.expires_at,
    }
}

/// Ends one session, with the tokens that hang on it.
pub(crate) async fn end(actor: &Actor<'_>, id: &Id<Session>) -> Result<()> {
    let mut unit = actor.app.store.write().await?;
    if !session::end_of(&mut unit, &actor.user.id, id, actor.now()).await? {
        unit.rollback().await?;
        return Err(Error::NotFound);
    }
    actor.record(&mut unit, "session_ended", json!({ "session": id })).await?;
    Ok(unit.commit().await?)
}

/// Ends every session but this one. Returns how many that were.
pub(crate) async fn end_others(actor: &Actor<'_>) -> Result<usize> {
    let mut unit = actor.app.store.write().await?;
    let ended =
        session::end_others(&mut unit, &actor.user.id, &actor.session.id, actor.now()).await?;
    if ended == 0 {
        unit.rollback().await?;
        return Ok(0);
    }
    actor.record(&mut unit, "sessions_ended", json!({ "count": ended })).await?;
    unit.commit().await?;
    Ok(ended)
}
