//! Failed attempts, counted per person and factor before anything is compared, so that neither a new
//! flow nor a restart nor twenty requests at once gives one guess more (NIST SP 800-63B-4 §3.2.2).

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::conn::on;
use crate::schema::attempts;
use crate::{Error, Result, Time, Unit};

/// How many failures in a row a factor bears, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// So many failures pass without delay; each further one locks the factor for a while.
    pub free: i64,
    /// The first lock; each further failure doubles it.
    pub first: Duration,
    /// The longest lock.
    pub longest: Duration,
}

/// After so many failures in a row the factor stays locked until it is bound anew or cleared by an
/// administrator (NIST SP 800-63B-4 §3.2.2: at most 100).
pub const MOST_FAILURES: i64 = 100;

/// How often a row that vanishes while it is counted is made anew.
const TRIES: usize = 16;

/// Failures are forgotten when none was added for so long, below [`MOST_FAILURES`].
const FORGET_DAYS: i64 = 30;

impl Limit {
    /// How long the factor is locked once `failures` in a row have been counted.
    #[must_use]
    pub fn lock(&self, failures: i64) -> Option<Duration> {
        if failures >= MOST_FAILURES {
            return Some(Duration::days(36_500));
        }
        let beyond = u32::try_from(failures - self.free).ok()?;
        let factor = 1_i32.checked_shl(beyond.min(16)).unwrap_or(1);
        let lock = self.first.checked_mul(factor).unwrap_or(self.longest);
        Some(lock.min(self.longest))
    }
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Yes; it is already counted as failed, until [`clear`] says otherwise.
    Allowed {
        /// How many failures in a row there are now, this one included.
        failures: i64,
    },
    /// No, not before this moment.
    Locked {
        /// When the next attempt may be made.
        until: Time,
    },
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = attempts, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
struct Row {
    subject: String,
    factor: String,
    failures: i64,
    last_at: Time,
    locked_until: Option<Time>,
}

/// Counts an attempt with `factor` of `subject` (a person's id, or the digest of a name that nobody
/// has, so that both are treated alike), unless it is locked. Call it, and commit, before comparing.
pub async fn count(
    unit: &mut Unit,
    subject: &str,
    factor: &str,
    limit: Limit,
    now: Time,
) -> Result<Attempt> {
    let first = Row {
        subject: subject.to_owned(),
        factor: factor.to_owned(),
        failures: 0,
        last_at: now,
        locked_until: None,
    };
    for _ in 0..TRIES {
        let query = diesel::insert_into(attempts::table).values(&first).on_conflict_do_nothing();
        on!(unit, |c| query.execute(c))?;
        let open = attempts::locked_until.is_null().or(attempts::locked_until.le(now));
        let query = diesel::update(attempts::table.find((subject, factor)).filter(open))
            .set((attempts::failures.eq(attempts::failures + 1), attempts::last_at.eq(now)))
            .returning(attempts::failures);
        if let Some(failures) = on!(unit, |c| query.get_result::<i64>(c)).optional()? {
            // From here on the row is ours until the commit, on either database.
            if let Some(lock) = limit.lock(failures) {
                let query = diesel::update(attempts::table.find((subject, factor)))
                    .set(attempts::locked_until.eq(now.plus(lock)));
                on!(unit, |c| query.execute(c))?;
            }
            return Ok(Attempt::Allowed { failures });
        }
        let query = attempts::table.find((subject, factor)).select(attempts::locked_until);
        let found: Option<Option<Time>> = on!(unit, |c| query.first(c)).optional()?;
        if let Some(until) = found.flatten().filter(|until| *until > now) {
            return Ok(Attempt::Locked { until });
        }
        // A success elsewhere cleared the row between the two statements: begin with a new one.
    }
    Err(Error::Stale)
}

/// Forgets the failures of a factor: it has just succeeded, or was bound anew.
pub async fn clear(unit: &mut Unit, subject: &str, factor: &str) -> Result<()> {
    let query = diesel::delete(attempts::table.find((subject, factor)));
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Takes back the attempt that made `failures`: it turned out right. The failures before it stay, and
/// those since, which is for where whoever guesses can always succeed with something of their own.
pub async fn take_back(unit: &mut Unit, subject: &str, factor: &str, failures: i64) -> Result<()> {
    let row = || attempts::table.find((subject, factor));
    let one_less = attempts::failures.eq(attempts::failures - 1);
    let query = diesel::update(row().filter(attempts::failures.eq(failures)))
        .set((one_less, attempts::locked_until.eq(None::<Time>)));
    if on!(unit, |c| query.execute(c))? == 0 {
        // Somebody else has failed since: their lock holds.
        let one_less = attempts::failures.eq(attempts::failures - 1);
        let query = diesel::update(row().filter(attempts::failures.gt(0))).set(one_less);
        on!(unit, |c| query.execute(c))?;
    }
    Ok(())
}

/// Forgets failures that are long past.
pub async fn delete_stale(unit: &mut Unit, now: Time) -> Result<usize> {
    let stale = attempts::table
        .filter(attempts::last_at.lt(now.minus(Duration::days(FORGET_DAYS))))
        .filter(attempts::failures.lt(MOST_FAILURES));
    let query = diesel::delete(stale);
    Ok(on!(unit, |c| query.execute(c))?)
}
