use std::collections::HashSet;

use store::Ambient;

use super::{Mail, Route as _, Text, code};

/// by chance alone, each digit at each place as often as any other.
#[test]
fn codes_are_six_digits_of_pure_chance() {
    const MANY: usize = 100_000;
    let ambient = Ambient::system();
    let mut counts = [[0_usize; 10]; 6];
    let mut different = HashSet::new();
    for _ in 0..MANY {
        let code = code::make(&ambient);
        assert_eq!(code.len(), 6);
        for (place, digit) in code.bytes().enumerate() {
            counts[place][usize::from(digit - b'0')] += 1;
        }
        different.insert(code);
    }
    // Ten standard deviations: 0.1 n ± 10 √(0.09 n).
    for count in counts.iter().flatten() {
        assert!((9_050..=10_950).contains(count), "{counts:?}");
    }
    // Of a million, a hundred thousand draws meet about 95 163 different ones.
    assert!((94_000..=96_300).contains(&different.len()), "{}", different.len());
}

/// one code has one spelling, and what is none is not compared.
#[test]
fn a_code_is_put_right_before_it_is_compared() {
    for typed in
        ["123456", " 123456 ", "123 456", "123-456", "１２３４５６", "12 34–56", "1 2 3 4 5 6"]
    {
        assert_eq!(code::read(typed).as_deref(), Some("123456"), "{typed}");
    }
    for typed in [
        "",
        " ",
        "12345",
        "1234567",
        "+123456",
        "-+12345",
        "12345a",
        "0x1234",
        "١٢٣٤٥٦",
        "1234.6",
        "123456\n",
        "123456\r\n",
        "12345\u{0}",
        "null",
        "123456 123456",
        "1e5",
        "¹²³⁴⁵",
    ] {
        assert_eq!(code::read(typed), None, "{typed:?}");
    }
    assert_eq!(code::read("012345").as_deref(), Some("012345"), "zeros are digits");
}

#[test]
fn a_number_is_e_164_and_nothing_else() {
    for typed in ["+44 7700 900123", "+44 (7700) 900-123", " +447700900123 ", "+44.7700/900123"] {
        assert_eq!(Text::read(typed).as_deref(), Some("+447700900123"), "{typed}");
    }
    let longest = "+123456789012345";
    assert_eq!(Text::read(longest).as_deref(), Some(longest));
    for typed in [
        "",
        "+",
        "07700900123",
        "00447700900123",
        "447700900123",
        "+0447700900123",
        "+1234567",
        "+1234567890123456",
        "+44770090012a",
        "+44７７００900123",
        "+447700900123\r\nBcc: x",
        "+447700900123;ext=1",
        "+447700900123,+447700900124",
        "+447700900123\u{0}",
        "tel:+447700900123",
        "++447700900123",
        "+44 7700 900123 +44 7700 900124",
    ] {
        assert_eq!(Text::read(typed), None, "{typed:?}");
    }
    assert!(Text::read(&format!("+{}", "1".repeat(100_000))).is_none());
}

#[test]
fn an_address_is_one_mailbox() {
    assert_eq!(Mail::read(" ada@acme.example ").as_deref(), Some("ada@acme.example"));
    for typed in [
        "",
        "ada",
        "ada@acme.example, eve@evil.example",
        "ada@acme.example;eve@evil.example",
        "ada@acme.example\r\nBcc: eve@evil.example",
        "\"ada\r\n\"@acme.example",
        "<ada@acme.example>",
        "Ada <ada@acme.example>",
        "ada@acme.example\u{0}",
        "ada@[127.0.0.1]",
        "ada@localhost",
    ] {
        assert_eq!(Mail::read(typed), None, "{typed:?}");
    }
    let long = format!("{}@acme.example", "a".repeat(250));
    assert_eq!(Mail::read(&long), None);
}

#[test]
fn what_is_shown_names_nobody() {
    for (address, masked) in [
        ("ada@acme.example", "a•••@acme.example"),
        ("a@acme.example", "•••@acme.example"),
        ("äda@acme.example", "ä•••@acme.example"),
    ] {
        assert_eq!(Mail::masked(address), masked);
    }
    assert_eq!(Text::masked("+447700900123"), "+44•••••23");
    assert_eq!(Text::masked("+12345678"), "+12•••••78");
}
