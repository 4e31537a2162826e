//! The decision.

mod admitted;

use chrono::{DateTime, Utc};

pub use admitted::Admitted;

use crate::decision::{Challenge, Decision};
use crate::enrolled::Enrolled;
use crate::explain::{Code, Explanation, Outcome, Reason};
use crate::policies::Policies;
use crate::proof::Evidence;

/// Decides.
pub fn admit(
    _policies: &Policies,
    _evidence: &Evidence,
    _enrolled: &Enrolled,
    _now: DateTime<Utc>,
) -> Decision {
    Decision::Challenge(Challenge {
        factors: Vec::new(),
        sources: Vec::new(),
        user_verification: false,
        missing: 1,
        explanation: Explanation::new(Outcome::Challenge, vec![Reason::new(Code::NoProof)]),
    })
}
