//! Truth tables of each name, operator, function and method.

use super::*;

fn holds(source: &str) {
    assert_eq!(evaluate(source, &ada()), Ok(true), "{source}");
}

fn fails(source: &str) {
    assert_eq!(evaluate(source, &ada()), Ok(false), "{source}");
}

#[test]
fn every_name_reads_its_fact() {
    for source in [
        r#"user.id == "u1""#,
        r#"user.username == "ada""#,
        r#"user.email == "Ada@Acme.example""#,
        "user.email_verified",
        r#"user.name == "Ada Lovelace""#,
        "user.language == ()",
        r#""acme" in user.organisations"#,
        "user.admin",
        "user.created_at < now",
        r#"organisation.slug == "acme""#,
        r#"organisation.name == "Acme GmbH""#,
        r#"client.id == "wiki""#,
        r#"client.name == "Wiki""#,
        "client.organisation == ()",
        r#"source == "google""#,
        "request.ip != ()",
        r#"request.user_agent.starts_with("Mozilla")"#,
        r#"request.language == "de""#,
        "device.remembered",
        r#"answers.department == "it""#,
        "!answers.newsletter",
        "answers.seats == 7",
        r#""blue" in answers.teams"#,
        "answers.default == ()",
        "!assurance.mfa",
        "!assurance.phishing_resistant",
        r#"assurance.acr == "aal1""#,
        r#""fed" in assurance.amr"#,
        "now == now",
    ] {
        holds(source);
    }
}

#[test]
fn logic_is_spelled_in_two_ways_and_short_circuits() {
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
        let facts = Facts::at(morning());
        let value = |source: &str| evaluate(source, &facts).unwrap();
        assert_eq!(value(&format!("{a} && {b}")), a && b);
        assert_eq!(value(&format!("{a} and {b}")), a && b);
        assert_eq!(value(&format!("{a} || {b}")), a || b);
        assert_eq!(value(&format!("{a} or {b}")), a || b);
        assert_eq!(value(&format!("!{a} && {b}")), !a && b);
        assert_eq!(value(&format!("not {a} or {b}")), !a || b);
        assert_eq!(value(&format!("not ({a} or {b})")), !(a || b));
        assert_eq!(value(&format!("{a} == {b}")), a == b);
        assert_eq!(value(&format!("{a} != {b}")), a != b);
        assert_eq!(value(&format!("{a} || {b} && false")), a);
    }
    holds("true || 1 / 0 == 1");
    fails("false && 1 / 0 == 1");
}

#[test]
fn whole_numbers_count_and_compare() {
    for source in [
        "1 + 2 * 3 == 7",
        "(1 + 2) * 3 == 9",
        "7 / 2 == 3 && 7 % 2 == 1 && 2 - 5 == -3",
        "-answers.seats == -7 && -(-1) == 1 && +1 == 1",
        "1 < 2 && 2 <= 2 && 3 > 2 && 2 >= 2 && 1 != 2",
        "answers.seats in [5, 6, 7]",
        "9223372036854775807 > 0",
    ] {
        holds(source);
    }
    for source in ["2 < 1", "3 <= 2", "2 > 3", "1 >= 2", "1 == 2", "8 in [5, 6, 7]"] {
        fails(source);
    }
}

#[test]
fn text_and_lists_have_their_methods() {
    for source in [
        r#"user.name.starts_with("Ada") && user.name.ends_with("lace")"#,
        r#"user.name.contains("Love") && "Love" in user.name"#,
        r#"user.email.to_lower() == "ada@acme.example""#,
        r#""  ada ".trim() == "ada" && "Größe".len() == 5"#,
        r#"user.email.to_lower().ends_with("@acme.example")"#,
        r#"user.organisations.contains("club") && user.organisations.len() == 2"#,
        r#"["google", "corp"].contains(source)"#,
        r#"source in ["google", "corp"] && source !in ["corp"]"#,
        r#""other" !in user.organisations"#,
    ] {
        holds(source);
    }
    for source in [
        r#"user.name.starts_with("Lovelace")"#,
        r#"user.name.ends_with("Ada")"#,
        r#"user.name.contains("love")"#,
        r#"user.organisations.contains("acm")"#,
        r#""ACME" in user.organisations"#,
    ] {
        fails(source);
    }
}

#[test]
fn proven_and_enrolled_look_up_factors() {
    holds(r#"proven("social") && proven("any") && !proven("totp")"#);
    holds(r#"enrolled("totp") && enrolled("static") && enrolled("any") && !enrolled("webauthn")"#);
    let nobody = Facts::at(morning());
    for source in [r#"proven("any")"#, r#"enrolled("any")"#, r#"proven("social")"#] {
        assert_eq!(evaluate(source, &nobody), Ok(false), "{source}");
    }
    assert_eq!(evaluate(r#"not proven("any")"#, &nobody), Ok(true));
    for factor in FACTORS {
        let proven = Facts { proven: set(&[factor]), ..Facts::at(morning()) };
        assert_eq!(evaluate(&format!(r#"proven("{factor}")"#), &proven), Ok(true));
        assert_eq!(evaluate(&format!(r#"enrolled("{factor}")"#), &proven), Ok(false));
    }
}

#[test]
fn the_words_are_those_of_the_admission_kernel() {
    let factors: BTreeSet<_> =
        assurance::Factor::STRONGEST_FIRST.map(assurance::Factor::as_str).into();
    let own: BTreeSet<_> = FACTORS.into_iter().filter(|name| *name != "social").collect();
    assert_eq!(own, factors);
    assert_eq!(ACRS, assurance::Acr::ALL.map(assurance::Acr::as_str));
}

#[test]
fn in_cidr_compares_the_address_itself() {
    let from = |ip: &str, source: &str| {
        let mut facts = ada();
        facts.request.ip = Some(ip.parse().unwrap());
        evaluate(source, &facts).unwrap()
    };
    let office = r#"in_cidr(request.ip, "10.0.0.0/8")"#;
    assert!(from("10.255.255.255", office));
    assert!(!from("11.0.0.0", office));
    assert!(!from("2001:db8::1", office));
    // What a dual-stack socket reports for an IPv4 peer.
    assert!(from("::ffff:10.0.0.1", office));
    let both = r#"in_cidr(request.ip, ["192.168.0.0/16", "2001:db8::/32"])"#;
    assert!(from("2001:db8::1", both));
    assert!(from("192.168.7.7", both));
    assert!(!from("10.0.0.1", both));
    assert!(from("1.2.3.4", r#"in_cidr(request.ip, "1.2.3.4/32")"#));
}

#[test]
fn domain_is_what_follows_the_last_at_sign() {
    holds(r#"domain(user.email) == "acme.example""#);
    fails(r#"domain(user.email) == "Acme.example""#);
    holds(r#"domain("\"a@b\"@C.example") == "c.example""#);
}

#[test]
fn between_is_utc_half_open_and_goes_over_midnight() {
    let at = |time: &str, source: &str| {
        let now = format!("2026-03-02T{time}Z").parse().unwrap();
        evaluate(source, &Facts::at(now)).unwrap()
    };
    let day = r#"between(now, "08:00", "18:00")"#;
    let night = r#"between(now, "22:30", "06:00")"#;
    for (time, is_day, is_night) in [
        ("07:59:59", false, false),
        ("08:00:00", true, false),
        ("17:59:59", true, false),
        ("18:00:00", false, false),
        ("22:29:59", false, false),
        ("22:30:00", false, true),
        ("00:00:00", false, true),
        ("05:59:59", false, true),
        ("06:00:00", false, false),
    ] {
        assert_eq!(at(time, day), is_day, "{time}");
        assert_eq!(at(time, night), is_night, "{time}");
    }
}

#[test]
fn times_compare_and_differ_in_seconds() {
    holds("now - user.created_at == 86400");
    holds("now - user.created_at < 7 * 24 * 3600");
    holds(
        "user.created_at <= now && now > user.created_at && now >= now && now != user.created_at",
    );
    fails("now < user.created_at");
}

#[test]
fn an_absent_value_equals_nothing_but_unit() {
    let nobody = Facts::at(morning());
    for (source, expected) in [
        ("user == ()", true),
        ("user != () && user.admin", false),
        (r#"source == "google""#, false),
        (r#"source != "google""#, true),
        (r#""google" == source"#, false),
        (r#"source in ["google", "corp"]"#, false),
        ("request.ip == ()", true),
        (r#"answers.department == "it""#, false),
        ("answers.newsletter == true", false),
        ("answers.newsletter ?? true", true),
        (r#"(source ?? "none") == "none""#, true),
        ("user?.admin ?? false", false),
        (r#"user?.email == "a@b.example""#, false),
        ("(user?.name.len() ?? 0) == 0", true),
        (r#"(user?.email ?? answers.department ?? "x") == "x""#, true),
    ] {
        assert_eq!(evaluate(source, &nobody), Ok(expected), "{source}");
    }
    // No organisation of the client is in no list of organisations.
    fails("client.organisation in user.organisations");
}

#[test]
fn comments_and_lines_are_allowed() {
    holds("// who\n  user.admin && /* where */\n  device.remembered");
}
