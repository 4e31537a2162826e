//! Whether evidence suffices. Four requirements, each by itself: a proof, the policies' MFA, the
//! level asked for, freshness.

use chrono::{DateTime, Utc};

use crate::claims::{Acr, has_two_kinds, level};
use crate::enrolled::Enrolled;
use crate::factor::{Factor, Factors, Kind};
use crate::join::{Effective, Rule, join};
use crate::policies::{Demand, Held};
use crate::policy::Mfa;
use crate::proof::{Evidence, Proof};

/// One case: everything but the evidence, which remedies vary.
pub(super) struct Judge<'a> {
    pub(super) held: Vec<Held>,
    pub(super) effective: Effective,
    pub(super) demand: &'a Demand,
    pub(super) enrolled: &'a Enrolled,
    pub(super) now: DateTime<Utc>,
    /// The second factors that count for `mfa`.
    pub(super) counting: Factors,
    wanted: Option<Wanted>,
}

/// A level that was asked for, and the second factors that count for it.
struct Wanted {
    acr: Acr,
    counting: Factors,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        held: Vec<Held>,
        demand: &'a Demand,
        evidence: &Evidence,
        enrolled: &'a Enrolled,
        now: DateTime<Utc>,
    ) -> Self {
        let effective = join(&held);
        let counting = Factors::NONE;
        let mut judge = Self { held, effective, demand, enrolled, now, counting, wanted: None };
        judge.counting = judge.counting_for_mfa();
        judge.wanted = demand.acr.map(|acr| judge.wanted(acr, evidence));
        judge
    }

    /// Whether nothing is missing.
    pub(super) fn is_met(&self, evidence: &Evidence) -> bool {
        !evidence.is_empty()
            && self.is_mfa_met(evidence)
            && self.is_level_met(evidence)
            && self.is_max_age_met(evidence)
            && self.is_recent(evidence)
    }

    /// Whether the policies demand MFA of this person.
    pub(super) fn is_mfa_demanded(&self) -> bool {
        match self.effective.mfa {
            Mfa::Off => false,
            Mfa::Optional => !self.enrolled.second().is_empty(),
            Mfa::Required => true,
        }
    }

    fn is_grace_running(&self) -> bool {
        self.effective.mfa == Mfa::Required && self.now < self.effective.enrol_by
    }

    /// Whether grace lets in a person who has no second factor at all.
    pub(super) fn is_waived(&self) -> bool {
        self.is_grace_running()
            && self.enrolled.second().is_empty()
            && !self.effective.allowed().is_empty()
    }

    /// The second factors that count for `mfa`: the allowed ones, and leniently those that
    /// [`lenient`](Self::lenient) adds. None where the organisations disagree.
    fn counting_for_mfa(&self) -> Factors {
        let is_lenient = self.effective.mfa != Mfa::Required || self.is_grace_running();
        if is_lenient && !self.effective.allowed().is_empty() {
            self.lenient()
        } else {
            self.effective.allowed()
        }
    }

    /// The allowed factors, and those at least as strong as the weakest allowed one that the
    /// person has; if they have no allowed one, those at least as strong as the strongest they
    /// have. A shorter list of allowed factors makes this set smaller, never larger.
    fn lenient(&self) -> Factors {
        let (allowed, has) = (self.effective.allowed(), self.enrolled.second());
        let usable = allowed.intersection(has).iter().map(Factor::tier).min();
        let Some(tier) = usable.or_else(|| has.iter().map(Factor::tier).max()) else {
            return allowed;
        };
        Factors::SECOND
            .iter()
            .filter(|factor| factor.tier() >= tier)
            .collect::<Factors>()
            .union(allowed)
    }

    pub(super) fn is_mfa_met(&self, evidence: &Evidence) -> bool {
        !self.is_mfa_demanded()
            || self.is_waived()
            || has_two_kinds(evidence, self.counting, self.device(evidence))
            || self.federated_as_mfa(evidence).is_some()
    }

    /// The factor for which a remembered device stands in, if it counts.
    pub(super) fn device(&self, evidence: &Evidence) -> Option<Factor> {
        let device = evidence.remembered()?;
        let window = self.effective.remember_device;
        let counts =
            !self.demand.sensitive && !window.is_zero() && device.at >= window.before(self.now);
        (counts && self.counting.contains(device.factor)).then_some(device.factor)
    }

    /// The social login that passes for MFA: exempt, or trusted and proven. Only WebAuthn does
    /// where `phishing_resistant`.
    pub(super) fn federated_as_mfa<'e>(&self, evidence: &'e Evidence) -> Option<&'e Proof> {
        evidence.proofs().iter().rev().find(|proof| self.passes_for_mfa(proof))
    }

    fn passes_for_mfa(&self, proof: &Proof) -> bool {
        !self.effective.phishing_resistant && (self.is_exempt(proof) || self.is_trusted(proof))
    }

    pub(super) fn is_exempt(&self, proof: &Proof) -> bool {
        proof
            .federated()
            .is_some_and(|federated| *self.effective.rule(&federated.source) == Rule::Exempt)
    }

    fn is_trusted(&self, proof: &Proof) -> bool {
        proof.federated().is_some_and(|federated| {
            self.effective.rule(&federated.source).is_trust_met(proof, self.now)
        })
    }

    /// Whether a social login counts as MFA in `acr`: every policy must trust it. One that only
    /// exempts it says nothing about what the upstream proved.
    fn has_trusted(&self, evidence: &Evidence) -> bool {
        let is_vouched = |proof: &Proof, source: &str| {
            self.held
                .iter()
                .all(|held| Rule::of(&held.policy, source).is_trust_met(proof, self.now))
        };
        let mut proofs = evidence.proofs().iter();
        proofs.any(|proof| {
            proof.federated().is_some_and(|federated| is_vouched(proof, &federated.source))
        })
    }

    /// The level that the evidence reaches in truth. `email` and `sms` count where all name them.
    pub(super) fn level(&self, evidence: &Evidence) -> Acr {
        level(evidence, Factors::STRONG.union(self.effective.factors), self.has_trusted(evidence))
    }

    /// The level to reach, and the second factors that count for it. An essential one is met by
    /// allowed factors. A voluntary one is lowered to the best that the person can do with what
    /// they have: it asks for weak factors only where they have no strong one.
    fn wanted(&self, acr: Acr, evidence: &Evidence) -> Wanted {
        if self.demand.essential {
            return Wanted { acr, counting: self.effective.allowed() };
        }
        let own = self.own_moves(evidence);
        let everything = own.iter().fold(evidence.clone(), |sum, proof| sum.with(proof));
        let has_strong = Factors::STRONG.iter().any(|factor| everything.has(factor));
        let weak = if has_strong { self.effective.factors } else { Factors::SECOND };
        let counting = Factors::STRONG.union(weak);
        let best = level(&everything, counting, self.has_trusted(evidence));
        Wanted { acr: acr.min(best), counting }
    }

    pub(super) fn is_level_met(&self, evidence: &Evidence) -> bool {
        let trusted = || self.has_trusted(evidence);
        let reaches = |wanted: &Wanted| level(evidence, wanted.counting, trusted()) >= wanted.acr;
        self.wanted.as_ref().is_none_or(reaches)
    }

    /// Whether what is missing is a second factor, or a fresher one.
    pub(super) fn lacks_factor(&self, evidence: &Evidence) -> bool {
        !self.is_mfa_met(evidence)
            || (self.demand.essential && !self.is_level_met(evidence))
            || (self.is_mfa_demanded() && !self.is_waived() && !self.is_recent(evidence))
    }

    /// Whether a proof counts: it stands by itself (a password, a social login, WebAuthn with user
    /// verification), or is a second factor that counts. Where none stands by itself, all count.
    fn counts(&self, proof: &Proof, evidence: &Evidence) -> bool {
        let stands = |proof: &Proof| proof.method.kind() != Kind::Possession;
        stands(proof) || self.is_second(proof) || !evidence.proofs().iter().any(stands)
    }

    fn is_second(&self, proof: &Proof) -> bool {
        proof
            .method
            .factor()
            .is_some_and(|factor| factor.is_second() && self.counting.contains(factor))
    }

    /// The newest proof that counts.
    pub(super) fn newest<'e>(&self, evidence: &'e Evidence) -> Option<&'e Proof> {
        evidence
            .proofs()
            .iter()
            .filter(|proof| self.counts(proof, evidence))
            .max_by_key(|proof| proof.shown_at())
    }

    pub(super) fn auth_time(&self, evidence: &Evidence) -> DateTime<Utc> {
        self.newest(evidence).map_or(self.now, Proof::shown_at).min(self.now)
    }

    pub(super) fn is_max_age_met(&self, evidence: &Evidence) -> bool {
        let Some(since) = self.demand.fresh_since(self.now) else { return true };
        self.newest(evidence).is_some_and(|proof| proof.shown_at() >= since)
    }

    /// The newest proof that serves a sensitive act: where MFA is demanded, one of those that
    /// fulfil it, for the password alone is what a thief has.
    pub(super) fn newest_for_sensitive<'e>(&self, evidence: &'e Evidence) -> Option<&'e Proof> {
        if !self.is_mfa_demanded() || self.is_waived() {
            return self.newest(evidence);
        }
        let serves = |proof: &&Proof| self.is_second(proof) || self.passes_for_mfa(proof);
        evidence.proofs().iter().filter(serves).max_by_key(|proof| proof.shown_at())
    }

    pub(super) fn is_recent(&self, evidence: &Evidence) -> bool {
        let since = self.effective.recent.before(self.now);
        !self.demand.sensitive
            || self.newest_for_sensitive(evidence).is_some_and(|proof| proof.shown_at() >= since)
    }

    /// The deadline, if only grace lets this evidence in.
    pub(super) fn enrol_by(&self, evidence: &Evidence) -> Option<DateTime<Utc>> {
        let suffices = has_two_kinds(evidence, self.effective.allowed(), self.device(evidence))
            || self.federated_as_mfa(evidence).is_some();
        (self.is_grace_running() && !suffices).then_some(self.effective.enrol_by)
    }

    /// When grace ended, where there was any and it did.
    pub(super) fn grace_ended(&self) -> Option<DateTime<Utc>> {
        let deadline = self.effective.enrol_by;
        (deadline > DateTime::<Utc>::MIN_UTC && deadline <= self.now).then_some(deadline)
    }
}
