//! The laws: the join is a join, and nothing that makes policies stricter or proofs older admits
//! whom it refused before.

use assurance::{
    Acr, Demand, Effective, Enrolled, Evidence, Factor, Factors, Held, Method, Mfa, Mode, Outcome,
    Policies, Policy, Proof, SocialLogins, SourcePolicy, Span, level_of,
};
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::arbitrary::{any_demand, any_enrolled, any_evidence, any_held, any_policies};
use crate::fixtures::*;

fn is_admitted(policies: &Policies, evidence: &Evidence, enrolled: &Enrolled) -> bool {
    outcome(policies, evidence, enrolled) == Outcome::Admitted
}

fn joined(held: &[&Held]) -> Effective {
    held.iter()
        .map(|held| Effective::of(held))
        .fold(Effective::nothing(), |all, one| all.join(&one))
}

/// The ways to tighten a policy by one key.
#[derive(Clone, Copy, Debug)]
enum Tighten {
    Mfa,
    SocialLogins,
    Source,
    Within,
    Amr,
    Factors,
    PhishingResistant,
    Grace,
    Recent,
    RememberDevice,
    Session,
    Mode,
}

const WAYS: [Tighten; 12] = [
    Tighten::Mfa,
    Tighten::SocialLogins,
    Tighten::Source,
    Tighten::Within,
    Tighten::Amr,
    Tighten::Factors,
    Tighten::PhishingResistant,
    Tighten::Grace,
    Tighten::Recent,
    Tighten::RememberDevice,
    Tighten::Session,
    Tighten::Mode,
];

fn half(span: &mut Span) {
    *span = Span::seconds(span.as_seconds() / 2);
}

/// Towards `require_mfa`. From `exempt` to `trust` is a tightening of whom MFA is asked, and at the
/// same time a new statement about what the upstream proves, which an essential `acr` believes: so
/// it is none where one is demanded.
fn stricter(social: SocialLogins, demand: &Demand) -> SocialLogins {
    match social {
        SocialLogins::Exempt if demand.acr.is_none() => SocialLogins::Trust,
        _ => SocialLogins::RequireMfa,
    }
}

fn tighten(policy: &mut Policy, way: Tighten, demand: &Demand) {
    let source = policy.sources.values_mut().next();
    match way {
        Tighten::Mfa => {
            policy.mfa = if policy.mfa == Mfa::Off { Mfa::Optional } else { Mfa::Required }
        }
        Tighten::SocialLogins => policy.social_logins = stricter(policy.social_logins, demand),
        Tighten::Source => {
            if let Some(source) = source {
                source.social_logins = stricter(source.social_logins, demand);
            } else {
                let rule = SourcePolicy::general(stricter(policy.social_logins, demand));
                policy.sources.insert("google".to_owned(), rule);
            }
        }
        Tighten::Within => {
            if let Some(source) = source {
                let mut within = source.within.unwrap_or(SourcePolicy::WITHIN);
                half(&mut within);
                source.within = Some(within);
            }
        }
        // Without any value the default one would stand in.
        Tighten::Amr => {
            if let Some(source) = source.filter(|source| source.amr.len() + source.acr.len() > 1) {
                source.amr.pop();
            }
        }
        Tighten::Factors => policy.factors = policy.factors.iter().skip(1).collect::<Factors>(),
        Tighten::PhishingResistant => policy.phishing_resistant = true,
        Tighten::Grace => half(&mut policy.grace),
        Tighten::Recent => half(&mut policy.recent),
        Tighten::RememberDevice => half(&mut policy.remember_device),
        Tighten::Session => policy.session = Some(Span::minutes(1)),
        Tighten::Mode => policy.mode = Mode::Enforce,
    }
}

fn older(proof: &Proof, by: TimeDelta) -> Proof {
    let mut proof = proof.clone();
    proof.at -= by;
    if let Method::Federated(federated) = &mut proof.method {
        federated.auth_time = federated.auth_time.map(|time| time - by);
    }
    proof
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn join_is_commutative_associative_and_idempotent(a in any_held(), b in any_held(), c in any_held()) {
        let [a, b, c] = [a, b, c].map(|held| Effective::of(&held));
        prop_assert_eq!(a.join(&b), b.join(&a));
        prop_assert_eq!(a.join(&b).join(&c), a.join(&b.join(&c)));
        prop_assert_eq!(&a.join(&a), &a);
        prop_assert_eq!(&a.join(&Effective::nothing()), &a);
    }

    #[test]
    fn the_policies_of_a_person_are_joined(policies in any_policies()) {
        let enforced: Vec<&Held> = policies.held.iter().filter(|held| held.policy.mode == Mode::Enforce).collect();
        prop_assert_eq!(policies.join(), joined(&enforced));
        prop_assert_eq!(policies.join().allowed().is_empty(), policies.disagreement().is_some());
    }

    #[test]
    fn another_organisation_never_admits_whom_the_others_refuse(
        policies in any_policies(), more in any_held(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let before = decide(&policies, &evidence, &enrolled);
        let after = decide(&policies.with(more), &evidence, &enrolled);
        if before.outcome() != Outcome::Admitted {
            prop_assert_ne!(after.outcome(), Outcome::Admitted);
        } else if let Some(after) = after.admitted() {
            prop_assert!(after.level() <= before.admitted().unwrap().level());
        }
    }

    #[test]
    fn tightening_a_key_never_admits_whom_it_refused(
        policies in any_policies(), which in any::<prop::sample::Index>(), way in prop::sample::select(WAYS.to_vec()),
        evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let mut tightened = policies.clone();
        let index = which.index(tightened.held.len());
        tighten(&mut tightened.held[index].policy, way, &policies.demand);
        if !is_admitted(&policies, &evidence, &enrolled) {
            prop_assert!(!is_admitted(&tightened, &evidence, &enrolled));
        }
    }

    #[test]
    fn ageing_a_proof_never_admits_whom_it_refused(
        policies in any_policies(), which in any::<prop::sample::Index>(), by in 1_i64..100_000,
        evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let index = which.index(evidence.proofs().len().max(1));
        let by = TimeDelta::seconds(by);
        let aged = |(i, proof): (usize, &Proof)| if i == index { older(proof, by) } else { proof.clone() };
        let mut aged: Evidence = evidence.proofs().iter().enumerate().map(aged).collect();
        if let Some(device) = evidence.remembered() {
            let mut device = device.clone();
            device.at -= by;
            aged.remember(device);
        }
        if !is_admitted(&policies, &evidence, &enrolled) {
            prop_assert!(!is_admitted(&policies, &aged, &enrolled));
        }
    }

    #[test]
    fn a_demand_never_admits_whom_the_policies_refuse(
        policies in any_policies(), demand in any_demand(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let without = policies.clone().demanding(Demand::default());
        if !is_admitted(&without, &evidence, &enrolled) {
            prop_assert!(!is_admitted(&policies.demanding(demand), &evidence, &enrolled));
        }
    }

    #[test]
    fn a_stricter_demand_never_admits_whom_it_refused(
        policies in any_policies(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let demand = policies.demand.clone();
        let stricter = [
            Demand { essential: true, ..demand.clone() },
            Demand { sensitive: true, ..demand.clone() },
            Demand { max_age: demand.max_age.map_or(Some(60), |age| Some(age / 2)), ..demand.clone() },
            Demand { acr: demand.acr.map_or(Some(Acr::Aal2), |_| Some(Acr::Phrh)), ..demand },
        ];
        if !is_admitted(&policies, &evidence, &enrolled) {
            for demand in stricter {
                prop_assert!(!is_admitted(&policies.clone().demanding(demand), &evidence, &enrolled));
            }
        }
    }

    #[test]
    fn a_report_changes_no_login(
        policies in any_policies(), more in any_held(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let mut more = more;
        more.policy.mode = Mode::Report;
        let before = decide(&policies, &evidence, &enrolled);
        let after = decide(&policies.with(more), &evidence, &enrolled);
        prop_assert_eq!(before.outcome(), after.outcome());
        prop_assert_eq!(&before.explanation().reasons, &after.explanation().reasons);
        prop_assert_eq!(before.explanation().report.len() + 1, after.explanation().report.len());
    }

    #[test]
    fn order_does_not_matter(
        policies in any_policies(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let mut reversed = policies.clone();
        reversed.held.reverse();
        let mut backwards: Evidence = evidence.proofs().iter().rev().cloned().collect();
        evidence.remembered().cloned().into_iter().for_each(|device| backwards.remember(device));
        let factors = enrolled.factors().iter().rev().cloned().collect();
        let mirrored = Enrolled::new(factors).with_sources(enrolled.sources().iter().rev().cloned());
        let (one, other) = (decide(&policies, &evidence, &enrolled), decide(&reversed, &backwards, &mirrored));
        prop_assert_eq!(one.outcome(), other.outcome());
        prop_assert_eq!(policies.join(), reversed.join());
    }

    #[test]
    fn the_level_is_never_below_the_truth_of_the_evidence_alone(
        policies in any_policies(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        if let Some(admitted) = decide(&policies, &evidence, &enrolled).admitted() {
            prop_assert!(admitted.level() >= level_of(&evidence));
            prop_assert!(admitted.auth_time() <= now());
            prop_assert_eq!(admitted.evidence(), &evidence);
            let demand = &policies.demand;
            prop_assert!(!demand.essential || Some(admitted.level()) >= demand.acr);
        }
    }

    #[test]
    fn a_remembered_device_alone_never_admits(
        policies in any_policies(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        let mut only: Evidence = Evidence::new();
        evidence.remembered().cloned().into_iter().for_each(|device| only.remember(device));
        prop_assert!(!is_admitted(&policies, &only, &enrolled));
    }
}

#[test]
fn what_is_required_of_everybody_is_required_of_whoever_has_webauthn_only() {
    // The one property by hand: `factors` shrinks, and the person is asked for what is left.
    let mut policies = acme(r#"{ "mfa": "required", "factors": ["webauthn", "totp"] }"#);
    let evidence = shown([password(), totp()]);
    assert!(is_admitted(&policies, &evidence, &has([Factor::Totp, Factor::Webauthn])));
    policies.held[0].policy.factors = Factors::PHISHING_RESISTANT;
    assert!(!is_admitted(&policies, &evidence, &has([Factor::Totp, Factor::Webauthn])));
}
