//! Named conditions, guarantees, and what a condition tells of itself.

use super::*;
use ConditionErrorKind as Kind;

fn with(conditions: &[(&str, &str)]) -> (Names, Vec<ConditionError>) {
    names().with_conditions(conditions.iter().copied())
}

fn run(conditions: &[(&str, &str)], source: &str, facts: &Facts) -> Result<bool, ConditionError> {
    let (names, errors) = with(conditions);
    assert_eq!(errors, []);
    Condition::compile(source, &names).unwrap().evaluate(facts)
}

#[test]
fn conditions_use_each_other_in_any_order() {
    let conditions = [
        ("at_home", "not from_office"),
        ("careful", "at_home or is_guest"),
        ("from_office", r#"in_cidr(request.ip, "10.0.0.0/8")"#),
        ("is_guest", r#""guests" in user.organisations"#),
    ];
    assert_eq!(run(&conditions, "careful", &ada()), Ok(false));
    assert_eq!(run(&conditions, "from_office && !careful", &ada()), Ok(true));
    let (names, _) = with(&conditions);
    let condition = Condition::compile("careful", &names).unwrap();
    let expected =
        ["at_home", "careful", "from_office", "is_guest", "request.ip", "user.organisations"];
    assert!(condition.names_used().iter().eq(expected));
}

#[test]
fn a_condition_fails_only_where_it_is_come_to() {
    let conditions = [("is_admin", "user.admin")];
    let nobody = Facts::at(morning());
    assert_eq!(run(&conditions, "user != () && is_admin", &nobody), Ok(false));
    let error = run(&conditions, "is_admin || true", &nobody).unwrap_err();
    assert_eq!(error.kind, Kind::Absent);
    assert_eq!(error.condition.as_deref(), Some("is_admin"));
}

#[test]
fn a_circle_is_an_error_that_shows_itself() {
    let (_, errors) = with(&[("a", "true && b"), ("b", "c"), ("c", "a || b"), ("d", "d")]);
    let circles: Vec<_> =
        errors.iter().map(|e| (e.kind, e.condition.as_deref(), e.column)).collect();
    assert_eq!(
        circles,
        [(Kind::Cycle, Some("c"), 1), (Kind::Cycle, Some("c"), 6), (Kind::Cycle, Some("d"), 1),]
    );
    assert!(errors[0].message.contains("a → b → c → a"), "{}", errors[0]);
}

#[test]
fn a_broken_condition_is_reported_once_and_denies() {
    let (names, errors) =
        with(&[("broken", "user.emial == \"a\""), ("round", "round"), ("user_two", "broken")]);
    let kinds: Vec<_> = errors.iter().map(|error| error.kind).collect();
    assert_eq!(kinds, [Kind::UnknownField, Kind::Cycle]);
    assert_eq!(errors[0].condition.as_deref(), Some("broken"));
    for source in ["broken", "!broken", "round", "user_two", "broken || true"] {
        let condition = Condition::compile(source, &names).unwrap();
        assert!(condition.evaluate(&ada()).is_err(), "{source}");
    }
}

#[test]
fn a_condition_can_not_take_a_name_of_the_language() {
    for name in [
        "user",
        "source",
        "now",
        "session",
        "proven",
        "not",
        "in",
        "if",
        "true",
        "from-office",
        "Office",
        "1st",
        "",
        "_x",
    ] {
        let (_, errors) = with(&[(name, "true")]);
        assert_eq!(errors.len(), 1, "{name}");
        assert_eq!(errors[0].kind, Kind::BadName, "{name}");
    }
}

#[test]
fn a_web_of_conditions_runs_each_once() {
    let all: Vec<(String, String)> = (0..60)
        .map(|n| {
            let uses: Vec<_> = (1..=8).map(|step| n + step).filter(|other| *other < 60).collect();
            let source =
                uses.iter().map(|other| format!("c{other}")).collect::<Vec<_>>().join(" && ");
            (format!("c{n}"), if source.is_empty() { "true".to_owned() } else { source })
        })
        .collect();
    let (names, errors) =
        names().with_conditions(all.iter().map(|(name, source)| (name.as_str(), source.as_str())));
    assert_eq!(errors, []);
    assert_eq!(Condition::compile("c0", &names).unwrap().evaluate(&ada()), Ok(true));
}

#[test]
fn only_guarantees_know_the_session() {
    let names = names().for_guarantees();
    let condition =
        Condition::compile(r#"session && "acme" in user.organisations"#, &names).unwrap();
    assert_eq!(condition.evaluate(&ada()), Ok(false));
    let signed_in = Facts { session: true, ..ada() };
    assert_eq!(condition.evaluate(&signed_in), Ok(true));
    assert_eq!(condition.evaluate(&Facts::at(morning())), Ok(false));
}

#[test]
fn a_condition_is_its_source() {
    let first = compile(r#"source == "google" && not proven("totp")"#).unwrap();
    let again = compile(first.source()).unwrap();
    assert_eq!(again.evaluate(&ada()), first.evaluate(&ada()));
    assert_eq!(first.evaluate(&ada()), Ok(true));
}

#[test]
fn a_trace_masks_personal_data() {
    let condition = compile(
        r#"user.email == "x" || user.name == "x" || answers.department == "x" || source == "x"
           || client.organisation == "x" || proven("any") || user.admin || request.ip == ()"#,
    )
    .unwrap();
    let described = condition.describe(&ada());
    let expected = [
        ("answers.department", "answered"),
        ("client", "known"),
        ("client.organisation", "()"),
        ("proven(\"any\")", "true"),
        ("request.ip", "10.1.2.3"),
        ("source", "google"),
        ("user", "known"),
        ("user.admin", "true"),
        ("user.email", "A…@Acme.example"),
        ("user.name", "A…"),
    ];
    assert!(
        described.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected),
        "{described:?}"
    );
}

#[test]
fn facts_survive_the_store() {
    let text = serde_json::to_string(&ada()).unwrap();
    assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), ada());
}
