//! What would be left, before something is taken away.

use assurance::{Code, Enrolled, EnrolledFactor, Evidence, Factor, Origin, admit, can_satisfy};
use proptest::prelude::*;

use crate::arbitrary::{any_enrolled, any_policies};
use crate::fixtures::*;

fn having(factors: &[Factor]) -> Enrolled {
    Enrolled::new(factors.iter().map(|&f| EnrolledFactor::new(f, f.as_str())).collect())
}

#[test]
fn a_required_factor_is_missed_by_name() {
    let required = acme(r#"{ "mfa": "required" }"#);
    let both = having(&[Factor::Password, Factor::Totp]);
    assert!(can_satisfy(&required, &both, now()).is_ok());
    let told = can_satisfy(&required, &having(&[Factor::Password]), now()).unwrap_err();
    let by =
        |origin: &Origin| matches!(origin, Origin::Organisation { slug, .. } if slug == "acme");
    assert!(
        told.reasons
            .iter()
            .any(|r| r.code == Code::MfaRequired && r.origin.as_ref().is_some_and(by)),
        "{told:?}"
    );
}

#[test]
fn one_that_does_not_count_is_not_enough() {
    let strict = acme(r#"{ "mfa": "required", "phishing_resistant": true }"#);
    assert!(can_satisfy(&strict, &having(&[Factor::Password, Factor::Totp]), now()).is_err());
    assert!(can_satisfy(&strict, &having(&[Factor::Webauthn]), now()).is_ok());
}

#[test]
fn who_need_show_nothing_more_may_have_nothing_more() {
    let optional = acme(r#"{ "mfa": "optional" }"#);
    assert!(can_satisfy(&optional, &having(&[Factor::Password]), now()).is_ok());
    assert!(can_satisfy(&optional, &having(&[]), now()).is_err(), "nobody comes in with nothing");
    let graceful = acme_joined(assurance::Span::days(1), r#"{ "mfa": "required", "grace": "7d" }"#);
    let graceful = assurance::Policies {
        held: graceful
            .held
            .into_iter()
            .map(|held| assurance::Held { since: held.joined_at, ..held })
            .collect(),
        ..graceful
    };
    assert!(can_satisfy(&graceful, &having(&[Factor::Password]), now()).is_ok());
}

proptest! {
    /// Whoever could never come in is not let in by anything that they have.
    #[test]
    fn who_cannot_satisfy_is_not_admitted(policies in any_policies(), enrolled in any_enrolled()) {
        if can_satisfy(&policies, &enrolled, now()).is_err() {
            let nothing = admit(&policies, &Evidence::new(), &enrolled, now());
            prop_assert!(nothing.admitted().is_none());
        }
    }
}
