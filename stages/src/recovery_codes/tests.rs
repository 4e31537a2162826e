#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use store::Ambient;

use super::format::{ALPHABET, Format};

/// Alphabets, lengths and groups that are allowed.
fn formats() -> impl Strategy<Value = Format> {
    let letters: Vec<char> = ('0'..='9').chain('A'..='Z').collect();
    let alphabet = proptest::sample::subsequence(letters, 10..=36).prop_shuffle();
    (alphabet, any::<bool>(), 6..=32_u8, 2..=32_u8)
        .prop_map(|(letters, lower, length, group)| {
            let alphabet: String = letters.into_iter().collect();
            let alphabet = if lower { alphabet.to_lowercase() } else { alphabet };
            Format { alphabet, length, group }
        })
        // Ten characters, six long, are a hair short of twenty bits.
        .prop_filter("what is refused makes no codes", |format| format.check().is_empty())
}

/// The same code as somebody might type it.
fn spellings(code: &str) -> impl Strategy<Value = String> + use<> {
    let separators = ["", "-", " ", "--", "\t", "\u{2013}", "\u{a0}"];
    let letter = |c: char| {
        let case = any::<bool>().prop_map(move |upper| {
            if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
        });
        (proptest::sample::select(separators.to_vec()), case)
    };
    let letters: Vec<_> = code.chars().map(letter).collect();
    (letters, proptest::sample::select(separators.to_vec())).prop_map(|(letters, last)| {
        let mut typed = String::new();
        for (separator, letter) in letters {
            typed.push_str(separator);
            typed.push(letter);
        }
        typed + last
    })
}

proptest! {
    #[test]
    fn every_spelling_of_a_code_is_that_code(
        (format, code, typed) in formats().prop_flat_map(|format| {
            let code = format.make(&Ambient::system());
            (Just(format), Just(code.clone()), spellings(&code))
        }),
    ) {
        prop_assert_eq!(code.len(), usize::from(format.length));
        prop_assert_eq!(format.read(&code), Some(code.clone()));
        prop_assert_eq!(format.read(&format.show(&code)), Some(code.clone()));
        if typed.chars().count() <= 128 {
            prop_assert_eq!(format.read(&typed), Some(code));
        }
    }

    #[test]
    fn groups_are_even_and_no_longer_than_asked(format in formats()) {
        let pattern = format.pattern();
        let sizes: Vec<_> = pattern.split('-').map(str::len).collect();
        prop_assert_eq!(sizes.iter().sum::<usize>(), usize::from(format.length));
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        prop_assert!(*most <= usize::from(format.group) && most - least <= 1, "{}", pattern);
    }

    #[test]
    fn what_is_typed_is_read_or_refused_and_never_fails(
        format in formats(),
        typed in any::<String>(),
    ) {
        if let Some(code) = format.read(&typed) {
            prop_assert!(code.chars().all(|c| format.alphabet.contains(c)));
            prop_assert_eq!(code.len(), usize::from(format.length));
        }
    }

    /// Two codes stay two: reading joins spellings, never codes.
    #[test]
    fn different_codes_are_never_read_as_one(format in formats()) {
        let ambient = Ambient::system();
        let (one, other) = (format.make(&ambient), format.make(&ambient));
        prop_assert_eq!(one == other, format.read(&one) == format.read(&other));
    }
}

#[test]
fn look_alikes_are_read_as_what_was_meant() {
    let usual = Format { length: 6, ..Format::default() };
    assert_eq!(usual.read("O0-o1 Il"), Some("000111".to_owned()));
    assert_eq!(usual.read("L1i0oO"), Some("111000".to_owned()));
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned();
    let letters = Format { alphabet: letters, length: 6, group: 6 };
    // A nought is an O where there is no nought; a one may be an I or an L, so it is neither.
    assert_eq!(letters.read("FL00D0"), Some("FLOODO".to_owned()));
    assert_eq!(letters.read("F1OODO"), None);
    // Where both are in the alphabet they are different characters.
    let both = Format { alphabet: "0123456789O".to_owned(), length: 6, group: 6 };
    assert_eq!(both.read("0O0O0O"), Some("0O0O0O".to_owned()));
}

#[test]
fn what_is_no_code_is_not_read() {
    let usual = Format::default();
    let long = "-".repeat(200) + "0123456789";
    for typed in [
        "",
        " ",
        "-",
        "012345678",
        "01234567890",
        "01234-5678U",
        "+0123456789",
        "０１２３４５６７８９",
        "0123456789\0",
        "0123456789%",
        &long,
    ] {
        assert_eq!(usual.read(typed), None, "{typed:?}");
    }
}

#[test]
fn codes_look_as_expected() {
    let pattern = |length, group| Format { length, group, ..Format::default() }.pattern();
    assert_eq!(pattern(10, 5), "XXXXX-XXXXX");
    assert_eq!(pattern(12, 5), "XXXX-XXXX-XXXX");
    assert_eq!(pattern(12, 6), "XXXXXX-XXXXXX");
    assert_eq!(pattern(7, 4), "XXXX-XXX");
    assert_eq!(pattern(6, 32), "XXXXXX");
}

/// every character at every place, none likelier than another, no code twice.
#[test]
fn codes_are_made_by_chance() {
    let ambient = Ambient::system();
    // 33 does not divide 256, so an unfair draw would show.
    let format = Format { alphabet: format!("{ALPHABET}U"), ..Format::default() };
    let codes: Vec<_> = (0..20_000).map(|_| format.make(&ambient)).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    let mut counts = BTreeMap::<char, f64>::new();
    for letter in codes.iter().flat_map(|code| code.chars()) {
        *counts.entry(letter).or_default() += 1.0;
    }
    assert_eq!(counts.len(), 33);
    let expected = 200_000.0 / 33.0;
    let chi: f64 = counts.values().map(|count| (count - expected).powi(2) / expected).sum();
    // 32 degrees of freedom: above 100 by chance once in 10^8.
    assert!(chi < 100.0, "{chi}: {counts:?}");
}

#[test]
fn codes_that_could_be_guessed_are_refused() {
    let wrong = |alphabet: &str, length, group| {
        let problems = Format { alphabet: alphabet.to_owned(), length, group }.check();
        problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(wrong(ALPHABET, 10, 5), [""; 0]);
    assert_eq!(wrong(ALPHABET, 12, 5), [""; 0]);
    // 19.9 and 23.3 bits.
    assert_eq!(wrong("0123456789", 6, 3), ["length"]);
    assert_eq!(wrong("0123456789", 7, 4), [""; 0]);
    assert_eq!(wrong(ALPHABET, 5, 5), ["length"]);
    assert_eq!(wrong(ALPHABET, 33, 5), ["length"]);
    assert_eq!(wrong(ALPHABET, 10, 1), ["group"]);
    assert_eq!(wrong("012345678", 20, 5), ["alphabet"]);
    assert_eq!(wrong("00123456789", 20, 5), ["alphabet"]);
    assert_eq!(wrong("0123456789aA", 20, 5), ["alphabet"]);
    assert_eq!(wrong("0123456789é", 20, 5), ["alphabet"]);
    assert_eq!(wrong("0123456789-", 20, 5), ["alphabet"]);
    assert_eq!(wrong("", 20, 5), ["alphabet"]);
}
