//! Why: what falls short, whose demand it is and by which key; or what let the person in.

use super::judge::Judge;
use crate::claims::has_two_kinds;
use crate::explain::{Code, Key, Reason};
use crate::factor::Kind;
use crate::join::{Disagreement, Rule};
use crate::policies::{Held, Origin};
use crate::policy::Mfa;
use crate::proof::{Evidence, Proof};
use crate::span::Span;

impl Judge<'_> {
    /// Everything that the evidence lacks. Never empty for evidence that is not enough.
    pub(super) fn shortcomings(&self, evidence: &Evidence) -> Vec<Reason> {
        if evidence.is_empty() {
            return vec![Reason::new(Code::NoProof)];
        }
        let mut reasons = Vec::new();
        if !self.is_mfa_met(evidence) {
            reasons.extend(self.mfa_missing(evidence));
        }
        if !self.is_level_met(evidence) {
            reasons.push(Reason::new(Code::AcrRequired).by(&Origin::Demand, Key::Acr));
        }
        if !self.is_max_age_met(evidence) {
            let reason = Reason::new(Code::ProofTooOld).by(&Origin::Demand, Key::MaxAge);
            let limit = self.demand.max_age.map_or(Span::ZERO, Span::seconds);
            reasons.push(maybe_about(reason.limit(limit), self.newest(evidence)));
        }
        if !self.is_recent(evidence) {
            reasons.extend(self.not_recent(evidence));
        }
        reasons
    }

    fn mfa_missing(&self, evidence: &Evidence) -> Vec<Reason> {
        let mut reasons = self.social_logins(evidence);
        if reasons.is_empty() {
            reasons.extend(self.second_factor_asked());
        }
        let strict = self.held.iter().filter(|held| held.policy.phishing_resistant);
        reasons.extend(
            strict.map(|held| by(held, Code::PhishingResistantRequired, Key::PhishingResistant)),
        );
        reasons.extend(evidence.proofs().iter().flat_map(|proof| self.not_allowed(proof)));
        reasons.extend(self.one_kind(evidence));
        if evidence.remembered().is_some() && self.device(evidence).is_none() {
            reasons.push(self.device_not_counted());
        }
        if let Some(until) = self.grace_ended() {
            let ended = self.held.iter().filter(|held| held.deadline() == until);
            reasons.extend(ended.map(|held| by(held, Code::GraceOver, Key::Grace).until(until)));
        }
        reasons
    }

    /// Who asks for a second factor, where no social login was the way in.
    fn second_factor_asked(&self) -> impl Iterator<Item = Reason> {
        let code = if self.effective.mfa == Mfa::Optional {
            Code::FactorEnrolled
        } else {
            Code::MfaRequired
        };
        self.asking().map(move |held| by(held, code, Key::Mfa))
    }

    /// Those whose `mfa` is the strictest.
    fn asking(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|held| held.policy.mfa == self.effective.mfa)
    }

    /// Why the social logins that were the way in do not pass for MFA. Those who ask for MFA speak
    /// first; where all of them would let it pass, whoever else is stricter does.
    fn social_logins(&self, evidence: &Evidence) -> Vec<Reason> {
        let is_local = |proof: &Proof| {
            matches!(proof.method.kind(), Kind::Knowledge | Kind::PossessionWithVerification)
        };
        if evidence.proofs().iter().any(is_local) {
            return Vec::new();
        }
        let of = |held: &Held| {
            evidence
                .proofs()
                .iter()
                .flat_map(|proof| self.social_login(held, proof))
                .collect::<Vec<_>>()
        };
        let asking: Vec<Reason> = self.asking().flat_map(of).collect();
        if asking.is_empty() { self.held.iter().flat_map(of).collect() } else { asking }
    }

    fn social_login(&self, held: &Held, proof: &Proof) -> Vec<Reason> {
        let Some(federated) = proof.federated() else { return Vec::new() };
        let is_own = held.policy.sources.contains_key(&federated.source);
        let key = if is_own { Key::Sources } else { Key::SocialLogins };
        let reason = |code| by(held, code, key).about(proof);
        match Rule::of(&held.policy, &federated.source) {
            Rule::Exempt => Vec::new(),
            Rule::RequireMfa => vec![reason(Code::SocialLoginNeedsMfa)],
            Rule::Trust(all) => {
                let lacking = all
                    .iter()
                    .filter_map(|trust| Some((trust.lacks(proof, self.now)?, trust.within())));
                let lacking = lacking.map(|(code, within)| match code {
                    Code::UpstreamProofStale => reason(code).limit(within),
                    _ => reason(code),
                });
                let lacking: Vec<Reason> = lacking.collect();
                let needs = (!lacking.is_empty()).then(|| reason(Code::SocialLoginNeedsMfa));
                needs.into_iter().chain(lacking).collect()
            }
        }
    }

    /// Who does not let this proof's factor count.
    fn not_allowed(&self, proof: &Proof) -> Vec<Reason> {
        let Some(factor) = proof.method.factor().filter(|factor| factor.is_second()) else {
            return Vec::new();
        };
        if self.counting.contains(factor) {
            return Vec::new();
        }
        let lacks = self.held.iter().filter(|held| !held.policy.allowed().contains(factor));
        let key = |held: &Held| {
            if held.policy.factors.contains(factor) { Key::PhishingResistant } else { Key::Factors }
        };
        lacks.map(|held| by(held, Code::FactorNotAllowed, key(held)).about(proof)).collect()
    }

    /// Possession upon possession.
    fn one_kind(&self, evidence: &Evidence) -> Option<Reason> {
        let proofs = evidence.proofs();
        let is_all_possession = proofs.iter().all(|proof| proof.method.kind() == Kind::Possession);
        let counts = |proof: &&Proof| {
            proof.method.factor().is_some_and(|factor| self.counting.contains(factor))
        };
        let newest = proofs.iter().rev().find(counts).filter(|_| is_all_possession)?;
        Some(Reason::new(Code::OneKindOnly).about(newest))
    }

    fn device_not_counted(&self) -> Reason {
        let reason = Reason::new(Code::DeviceNotCounted);
        let shortest = self.held.iter().min_by_key(|held| held.policy.remember_device);
        match shortest {
            Some(held) if !self.demand.sensitive => Reason {
                origin: Some(held.origin.clone()),
                key: Some(Key::RememberDevice),
                ..reason
            }
            .limit(held.policy.remember_device),
            _ => reason,
        }
    }

    fn not_recent(&self, evidence: &Evidence) -> impl Iterator<Item = Reason> {
        let newest = self.newest_for_sensitive(evidence);
        let shortest = self.held.iter().filter(|held| held.policy.recent == self.effective.recent);
        shortest.map(move |held| {
            maybe_about(by(held, Code::ProofTooOld, Key::Recent).limit(held.policy.recent), newest)
        })
    }

    /// Who disagrees, each with the key that leaves nothing in common.
    pub(super) fn disagreeing(&self) -> Vec<Reason> {
        let parties =
            Disagreement::among(&self.held).map(|found| found.parties).unwrap_or_default();
        parties
            .iter()
            .map(|party| Reason::new(Code::OrganisationsDisagree).by(&party.origin, Key::Factors))
            .collect()
    }

    /// What let the person in.
    pub(super) fn notes(&self, evidence: &Evidence) -> Vec<Reason> {
        let mut notes = Vec::new();
        if let Some(until) = self.enrol_by(evidence) {
            let first = self.held.iter().filter(|held| held.deadline() == until);
            notes.extend(first.map(|held| by(held, Code::Grace, Key::Grace).until(until)));
        } else if self.is_mfa_demanded() && !has_two_kinds(evidence, self.counting, None) {
            notes.extend(self.instead_of_local(evidence));
        }
        if self.demand.acr.is_some_and(|acr| self.level(evidence) < acr) {
            notes.push(Reason::new(Code::AcrNotReached).by(&Origin::Demand, Key::Acr));
        }
        if notes.is_empty() {
            notes.push(maybe_about(Reason::new(Code::Satisfied), self.newest(evidence)));
        }
        notes
    }

    fn instead_of_local(&self, evidence: &Evidence) -> Option<Reason> {
        if self.device(evidence).is_some() && self.federated_as_mfa(evidence).is_none() {
            return Some(Reason::new(Code::DeviceRemembered));
        }
        let proof = self.federated_as_mfa(evidence)?;
        let code =
            if self.is_exempt(proof) { Code::SocialLoginExempt } else { Code::UpstreamTrusted };
        Some(Reason::new(code).about(proof))
    }
}

/// Why neither a proof nor enrolling reaches the level.
pub(super) fn unreachable() -> Reason {
    Reason::new(Code::AcrUnreachable).by(&Origin::Demand, Key::Acr)
}

fn by(held: &Held, code: Code, key: Key) -> Reason {
    Reason::new(code).by(&held.origin, key)
}

fn maybe_about(reason: Reason, proof: Option<&Proof>) -> Reason {
    match proof {
        Some(proof) => reason.about(proof),
        None => reason,
    }
}
