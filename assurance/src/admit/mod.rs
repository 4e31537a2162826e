//! The decision. `judge` says whether evidence suffices, `remedy` finds what is missing, `reasons`
//! says why; here they are put in order. `reach` asks before something is taken away.

mod admitted;
mod judge;
mod reach;
mod reasons;
mod remedy;

use chrono::{DateTime, Utc};

pub use admitted::Admitted;
pub use reach::can_satisfy;

use admitted::Grant;
use judge::Judge;
use remedy::Missing;

use crate::decision::{Challenge, Decision, Deny, Enrol};
use crate::enrolled::Enrolled;
use crate::explain::{Code, Explanation, Outcome, Reason, WouldHave};
use crate::factor::Factor;
use crate::join::Disagreement;
use crate::policies::{Held, Policies};
use crate::policy::Mode;
use crate::proof::Evidence;

/// Whether the person may come in with this evidence, and if not, what is missing.
///
/// `policies` is everything that holds for the person in this request, `evidence` what was shown
/// in this session, `enrolled` what they could show, `now` the server's time. The order of
/// organisations, proofs and credentials does not matter. A proof from the future counts as made
/// now.
///
/// - **No proof** is never admitted: the answer names what to begin with.
/// - **`mfa`** holds by two kinds of proof of which one is a second factor that counts, by a social
///   login that the joined policy exempts or trusts (never under `phishing_resistant`), or by a
///   remembered device in place of the second factor. Only factors in the joined `factors` count.
///   Where the policy is lenient, because `mfa` is `optional` or grace runs, and the person has
///   other factors, those that are at least as strong as the weakest allowed one that they have
///   count too, and if they have no allowed one, the strongest that they have: they are asked for
///   what they have, never let in with less. While grace runs, a person without any second factor
///   is let in, with the deadline.
/// - **An essential `acr`** is met by factors in `factors` and by what a policy trusts; neither
///   grace, exemption nor a remembered device helps. **A voluntary one** asks for the best that the
///   person has, allowed or not, and no more.
/// - **`max_age`** looks at the newest proof that counts. **A sensitive act** needs one within
///   `recent`, of a second factor where MFA is demanded. A social login is as fresh as the
///   upstream's `auth_time`, if it sent one.
/// - **Enrolling** is offered only to someone who has just shown what they already have.
///
/// ```
/// use assurance::{Decision, Enrolled, EnrolledFactor, Evidence, Factor, Method, Policies, Proof};
///
/// let now = chrono::DateTime::UNIX_EPOCH;
/// let totp = Method::Totp { credential: "phone".into() };
/// let enrolled = Enrolled::new(vec![EnrolledFactor::new(Factor::Totp, "phone")]);
/// let policies = Policies::new("ada"); // in no organisation: the default policy
///
/// let mut evidence = Evidence::new();
/// evidence.record(Proof::new(Method::Password, now));
/// let decision = assurance::admit(&policies, &evidence, &enrolled, now);
/// assert!(matches!(decision, Decision::Challenge(missing) if missing.factors == [Factor::Totp]));
///
/// evidence.record(Proof::new(totp, now));
/// let decision = assurance::admit(&policies, &evidence, &enrolled, now);
/// let admitted = decision.admitted().ok_or("a password and a code are two factors")?;
/// assert_eq!((admitted.subject(), admitted.level().as_str()), ("ada", "aal2"));
/// # Ok::<(), &str>(())
/// ```
pub fn admit(
    policies: &Policies,
    evidence: &Evidence,
    enrolled: &Enrolled,
    now: DateTime<Utc>,
) -> Decision {
    let judge = Judge::new(policies.enforced(), &policies.demand, evidence, enrolled, now);
    let verdict = decide(&judge, evidence);
    let mut explanation = Explanation::new(verdict.outcome(), verdict.reasons(&judge, evidence));
    explanation.report = report(policies, evidence, enrolled, now);
    match verdict {
        Verdict::Admitted => {
            let grant = Grant {
                level: judge.level(evidence),
                auth_time: judge.auth_time(evidence),
                session_limit: judge.effective.session.map(Into::into),
                enrol_by: judge.enrol_by(evidence),
            };
            let admitted = Admitted::new(&policies.subject, evidence, &grant, explanation);
            Decision::Admitted(Box::new(admitted))
        }
        Verdict::Challenge { missing, .. } => {
            let Missing { factors, credentials, sources, user_verification, count } = missing;
            Decision::Challenge(Challenge {
                factors,
                credentials,
                sources,
                user_verification,
                missing: count,
                explanation,
            })
        }
        Verdict::Enrol(factors) => {
            Decision::Enrol(Enrol { factors, deadline: judge.grace_ended(), explanation })
        }
        Verdict::Deny { disagreement, .. } => Decision::Deny(Deny { disagreement, explanation }),
    }
}

/// A decision before its explanation.
enum Verdict {
    Admitted,
    /// `first`: what the person has must be shown before another factor is enrolled.
    Challenge {
        missing: Missing,
        first: bool,
    },
    Enrol(Vec<Factor>),
    Deny {
        disagreement: Option<Disagreement>,
        code: Code,
    },
}

fn decide(judge: &Judge<'_>, evidence: &Evidence) -> Verdict {
    if evidence.is_empty() {
        return match judge.beginning() {
            Some(missing) => Verdict::Challenge { missing, first: false },
            None => Verdict::Deny { disagreement: None, code: Code::NothingEnrolled },
        };
    }
    if judge.is_met(evidence) {
        return Verdict::Admitted;
    }
    if let Some(missing) = judge.missing(evidence) {
        return Verdict::Challenge { missing, first: false };
    }
    let factors = judge.to_enrol(evidence);
    if factors.is_empty() {
        let code = judge.dead_end(evidence);
        let disagreement = Disagreement::among(&judge.held);
        let disagreement = disagreement.filter(|_| code == Code::OrganisationsDisagree);
        return Verdict::Deny { disagreement, code };
    }
    if judge.may_enrol(evidence) {
        return Verdict::Enrol(factors);
    }
    match judge.missing_to_enrol(evidence) {
        Some(missing) => Verdict::Challenge { missing, first: true },
        None => Verdict::Deny { disagreement: None, code: Code::NothingEnrolled },
    }
}

impl Verdict {
    const fn outcome(&self) -> Outcome {
        match self {
            Self::Admitted => Outcome::Admitted,
            Self::Challenge { .. } => Outcome::Challenge,
            Self::Enrol(_) => Outcome::Enrol,
            Self::Deny { .. } => Outcome::Deny,
        }
    }

    fn reasons(&self, judge: &Judge<'_>, evidence: &Evidence) -> Vec<Reason> {
        let mut reasons = match self {
            Self::Admitted => return judge.notes(evidence),
            Self::Deny { code: Code::OrganisationsDisagree, .. } => judge.disagreeing(),
            _ => judge.shortcomings(evidence),
        };
        reasons.extend(match self {
            Self::Challenge { first: true, .. } => Some(Reason::new(Code::ProveBeforeEnrolling)),
            Self::Deny { code: Code::AcrUnreachable, .. } => Some(reasons::unreachable()),
            Self::Deny { code: Code::NothingEnrolled, .. } => {
                Some(Reason::new(Code::NothingEnrolled))
            }
            _ => None,
        });
        reasons
    }
}

/// What each policy in report mode would have done, enforced beside those that are.
fn report(
    policies: &Policies,
    evidence: &Evidence,
    enrolled: &Enrolled,
    now: DateTime<Utc>,
) -> Vec<WouldHave> {
    let would_have = |reporting: &Held| {
        let mut hypothetical = policies.clone();
        hypothetical.held.retain(|held| held.policy.mode == Mode::Enforce);
        hypothetical.held.push(reporting.clone());
        for held in &mut hypothetical.held {
            held.policy.mode = Mode::Enforce;
        }
        let judge = Judge::new(hypothetical.enforced(), &policies.demand, evidence, enrolled, now);
        let verdict = decide(&judge, evidence);
        let reasons = verdict.reasons(&judge, evidence);
        let Explanation { outcome, reasons, .. } = Explanation::new(verdict.outcome(), reasons);
        WouldHave { origin: reporting.origin.clone(), outcome, reasons }
    };
    policies.held.iter().filter(|held| held.policy.mode == Mode::Report).map(would_have).collect()
}
