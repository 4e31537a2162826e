//! Whether somebody could come in at all, before what they have is taken from them.

use chrono::{DateTime, Utc};

use super::decide;
use super::judge::Judge;
use crate::enrolled::Enrolled;
use crate::explain::Explanation;
use crate::policies::Policies;
use crate::proof::Evidence;

/// Whether a person who shows everything that they have is admitted. It admits nobody: it is asked
/// before a factor is removed, with what would be left.
///
/// # Errors
/// With what they would be told.
pub fn can_satisfy(
    policies: &Policies,
    enrolled: &Enrolled,
    now: DateTime<Utc>,
) -> Result<(), Explanation> {
    let nothing = Evidence::new();
    let judge = Judge::new(policies.enforced(), &policies.demand, &nothing, enrolled, now);
    let everything = judge.everything(&nothing);
    let verdict = decide(&judge, &everything);
    if matches!(verdict, super::Verdict::Admitted) {
        return Ok(());
    }
    Err(Explanation::new(verdict.outcome(), verdict.reasons(&judge, &everything)))
}
