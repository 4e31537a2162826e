//! What happened to a person's account. Of an event only what is listed here is shown: its data are
//! for the audit trail.

use schemars::JsonSchema;
use serde::Serialize;
use store::client;
use store::event::{self, Event};
use store::{Id, Time};

use super::{Actor, Error, Result};

/// A page holds so many events.
pub(crate) const PAGE: usize = 50;

/// An event as its person sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Happened {
    #[schemars(with = "String")]
    pub(crate) id: Id<Event>,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) at: Time,
    pub(crate) kind: String,
    pub(crate) outcome: String,
    /// The factor that it was about.
    pub(crate) factor: Option<&'static str>,
    /// The name of the app that it was about.
    pub(crate) client: Option<String>,
    pub(crate) ip: Option<String>,
}

/// Some of the person's events, newest first, and where the next page begins.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Activity {
    pub(crate) events: Vec<Happened>,
    /// Goes on with `before` this event; `None` on the last page.
    #[schemars(with = "Option<String>")]
    pub(crate) next: Option<Id<Event>>,
}

/// A page of the person's events: the newest, or those before one of them.
pub(crate) async fn page(actor: &Actor<'_>, before: Option<&str>) -> Result<Activity> {
    let before = before.map(Id::from);
    let mut conn = actor.app.store.read().await?;
    // One more than is shown says whether there is another page.
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let found = event::page(&mut conn, &actor.user.id, before.as_ref(), limit).await?;
    let mut found = found.ok_or(Error::NotFound)?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| has_more).map(|event| event.id.clone());
    let names = if found.iter().any(|event| event.client_id.is_some()) {
        client::all(&mut conn).await?
    } else {
        Vec::new()
    };
    let name = |id: &str| {
        names.iter().find(|client| client.id.as_str() == id).map(|client| client.name.clone())
    };
    let events = found.into_iter().map(|event| Happened {
        factor: factor(&event),
        client: event.client_id.as_deref().and_then(name),
        id: event.id,
        at: event.at,
        kind: event.kind,
        outcome: event.outcome,
        ip: event.ip,
    });
    Ok(Activity { events: events.collect(), next })
}

fn factor(event: &Event) -> Option<&'static str> {
    let named = event.data.get("factor")?.as_str()?;
    assurance::Factor::STRONGEST_FIRST
        .into_iter()
        .map(assurance::Factor::as_str)
        .find(|factor| *factor == named)
}
