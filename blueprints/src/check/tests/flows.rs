//! Stages, branches, includes, and what a flow can reach.

use std::fmt::Write as _;

use crate::fixture::{check, said};

/// What is said about one flow, whose stages are given as YAML below `stages:`.
fn flow(purpose: &str, stages: &str) -> Vec<String> {
    let stages = format!("      {}\n", stages.replace('\n', "\n      "));
    let checked = check(&format!(
        "flowgate: 1\nname: a\nflows:\n  f:\n    use: {purpose}\n    stages:\n{stages}"
    ));
    said(&checked)
        .into_iter()
        .map(|said| said.replace("a.yaml:", "").replace("flows.f.", ""))
        .collect()
}

const NONE: [&str; 0] = [];

#[test]
fn an_entry_is_one_stage() {
    assert_eq!(
        flow("settings", "- message"),
        ["7:9 wrong-type stages[0]: expected a stage, found text (write `message: {}`)"]
    );
    assert_eq!(
        flow("settings", "- {}"),
        [
            "7:9 missing-key stages[0]: this entry has no stage kind (a stage is a mapping with one kind, such as `password: {}`)"
        ]
    );
    assert_eq!(
        flow("settings", "- message: {}\n  gate: {}"),
        [
            "8:9 conflict stages[0].gate: `gate` stands beside `message`: one entry is one stage (begin a new entry: `- gate: ..`)"
        ]
    );
    assert_eq!(
        flow("settings", "- password:\n  attempts: 5"),
        [
            "8:9 unknown-key stages[0].attempts: unknown key `attempts` (`attempts` belongs inside `password`: indent it, or write `password: { attempts: .. }`)"
        ]
    );
    assert_eq!(
        flow("settings", "- password: {}\n  wen: now"),
        ["8:9 unknown-key stages[0].wen: unknown key `wen` (did you mean `when`?)"]
    );
    assert_eq!(
        flow("settings", "- zzz: {}"),
        [
            "7:9 unknown-kind stages[0].zzz: there is no stage kind `zzz` (the kinds are `consent`, `deny`, `gate`, `identify`, `login`, `logout`, `message`, `password`, `prompt`, `redirect`, `user_write`)"
        ]
    );
    assert_eq!(
        flow("settings", "- message: []"),
        ["7:9 wrong-type stages[0].message: expected a mapping, found a list"]
    );
    assert_eq!(
        flow("settings", "- message: {}\n  title: \"a\\nb\"")[0].split(" (").next().unwrap(),
        "8:16 wrong-value stages[0].title: the text must be one line without control characters"
    );
}

#[test]
fn ids_are_unique_in_a_flow() {
    let said = flow(
        "settings",
        "- message: {}\n  id: one\n- branch:\n    - otherwise:\n        - message: {}\n          id: one",
    );
    assert_eq!(
        said,
        [
            "12:21 duplicate stages[1].branch[0].otherwise[0].id: the id `one` stands in this flow twice (leave it out: the kind is the id, numbered when it repeats)"
        ]
    );
    // A given id is left alone by the numbering, wherever it stands.
    let checked = check(
        "flowgate: 1\nname: a\nflows:\n  f:\n    use: settings\n    stages:\n      - message:\n      - message:\n      - message:\n        id: message\n      - message:\n",
    );
    let flow = serde_json::to_value(&checked.blueprint.unwrap().flows["f"]).unwrap();
    let ids: Vec<_> = flow["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["stage"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["message-2", "message-3", "message", "message-4"]);
}

#[test]
fn a_stage_says_what_its_schema_cannot() {
    assert_eq!(
        flow("settings", "- prompt:\n    fields:\n      - name: nickname\n      - name: password"),
        ["10:21 wrong-value stages[0].prompt.fields[1].name: `password` is asked by its own stage"]
    );
    assert_eq!(
        flow("settings", "- identify: { sources: [google], enrolment: ff }"),
        [
            "7:31 unknown-reference stages[0].identify.sources[0]: `google` is not the name of a source",
            "7:51 unknown-reference stages[0].identify.enrolment: `ff` is not the name of a flow (there is `f`)",
        ]
    );
}

#[test]
fn conditions_are_compiled_where_they_stand() {
    assert_eq!(
        flow("settings", "- message:\n  when: 'not provn(\"any\")'"),
        ["8:20 condition stages[0].when: there is no function `provn` (did you mean `proven`?)"]
    );
    // Over several lines, the place is where the text begins.
    assert_eq!(
        flow("settings", "- message:\n  when: >-\n    not\n    provn(\"any\")")[0]
            .split(':')
            .next()
            .unwrap(),
        "9"
    );
    assert!(
        flow("settings", "- message:\n  when: true")[0]
            .starts_with("8:15 wrong-type stages[0].when: expected text, found true or false")
    );
    assert_eq!(
        flow(
            "settings",
            "- prompt: { fields: [{ name: terms, kind: flag }] }\n- message:\n  when: answers.terms"
        ),
        NONE
    );
    assert!(
        flow(
            "settings",
            "- prompt: { fields: [{ name: terms }] }\n- message:\n  when: answers.terms"
        )[0]
        .starts_with("9:15 condition")
    );
    let checked = check(
        "flowgate: 1\nname: a\nconditions:\n  one: two\n  two: one\n  now: \"true\"\n  bad-name: \"true\"\nflows:\n  f:\n    use: settings\n    stages:\n      - message:\n        when: one\n",
    );
    let said: Vec<String> =
        said(&checked).iter().map(|said| said.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[1].starts_with("a.yaml:6:3 condition conditions.now"), "{said:?}");
    assert!(said[2].starts_with("a.yaml:7:3 wrong-value conditions.bad-name"), "{said:?}");
}

#[test]
fn an_answer_has_one_type() {
    let said = flow(
        "settings",
        "- prompt: { fields: [{ name: terms, kind: flag }] }\n- prompt: { fields: [{ name: terms }] }",
    );
    assert_eq!(
        said,
        [
            "8:9 conflict stages[1]: the answer `terms` has another type here than elsewhere in the blueprint (give one of the fields another name)"
        ]
    );
}

#[test]
fn branch_and_include_stand_alone_and_are_strict() {
    assert_eq!(
        flow("settings", "- include: nowhere")[0],
        "7:18 unknown-reference stages[0].include: `nowhere` is not the name of a flow (there is `f`)"
    );
    assert_eq!(
        flow("settings", "- branch: [{ otherwise: [message: {}] }]\n  when: x"),
        [
            "8:9 conflict stages[0].when: `when` cannot stand beside `branch` (put it in a branch: `branch: [{ when: .., stages: [branch: ..] }]`)"
        ]
    );
    assert!(
        flow("settings", "- branch: {}")[0].starts_with(
            "7:9 wrong-type stages[0].branch: expected a list of arms, found a mapping"
        )
    );
    assert_eq!(
        flow("settings", "- branch: []"),
        ["7:17 wrong-value stages[0].branch: the branch has no arms"]
    );
    assert_eq!(
        flow("settings", "- branch:\n    - { stages: [message: {}] }")[0]
            .split(" (")
            .next()
            .unwrap(),
        "8:13 missing-key stages[0].branch[0]: the key `when` is missing"
    );
    assert_eq!(
        flow("settings", "- branch:\n    - { when: 'true', otherwise: [message: {}] }").len(),
        1
    );
    assert_eq!(
        flow("settings", "- branch:\n    - { when: 'true', stages: [] }"),
        ["8:37 wrong-value stages[0].branch[0].stages: the list is empty"]
    );
    assert_eq!(flow("settings", "- branch:\n    - message: {}").len(), 1);
}

#[test]
fn an_authentication_flow_ends_in_login_or_deny() {
    let dead_end = [
        "4:3 dead-end flows.f: this authentication flow can end without reaching `login` or `deny` (end it with `login` or `deny` without `when`, in every branch)",
    ];
    let purpose = "authentication";
    assert_eq!(flow(purpose, "- login:"), NONE);
    assert_eq!(flow(purpose, "- deny:"), NONE);
    assert_eq!(flow(purpose, "- login:\n- message:\n- redirect:"), NONE);
    assert_eq!(flow(purpose, "- login:\n  when: 'true'\n- deny:"), NONE);
    assert_eq!(
        flow(purpose, "- branch: [{ when: 'true', stages: [login: ] }, { otherwise: [deny: ] }]"),
        NONE
    );
    assert_eq!(flow(purpose, "- branch: [{ when: 'true', stages: [deny: ] }]\n- login:"), NONE);
    assert_eq!(flow(purpose, "- message:"), dead_end);
    assert_eq!(flow(purpose, "- user_write:"), dead_end);
    assert_eq!(flow(purpose, "- login:\n  when: 'true'"), dead_end);
    assert_eq!(flow(purpose, "- deny:\n  when: 'true'"), dead_end);
    assert_eq!(flow(purpose, "- branch: [{ when: 'true', stages: [login: ] }]"), dead_end);
    assert_eq!(
        flow(
            purpose,
            "- branch: [{ when: 'true', stages: [login: ] }, { otherwise: [message: ] }]"
        ),
        dead_end
    );
    assert_eq!(flow(purpose, "- include: f").len(), 1, "a circle alone");
    // A redirect ends the flow before it reached anything.
    assert_eq!(
        flow(purpose, "- redirect:\n  when: 'true'\n- login:"),
        [
            "7:9 dead-end stages[0]: `redirect` can end this authentication flow before reaching `login` or `deny` (put `login` or `deny` before it, on every path)"
        ]
    );
    // Nothing is said about a flow with a stage that could be anything.
    assert_eq!(flow(purpose, "- lgoin: {}").len(), 1);
}

#[test]
fn each_purpose_has_its_end() {
    for (purpose, good) in [
        ("enrolment", &["user_write", "login", "deny"] as &[&str]),
        ("recovery", &["user_write", "login", "deny"]),
        ("consent", &["consent", "deny"]),
        ("step_up", &["gate", "login", "deny"]),
        ("logout", &["logout", "deny"]),
        ("unenrolment", &["user_write", "logout", "deny"]),
        ("settings", &["message", "gate", "login", "redirect"]),
    ] {
        for end in
            ["user_write", "login", "deny", "consent", "gate", "logout", "message", "redirect"]
        {
            let said = flow(purpose, &format!("- {end}:"));
            let is_good = good.contains(&end) || purpose == "settings";
            assert_eq!(said.is_empty(), is_good, "{purpose} {end}: {said:?}");
            assert!(is_good || said[0].contains("dead-end"), "{said:?}");
        }
    }
}

#[test]
fn what_no_path_reaches_is_found() {
    let unreachable = "no path reaches this: every one ends above it (remove it, or give what ends the flow above a `when`)";
    assert_eq!(
        flow("authentication", "- deny:\n- login:\n- message:"),
        [format!("8:9 unreachable stages[1]: {unreachable}")]
    );
    assert_eq!(
        flow(
            "authentication",
            "- branch: [{ when: 'true', stages: [deny: ] }, { otherwise: [deny: ] }]\n- login:"
        ),
        [format!("8:9 unreachable stages[1]: {unreachable}")]
    );
    assert_eq!(
        flow(
            "authentication",
            "- branch:\n    - otherwise: [message: ]\n    - { when: 'true', stages: [message: ] }\n- login:"
        ),
        [
            "9:15 unreachable stages[0].branch[1]: no path reaches this: `otherwise` above takes all that is left (put `otherwise` last)"
        ]
    );
    let checked = check(
        "flowgate: 1\nname: a\nflows:\n  f:\n    use: authentication\n    stages:\n      - include: g\n      - login:\n  g:\n    use: settings\n    stages: [deny: ]\n",
    );
    assert_eq!(
        said(&checked),
        [format!("a.yaml:8:9 unreachable flows.f.stages[1]: {unreachable}")]
    );
}

#[test]
fn includes_in_a_circle_are_shown_once() {
    let checked = check(
        "flowgate: 1\nname: a\nflows:\n  f:\n    use: authentication\n    stages:\n      - branch: [{ when: 'true', stages: [include: g] }]\n      - login:\n  g:\n    use: settings\n    stages:\n      - message:\n      - include: h\n  h:\n    use: settings\n    stages: [include: f]\n",
    );
    assert_eq!(
        said(&checked),
        [
            "a.yaml:16:23 cycle flows.h.stages[0].include: these flows include each other without end: f → g → h → f"
        ]
    );
}

#[test]
fn includes_are_bounded() {
    let flows = |count: usize, each: usize| {
        let mut text = "flowgate: 1\nname: a\nflows:\n".to_owned();
        for number in 0..count {
            let stages = if number + 1 == count {
                "message: ".to_owned()
            } else {
                vec![format!("include: f{}", number + 1); each].join(", ")
            };
            writeln!(text, "  f{number}: {{ use: settings, stages: [{stages}] }}").unwrap();
        }
        check(&text)
    };
    assert_eq!(said(&flows(16, 1)), NONE);
    assert_eq!(said(&flows(17, 1)), ["a.yaml:4:3 limit flows.f0: includes nest deeper than 15"]);
    // Each flow includes the next ten times: a million million stages.
    let checked = flows(12, 10);
    assert!(said(&checked)[0].contains("more than 1000 stages"), "{:?}", said(&checked));
    assert!(flows(5_000, 1).blueprint.is_none());
}

#[test]
fn a_mistake_in_a_stage_hides_no_other_and_makes_no_other() {
    assert_eq!(
        flow(
            "settings",
            "- identify: { by: [phone], enrolment: nowhere }\n- prompt: { fields: [{ name: ok, kind: flag }, { nam: x }] }\n- message:\n  when: answers.ok"
        ),
        [
            "7:26 wrong-value stages[0].identify.by[0]: expected one of `email`, `username`, found `phone`",
            "7:45 unknown-reference stages[0].identify.enrolment: `nowhere` is not the name of a flow (there is `f`)",
            "8:56 unknown-key stages[1].prompt.fields[1].nam: unknown key `nam` (did you mean `name`?)",
        ]
    );
}

/// On a stack as small as that of any thread.
#[test]
fn branches_within_branches_end_before_the_stack_does() {
    for levels in [1, 8, 14, 15, 16, 100, 10_000] {
        let open = "{ branch: [{ otherwise: [".repeat(levels);
        let text = format!(
            "flowgate: 1\nname: a\nflows: {{ f: {{ use: authentication, stages: [{open}login: {}}}}}\n",
            "]}]}".repeat(levels) + "]"
        );
        let run = std::thread::Builder::new()
            .stack_size(1 << 20)
            .spawn(move || check(&text).has_errors());
        assert_eq!(run.unwrap().join().unwrap(), levels > 14, "{levels}");
    }
}
