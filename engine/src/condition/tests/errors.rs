//! Each mistake is named, with its place and, where one is near, what was meant.

use super::*;
use ConditionErrorKind as Kind;

/// Asserts the kind, the place and the suggestion of the error that a source gets.
fn check(source: &str, kind: Kind, place: (usize, usize), suggestion: Option<&str>) {
    let error = refused(source);
    assert_eq!(error.kind, kind, "{source}: {error}");
    assert_eq!((error.line, error.column), place, "{source}: {error}");
    assert_eq!(error.suggestion.as_deref(), suggestion, "{source}: {error}");
    assert!(!error.message.is_empty());
}

#[test]
fn unknown_names_and_fields_are_named_with_what_is_near() {
    let name =
        |source, column, suggestion| check(source, Kind::UnknownName, (1, column), suggestion);
    let field =
        |source, column, suggestion| check(source, Kind::UnknownField, (1, column), suggestion);
    name("usr.admin", 1, Some("user"));
    name("user.admin && sorce == \"a\"", 15, Some("source"));
    name("clients.id == \"a\"", 1, Some("client"));
    name("qqqq", 1, None);
    name("session", 1, None);
    name("proven", 1, Some(r#"proven("totp")"#));
    name("this == 1", 1, None);
    field("user.emial == \"a\"", 6, Some("email"));
    field("user?.emial == \"a\"", 7, Some("email"));
    field("user.organisation == ()", 6, Some("organisations"));
    field("user.xyzzy", 6, None);
    field("answers.departmnt == \"it\"", 9, Some("department"));
    field("organisation.require_mfa == true", 14, None);
    field("user.name.len == 3", 11, Some("len()"));
    field("user.name.first == \"a\"", 11, None);
    check("user.admin &&\n  user.emial == \"a\"", Kind::UnknownField, (2, 8), Some("email"));
}

#[test]
fn a_comparison_of_two_types_is_an_error() {
    let wrong =
        |source, column, suggestion| check(source, Kind::WrongType, (1, column), suggestion);
    wrong(r#""true" == true"#, 8, Some("true"));
    wrong(r#"user.admin == "false""#, 12, Some("false"));
    wrong(r#"answers.seats == "7""#, 15, Some("7"));
    wrong("user.admin == 1", 12, None);
    wrong(r#"user == "ada""#, 6, None);
    wrong("user == client", 6, None);
    wrong(r#"user.organisations == "acme""#, 20, None);
    wrong(r#"request.ip == "10.0.0.1""#, 12, None);
    wrong("request.ip == request.ip", 12, None);
    wrong("user.admin == ()", 1, None);
    wrong("() == ()", 7, None);
    wrong("request == ()", 1, None);
    wrong("source == user.email", 8, None);
    wrong(r#""a" < "b""#, 1, None);
    wrong("1 < now", 5, None);
    wrong("7 in user.organisations", 3, None);
    wrong("7 in user.admin", 6, None);
    wrong(r#"7 in ["a"]"#, 3, None);
    wrong(r#"source in ["a", 1]"#, 17, None);
    wrong(r#"source in ["a", source]"#, 17, None);
    wrong("source in []", 11, None);
}

#[test]
fn operators_and_functions_need_their_types() {
    let wrong = |source, column| check(source, Kind::WrongType, (1, column), None);
    wrong("user.name && true", 1);
    wrong("true || answers.seats", 9);
    wrong("!source", 2);
    wrong("not source in [\"google\"]", 5);
    wrong("not source == \"google\"", 5);
    wrong("-true", 2);
    wrong("1 + true == 2", 5);
    wrong(r#""a" + "b" == "ab""#, 1);
    wrong("now + 1 > now", 1);
    wrong("now - 1 > 1", 7);
    wrong(r#"in_cidr(source, "10.0.0.0/8")"#, 9);
    wrong("in_cidr(request.ip, source)", 21);
    wrong("domain(user.admin) == \"a\"", 8);
    wrong("proven(source)", 8);
    wrong(r#"proven("to" + "tp")"#, 8);
    wrong(r#"between("08:00", "08:00", "18:00")"#, 9);
    wrong("user.name.starts_with(1)", 23);
    wrong("source ?? 1 == 1", 11);
    wrong("user.admin ?? true", 12);
    wrong("user ?? true", 1);
    wrong("request?.ip == ()", 1);
}

#[test]
fn the_whole_must_be_true_or_false() {
    for source in ["1", r#""true""#, "user.name", "user", "()", "now", "domain(user.email)"] {
        check(source, Kind::WrongType, (1, 1), None);
    }
}

#[test]
fn literals_are_checked_before_anyone_signs_in() {
    let bad = |source, column, suggestion| check(source, Kind::BadLiteral, (1, column), suggestion);
    bad(r#"proven("otpt")"#, 8, Some("totp"));
    bad(r#"proven("passkey")"#, 8, Some("webauthn"));
    bad(r#"enrolled("email_otp")"#, 10, Some("email"));
    bad(r#"proven("Password")"#, 8, Some("password"));
    bad(r#"proven("")"#, 8, None);
    bad(r#"assurance.acr == "all2""#, 18, Some("aal2"));
    bad(r#""gold" == assurance.acr"#, 1, None);
    bad(r#"assurance.acr in ["aal2", "prh"]"#, 27, Some("phr"));
    bad(r#"in_cidr(request.ip, "10.0.0.0/33")"#, 21, None);
    bad(r#"in_cidr(request.ip, "office")"#, 21, None);
    bad(r#"in_cidr(request.ip, "10.1.2.3")"#, 21, Some("10.1.2.3/32"));
    bad(r#"in_cidr(request.ip, "10.1.2.3/8")"#, 21, Some("10.0.0.0/8"));
    bad(r#"in_cidr(request.ip, ["10.0.0.0/8", "::1"])"#, 36, Some("::1/128"));
    bad(r#"in_cidr(request.ip, "::ffff:10.0.0.0/104")"#, 21, None);
    bad("in_cidr(request.ip, [])", 21, None);
    bad(r#"between(now, "8:00", "18:00")"#, 14, Some("08:00"));
    bad(r#"between(now, "18:00", "24:00")"#, 23, Some("00:00"));
    bad(r#"between(now, "08:00", "25:00")"#, 23, None);
    bad(r#"between(now, "08:00", "08:00")"#, 23, None);
}

#[test]
fn calls_need_a_known_function_and_its_arguments() {
    check(r#"provn("totp")"#, Kind::UnknownFunction, (1, 1), Some("proven"));
    check("shell(1)", Kind::UnknownFunction, (1, 1), None);
    check("len(user.name) == 1", Kind::UnknownFunction, (1, 1), None);
    check("user() == ()", Kind::UnknownFunction, (1, 1), None);
    check("user.name.lenn() == 1", Kind::UnknownFunction, (1, 11), Some("len"));
    check("user.organisations.trim() == 1", Kind::UnknownFunction, (1, 20), None);
    check("user.email_verified.len() == 1", Kind::UnknownFunction, (1, 21), None);
    check("user.name() == 1", Kind::UnknownFunction, (1, 6), None);
    check("proven()", Kind::WrongArity, (1, 1), None);
    check(r#"proven("totp", "any")"#, Kind::WrongArity, (1, 1), None);
    check(r#"between(now, "08:00")"#, Kind::WrongArity, (1, 1), None);
    check("user.name.starts_with()", Kind::WrongArity, (1, 11), None);
    check("user.name.len(1) == 1", Kind::WrongArity, (1, 11), None);
}

#[test]
fn what_is_no_expression_is_refused_where_it_begins() {
    let refused_at = |source, kind, column| check(source, kind, (1, column), None);
    refused_at("source = \"google\"", Kind::NotAllowed, 8);
    refused_at("user.admin; true", Kind::NotAllowed, 11);
    refused_at("user.admin & true", Kind::NotAllowed, 12);
    refused_at("source == 'google'", Kind::Syntax, 11);
    refused_at("source == 'g'", Kind::NotAllowed, 11);
    refused_at("1.5 > 1", Kind::NotAllowed, 1);
    refused_at("`a${1}` == \"a1\"", Kind::NotAllowed, 1);
    refused_at("if user.admin { true } else { false }", Kind::NotAllowed, 1);
    refused_at("user.organisations[0] == \"acme\"", Kind::NotAllowed, 6);
    refused_at("[1] == [1]", Kind::NotAllowed, 1);
    refused_at("true === true", Kind::Syntax, 6);
    refused_at("source == \"google", Kind::Syntax, 11);
    refused_at("true true", Kind::Syntax, 6);
    refused_at("true )", Kind::Syntax, 6);
    refused_at("", Kind::Syntax, 1);
    refused_at(" \n ", Kind::Syntax, 1);
    check("source not in [\"a\"]", Kind::Syntax, (1, 12), Some("!in"));
    assert_eq!(refused("user.admin &&").kind, Kind::Syntax);
    assert_eq!(refused("(user.admin").kind, Kind::Syntax);
}

#[test]
fn the_limits_are_what_they_say() {
    let padded = |length: usize| format!("{:length$}", "true");
    assert!(compile(&padded(MAX_SOURCE)).is_ok());
    check(&padded(MAX_SOURCE + 1), Kind::TooLarge, (1, 1), None);

    let nested = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    // A pair of parentheses is two levels, an operator of a chain one.
    assert!(compile(&nested(MAX_DEPTH / 2 - 1)).is_ok());
    assert_eq!(refused(&nested(MAX_DEPTH)).kind, Kind::TooLarge);
    assert_eq!(refused(&nested(2000)).kind, Kind::TooLarge);
    assert_eq!(refused(&"!".repeat(4000)).kind, Kind::TooLarge);
    assert_eq!(refused(&"- ".repeat(2000)).kind, Kind::TooLarge);
    assert_eq!(refused(&"[".repeat(4000)).kind, Kind::TooLarge);

    let chain = |terms: usize| vec!["source == \"a\""; terms].join(" || ");
    assert!(compile(&chain(30)).is_ok());
    assert_eq!(refused(&chain(200)).kind, Kind::TooLarge);

    let list = |items: usize| format!("1 in [{}]", vec!["1"; items].join(","));
    assert!(compile(&list(MAX_ITEMS)).is_ok());
    assert_eq!(refused(&list(MAX_ITEMS + 1)).kind, Kind::TooLarge);
}

#[test]
fn at_run_time_an_error_is_an_error_and_never_false() {
    let nobody = Facts::at(morning());
    for (source, kind) in [
        ("user.admin", Kind::Absent),
        ("!user.admin", Kind::Absent),
        (r#"user.email == "a@b.example""#, Kind::Absent),
        (r#""acme" in user.organisations"#, Kind::Absent),
        (r#"user.organisations.contains("acme")"#, Kind::Absent),
        (r#"client.id == "wiki""#, Kind::Absent),
        (r#"source.starts_with("g")"#, Kind::Absent),
        (r#""g" in source"#, Kind::Absent),
        (r#"domain(source) == "a""#, Kind::Absent),
        (r#"in_cidr(request.ip, "10.0.0.0/8")"#, Kind::Absent),
        ("answers.newsletter", Kind::Absent),
        ("!answers.newsletter", Kind::Absent),
        ("answers.newsletter && true", Kind::Absent),
        ("answers.newsletter || true", Kind::Absent),
        ("answers.seats < 3", Kind::Absent),
        ("-answers.seats == 3", Kind::Absent),
        ("answers.seats + 1 == 2", Kind::Absent),
        ("0 * answers.seats == 0", Kind::Absent),
        ("3 >= answers.seats", Kind::Absent),
        ("answers.seats >= answers.seats", Kind::Absent),
        (r#""x" in answers.teams"#, Kind::Absent),
        ("answers.teams.len() == 0", Kind::Absent),
        ("answers.department.len() == 0", Kind::Absent),
        (r#"source in "google""#, Kind::Absent),
        (r#""google".contains(source)"#, Kind::Absent),
        ("now > user.created_at", Kind::Absent),
        ("now - user.created_at > 0", Kind::Absent),
        ("user?.created_at < now", Kind::Absent),
        ("now >= user?.created_at", Kind::Absent),
        ("user?.admin", Kind::Absent),
        ("1 / 0 == 1", Kind::Arithmetic),
        ("1 % 0 == 1", Kind::Arithmetic),
        ("9223372036854775807 + 1 > 0", Kind::Arithmetic),
        (r#"domain("nobody") == "a""#, Kind::BadValue),
        (r#"domain("@a") == "a""#, Kind::BadValue),
    ] {
        let error = evaluate(source, &nobody).unwrap_err();
        assert_eq!(error.kind, kind, "{source}: {error}");
    }
}

#[test]
fn a_run_time_error_says_what_is_absent_and_where() {
    let error = evaluate("true &&\n  user.admin", &Facts::at(morning())).unwrap_err();
    assert_eq!(error.line, 2);
    assert!(error.message.starts_with("`user` is absent"), "{error}");

    let mut facts = ada();
    facts.user.as_mut().unwrap().email = None;
    let error = evaluate("domain(user.email) == \"a\"", &facts).unwrap_err();
    assert!(error.message.starts_with("`user.email` is absent"), "{error}");
}

#[test]
fn an_answer_of_another_type_than_declared_is_an_error() {
    let mut facts = ada();
    facts.answers.insert("newsletter".to_owned(), Answer::Text("true".to_owned()));
    for source in ["answers.newsletter", "answers.newsletter == true", "answers.newsletter == ()"] {
        let error = evaluate(source, &facts).unwrap_err();
        assert_eq!(error.kind, Kind::BadValue, "{source}: {error}");
    }
}

#[test]
fn an_error_reads_as_a_sentence_with_its_place() {
    assert_eq!(
        refused("user.emial == \"a\"").to_string(),
        "`user` has no field `emial`; did you mean `email`? (line 1, column 6)"
    );
}
