//! Leave to change what one person signs in with.

use assurance::{Decision, Explanation};
use chrono::{DateTime, Utc};
use store::Id;
use store::user::User;

/// Leave to change what one person signs in with. Only
/// [`Context::admit_for_change`](super::Context::admit_for_change) gives it. It is no admission, and no
/// session is made of it: where somebody is brought back, a link to their mailbox has stood for the
/// password that they are about to set.
#[derive(Debug)]
pub struct Permit {
    subject: Id<User>,
    enrol_by: Option<DateTime<Utc>>,
    explanation: Explanation,
}

/// Whether the person may change what they sign in with.
#[derive(Debug)]
pub enum ForChange {
    /// They may.
    Permitted(Permit),
    /// What is missing, or why nothing helps; never an admission.
    Refused(Decision),
}

impl Permit {
    /// Whom it is for.
    #[must_use]
    pub fn subject(&self) -> &Id<User> {
        &self.subject
    }

    /// Until when the person must enrol a factor, while there is grace.
    #[must_use]
    pub fn enrol_by(&self) -> Option<DateTime<Utc>> {
        self.enrol_by
    }

    /// Why.
    #[must_use]
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }
}

impl From<Decision> for ForChange {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Admitted(admitted) => Self::Permitted(Permit {
                subject: Id::from(admitted.subject()),
                enrol_by: admitted.enrol_by(),
                explanation: admitted.explanation().clone(),
            }),
            refused => Self::Refused(refused),
        }
    }
}
