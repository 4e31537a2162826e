//! What is missing: the fewest further proofs that suffice, found by trying them on the judge
//! itself, so that a remedy always admits. Where none does, what could be enrolled.

use std::collections::BTreeSet;

use super::judge::Judge;
use crate::claims::has_two_kinds;
use crate::enrolled::{Enrolled, EnrolledFactor};
use crate::explain::Code;
use crate::factor::{Factor, Factors, Kind};
use crate::join::{Rule, Trust};
use crate::proof::{Evidence, Federated, Method, Proof};
use crate::span::Span;

/// An upstream that answered within this time is not asked again: it has said what it can.
const ANSWERED: Span = Span::minutes(5);

/// The proofs of which any one is a step towards being admitted.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) factors: Vec<Factor>,
    pub(super) credentials: Vec<String>,
    pub(super) sources: Vec<String>,
    pub(super) user_verification: bool,
    pub(super) count: usize,
}

impl Judge<'_> {
    /// What to begin with, when nothing was shown: preferably a proof that stands by itself.
    pub(super) fn beginning(&self) -> Option<Missing> {
        let nothing = Evidence::new();
        let moves = self.moves(&nothing);
        let found = find(&nothing, &moves, |evidence| self.is_met(evidence));
        found.or_else(|| Missing::of(&prefer_standing(moves.iter().collect()), 2))
    }

    /// The proofs that would admit, or lead there soonest.
    pub(super) fn missing(&self, evidence: &Evidence) -> Option<Missing> {
        find(evidence, &self.moves(evidence), |evidence| self.is_met(evidence))
    }

    /// The factors of which enrolling one leads to being admitted, strongest first: allowed second
    /// factors, and a password for whom has none.
    pub(super) fn to_enrol(&self, evidence: &Evidence) -> Vec<Factor> {
        let password = (!self.enrolled.has(Factor::Password)).then_some(Factor::Password);
        let new: Factors = self.effective.allowed().iter().chain(password).collect();
        let alone: Vec<Factor> =
            new.iter().filter(|factor| self.helps(evidence, &[*factor])).collect();
        if !alone.is_empty() {
            return alone;
        }
        let Some(password) = password else { return Vec::new() };
        let mut both: Vec<Factor> =
            new.iter().filter(|factor| self.helps(evidence, &[*factor, password])).collect();
        both.dedup();
        both
    }

    /// Whether a person who enrols these and shows all they have is admitted.
    fn helps(&self, evidence: &Evidence, new: &[Factor]) -> bool {
        let new = new.iter().map(|factor| EnrolledFactor::new(*factor, "").hardware());
        let factors = self.enrolled.factors().iter().cloned().chain(new).collect();
        let enrolled = Enrolled::new(factors).with_sources(self.enrolled.sources());
        let judge = Judge::new(self.held.clone(), self.demand, evidence, &enrolled, self.now);
        judge.is_met(&judge.everything(evidence))
    }

    /// Why neither a proof nor enrolling helps.
    pub(super) fn dead_end(&self, evidence: &Evidence) -> Code {
        if self.effective.allowed().is_empty() && self.lacks_factor(evidence) {
            Code::OrganisationsDisagree
        } else if self.is_level_met(evidence) {
            Code::NothingEnrolled
        } else {
            Code::AcrUnreachable
        }
    }

    /// Whether the person has just shown what they have, so that a thief of the password or of the
    /// session can't enrol a factor of his own (NIST SP 800-63B-4, 4.1.2.1).
    pub(super) fn may_enrol(&self, evidence: &Evidence) -> bool {
        let since = self.effective.recent.before(self.now);
        let guards = self.guards();
        let serves =
            |proof: &Proof| proof.method.factor().is_some_and(|factor| guards.contains(factor));
        let is_shown = |proof: &Proof| proof.at >= since && (guards.is_empty() || serves(proof));
        let everything = || self.everything(evidence);
        evidence.proofs().iter().any(is_shown)
            && (guards.is_empty()
                || has_two_kinds(evidence, guards, None)
                || !has_two_kinds(&everything(), guards, None))
    }

    /// What must be shown before a factor is enrolled.
    pub(super) fn missing_to_enrol(&self, evidence: &Evidence) -> Option<Missing> {
        find(evidence, &self.moves(evidence), |evidence| self.may_enrol(evidence))
    }

    /// The second factors that the person has, without the weak ones if there are others.
    fn guards(&self) -> Factors {
        let second = self.enrolled.second();
        let strong = second.intersection(Factors::STRONG);
        if strong.is_empty() { second } else { strong }
    }

    /// The evidence after everything that the person could show now.
    pub(super) fn everything(&self, evidence: &Evidence) -> Evidence {
        with_all(evidence, &self.moves(evidence))
    }

    /// Every proof that the person could make now, at its best.
    fn moves(&self, evidence: &Evidence) -> Vec<Proof> {
        let linked = self.enrolled.sources().iter();
        let shown = evidence.proofs().iter().filter_map(Proof::federated);
        let sources: BTreeSet<&String> =
            linked.chain(shown.map(|federated| &federated.source)).collect();
        let to_ask = sources.into_iter().filter(|source| !self.has_answered(source, evidence));
        let federated = to_ask.map(|source| Proof::new(self.at_best(source), self.now));
        self.own_moves(evidence).into_iter().chain(federated).collect()
    }

    /// Those made with what the person has here. A mailbox that was shown can be shown again.
    pub(super) fn own_moves(&self, evidence: &Evidence) -> Vec<Proof> {
        let shown = evidence.proofs().iter().filter(|proof| proof.is_factor(Factor::Email));
        let mailboxes = shown.map(|proof| proof.method.clone());
        let enrolled = self.enrolled.factors().iter().map(method_of);
        enrolled.chain(mailboxes).map(|method| Proof::new(method, self.now)).collect()
    }

    /// Whether the upstream was asked just now, and since whatever `max_age` counts from.
    fn has_answered(&self, source: &str, evidence: &Evidence) -> bool {
        let recent = self.effective.recent.min(ANSWERED).before(self.now);
        let since = self.demand.fresh_since(self.now).map_or(recent, |since| since.max(recent));
        let is_its =
            |proof: &Proof| proof.federated().is_some_and(|federated| federated.source == source);
        evidence.proofs().iter().any(|proof| is_its(proof) && proof.at >= since)
    }

    /// The most that the upstream can prove under the rule for it.
    fn at_best(&self, source: &str) -> Method {
        let mut federated = Federated::plain(source);
        if let Rule::Trust(all) = self.effective.rule(source) {
            federated.amr = all.iter().filter_map(|trust| trust.amr().first()).cloned().collect();
            let suits_all = |acr: &&String| {
                all.iter().all(|trust| !trust.amr().is_empty() || trust.acr().contains(*acr))
            };
            federated.acr = all.iter().flat_map(Trust::acr).find(suits_all).cloned();
            federated.auth_time = Some(self.now);
            federated.signed = true;
        }
        Method::Federated(federated)
    }
}

impl Missing {
    fn of(moves: &[&Proof], count: usize) -> Option<Self> {
        let factors: Factors = moves.iter().filter_map(|proof| proof.method.factor()).collect();
        let credentials = moves.iter().filter_map(|proof| proof.method.credential());
        let sources = moves.iter().filter_map(|proof| proof.federated());
        let sources: BTreeSet<&String> = sources.map(|federated| &federated.source).collect();
        let missing = Self {
            factors: factors.iter().collect(),
            credentials: credentials.map(str::to_owned).collect(),
            sources: sources.into_iter().cloned().collect(),
            user_verification: factors.contains(Factor::Webauthn),
            count,
        };
        (!moves.is_empty()).then_some(missing)
    }
}

/// The proof of a credential at its best.
fn method_of(enrolled: &EnrolledFactor) -> Method {
    let credential = enrolled.credential.clone();
    match enrolled.factor {
        Factor::Password => Method::Password,
        Factor::Totp => Method::Totp { credential },
        Factor::Static => Method::Static { credential },
        Factor::Email => Method::Email { address: credential },
        Factor::Sms => Method::Sms { number: credential },
        Factor::Webauthn => {
            let EnrolledFactor { verifies: user_verified, hardware, .. } = *enrolled;
            Method::Webauthn { credential, user_verified, hardware }
        }
    }
}

fn with_all(evidence: &Evidence, moves: &[Proof]) -> Evidence {
    moves.iter().fold(evidence.clone(), |sum, proof| sum.with(proof))
}

/// The fewest moves after which `is_met`, and whether WebAuthn needs user verification among them.
fn find(
    evidence: &Evidence,
    moves: &[Proof],
    is_met: impl Fn(&Evidence) -> bool,
) -> Option<Missing> {
    let mut found = fewest(evidence, moves, &is_met)?;
    if found.user_verification {
        let present: Vec<Proof> = moves.iter().map(without_verification).collect();
        let suffices = fewest(evidence, &present, &is_met).is_some_and(|other| {
            other.count == found.count && other.factors.contains(&Factor::Webauthn)
        });
        found.user_verification = !suffices;
    }
    Some(found)
}

fn fewest(
    evidence: &Evidence,
    moves: &[Proof],
    is_met: &impl Fn(&Evidence) -> bool,
) -> Option<Missing> {
    if !is_met(&with_all(evidence, moves)) {
        return None;
    }
    let single: Vec<&Proof> = moves.iter().filter(|proof| is_met(&evidence.with(proof))).collect();
    if !single.is_empty() {
        return Missing::of(&single, 1);
    }
    let leads = |proof: &&Proof| {
        let first = evidence.with(proof);
        moves.iter().any(|other| is_met(&first.with(other)))
    };
    let pairs: Vec<&Proof> = moves.iter().filter(leads).collect();
    let (steps, count) = if pairs.is_empty() { (moves.iter().collect(), 3) } else { (pairs, 2) };
    let has_begun = evidence.proofs().iter().any(stands);
    Missing::of(&if has_begun { steps } else { prefer_standing(steps) }, count)
}

/// Whether a proof stands by itself; the others come after it.
fn stands(proof: &Proof) -> bool {
    proof.method.kind() != Kind::Possession
}

/// Those that stand by themselves, if there are any: the password before the code.
fn prefer_standing(moves: Vec<&Proof>) -> Vec<&Proof> {
    let standing: Vec<&Proof> = moves.iter().copied().filter(|proof| stands(proof)).collect();
    if standing.is_empty() { moves } else { standing }
}

fn without_verification(proof: &Proof) -> Proof {
    let mut proof = proof.clone();
    if let Method::Webauthn { user_verified, .. } = &mut proof.method {
        *user_verified = false;
    }
    proof
}
