//! How often something may be done, whoever asks for it: counted before it is done, so that twenty
//! requests at once get no more than one after the other. The counts stand beside those of failed
//! attempts, under names of their own, and no success clears them.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::conn::on;
use crate::schema::attempts;
use crate::{Result, Time, Unit};

/// How often, and for how long it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// So often in a row.
    pub most: i64,
    /// After a pause of this length the count begins anew, so that no span of this length holds more.
    pub within: Duration,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It may be done, and is counted.
    Yes,
    /// It may not, before this moment.
    NotBefore(Time),
}

/// Counts that `what` is done for `subject`, unless it was done too often.
pub async fn take(
    unit: &mut Unit,
    subject: &str,
    what: &str,
    quota: Quota,
    now: Time,
) -> Result<Taken> {
    let first = (
        attempts::subject.eq(subject),
        attempts::factor.eq(what),
        attempts::failures.eq(0),
        attempts::last_at.eq(now),
    );
    let query = diesel::insert_into(attempts::table).values(first).on_conflict_do_nothing();
    on!(unit, |c| query.execute(c))?;
    let row = || attempts::table.find((subject, what));
    let paused = row().filter(attempts::last_at.le(now.minus(quota.within)));
    let query = diesel::update(paused).set(attempts::failures.eq(0));
    on!(unit, |c| query.execute(c))?;
    let open = row().filter(attempts::failures.lt(quota.most));
    let query = diesel::update(open)
        .set((attempts::failures.eq(attempts::failures + 1), attempts::last_at.eq(now)));
    if on!(unit, |c| query.execute(c))? == 1 {
        return Ok(Taken::Yes);
    }
    let query = row().select(attempts::last_at);
    let last_at: Time = on!(unit, |c| query.first(c))?;
    Ok(Taken::NotBefore(last_at.plus(quota.within)))
}
