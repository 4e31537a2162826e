//! What [`admit`](crate::admit()) answers.

use chrono::{DateTime, Utc};

use crate::admit::Admitted;
use crate::explain::{Explanation, Outcome};
use crate::factor::Factor;
use crate::join::Disagreement;

/// Who may come in, and if not, what is missing.
#[derive(Debug)]
pub enum Decision {
    /// The person may come in: the only value from which a session, a code or a token is made.
    Admitted(Box<Admitted>),
    /// Something more must be shown, which the person has.
    Challenge(Challenge),
    /// A factor must be enrolled, and what the person has was shown.
    Enrol(Enrol),
    /// Nothing that the person can do here would let them in.
    Deny(Deny),
}

/// Exactly what is missing. Show any one of these, and ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The factors to ask for, all of them usable, strongest first.
    pub factors: Vec<Factor>,
    /// The credentials of those factors that would do, for lists of allowed WebAuthn credentials:
    /// not every key can verify its user or is held in hardware.
    pub credentials: Vec<String>,
    /// The social logins that would do as well, by the name of the connection. Ask the upstream
    /// for what [`Effective::rule`](crate::Effective::rule) trusts.
    pub sources: Vec<String>,
    /// Whether WebAuthn must verify its user here: without, it would not suffice.
    pub user_verification: bool,
    /// How many proofs are still missing at least, this one included.
    pub missing: usize,
    /// Why.
    pub explanation: Explanation,
}

/// What must be enrolled. Enrol any one of these, show it, and ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrol {
    /// The factors that may be enrolled, strongest first; `password` where a second kind of proof
    /// is missing and the person has none.
    pub factors: Vec<Factor>,
    /// When grace ended, where there was any.
    pub deadline: Option<DateTime<Utc>>,
    /// Why.
    pub explanation: Explanation,
}

/// Why nothing that the person can do would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deny {
    /// Where organisations leave no common factor: which, and what each allows. The remedy is
    /// theirs.
    pub disagreement: Option<Disagreement>,
    /// Why.
    pub explanation: Explanation,
}

impl Decision {
    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        self.explanation().outcome
    }

    /// Why, for the page, the administrator and the audit log.
    pub fn explanation(&self) -> &Explanation {
        match self {
            Self::Admitted(admitted) => admitted.explanation(),
            Self::Challenge(challenge) => challenge.explanation(),
            Self::Enrol(enrol) => enrol.explanation(),
            Self::Deny(deny) => deny.explanation(),
        }
    }

    /// The admission, or nothing.
    pub fn admitted(self) -> Option<Admitted> {
        match self {
            Self::Admitted(admitted) => Some(*admitted),
            Self::Challenge(_) | Self::Enrol(_) | Self::Deny(_) => None,
        }
    }
}

impl Challenge {
    /// Why.
    pub const fn explanation(&self) -> &Explanation {
        &self.explanation
    }
}

impl Enrol {
    /// Why.
    pub const fn explanation(&self) -> &Explanation {
        &self.explanation
    }
}

impl Deny {
    /// Why.
    pub const fn explanation(&self) -> &Explanation {
        &self.explanation
    }
}
