//! Strategies: any policy, evidence, enrolment and demand, from few enough values that they meet.

use assurance::{
    Acr, Demand, Enrolled, EnrolledFactor, Evidence, Factor, Factors, Federated, Held, Method, Mfa,
    Mode, Policies, Policy, Proof, RememberedDevice, SocialLogins, SourcePolicy, Span,
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::fixtures::*;

const SECOND: [Factor; 5] =
    [Factor::Webauthn, Factor::Totp, Factor::Static, Factor::Email, Factor::Sms];
const SOURCES: [&str; 2] = ["google", "corp"];

fn social() -> impl Strategy<Value = SocialLogins> {
    select(vec![SocialLogins::Exempt, SocialLogins::Trust, SocialLogins::RequireMfa])
}

fn names(values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    subsequence(values, 0..=values.len())
        .prop_map(|all| all.into_iter().map(str::to_owned).collect())
}

fn source_policy() -> impl Strategy<Value = SourcePolicy> {
    let within = option::of(select(vec![Span::minutes(30), Span::hours(12), Span::days(2)]));
    (social(), names(&["mfa", "hwk"]), names(&["urn:gold"]), within).prop_map(
        |(social_logins, amr, acr, within)| SourcePolicy { social_logins, amr, acr, within },
    )
}

pub(crate) fn any_policy() -> impl Strategy<Value = Policy> {
    let factors = subsequence(&SECOND[..], 1..=SECOND.len()).prop_map(Factors::from_iter);
    let spans = |spans: [Span; 3]| select(spans.to_vec());
    (
        select(vec![Mfa::Off, Mfa::Optional, Mfa::Required]),
        social(),
        btree_map(select(SOURCES.to_vec()).prop_map(str::to_owned), source_policy(), 0..=2),
        factors,
        prop::bool::weighted(0.2),
        spans([Span::ZERO, Span::days(1), Span::days(7)]),
        spans([Span::minutes(5), Span::minutes(15), Span::hours(2)]),
        spans([Span::ZERO, Span::days(1), Span::days(30)]),
        option::of(spans([Span::hours(1), Span::hours(12), Span::days(1)])),
        prop::bool::weighted(0.15),
    )
        .prop_map(
            |(
                mfa,
                social_logins,
                sources,
                factors,
                phishing_resistant,
                grace,
                recent,
                remember_device,
                session,
                report,
            )| {
                let mode = if report { Mode::Report } else { Mode::Enforce };
                Policy {
                    mfa,
                    social_logins,
                    sources,
                    factors,
                    phishing_resistant,
                    grace,
                    recent,
                    remember_device,
                    session,
                    mode,
                }
            },
        )
}

pub(crate) fn any_held() -> impl Strategy<Value = Held> {
    let start = || select(vec![Span::ZERO, Span::days(3), Span::days(30)]).prop_map(ago);
    (any_policy(), start(), start(), any::<u16>(), prop::bool::weighted(0.2)).prop_map(
        |(policy, joined_at, since, slug, is_client)| {
            let slug = format!("org{slug}");
            if is_client {
                Held::client(&slug, &slug, policy, since)
            } else {
                Held::organisation(&slug, &slug, policy, joined_at, since)
            }
        },
    )
}

/// Policies among which at least one organisation enforces, so that no default stands in.
pub(crate) fn any_policies() -> impl Strategy<Value = Policies> {
    let first = any_held().prop_map(|held| {
        let mut held =
            Held::organisation("first", "First", held.policy, held.joined_at, held.since);
        held.policy.mode = Mode::Enforce;
        held
    });
    (first, vec(any_held(), 0..3), any_demand()).prop_map(|(first, more, demand)| {
        let policies = Policies::new("ada").demanding(demand).with(first);
        more.into_iter().fold(policies, Policies::with)
    })
}

pub(crate) fn any_demand() -> impl Strategy<Value = Demand> {
    let acr = option::weighted(0.3, select(Acr::ALL.to_vec()));
    let max_age = option::weighted(0.2, select(vec![0, 60, 3600]));
    let asked_at = option::of(select(vec![Span::ZERO, Span::minutes(2)]).prop_map(ago));
    (acr, any::<bool>(), max_age, asked_at, prop::bool::weighted(0.2)).prop_map(
        |(acr, essential, max_age, asked_at, sensitive)| Demand {
            acr,
            essential,
            max_age,
            asked_at,
            sensitive,
        },
    )
}

fn any_method() -> impl Strategy<Value = Method> {
    let credential = || select(vec!["one", "two"]).prop_map(str::to_owned);
    prop_oneof![
        2 => Just(Method::Password),
        2 => credential().prop_map(|credential| Method::Totp { credential }),
        1 => credential().prop_map(|credential| Method::Static { credential }),
        1 => credential().prop_map(|address| Method::Email { address }),
        1 => credential().prop_map(|number| Method::Sms { number }),
        2 => (credential(), any::<bool>(), any::<bool>())
            .prop_map(|(credential, user_verified, hardware)| Method::Webauthn { credential, user_verified, hardware }),
        3 => any_federated().prop_map(Method::Federated),
    ]
}

fn any_federated() -> impl Strategy<Value = Federated> {
    let source = select(SOURCES.to_vec()).prop_map(str::to_owned);
    let acr = option::of(Just("urn:gold".to_owned()));
    let auth_time = option::weighted(0.8, any_time());
    (source, names(&["pwd", "mfa", "hwk"]), acr, auth_time, prop::bool::weighted(0.8)).prop_map(
        |(source, amr, acr, auth_time, signed)| Federated { source, amr, acr, auth_time, signed },
    )
}

/// Mostly the past, sometimes a little in the future.
fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    select(vec![0, 1, 90, 600, 3_000, 50_000, 90_000, -300])
        .prop_map(|age| now() - TimeDelta::seconds(age))
}

pub(crate) fn any_evidence() -> impl Strategy<Value = Evidence> {
    let proofs =
        vec((any_method(), any_time()).prop_map(|(method, at)| Proof { method, at }), 0..4);
    let device = (select(SECOND.to_vec()), any_time());
    (proofs, option::weighted(0.2, device)).prop_map(|(proofs, device)| {
        let mut evidence: Evidence = proofs.into_iter().collect();
        if let Some((factor, at)) = device {
            evidence.remember(RememberedDevice { device: "laptop".to_owned(), factor, at });
        }
        evidence
    })
}

pub(crate) fn any_enrolled() -> impl Strategy<Value = Enrolled> {
    let all = [
        Factor::Password,
        Factor::Password,
        Factor::Webauthn,
        Factor::Totp,
        Factor::Static,
        Factor::Email,
        Factor::Sms,
    ];
    let key = (select(all.to_vec()), select(vec!["one", "two"]), any::<bool>(), any::<bool>());
    let factors = vec(key, 0..4).prop_map(|keys| {
        let mut factors: Vec<EnrolledFactor> = Vec::new();
        for (factor, credential, verifies, hardware) in keys {
            let is_webauthn = factor == Factor::Webauthn;
            let (verifies, hardware) = (verifies && is_webauthn, hardware && is_webauthn);
            let credential = credential.to_owned();
            if !factors.iter().any(|known| known.factor == factor && known.credential == credential)
            {
                factors.push(EnrolledFactor { factor, credential, verifies, hardware });
            }
        }
        factors
    });
    let sources = subsequence(&SOURCES[..], 0..=2);
    (factors, sources).prop_map(|(factors, sources)| Enrolled::new(factors).with_sources(sources))
}
