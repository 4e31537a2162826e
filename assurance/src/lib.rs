//! Who may come in. Every stage of a flow leaves [`Evidence`]; [`admit()`] compares it with the
//! [`Policies`] that hold for the person and answers with a [`Decision`] and its [`Explanation`].
//! A session, a code or a token is made only from [`Admitted`], which nothing else can construct.
//!
//! Pure: no I/O, no clock, no async. To add a factor, add it to [`Factor`] and [`Method`]; to add
//! a key to a policy, add it to [`Policy`], to its join in [`Effective`] and to the judge in
//! `admit/`, and to the naive twin in `tests/`, which must agree on every case.

mod admit;
mod claims;
mod decision;
mod enrolled;
mod explain;
mod factor;
mod join;
mod policies;
mod policy;
mod proof;
mod source_policy;
mod span;

pub use admit::{Admitted, admit, can_satisfy};
pub use claims::{Acr, Amr, UnknownAcr, amr_of, level_of};
pub use decision::{Challenge, Decision, Deny, Enrol};
pub use enrolled::{Enrolled, EnrolledFactor};
pub use explain::{Code, Explanation, Key, Outcome, Reason, WouldHave};
pub use factor::{Factor, Factors, Kind};
pub use join::{Disagreement, Effective, Party, Rule, Trust};
pub use policies::{Demand, Held, Origin, Policies};
pub use policy::{Mfa, Mode, Policy, PolicyProblem};
pub use proof::{Evidence, Federated, Method, Proof, RememberedDevice};
pub use source_policy::{SocialLogins, SourcePolicy};
pub use span::{Span, SpanError};
