//! The value that stands for "may come in". Its constructor is visible to `admit` alone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::claims::{Acr, Amr, amr_of};
use crate::explain::Explanation;
use crate::proof::Evidence;

/// One person was admitted, now. Only [`admit`](crate::admit()) makes one, and a session, a code
/// or a token is made from nothing else.
///
/// It can't be written down:
/// ```compile_fail,E0451
/// # fn forge(evidence: assurance::Evidence, explanation: assurance::Explanation) {
/// let admitted = assurance::Admitted {
///     subject: "ada".to_owned(),
///     level: assurance::Acr::Phrh,
///     amr: vec![],
///     auth_time: chrono::DateTime::UNIX_EPOCH,
///     session_limit: None,
///     enrol_by: None,
///     evidence,
///     explanation,
/// };
/// # }
/// ```
/// nor copied:
/// ```compile_fail,E0599
/// # fn copy(admitted: assurance::Admitted) -> (assurance::Admitted, assurance::Admitted) {
/// (admitted.clone(), admitted)
/// # }
/// ```
/// nor changed:
/// ```compile_fail,E0616
/// # fn raise(mut admitted: assurance::Admitted) {
/// admitted.level = assurance::Acr::Phrh;
/// # }
/// ```
/// nor made from nothing:
/// ```compile_fail,E0277
/// fn nothing<T: Default>() -> T { T::default() }
/// let admitted: assurance::Admitted = nothing();
/// ```
/// nor read from anywhere:
/// ```compile_fail,E0277
/// let admitted: assurance::Admitted = serde_json::from_str("{}").unwrap();
/// ```
/// nor built by its constructor:
/// ```compile_fail,E0624
/// let forge = assurance::Admitted::new;
/// ```
#[derive(Debug)]
#[must_use = "an admission from which nothing is made lets nobody in"]
pub struct Admitted {
    subject: String,
    level: Acr,
    amr: Vec<Amr>,
    auth_time: DateTime<Utc>,
    session_limit: Option<TimeDelta>,
    enrol_by: Option<DateTime<Utc>>,
    evidence: Evidence,
    explanation: Explanation,
}

/// What `admit` found out about the session to be made.
pub(super) struct Grant {
    pub(super) level: Acr,
    pub(super) auth_time: DateTime<Utc>,
    pub(super) session_limit: Option<TimeDelta>,
    pub(super) enrol_by: Option<DateTime<Utc>>,
}

impl Admitted {
    pub(super) fn new(
        subject: &str,
        evidence: &Evidence,
        grant: &Grant,
        explanation: Explanation,
    ) -> Self {
        let Grant { level, auth_time, session_limit, enrol_by } = *grant;
        Self {
            subject: subject.to_owned(),
            level,
            amr: amr_of(evidence, level),
            auth_time,
            session_limit,
            enrol_by,
            evidence: evidence.clone(),
            explanation,
        }
    }

    /// Id of the person.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The level that was truly reached: the claim `acr`.
    pub const fn level(&self) -> Acr {
        self.level
    }

    /// The methods of this session's proofs: the claim `amr`. Empty where none has a registered
    /// value (a mailbox alone); leave the claim out then.
    pub fn amr(&self) -> &[Amr] {
        &self.amr
    }

    /// When the newest proof that counted was made: the claim `auth_time`. Never in the future.
    pub const fn auth_time(&self) -> DateTime<Utc> {
        self.auth_time
    }

    /// The longest session that the policies allow, counted from its start; `None` where none sets
    /// a limit.
    pub const fn session_limit(&self) -> Option<TimeDelta> {
        self.session_limit
    }

    /// The deadline, where the person was let in only because grace runs.
    pub const fn enrol_by(&self) -> Option<DateTime<Utc>> {
        self.enrol_by
    }

    /// What was shown, to be kept with the session.
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Why, for the audit log.
    pub const fn explanation(&self) -> &Explanation {
        &self.explanation
    }
}
