//! The audit trail: one event for each decision. It never holds a secret.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::conn::on;
use crate::schema::events;
use crate::user::User;
use crate::{Conn, Document, Id, Result, Time, Unit};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done or granted.
    Success,
    /// It was refused or failed.
    Failure,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = events, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Event {
    /// Its identifier.
    pub id: Id<Event>,
    /// When.
    pub at: Time,
    /// What: `login`, `password_checked`, `flow_denied`, `consent` …
    pub kind: String,
    /// `success` or `failure`.
    pub outcome: String,
    /// Who did it, if known.
    pub actor_id: Option<Id<User>>,
    /// To whom it was done, if to anybody.
    pub user_id: Option<Id<User>>,
    /// For which relying party, if for one.
    pub client_id: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// In which request, as the log names it.
    pub request_id: Option<String>,
    /// The reasons and further facts.
    pub data: Document<Value>,
}

/// An event before it has an id and a time.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// See [`Event::kind`].
    pub kind: &'static str,
    /// See [`Event::outcome`].
    pub outcome: Outcome,
    /// See [`Event::actor_id`].
    pub actor_id: Option<Id<User>>,
    /// See [`Event::user_id`].
    pub user_id: Option<Id<User>>,
    /// See [`Event::client_id`].
    pub client_id: Option<String>,
    /// See [`Event::ip`].
    pub ip: Option<String>,
    /// See [`Event::request_id`].
    pub request_id: Option<String>,
    /// See [`Event::data`].
    pub data: Value,
}

impl NewEvent {
    /// An event of `kind` with nothing else known.
    #[must_use]
    pub fn new(kind: &'static str, outcome: Outcome) -> Self {
        Self {
            kind,
            outcome,
            actor_id: None,
            user_id: None,
            client_id: None,
            ip: None,
            request_id: None,
            data: Value::Object(serde_json::Map::new()),
        }
    }
}

/// Writes an event.
pub async fn create(unit: &mut Unit, id: Id<Event>, at: Time, new: NewEvent) -> Result<()> {
    let event = Event {
        id,
        at,
        kind: new.kind.to_owned(),
        outcome: new.outcome.as_str().to_owned(),
        actor_id: new.actor_id,
        user_id: new.user_id,
        client_id: new.client_id,
        ip: new.ip,
        request_id: new.request_id,
        data: Document(new.data),
    };
    let query = diesel::insert_into(events::table).values(&event);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// The newest events, of one person or of all.
pub async fn newest(conn: &mut Conn, user: Option<&Id<User>>, limit: i64) -> Result<Vec<Event>> {
    let query = events::table.order((events::at.desc(), events::id.desc())).limit(limit);
    Ok(match user {
        Some(user) => {
            let query = query.filter(events::user_id.eq(user));
            on!(conn, |c| query.select(Event::as_select()).load(c))?
        }
        None => on!(conn, |c| query.select(Event::as_select()).load(c))?,
    })
}

/// Events of one person, newest first: those before `before`, one of them, or the newest. `None` when
/// the person has no such event.
pub async fn page(
    conn: &mut Conn,
    user: &Id<User>,
    before: Option<&Id<Event>>,
    limit: i64,
) -> Result<Option<Vec<Event>>> {
    let query = events::table
        .filter(events::user_id.eq(user))
        .order((events::at.desc(), events::id.desc()))
        .limit(limit);
    let Some(before) = before else {
        return Ok(Some(on!(conn, |c| query.select(Event::as_select()).load(c))?));
    };
    let cursor = events::table.find(before).filter(events::user_id.eq(user)).select(events::at);
    let Some(at) = on!(conn, |c| cursor.first::<Time>(c)).optional()? else { return Ok(None) };
    let query = query.filter(events::at.lt(at).or(events::at.eq(at).and(events::id.lt(before))));
    Ok(Some(on!(conn, |c| query.select(Event::as_select()).load(c))?))
}
