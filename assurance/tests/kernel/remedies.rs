//! Every refusal names a reason and a remedy, and the remedy, once provided, admits.

use assurance::{
    Challenge, Code, Decision, Deny, Enrolled, EnrolledFactor, Evidence, Factor, Factors,
    Federated, Held, Method, Policies, Proof, Rule,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::arbitrary::{any_enrolled, any_evidence, any_policies};
use crate::fixtures::*;

/// A person who does as they are told.
#[derive(Debug)]
struct Person {
    policies: Policies,
    evidence: Evidence,
    enrolled: Enrolled,
}

/// No remedy has more steps than this: a first proof, then what they have before enrolling, in two
/// steps, then two enrolments and what the relying party wants on top.
const MOST_STEPS: usize = 8;

impl Person {
    fn show(&mut self, method: Method) {
        self.evidence.record(Proof::new(method, now()));
    }

    fn answer(&mut self, challenge: &Challenge, choice: Index) {
        let options = challenge.factors.len() + challenge.sources.len();
        assert!(options > 0, "nothing to choose from: {challenge:?}");
        let index = choice.index(options);
        match challenge.factors.get(index) {
            Some(factor) => self.show(self.prove(*factor, challenge)),
            None => self.show(self.social(&challenge.sources[index - challenge.factors.len()])),
        }
    }

    /// A usable credential of this factor that the challenge lists, used no better than asked.
    fn prove(&self, factor: Factor, challenge: &Challenge) -> Method {
        if factor == Factor::Password {
            assert!(self.enrolled.has(Factor::Password));
            return Method::Password;
        }
        let listed =
            |credential: &str| challenge.credentials.iter().any(|listed| listed == credential);
        let mut own = self
            .enrolled
            .factors()
            .iter()
            .filter(|own| own.factor == factor && listed(&own.credential));
        let Some(own) = own.next() else {
            assert_eq!(factor, Factor::Email, "not enrolled: {challenge:?}");
            let mailbox =
                self.evidence.proofs().iter().find(|proof| proof.method.factor() == Some(factor));
            return mailbox.unwrap().method.clone();
        };
        let credential = own.credential.clone();
        match factor {
            Factor::Totp => Method::Totp { credential },
            Factor::Static => Method::Static { credential },
            Factor::Email => Method::Email { address: credential },
            Factor::Sms => Method::Sms { number: credential },
            Factor::Webauthn | Factor::Password => {
                let user_verified = challenge.user_verification && own.verifies;
                Method::Webauthn { credential, user_verified, hardware: own.hardware }
            }
        }
    }

    /// The upstream proves what is asked of it.
    fn social(&self, source: &str) -> Method {
        let mut federated = Federated::plain(source);
        if let Rule::Trust(all) = self.policies.join().rule(source) {
            federated.amr = all.iter().flat_map(|trust| trust.amr().iter().cloned()).collect();
            federated.acr = all.iter().flat_map(|trust| trust.acr().iter().cloned()).next();
            federated.auth_time = Some(now());
            federated.signed = true;
        }
        Method::Federated(federated)
    }

    fn enrol(&mut self, factor: Factor) {
        let new = EnrolledFactor::new(factor, "new").hardware();
        let factors = self.enrolled.factors().iter().cloned().chain([new]).collect();
        self.enrolled = Enrolled::new(factors).with_sources(self.enrolled.sources());
        let credential = "new".to_owned();
        self.show(match factor {
            Factor::Password => Method::Password,
            Factor::Totp => Method::Totp { credential },
            Factor::Static => Method::Static { credential },
            Factor::Email => Method::Email { address: credential },
            Factor::Sms => Method::Sms { number: credential },
            Factor::Webauthn => {
                Method::Webauthn { credential, user_verified: true, hardware: true }
            }
        });
    }

    /// The remedy of a denial is not the person's: an organisation changes its policy, an
    /// administrator gives a password, the relying party asks for less.
    fn appeal(&mut self, deny: &Deny) {
        let explanation = &deny.explanation;
        if let Some(disagreement) = &deny.disagreement {
            let is_party = |held: &&mut Held| {
                disagreement.parties.iter().any(|party| party.origin == held.origin)
            };
            for held in self.policies.held.iter_mut().filter(is_party) {
                held.policy.factors = Factors::SECOND;
                held.policy.phishing_resistant = false;
            }
        } else if explanation.has(Code::AcrUnreachable) {
            self.policies.demand.acr = None;
        } else {
            assert!(explanation.has(Code::NothingEnrolled), "no remedy: {explanation:?}");
            let factors = self.enrolled.factors().iter().cloned();
            let password = EnrolledFactor::new(Factor::Password, "password");
            self.enrolled = Enrolled::new(factors.chain([password]).collect());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_remedy_of_every_refusal_admits(
        policies in any_policies(), evidence in any_evidence(), enrolled in any_enrolled(),
        choices in proptest::collection::vec(any::<Index>(), MOST_STEPS),
    ) {
        let mut person = Person { policies, evidence, enrolled };
        // A voluntary `acr` asks for the best that the person has, which grows with a first proof.
        let mut promised = false;
        let mut steps = Vec::new();
        for choice in choices {
            let decision = decide(&person.policies, &person.evidence, &person.enrolled);
            let reasons = &decision.explanation().reasons;
            prop_assert!(!reasons.is_empty());
            let is_admitted = matches!(decision, Decision::Admitted(_));
            prop_assert!(reasons.iter().all(|reason| reason.code.is_note() == is_admitted));
            prop_assert!(is_admitted || !promised, "one proof was missing: {decision:#?} {person:#?}");
            promised = false;
            steps.push(decision.explanation().clone());
            match decision {
                Decision::Admitted(_) => return Ok(()),
                Decision::Challenge(challenge) => {
                    let is_voluntary = person.policies.demand.acr.is_some() && !person.policies.demand.essential;
                    promised = challenge.missing == 1 && !is_voluntary && !challenge.explanation.has(Code::ProveBeforeEnrolling);
                    person.answer(&challenge, choice);
                }
                Decision::Enrol(enrol) => person.enrol(enrol.factors[choice.index(enrol.factors.len())]),
                Decision::Deny(deny) => person.appeal(&deny),
            }
        }
        let last = decide(&person.policies, &person.evidence, &person.enrolled);
        prop_assert!(matches!(last, Decision::Admitted(_)), "never admitted: {steps:#?} {person:#?}");
    }
}
