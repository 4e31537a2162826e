//! Both implementations agree on every case of a finite domain.

use assurance::{
    Acr, Amr, Decision, Demand, Enrolled, EnrolledFactor, Evidence, Factor, Factors, Federated,
    Held, Mfa, Outcome, Policies, Policy, Proof, RememberedDevice, SocialLogins, Span, admit,
};

use crate::fixtures::*;
use crate::naive::{self, Case, Method, Org, Second, Shown, Social, Upstream, Want};

/// The same case in the types of the kernel.
fn translate(case: &Case) -> (Policies, Evidence, Enrolled) {
    let held = case.orgs.iter().enumerate().map(|(index, org)| organisation(index, org));
    let demand = match case.want {
        Want::Nothing => Demand::default(),
        Want::Sensitive => Demand::sensitive(),
        Want::Fresh => max_age(600),
        Want::Essential(acr) => Demand::essential(acr),
        Want::Voluntary(acr) => Demand::voluntary(acr),
    };
    let policies = held.fold(Policies::new("ada"), Policies::with).demanding(demand);
    let mut evidence: Evidence = case.shown.iter().map(|shown| proof(*shown)).collect();
    if let Some(device) = case.device {
        let at = ago(Span::days(1));
        evidence.remember(RememberedDevice {
            device: "laptop".to_owned(),
            factor: factor(device),
            at,
        });
    }
    let second = case.has.iter().map(|second| factor(*second));
    let factors = case.has_password.then_some(Factor::Password).into_iter().chain(second);
    let factors = factors.map(|factor| EnrolledFactor::new(factor, factor.as_str())).collect();
    let enrolled = Enrolled::new(factors).with_sources(case.has_google.then_some("google"));
    (policies, evidence, enrolled)
}

fn organisation(index: usize, org: &Org) -> Held {
    let policy = Policy {
        mfa: match org.mfa {
            naive::Mfa::Off => Mfa::Off,
            naive::Mfa::Optional => Mfa::Optional,
            naive::Mfa::Required => Mfa::Required,
        },
        social_logins: match org.social {
            Social::Exempt => SocialLogins::Exempt,
            Social::Trust => SocialLogins::Trust,
            Social::RequireMfa => SocialLogins::RequireMfa,
        },
        factors: org.factors.iter().map(|second| factor(*second)).collect::<Factors>(),
        phishing_resistant: org.phishing_resistant,
        grace: if org.grace_runs { Span::days(7) } else { Span::ZERO },
        remember_device: if org.remembers { Span::days(30) } else { Span::ZERO },
        ..Policy::default()
    };
    let slug = format!("org{index}");
    Held::organisation(&slug, &slug, policy, ago(Span::days(2)), ago(Span::days(90)))
}

fn factor(second: Second) -> Factor {
    match second {
        Second::Mail => Factor::Email,
        Second::Sms => Factor::Sms,
        Second::Codes => Factor::Static,
        Second::Totp => Factor::Totp,
        Second::Webauthn => Factor::Webauthn,
    }
}

fn proof(shown: Shown) -> Proof {
    let at = ago(if shown.just_now { Span::seconds(1) } else { Span::hours(1) });
    let method = match shown.method {
        Method::Password => password(),
        Method::Second(Second::Mail) => mail(),
        Method::Second(Second::Sms) => sms(),
        Method::Second(Second::Codes) => recovery_code(),
        Method::Second(Second::Totp) => totp(),
        Method::Second(Second::Webauthn) => key(),
        Method::Passkey => passkey(),
        Method::Social(said) => assurance::Method::Federated(Federated {
            source: "google".to_owned(),
            amr: if said == Upstream::Nothing {
                vec!["pwd".to_owned()]
            } else {
                vec!["mfa".to_owned()]
            },
            acr: None,
            auth_time: match said {
                Upstream::Nothing | Upstream::MfaWithoutTime => None,
                Upstream::Mfa | Upstream::MfaUnsigned => Some(at),
                Upstream::MfaLongAgo => Some(Span::hours(13).before(at)),
            },
            signed: said != Upstream::MfaUnsigned,
        }),
    };
    Proof { method, at }
}

fn agree(case: &Case) {
    let (policies, evidence, enrolled) = translate(case);
    let decision = admit(&policies, &evidence, &enrolled, now());
    assert_eq!(decision.outcome(), naive::decide(case), "{case:#?}\n{decision:#?}");
    assert!(!decision.explanation().reasons.is_empty(), "{case:?}");
    let is_admitted = decision.outcome() == Outcome::Admitted;
    assert!(
        decision.explanation().reasons.iter().all(|reason| reason.code.is_note() == is_admitted),
        "{decision:?}"
    );
    if let Decision::Admitted(admitted) = decision {
        assert_eq!(admitted.level(), naive::level(case), "{case:#?}");
        assert_eq!(admitted.amr().contains(&Amr::Mfa), admitted.level() >= Acr::Aal2);
        assert_eq!(admitted.enrol_by().is_some(), naive::is_by_grace(case), "{case:#?}");
    }
}

const STRONG: &[Second] = &[Second::Webauthn, Second::Totp, Second::Codes];
const LISTS: [&[Second]; 5] = [
    STRONG,
    &[Second::Webauthn],
    &[Second::Totp, Second::Sms],
    &[Second::Sms, Second::Mail],
    &[Second::Webauthn, Second::Sms],
];
const MFA: [naive::Mfa; 3] = [naive::Mfa::Off, naive::Mfa::Optional, naive::Mfa::Required];
const SOCIAL: [Social; 3] = [Social::Exempt, Social::Trust, Social::RequireMfa];

/// Every policy over these lists of factors.
fn organisations(lists: &[&'static [Second]]) -> Vec<Org> {
    let mut all = Vec::new();
    for mfa in MFA {
        for social in SOCIAL {
            for factors in lists {
                for bits in 0_u8..8 {
                    let [phishing_resistant, grace_runs, remembers] =
                        [1, 2, 4].map(|bit| bits & bit != 0);
                    all.push(Org {
                        mfa,
                        social,
                        factors,
                        phishing_resistant,
                        grace_runs,
                        remembers,
                    });
                }
            }
        }
    }
    all
}

/// What may have been shown: every choice of one from each column.
fn evidences(
    passwords: &[Option<bool>],
    social: &[Option<(Upstream, bool)>],
    seconds: &[&[(Method, bool)]],
) -> Vec<Vec<Shown>> {
    let shown = |(method, just_now)| Shown { method, just_now };
    let mut all = Vec::new();
    for password in passwords {
        for login in social {
            for second in seconds {
                let password = password.map(|just_now| shown((Method::Password, just_now)));
                let login = login.map(|(said, just_now)| shown((Method::Social(said), just_now)));
                all.push(
                    password
                        .into_iter()
                        .chain(login)
                        .chain(second.iter().copied().map(shown))
                        .collect(),
                );
            }
        }
    }
    all
}

const UPSTREAMS: [Option<(Upstream, bool)>; 7] = [
    None,
    Some((Upstream::Nothing, true)),
    Some((Upstream::Nothing, false)),
    Some((Upstream::Mfa, true)),
    Some((Upstream::MfaUnsigned, true)),
    Some((Upstream::MfaWithoutTime, true)),
    Some((Upstream::MfaLongAgo, true)),
];
const SECONDS: [&[(Method, bool)]; 8] = [
    &[],
    &[(Method::Second(Second::Totp), true)],
    &[(Method::Second(Second::Codes), true)],
    &[(Method::Second(Second::Sms), true)],
    &[(Method::Second(Second::Mail), true)],
    &[(Method::Second(Second::Webauthn), true)],
    &[(Method::Passkey, true)],
    &[(Method::Second(Second::Totp), true), (Method::Second(Second::Webauthn), true)],
];
const HAS: [&[Second]; 7] = [
    &[],
    &[Second::Totp],
    &[Second::Webauthn],
    &[Second::Sms],
    &[Second::Totp, Second::Webauthn],
    &[Second::Sms, Second::Totp],
    &[Second::Sms, Second::Totp, Second::Webauthn],
];

#[test]
fn for_each_policy_evidence_and_enrolment() {
    let evidences = evidences(&[None, Some(true)], &UPSTREAMS, &SECONDS);
    let mut cases = 0_u32;
    for org in organisations(&LISTS) {
        for shown in &evidences {
            for has in HAS {
                // A device matters only where it is remembered.
                let device = org.remembers.then_some(Second::Totp);
                agree(&Case {
                    orgs: vec![org],
                    shown: shown.clone(),
                    has_password: true,
                    has: has.to_vec(),
                    has_google: false,
                    device,
                    want: Want::Nothing,
                });
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 3 * 3 * 5 * 8 * 112 * 7);
}

#[test]
fn for_each_demand_and_freshness() {
    let evidences = evidences(
        &[None, Some(true), Some(false)],
        &UPSTREAMS[..4],
        &[
            &[],
            &[(Method::Second(Second::Totp), true)],
            &[(Method::Second(Second::Totp), false)],
            &[(Method::Passkey, false)],
            &[(Method::Second(Second::Sms), true)],
            &[(Method::Second(Second::Mail), false)],
        ],
    );
    let wants = [
        Want::Sensitive,
        Want::Fresh,
        Want::Essential(Acr::Aal2),
        Want::Essential(Acr::Phr),
        Want::Voluntary(Acr::Aal2),
        Want::Voluntary(Acr::Phr),
    ];
    let orgs = organisations(&[STRONG, &[Second::Totp, Second::Sms]]);
    for org in orgs.into_iter().filter(|org| org.remembers) {
        for shown in &evidences {
            for (has, has_google) in
                [(HAS[0], false), (HAS[0], true), (HAS[1], false), (HAS[3], true), (HAS[4], false)]
            {
                for want in wants {
                    let (orgs, shown, has) = (vec![org], shown.clone(), has.to_vec());
                    let has_password = !has_google;
                    let device = Some(Second::Totp);
                    agree(&Case { orgs, shown, has_password, has, has_google, device, want });
                }
            }
        }
    }
}

#[test]
fn for_each_pair_of_organisations() {
    let evidences = evidences(
        &[None, Some(true)],
        &[None, Some((Upstream::Nothing, true)), Some((Upstream::Mfa, true))],
        &[&[], &[(Method::Second(Second::Totp), true)], &[(Method::Passkey, true)]],
    );
    let orgs = organisations(&[STRONG, &[Second::Totp, Second::Sms]]);
    let orgs: Vec<Org> = orgs.into_iter().filter(|org| !org.remembers).collect();
    for (index, one) in orgs.iter().enumerate() {
        for other in &orgs[index..] {
            for shown in &evidences {
                for has in [HAS[0], HAS[4]] {
                    agree(&Case {
                        orgs: vec![*one, *other],
                        shown: shown.clone(),
                        has_password: true,
                        has: has.to_vec(),
                        has_google: false,
                        device: None,
                        want: Want::Nothing,
                    });
                }
            }
        }
    }
}
