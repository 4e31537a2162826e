//! Whole blueprints: what is said, where, and what comes out.

mod flows;
mod objects;
mod properties;
mod ten;

use std::fmt::Write as _;

use crate::fixture::{GOOD, check, check_files, check_with, said};
use crate::{Severity, render_json, render_text};

#[test]
fn a_good_blueprint_has_no_findings() {
    let checked = check(GOOD);
    assert_eq!(said(&checked), Vec::<String>::new());
    assert_eq!(render_text(&checked.diagnostics, false), "");
    let blueprint = checked.blueprint.unwrap();
    assert!(blueprint.is_complete);
    assert_eq!(blueprint.name, "acme");
    assert_eq!(blueprint.users["ada"].email.as_deref(), Some("ada@acme.example"));
    assert_eq!(blueprint.users["grace"].name.as_deref(), Some("acme.example"));
    assert_eq!(blueprint.clients["wiki"].secret.as_ref().unwrap().reveal(), "sesame-sesame");
    assert_eq!(blueprint.clients["app"].post_logout_redirect_uris, ["com.example.app:/callback"]);
    assert_eq!(blueprint.organisations["acme"].policy.grace, assurance::Span::days(7));
}

#[test]
fn a_flow_is_handed_to_the_engine_as_it_is_written() {
    let blueprint = check(GOOD).blueprint.unwrap();
    let sign_in = serde_json::to_value(&blueprint.flows["sign-in"]).unwrap();
    assert_eq!(
        sign_in,
        serde_json::json!({
            "slug": "sign-in",
            "purpose": "authentication",
            "title": "Welcome back",
            "stages": [
                { "stage": { "id": "identify", "kind": "identify", "when": null, "title": null, "config": { "by": ["email", "username"], "enrolment": "sign-up" } } },
                { "stage": { "id": "password", "kind": "password", "when": "not proven(\"any\")", "title": null, "config": { "attempts": 5 } } },
                { "stage": { "id": "gate", "kind": "gate", "when": null, "title": null, "config": {} } },
                { "branch": [
                    { "when": "from_office", "stages": [
                        { "stage": { "id": "login", "kind": "login", "when": null, "title": null, "config": { "session": "12h", "remember_me": "30d" } } },
                    ] },
                    { "when": null, "stages": [
                        { "stage": { "id": "login-2", "kind": "login", "when": null, "title": null, "config": { "session": "1h" } } },
                    ] },
                ] },
            ],
        })
    );
    let catalogue = engine::Flows {
        flows: blueprint
            .flows
            .iter()
            .map(|(slug, flow)| {
                (slug.clone(), engine::Owned { owner: "acme".to_owned(), object: flow.clone() })
            })
            .collect(),
        conditions: blueprint
            .conditions
            .iter()
            .map(|(name, source)| {
                (name.clone(), engine::Owned { owner: "acme".to_owned(), object: source.clone() })
            })
            .collect(),
    };
    engine::Catalogue::compile(
        1,
        &catalogue,
        &crate::fixture::registry(),
        &engine::condition::Sandbox::default(),
    )
    .unwrap();
}

#[test]
fn two_files_make_one_blueprint() {
    let first = "flowgate: 1\nname: acme\norganisations:\n  acme: {}\n";
    let second = "clients:\n  wiki:\n    kind: public\n    redirect_uris: [https://wiki.example/]\n    organisation: acme\n";
    for files in [[("a.yaml", first), ("b.yaml", second)], [("b.yaml", second), ("a.yaml", first)]]
    {
        let checked = check_files(&files);
        assert_eq!(said(&checked), Vec::<String>::new());
        assert_eq!(checked.blueprint.unwrap().clients.len(), 1);
    }
}

#[test]
fn the_same_object_in_two_files_names_both() {
    let checked = check_files(&[
        ("a.yaml", "flowgate: 1\nname: acme\norganisations:\n  acme: {}\n"),
        ("b.yaml", "flowgate: 1\nname: acme\norganisations:\n  other: {}\n  acme: {}\n"),
    ]);
    assert_eq!(
        said(&checked),
        ["b.yaml:5:3 duplicate organisations.acme: `acme` stands in `organisations` of two files"]
    );
    let related = checked.diagnostics[0].related.as_ref().unwrap();
    assert_eq!((&*related.file, related.line, related.column), ("a.yaml", 4, 3));
}

#[test]
fn the_name_agrees_in_all_files() {
    let checked = check_files(&[
        ("a.yaml", "flowgate: 1\nname: acme\n"),
        ("b.yaml", "flowgate: 2\nname: beta\n"),
    ]);
    let said = said(&checked);
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with(
        "b.yaml:1:11 conflict flowgate: `flowgate` is `2` here and `1` in another file"
    ));
    assert!(
        said[1].starts_with(
            "b.yaml:2:7 conflict name: `name` is `beta` here and `acme` in another file"
        )
    );
}

#[test]
fn what_every_blueprint_says() {
    assert_eq!(
        said(&check("organisations: {}\n")),
        [
            "a.yaml:1:1 missing-key : no file says `flowgate` (begin with `flowgate: 1`, the version of the language)",
            "a.yaml:1:1 missing-key : no file says `name` (`name: acme` says who owns what stands here)",
        ]
    );
    assert_eq!(
        said(&check("flowgate: 2\nname: acme\n")),
        ["a.yaml:1:11 wrong-value flowgate: only `1` is allowed, found `2`"]
    );
    assert_eq!(
        said(&check("flowgat: 1\nname: acme\n")),
        ["a.yaml:1:1 unknown-key flowgat: unknown key `flowgat` (did you mean `flowgate`?)"]
    );
    assert_eq!(
        said(&check("- a\n")),
        ["a.yaml:1:1 wrong-type : a blueprint is a mapping, found a list"]
    );
    assert_eq!(said(&check("# nothing\n")).len(), 2);
    let nothing = "blueprint:1:1 missing-key : there is no blueprint here (a blueprint begins with `flowgate: 1` and `name: ..`)";
    assert_eq!(said(&check_files(&[])), [nothing]);
    assert_eq!(
        said(&check("flowgate: 1\nname: Acme Corp\n")),
        [
            "a.yaml:2:7 wrong-value name: `Acme Corp` is not a name: small letters, digits, `-` and `_`, at most 64, a letter or digit first (for example `acme-corp`)"
        ]
    );
}

#[test]
fn what_is_not_supported_yet_is_refused_and_not_ignored() {
    let checked = check(
        "flowgate: 1\nname: a\nsources:\n  google: { preset: google }\nguarantees: {}\ntests: {}\norganisations:\n  acme:\n    policy:\n      sources: { google: trust }\n",
    );
    assert_eq!(
        said(&checked),
        [
            "a.yaml:3:1 unsupported sources: `sources` is not supported by this version of Flowgate",
            "a.yaml:5:1 unsupported guarantees: `guarantees` is not supported by this version of Flowgate",
            "a.yaml:6:1 unsupported tests: `tests` is not supported by this version of Flowgate",
            "a.yaml:10:18 unknown-reference organisations.acme.policy.sources.google: `google` is not the name of a source",
        ]
    );
}

#[test]
fn a_machine_without_the_secrets_can_check() {
    let text = GOOD
        .replace("!env SET", "!env NOT_HERE")
        .replace("attempts: 5", "attempts: !env NOR_THIS")
        .replace("30d", "!env NOR_THAT");
    let checked = check(&text);
    assert_eq!(checked.diagnostics.len(), 4, "{:?}", said(&checked));
    let two = "flowgate: 1\nname: a\nclients:\n  c: { kind: public, redirect_uris: [!env ONE, !env TWO], organisation: !env THREE }\n";
    assert_eq!(check(two).diagnostics.len(), 3);
    assert!(!check(two).has_errors());
    assert!(
        checked
            .diagnostics
            .iter()
            .all(|found| found.severity == Severity::Warning && found.code == crate::Code::Unset)
    );
    let blueprint = checked.blueprint.unwrap();
    assert!(!blueprint.is_complete);
    let registry = crate::fixture::registry();
    let options =
        crate::Options { environment: Box::new(|_| None), ..crate::Options::for_apply(&registry) };
    let source = crate::Source {
        origin: crate::Origin::Operator { folder: "/".into() },
        ..crate::Source::submitted("a.yaml", text)
    };
    let checked = crate::check_sources([source], &options);
    assert!(checked.has_errors() && checked.blueprint.is_none());
}

#[test]
fn a_variable_is_read_as_what_belongs_there() {
    let text = "flowgate: 1\nname: a\nvars: { n: 3 }\nflows:\n  f:\n    use: authentication\n    stages:\n      - password: { attempts: !var n }\n      - password: { attempts: !var given }\n      - login:\n";
    let attempts = |value: &str| {
        let checked =
            check_with(&[("a.yaml", text)], [("given".to_owned(), value.to_owned())].into());
        (said(&checked), checked.blueprint.map(|blueprint| serde_json::to_value(&blueprint.flows["f"]).unwrap()["stages"][1]["stage"]["config"].clone()))
    };
    assert_eq!(attempts("7"), (vec![], Some(serde_json::json!({ "attempts": 7 }))));
    assert_eq!(
        attempts("many").0,
        [
            "a.yaml:9:31 wrong-type flows.f.stages[1].password.attempts: expected a whole number, found text the value of `!var given`"
        ]
    );
}

#[test]
fn no_finding_shows_a_secret() {
    let text = "flowgate: 1\nname: a\nclients:\n  one: { kind: public, secret: hunter2hunter2, redirect_uris: [https://a.example/] }\n  two:\n    kind: confidential\n    secret: [hunter2]\n    redirect_uris: []\n  three:\n    kind: confidential\n    secret: 22222222\n    redirect_uris: [!env SET]\nusers:\n  ada:\n    pasword: hunter2\n    password: hunt2\n    password_hash: hunter2\n  eve: { password: hunter2hunter2, x: 1 }\n  bob: { email: !env SET }\n";
    let checked = check(text);
    let shown = format!(
        "{}{}",
        render_text(&checked.diagnostics, false),
        render_json(&checked.diagnostics)
    );
    assert!(checked.diagnostics.len() >= 9, "{shown}");
    for secret in ["hunt", "22222", "sesame"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// Wherever `!env` is put, what it holds is not said.
#[test]
fn no_finding_shows_what_a_tag_gave() {
    let lines: Vec<&str> = GOOD.lines().collect();
    let mut count = 0;
    for (number, line) in lines.iter().enumerate() {
        let Some((key, _)) = line.split_once(": ").filter(|(key, _)| !key.contains('#')) else {
            continue;
        };
        let mut changed = lines.clone();
        let tagged = format!("{key}: !env SET");
        changed[number] = &tagged;
        let checked = check(&changed.join("\n"));
        let shown = render_text(&checked.diagnostics, false);
        assert!(!shown.contains("sesame"), "{shown}");
        count += checked.diagnostics.len();
    }
    assert!(count > 20, "{count}");
}

#[test]
fn a_blueprint_cannot_drive_the_terminal() {
    let checked = check("flowgate: 1\nname: a\n\"\\e[2J\\u202e\": 1\n");
    let shown = render_text(&checked.diagnostics, false);
    assert!(shown.contains("unknown key `\\u{1b}[2J\\u{202e}`"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    assert!(render_text(&checked.diagnostics, true).contains("\u{1b}[31m"));
}

#[test]
fn a_finding_is_shown_with_its_line() {
    let checked = check("flowgate: 1\nname: acme\norganisations:\n  acme: { nmae: Acme }\n");
    insta::assert_snapshot!(render_text(&checked.diagnostics, false), @r"
    error[unknown-key]: unknown key `nmae`
     --> a.yaml:4:11
      |
    4 |   acme: { nmae: Acme }
      |           ^^^^
      = at organisations.acme.nmae
      = did you mean `name`?

    1 error
    ");
    assert_eq!(
        render_json(&checked.diagnostics),
        serde_json::json!({
            "errors": 1,
            "warnings": 0,
            "diagnostics": [{
                "severity": "error",
                "code": "unknown-key",
                "message": "unknown key `nmae`",
                "file": "a.yaml",
                "line": 4,
                "column": 11,
                "end_line": 4,
                "end_column": 15,
                "path": "organisations.acme.nmae",
                "suggestion": "did you mean `name`?",
                "related": null,
            }],
        })
    );
}

#[test]
fn a_file_of_garbage_has_a_bounded_report() {
    let mut text = "flowgate: 1\nname: a\norganisations:\n".to_owned();
    for number in 0..30_000 {
        writeln!(text, "  o{number}: {{ x{number}: 1 }}").unwrap();
    }
    let start = std::time::Instant::now();
    let checked = check(&text);
    assert_eq!(checked.diagnostics.len(), crate::MAX_DIAGNOSTICS + 1);
    assert!(checked.diagnostics.last().unwrap().message.contains("repair these first"));
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}
