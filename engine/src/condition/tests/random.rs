//! Random sources never panic, and random expressions agree with a second, naive evaluator.

use proptest::prelude::*;

use super::*;

/// An expression over the names that are true or false, absent ones among them.
#[derive(Debug, Clone)]
enum Tree {
    Is(bool),
    Admin,
    Remembered,
    Newsletter,
    Proven(&'static str),
    Enrolled(&'static str),
    From(&'static str),
    Seats(&'static str, i64),
    Member(&'static str),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    Same(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn source(&self) -> String {
        match self {
            Self::Is(value) => value.to_string(),
            Self::Admin => "user.admin".to_owned(),
            Self::Remembered => "device.remembered".to_owned(),
            Self::Newsletter => "(answers.newsletter ?? false)".to_owned(),
            Self::Proven(factor) => format!("proven(\"{factor}\")"),
            Self::Enrolled(factor) => format!("enrolled(\"{factor}\")"),
            Self::From(source) => format!("(source == \"{source}\")"),
            Self::Seats(operator, number) => format!("(answers.seats {operator} {number})"),
            Self::Member(slug) => format!("(\"{slug}\" in user.organisations)"),
            Self::Not(inner) => format!("!({})", inner.source()),
            Self::And(a, b) => format!("({} && {})", a.source(), b.source()),
            Self::Or(a, b) => format!("({} or {})", a.source(), b.source()),
            Self::Same(a, b) => format!("({} == {})", a.source(), b.source()),
        }
    }

    /// `None` for an error.
    fn value(&self, facts: &Facts) -> Option<bool> {
        let held = |held: &BTreeSet<String>, factor: &str| {
            held.contains(factor) || factor == "any" && !held.is_empty()
        };
        Some(match self {
            Self::Is(value) => *value,
            Self::Admin => facts.user.as_ref()?.admin,
            Self::Remembered => facts.device.remembered,
            Self::Newsletter => facts.answers.get("newsletter") == Some(&Answer::Flag(true)),
            Self::Proven(factor) => held(&facts.proven, factor),
            Self::Enrolled(factor) => held(&facts.enrolled, factor),
            Self::From(source) => facts.source.as_deref() == Some(source),
            Self::Seats(operator, number) => match (facts.answers.get("seats"), *operator) {
                (Some(Answer::Number(seats)), "<") => seats < number,
                (Some(Answer::Number(seats)), ">=") => seats >= number,
                (Some(Answer::Number(seats)), "==") => seats == number,
                (None, "==") => false,
                _ => return None,
            },
            Self::Member(slug) => {
                (facts.user.as_ref()?.organisations.iter()).any(|own| own == slug)
            }
            Self::Not(inner) => !inner.value(facts)?,
            Self::And(a, b) => a.value(facts)? && b.value(facts)?,
            Self::Or(a, b) => a.value(facts)? || b.value(facts)?,
            Self::Same(a, b) => {
                let (a, b) = (a.value(facts), b.value(facts));
                a? == b?
            }
        })
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let factor = || proptest::sample::select(vec!["any", "password", "totp", "webauthn"]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Tree::Is),
        Just(Tree::Admin),
        Just(Tree::Remembered),
        Just(Tree::Newsletter),
        factor().prop_map(Tree::Proven),
        factor().prop_map(Tree::Enrolled),
        proptest::sample::select(vec!["google", "corp"]).prop_map(Tree::From),
        (proptest::sample::select(vec!["<", ">=", "=="]), 0..4_i64)
            .prop_map(|(operator, number)| Tree::Seats(operator, number)),
        proptest::sample::select(vec!["acme", "club"]).prop_map(Tree::Member),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let pair = || (inner.clone(), inner.clone());
        prop_oneof![
            inner.clone().prop_map(|a| Tree::Not(a.into())),
            pair().prop_map(|(a, b)| Tree::And(a.into(), b.into())),
            pair().prop_map(|(a, b)| Tree::Or(a.into(), b.into())),
            pair().prop_map(|(a, b)| Tree::Same(a.into(), b.into())),
        ]
    })
}

fn factors() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::sample::subsequence(vec!["password", "totp", "webauthn"], 0..=3)
        .prop_map(|names| set(&names))
}

fn facts() -> impl Strategy<Value = Facts> {
    let person = (any::<bool>(), proptest::sample::subsequence(vec!["acme", "club"], 0..=2));
    let source = proptest::option::of(proptest::sample::select(vec!["google", "corp"]));
    let answers = (proptest::option::of(any::<bool>()), proptest::option::of(0..4_i64));
    (proptest::option::of(person), any::<bool>(), source, answers, factors(), factors()).prop_map(
        |(person, remembered, source, (newsletter, seats), proven, enrolled)| {
            let mut facts = ada();
            facts.user = person.and_then(|(admin, organisations)| {
                Some(UserFacts {
                    admin,
                    organisations: organisations.into_iter().map(str::to_owned).collect(),
                    ..facts.user?
                })
            });
            facts.answers = [
                ("newsletter", newsletter.map(Answer::Flag)),
                ("seats", seats.map(Answer::Number)),
            ]
            .into_iter()
            .filter_map(|(name, answer)| Some((name.to_owned(), answer?)))
            .collect();
            facts.source = source.map(str::to_owned);
            Facts { device: DeviceFacts { remembered }, proven, enrolled, ..facts }
        },
    )
}

/// Pieces that make up nearly valid expressions more often than letters do.
fn pieces() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "user", ".", "?.", "email", "admin", "(", ")", "[", "]", "\"a\"", "==", "!=", "&&", "||",
        "!", "not", "in", "!in", "??", "-", "+", "/", "1", "0", "()", "proven", "\"any\"", "now",
        "source", "true", ",", "{", "}", "`", "${", "'", "|", "#{", "let", "if", "fn", ";", "=",
        "..", "::", "contains", "len", "this", "Fn", "eval", "/*", "//", "\n", "\\", "ß", "0x",
        "1e9", "\u{0}",
    ]);
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_agree_with_a_naive_evaluator(tree in tree(), facts in facts()) {
        let source = tree.source();
        match compile(&source) {
            Ok(condition) => prop_assert_eq!(condition.evaluate(&facts).ok(), tree.value(&facts), "{}", source),
            Err(error) => prop_assert_eq!(error.kind, ConditionErrorKind::TooLarge, "{}: {}", source, error),
        }
    }

    #[test]
    fn junk_is_refused_or_runs_without_a_panic(source in prop_oneof![pieces(), any::<String>(), "[ -~]{0,60}"]) {
        for facts in [ada(), Facts::at(morning())] {
            if let Ok(condition) = compile(&source) {
                let _ = condition.evaluate(&facts);
                let _ = condition.describe(&facts);
            }
        }
    }

    /// What the check lets through fails only for the reasons that the documentation names.
    #[test]
    fn what_is_checked_fails_only_by_absence_arithmetic_or_value(source in pieces(), facts in facts()) {
        if let Ok(Err(error)) = compile(&source).map(|condition| condition.evaluate(&facts)) {
            prop_assert!(matches!(
                error.kind,
                ConditionErrorKind::Absent | ConditionErrorKind::Arithmetic | ConditionErrorKind::BadValue
            ), "{}: {}", source, error);
        }
    }
}
