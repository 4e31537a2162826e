//! What is written and read: durations, policies, evidence, and the schema that editors use.

use assurance::{Enrolled, Evidence, Policies, Policy, SocialLogins, Span, SpanError};
use proptest::prelude::*;
use schemars::schema_for;
use serde_json::{Value, json};

use crate::arbitrary::{any_enrolled, any_evidence, any_policies, any_policy};
use crate::fixtures::*;

fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_duration_is_read_as_it_was_written(seconds in 0..=Span::MAX.as_seconds()) {
        let span = Span::seconds(seconds);
        prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        prop_assert_eq!(again(&span), span);
        prop_assert_eq!(span.to_delta().num_seconds(), i64::try_from(seconds).unwrap());
    }

    #[test]
    fn a_number_and_a_unit_is_that_many(number in 0_u64..30_000, unit in prop::sample::select(vec![('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)])) {
        let (suffix, seconds) = unit;
        let span: Span = format!("{number}{suffix}").parse().unwrap();
        prop_assert_eq!(span.as_seconds(), number * seconds);
    }

    #[test]
    fn no_text_panics_and_what_is_read_fits_the_pattern(text in "\\PC{0,12}") {
        if text.parse::<Span>().is_ok() {
            let (number, unit) = text.split_at(text.len() - 1);
            prop_assert!(text == "0" || "smhd".contains(unit) && number.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn policies_evidence_and_enrolment_are_read_as_they_were_written(
        policy in any_policy(), policies in any_policies(), evidence in any_evidence(), enrolled in any_enrolled(),
    ) {
        prop_assert_eq!(again::<Policy>(&policy), policy);
        prop_assert_eq!(again::<Policies>(&policies), policies);
        prop_assert_eq!(again::<Evidence>(&evidence), evidence);
        prop_assert_eq!(again::<Enrolled>(&enrolled), enrolled);
    }

    #[test]
    fn recording_proofs_in_any_order_is_the_same(evidence in any_evidence()) {
        let mut other = Evidence::new();
        for proof in evidence.proofs().iter().rev().chain(evidence.proofs()) {
            other.record(proof.clone());
        }
        prop_assert_eq!(other.proofs().len(), evidence.proofs().len());
    }
}

#[test]
fn durations_are_strict() {
    for (text, seconds) in
        [("0", 0), ("0s", 0), ("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800)]
    {
        assert_eq!(text.parse::<Span>().unwrap().as_seconds(), seconds);
    }
    for text in [
        "", "s", "15", "15 m", " 15m", "+15m", "-15m", "1.5h", "15min", "1h30m", "15M", "١٥m",
        "15µ",
    ] {
        assert_eq!(text.parse::<Span>(), Err(SpanError::Syntax), "{text}");
    }
    for text in ["36501d", "99999999999999999999s", "9999999999999999999d"] {
        assert_eq!(text.parse::<Span>(), Err(SpanError::TooLong), "{text}");
    }
    assert_eq!(Span::minutes(90).to_string(), "90m");
    assert_eq!(Span::hours(24).to_string(), "1d");
    assert_eq!(Span::ZERO.to_string(), "0s");
    assert_eq!(serde_json::from_str::<Span>("0").unwrap(), Span::ZERO);
    for json in ["15", "-1", "0.0", "null", "true", r#""15""#] {
        assert!(serde_json::from_str::<Span>(json).is_err(), "{json}");
    }
}

#[test]
fn an_empty_map_is_the_documented_default() {
    let default = policy("{}");
    assert_eq!(default, Policy::default());
    let written = serde_json::to_value(&default).unwrap();
    let documented = json!({
        "mfa": "optional",
        "social_logins": "require_mfa",
        "factors": ["webauthn", "totp", "static"],
        "phishing_resistant": false,
        "grace": "0s",
        "recent": "15m",
        "remember_device": "0s",
        "mode": "enforce",
    });
    assert_eq!(written, documented);
}

#[test]
fn the_policy_of_the_language_page_is_read() {
    let acme = policy(
        r#"{
            "mfa": "required", "social_logins": "require_mfa",
            "sources": { "google": { "social_logins": "trust", "amr": ["mfa", "hwk"], "within": "12h" },
                         "corp": "exempt" },
            "factors": ["webauthn", "totp", "static"], "grace": "7d"
        }"#,
    );
    assert_eq!(acme.sources["google"].within, Some(Span::hours(12)));
    assert_eq!(acme.sources["corp"].social_logins, SocialLogins::Exempt);
    assert!(acme.problems().is_empty());
}

#[test]
fn a_policy_is_strict() {
    let refused = [
        r#"{ "require-mfa": true }"#,
        r#"{ "mfa": true }"#,
        r#"{ "mfa": "Required" }"#,
        r#"{ "factors": [] }"#,
        r#"{ "factors": ["password"] }"#,
        r#"{ "grace": 7 }"#,
        r#"{ "phishing_resistant": "true" }"#,
        r#"{ "sources": { "google": { "social_login": "trust" } } }"#,
        r#"{ "sources": { "google": "trusted" } }"#,
        r#"{ "sources": { "google": ["mfa"] } }"#,
        r#"{ "mfa": "off", "mfa": "required" }"#,
    ];
    for json in refused {
        assert!(serde_json::from_str::<Policy>(json).is_err(), "{json}");
    }
}

#[test]
fn an_error_in_a_source_names_the_key() {
    let error = serde_json::from_str::<Policy>(r#"{ "sources": { "google": { "amrs": [] } } }"#)
        .unwrap_err();
    assert!(error.to_string().contains("unknown field `amrs`"), "{error}");
    let error =
        serde_json::from_str::<Policy>(r#"{ "sources": { "google": "trusted" } }"#).unwrap_err();
    assert!(error.to_string().contains("unknown variant `trusted`"), "{error}");
}

#[test]
fn what_makes_no_sense_inside_a_policy_is_named_with_its_path() {
    let nonsense = policy(
        r#"{ "phishing_resistant": true, "factors": ["totp"], "recent": "0s", "session": "0s",
             "sources": { "corp": { "social_logins": "trust", "within": "0s" }, "google": { "amr": ["mfa"], "within": "1h" } } }"#,
    );
    let problems = nonsense.problems();
    let paths: Vec<String> = problems.iter().map(|problem| problem.path().join(".")).collect();
    let expected = [
        "phishing_resistant",
        "recent",
        "session",
        "sources.corp.within",
        "sources.google.amr",
        "sources.google.within",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn evidence_of_another_version_is_refused() {
    let written = serde_json::to_value(shown([password()])).unwrap();
    assert_eq!(written["version"], 1);
    for version in [json!(2), json!("1"), Value::Null] {
        let mut other = written.clone();
        other["version"] = version;
        assert!(serde_json::from_value::<Evidence>(other).is_err());
    }
    assert!(serde_json::from_str::<Evidence>(r#"{ "proofs": [] }"#).is_err());
}

#[test]
fn evidence_does_not_grow_without_end() {
    let proofs = (0..100).map(|index| assurance::Method::Totp { credential: index.to_string() });
    let evidence: Evidence = proofs.map(|method| assurance::Proof::new(method, now())).collect();
    assert_eq!(evidence.proofs().len(), 32);
}

#[test]
fn the_schema_is_strict_and_describes_every_key() {
    let schema = serde_json::to_value(schema_for!(Policy)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    let keys = schema["properties"].as_object().unwrap();
    assert_eq!(keys.len(), 10);
    for (key, value) in keys {
        assert!(value["description"].is_string(), "{key} has no description");
    }
    let map = &schema["$defs"]["SourcePolicyMap"];
    assert_eq!(map["additionalProperties"], false);
    assert!(
        map["properties"].as_object().unwrap().values().all(|key| key["description"].is_string())
    );
    assert!(schema["$defs"]["Span"]["anyOf"][0]["pattern"].is_string());
}
