//! Whatever the document, a check answers; whatever is broken in a good one, the finding lies in
//! the file.

use proptest::prelude::*;

use crate::fixture::{GOOD, check, said};
use crate::{Checked, Severity};

fn lies_inside(checked: &Checked, text: &str) -> Result<(), TestCaseError> {
    let lines: Vec<&str> = text.lines().collect();
    for found in &checked.diagnostics {
        prop_assert!(found.line >= 1 && found.line <= lines.len().max(1), "{found:?}");
        let length = lines.get(found.line - 1).map_or(0, |line| line.chars().count());
        prop_assert!(found.column >= 1 && found.column <= length + 1, "{found:?}");
        prop_assert!((found.end_line, found.end_column) >= (found.line, found.column), "{found:?}");
    }
    prop_assert_eq!(checked.blueprint.is_none(), checked.has_errors(), "{:?}", said(checked));
    Ok(())
}

/// A random tree of words of the language and others, as flow-style YAML.
fn tree() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "flowgate",
        "name",
        "organisations",
        "clients",
        "flows",
        "users",
        "conditions",
        "vars",
        "stages",
        "use",
        "branch",
        "include",
        "when",
        "otherwise",
        "password",
        "login",
        "deny",
        "attempts",
        "policy",
        "mfa",
        "required",
        "acme",
        "sign-in",
        "true",
        "1",
        "~",
        "12h",
        "!env SET",
        "!env NOT_SET",
        "!var x",
        "!file x",
        "authentication",
        "\"\"",
        "redirect_uris",
        "kind",
        "public",
        "-1",
        "1e9",
        "identify",
        "prompt",
        "fields",
        "organisation",
        "email",
        "title",
        "id",
        "\"a b\"",
    ]);
    let leaf = word.clone().prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        let entry = (word.clone(), inner.clone())
            .prop_map(|(key, value)| format!("{}: {value}", key.trim_start_matches('!')));
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(entry, 0..6)
                .prop_map(|entries| format!("{{{}}}", entries.join(", "))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn no_document_makes_the_check_panic(
        organisations in tree(), clients in tree(), flows in tree(), users in tree(), conditions in tree(), stages in tree()
    ) {
        let text = format!(
            "flowgate: 1\nname: a\norganisations: {{acme: {organisations}}}\nclients: {{wiki: {clients}}}\nconditions: {conditions}\nusers: {{ada: {users}}}\nflows: {{f: {flows}, g: {{use: authentication, stages: [{stages}, {stages}]}}}}\n"
        );
        lies_inside(&check(&text), &text)?;
    }

    #[test]
    fn no_tree_makes_the_check_panic(tree in tree()) {
        lies_inside(&check(&tree), &tree)?;
    }

    /// A letter that is taken out, doubled or exchanged somewhere in a good blueprint.
    #[test]
    fn a_broken_blueprint_is_said_to_be_broken_inside_the_file(
        place in 0..GOOD.chars().count(), letter in "[a-z0-9:{}\\[\\]\"'&*!#,. -]", change in 0..3
    ) {
        let mut characters: Vec<char> = GOOD.chars().collect();
        let letter = letter.chars().next().unwrap();
        match change {
            0 => drop(characters.remove(place)),
            1 => characters.insert(place, letter),
            _ => characters[place] = letter,
        }
        let text: String = characters.into_iter().collect();
        lies_inside(&check(&text), &text)?;
    }

    /// A key that is misspelt is always found, at its line.
    #[test]
    fn a_misspelt_key_is_found_at_its_line(which in 0..1000_usize) {
        let keys: Vec<(usize, usize)> = GOOD
            .lines()
            .enumerate()
            .skip(6)
            .filter_map(|(number, line)| {
                let key = line.trim_start().trim_start_matches("- ").split(':').next()?;
                let is_key = line.contains(':') && !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                // The names of objects are free; so are the keys of answers.
                let is_name = line.starts_with("  ") && !line.starts_with("   ");
                (is_key && !is_name).then(|| (number, line.find(key).unwrap()))
            })
            .collect();
        let (line, column) = keys[which % keys.len()];
        let text: Vec<String> = GOOD
            .lines()
            .enumerate()
            .map(|(number, text)| if number == line { format!("{}zq{}", &text[..column], &text[column..]) } else { text.to_owned() })
            .collect();
        let checked = check(&text.join("\n"));
        let is_found = checked.diagnostics.iter().any(|found| found.severity == Severity::Error && found.line == line + 1);
        prop_assert!(is_found, "line {}: {:?}", line + 1, said(&checked));
    }
}
