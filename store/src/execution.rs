//! Executions: one person's way through one flow in one tab.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::conn::on;
use crate::schema::executions;
use crate::seal::Sealed;
use crate::{Conn, Document, Id, Result, Time, TokenHash, Unit};

/// An execution. `state` is typed by the engine.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = executions, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Execution {
    /// Its identifier, in the URL; of no use without the browser's secret.
    pub id: Id<Execution>,
    /// The flow's slug.
    pub flow: String,
    /// The blueprint version that it began with and ends with.
    pub version: i64,
    /// The digest of the secret of the browser (or native app) that began it.
    pub browser_hash: TokenHash,
    /// Counts the answers taken: every answer names the step it answers, and one wins.
    pub step: i64,
    /// Where it stands and what is known.
    pub state: Document<Value>,
    /// What must not be read from the database: secrets under way; see [`place`].
    pub sealed: Option<Sealed>,
    /// When it began.
    pub created_at: Time,
    /// When it is forgotten.
    pub expires_at: Time,
    /// When it ended, whichever way.
    pub finished_at: Option<Time>,
}

/// What an answer changes.
#[derive(Clone)]
pub struct Progress {
    /// The new state.
    pub state: Value,
    /// The new secrets under way.
    pub sealed: Option<Sealed>,
    /// When it is forgotten.
    pub expires_at: Time,
    /// When it ended, if it did.
    pub finished_at: Option<Time>,
}

/// The name of the place where an execution's secrets are sealed.
#[must_use]
pub fn place(id: &Id<Execution>) -> String {
    format!("executions/{id}")
}

/// The execution with this id, if this browser began it and it has not expired. A finished one is
/// found too: who asks decides what that means.
pub async fn find(
    conn: &mut Conn,
    id: &Id<Execution>,
    browser: &TokenHash,
    now: Time,
) -> Result<Option<Execution>> {
    let query = executions::table
        .find(id)
        .filter(executions::browser_hash.eq(browser))
        .filter(executions::expires_at.gt(now));
    Ok(on!(conn, |c| query.select(Execution::as_select()).first(c)).optional()?)
}

/// Begins an execution.
pub async fn create(unit: &mut Unit, execution: &Execution) -> Result<()> {
    let query = diesel::insert_into(executions::table).values(execution);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Takes an answer: moves the execution from `step` to the next one.
///
/// # Errors
/// [`crate::Error::Stale`] when another answer was first, or the execution ended: a second tab, a
/// double click and a race lose here.
pub async fn advance(
    unit: &mut Unit,
    id: &Id<Execution>,
    step: i64,
    progress: Progress,
    now: Time,
) -> Result<()> {
    let query = diesel::update(
        executions::table
            .find(id)
            .filter(executions::step.eq(step))
            .filter(executions::finished_at.is_null())
            .filter(executions::expires_at.gt(now)),
    )
    .set((
        executions::step.eq(step + 1),
        executions::state.eq(Document(progress.state)),
        executions::sealed.eq(progress.sealed),
        executions::expires_at.eq(progress.expires_at),
        executions::finished_at.eq(progress.finished_at),
    ));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Changes what the execution shows, without taking an answer: it stays at `step`.
///
/// # Errors
/// [`crate::Error::Stale`] when it is not at that step any more, or ended.
pub async fn note(
    unit: &mut Unit,
    id: &Id<Execution>,
    step: i64,
    state: serde_json::Value,
    now: Time,
) -> Result<()> {
    let query = diesel::update(
        executions::table
            .find(id)
            .filter(executions::step.eq(step))
            .filter(executions::finished_at.is_null())
            .filter(executions::expires_at.gt(now)),
    )
    .set(executions::state.eq(Document(state)));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Forgets what this browser has begun of the flow `flow` and not ended. Returns how many.
pub async fn delete_unfinished(unit: &mut Unit, flow: &str, browser: &TokenHash) -> Result<usize> {
    let query = diesel::delete(
        executions::table
            .filter(executions::flow.eq(flow))
            .filter(executions::browser_hash.eq(browser))
            .filter(executions::finished_at.is_null()),
    );
    Ok(on!(unit, |c| query.execute(c))?)
}

/// Forgets what expired before `now`, at most `limit` rows. Returns how many.
pub async fn delete_expired(unit: &mut Unit, now: Time, limit: i64) -> Result<usize> {
    let query = executions::table
        .filter(executions::expires_at.le(now))
        .order(executions::expires_at)
        .limit(limit)
        .select(executions::id);
    let ids: Vec<Id<Execution>> = on!(unit, |c| query.load(c))?;
    let query = diesel::delete(executions::table.filter(executions::id.eq_any(ids)));
    Ok(on!(unit, |c| query.execute(c))?)
}
