//! `docs/conditions.md` names everything that there is, and its examples are right.

use super::super::vocabulary::{FUNCTIONS, METHODS, OBJECTS, SCALARS};
use super::*;

const PAGE: &str = include_str!("../../../../docs/conditions.md");

#[test]
fn every_name_is_documented() {
    let fields = OBJECTS
        .iter()
        .flat_map(|object| object.fields.iter().map(|f| format!("`{}.{}`", object.name, f.name)));
    let scalars = SCALARS.iter().map(|field| format!("`{}`", field.name));
    let functions = FUNCTIONS.iter().map(|(_, example)| format!("`{example}`"));
    let methods = METHODS.iter().map(|method| format!("`.{method}("));
    let words = FACTORS.iter().chain(&ACRS).map(|word| format!("`{word}`"));
    for text in fields.chain(scalars).chain(functions).chain(methods).chain(words) {
        assert!(PAGE.contains(&text), "{text}");
    }
}

#[test]
fn every_example_is_right() {
    let (names, errors) =
        names().with_conditions([("from_office", r#"in_cidr(request.ip, "10.0.0.0/8")"#)]);
    assert_eq!(errors, []);
    let block = PAGE.split("```rhai\n").nth(1).unwrap().split("```").next().unwrap();
    let quoted =
        ["user != () && user.admin", "user?.admin ?? false", "answers.newsletter ?? false"];
    for source in quoted {
        assert!(PAGE.contains(&format!("`{source}`")), "{source}");
    }
    for source in block.lines().chain(quoted) {
        let condition = Condition::compile(source, &names);
        condition.unwrap().evaluate(&ada()).unwrap();
    }
}

#[test]
fn every_limit_is_documented() {
    for limit in [MAX_SOURCE, MAX_DEPTH, MAX_ITEMS, MAX_CONDITIONS] {
        assert!(PAGE.contains(&limit.to_string()), "{limit}");
    }
}
