//! A second implementation of the decision, from the words of the specification and without a look
//! at the first: over an abstract domain, by trying everything, without reasons and without speed.

use assurance::{Acr, Outcome};

/// What an organisation demands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Org {
    pub(crate) mfa: Mfa,
    pub(crate) social: Social,
    pub(crate) factors: &'static [Second],
    pub(crate) phishing_resistant: bool,
    pub(crate) grace_runs: bool,
    pub(crate) remembers: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mfa {
    Off,
    Optional,
    Required,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Social {
    Exempt,
    Trust,
    RequireMfa,
}

/// Second factors, the weakest first. A key and a passkey are the same factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Second {
    Mail,
    Sms,
    Codes,
    Totp,
    Webauthn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Password,
    /// Without user verification, if it is WebAuthn.
    Second(Second),
    Passkey,
    Social(Upstream),
}

/// What the upstream said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upstream {
    Nothing,
    Mfa,
    MfaUnsigned,
    MfaWithoutTime,
    MfaLongAgo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) method: Method,
    pub(crate) just_now: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Nothing,
    Sensitive,
    Fresh,
    Essential(Acr),
    Voluntary(Acr),
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) orgs: Vec<Org>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) has_password: bool,
    pub(crate) has: Vec<Second>,
    pub(crate) has_google: bool,
    pub(crate) device: Option<Second>,
    pub(crate) want: Want,
}

pub(crate) fn decide(case: &Case) -> Outcome {
    if case.shown.is_empty() {
        let has_something = case.has_password || !case.has.is_empty() || case.has_google;
        return if has_something { Outcome::Challenge } else { Outcome::Deny };
    }
    if case.suffices(&case.shown) {
        return Outcome::Admitted;
    }
    if case.suffices(&case.all_they_can_show()) {
        return Outcome::Challenge;
    }
    if !case.enrolling_helps() {
        return Outcome::Deny;
    }
    if case.has_shown_what_they_have(&case.shown) {
        return Outcome::Enrol;
    }
    let can = case.has_shown_what_they_have(&case.all_they_can_show());
    if can { Outcome::Challenge } else { Outcome::Deny }
}

/// The level that a relying party is told.
pub(crate) fn level(case: &Case) -> Acr {
    let named_by_all = |second: &Second| case.orgs.iter().all(|org| org.factors.contains(second));
    let mut counted = vec![Second::Webauthn, Second::Totp, Second::Codes];
    counted.extend([Second::Sms, Second::Mail].iter().filter(|second| named_by_all(second)));
    case.level_with(&case.shown, &counted)
}

/// Whether only grace lets them in.
pub(crate) fn is_by_grace(case: &Case) -> bool {
    let mut strict = case.clone();
    strict.orgs.iter_mut().for_each(|org| org.grace_runs = false);
    case.mfa() == Mfa::Required && case.grace_runs() && !strict.mfa_is_done(&case.shown)
}

impl Case {
    fn mfa(&self) -> Mfa {
        self.orgs.iter().map(|org| org.mfa).max().unwrap()
    }

    fn grace_runs(&self) -> bool {
        self.orgs.iter().all(|org| org.grace_runs)
    }

    fn phishing_resistant(&self) -> bool {
        self.orgs.iter().any(|org| org.phishing_resistant)
    }

    fn allowed(&self) -> Vec<Second> {
        let all = [Second::Mail, Second::Sms, Second::Codes, Second::Totp, Second::Webauthn];
        let in_all = |second: &Second| self.orgs.iter().all(|org| org.factors.contains(second));
        let resists = |second: &Second| !self.phishing_resistant() || *second == Second::Webauthn;
        all.into_iter().filter(in_all).filter(resists).collect()
    }

    /// What counts where the policy is lenient: what is allowed, and whatever is as strong as
    /// something allowed that they have, or as everything they have if none of that is allowed.
    fn leniently_allowed(&self) -> Vec<Second> {
        let strength = |second: Second| match second {
            Second::Webauthn => 3,
            Second::Totp | Second::Codes => 2,
            Second::Sms => 1,
            Second::Mail => 0,
        };
        let allowed = self.allowed();
        let usable: Vec<_> = self.has.iter().filter(|second| allowed.contains(second)).collect();
        let is_as_strong = |second: Second| {
            if usable.is_empty() {
                !self.has.is_empty()
                    && self.has.iter().all(|other| strength(second) >= strength(*other))
            } else {
                usable.iter().any(|other| strength(second) >= strength(**other))
            }
        };
        let all = [Second::Mail, Second::Sms, Second::Codes, Second::Totp, Second::Webauthn];
        all.into_iter().filter(|second| allowed.contains(second) || is_as_strong(*second)).collect()
    }

    /// What counts for a voluntary level: weak factors only where all name them, or where there is
    /// nothing else.
    fn voluntarily_counted(&self, here: &[Shown]) -> Vec<Second> {
        let mut counted = vec![Second::Codes, Second::Totp, Second::Webauthn];
        let has_strong = here
            .iter()
            .filter_map(|one| second_of(one.method))
            .any(|second| counted.contains(&second));
        for weak in [Second::Sms, Second::Mail] {
            if !has_strong || self.orgs.iter().all(|org| org.factors.contains(&weak)) {
                counted.push(weak);
            }
        }
        counted
    }

    fn counted(&self) -> Vec<Second> {
        let lenient = self.mfa() != Mfa::Required || self.grace_runs();
        if lenient && !self.allowed().is_empty() {
            self.leniently_allowed()
        } else {
            self.allowed()
        }
    }

    fn suffices(&self, shown: &[Shown]) -> bool {
        self.mfa_is_done(shown) && self.level_is_met(shown) && self.is_fresh(shown)
    }

    fn mfa_is_demanded(&self) -> bool {
        self.mfa() == Mfa::Required || self.mfa() == Mfa::Optional && !self.has.is_empty()
    }

    fn is_waived(&self) -> bool {
        self.mfa() == Mfa::Required
            && self.grace_runs()
            && self.has.is_empty()
            && !self.allowed().is_empty()
    }

    fn mfa_is_done(&self, shown: &[Shown]) -> bool {
        if !self.mfa_is_demanded() || self.is_waived() {
            return true;
        }
        if shown.iter().any(|one| self.passes(*one)) {
            return true;
        }
        let counted = self.counted();
        if two_kinds(shown, &counted) {
            return true;
        }
        let remembers = self.orgs.iter().all(|org| org.remembers) && self.want != Want::Sensitive;
        match self.device.filter(|device| remembers && counted.contains(device)) {
            Some(device) => {
                let stand_in = Shown { method: Method::Second(device), just_now: false };
                two_kinds(&[shown, &[stand_in]].concat(), &[device])
            }
            None => false,
        }
    }

    /// Whether a social login passes for MFA under the strictest rule.
    fn passes(&self, shown: Shown) -> bool {
        let Method::Social(said) = shown.method else { return false };
        let rule = self.orgs.iter().map(|org| org.social).max().unwrap();
        !self.phishing_resistant()
            && (rule == Social::Exempt || rule == Social::Trust && said == Upstream::Mfa)
    }

    fn level_with(&self, shown: &[Shown], counted: &[Second]) -> Acr {
        let all_trust = self.orgs.iter().all(|org| org.social == Social::Trust);
        let is_proven = |one: &Shown| one.method == Method::Social(Upstream::Mfa);
        let vouched = all_trust && shown.iter().any(is_proven);
        if !vouched && !two_kinds(shown, counted) {
            return Acr::Aal1;
        }
        let is_webauthn = |one: &Shown| second_of(one.method) == Some(Second::Webauthn);
        if counted.contains(&Second::Webauthn) && shown.iter().any(is_webauthn) {
            Acr::Phr
        } else {
            Acr::Aal2
        }
    }

    fn level_is_met(&self, shown: &[Shown]) -> bool {
        match self.want {
            Want::Essential(acr) => self.level_with(shown, &self.allowed()) >= acr,
            Want::Voluntary(acr) => {
                // What an upstream would prove is not counted among what they have.
                let here: Vec<Shown> = [self.shown.clone(), self.what_they_have_here()].concat();
                let counted = self.voluntarily_counted(&here);
                self.level_with(shown, &counted) >= acr.min(self.level_with(&here, &counted))
            }
            Want::Nothing | Want::Sensitive | Want::Fresh => true,
        }
    }

    fn is_fresh(&self, shown: &[Shown]) -> bool {
        let counted = self.counted();
        let is_second =
            |one: &Shown| second_of(one.method).is_some_and(|second| counted.contains(&second));
        let stands = |one: &Shown| !matches!(one.method, Method::Second(_));
        let counts = |one: &Shown| stands(one) || is_second(one) || !shown.iter().any(stands);
        let serves = |one: &Shown| match self.want {
            Want::Sensitive if self.mfa_is_demanded() && !self.is_waived() => {
                is_second(one) || self.passes(*one)
            }
            _ => counts(one),
        };
        match self.want {
            Want::Sensitive | Want::Fresh => {
                shown.iter().any(|one| serves(one) && was_there_just_now(*one))
            }
            Want::Nothing | Want::Essential(_) | Want::Voluntary(_) => true,
        }
    }

    fn what_they_have_here(&self) -> Vec<Shown> {
        let password = self.has_password.then_some(Method::Password);
        let second = self.has.iter().map(|second| match second {
            Second::Webauthn => Method::Passkey,
            other => Method::Second(*other),
        });
        let mailbox = Method::Second(Second::Mail);
        let mailbox = self.shown.iter().any(|one| one.method == mailbox).then_some(mailbox);
        password
            .into_iter()
            .chain(second)
            .chain(mailbox)
            .map(|method| Shown { method, just_now: true })
            .collect()
    }

    fn all_they_can_show(&self) -> Vec<Shown> {
        let mut all = [self.shown.clone(), self.what_they_have_here()].concat();
        let is_social = |one: &&Shown| matches!(one.method, Method::Social(_));
        let knows_google = self.has_google || self.shown.iter().any(|one| is_social(&one));
        let has_answered = self.shown.iter().filter(is_social).any(|one| one.just_now);
        if knows_google && !has_answered {
            all.push(Shown { method: Method::Social(Upstream::Mfa), just_now: true });
        }
        all
    }

    fn enrolling_helps(&self) -> bool {
        let mut new: Vec<Option<Second>> = self.allowed().into_iter().map(Some).collect();
        new.push(None);
        new.into_iter().any(|second| {
            let mut alone = self.clone();
            match second {
                Some(second) => alone.has.push(second),
                None => alone.has_password = true,
            }
            let mut with_password = alone.clone();
            with_password.has_password = true;
            alone.suffices(&alone.all_they_can_show())
                || with_password.suffices(&with_password.all_they_can_show())
        })
    }

    fn has_shown_what_they_have(&self, shown: &[Shown]) -> bool {
        let is_strong = |second: &&Second| !matches!(second, Second::Sms | Second::Mail);
        let strong: Vec<Second> = self.has.iter().filter(is_strong).copied().collect();
        let guards = if strong.is_empty() { self.has.clone() } else { strong };
        if guards.is_empty() {
            return shown.iter().any(|one| one.just_now);
        }
        let is_guard =
            |one: &Shown| second_of(one.method).is_some_and(|second| guards.contains(&second));
        shown.iter().any(|one| one.just_now && is_guard(one))
            && (two_kinds(shown, &guards) || !two_kinds(&self.all_they_can_show(), &guards))
    }
}

fn second_of(method: Method) -> Option<Second> {
    match method {
        Method::Second(second) => Some(second),
        Method::Passkey => Some(Second::Webauthn),
        Method::Password | Method::Social(_) => None,
    }
}

/// Two different kinds by two different factors, one of them a second factor that counts; or a
/// passkey that counts.
fn two_kinds(shown: &[Shown], counted: &[Second]) -> bool {
    let counts =
        |one: &Shown| second_of(one.method).is_some_and(|second| counted.contains(&second));
    shown.iter().any(|one| counts(one) && one.method == Method::Passkey)
        || shown.iter().any(|one| {
            counts(one)
                && shown.iter().any(|other| {
                    !matches!(other.method, Method::Second(_))
                        && second_of(other.method) != second_of(one.method)
                })
        })
}

fn was_there_just_now(shown: Shown) -> bool {
    shown.just_now && shown.method != Method::Social(Upstream::MfaLongAgo)
}
