//! The code that a device shows and a person types (RFC 8628 §6.1).

use std::fmt;

use crate::{Ambient, Sealer};

/// Consonants only, so that no word comes of them, and none that is taken for another.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// How many letters a code has: 20⁸ codes, 34.5 bits. Whoever enters them must be counted.
const LENGTH: usize = 8;

/// The longest text that is read as a code, in bytes.
const MAX_TYPED: usize = 64;

/// A user code, as its letters alone. It is shown as `XXXX-XXXX` and kept only as a keyed digest:
/// the database alone can neither check nor guess it.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A new one, each as likely as any other.
    #[must_use]
    pub fn generate(ambient: &Ambient) -> Self {
        let mut letters = String::with_capacity(LENGTH);
        while letters.len() < LENGTH {
            // The last 16 values of a byte would favour the first letters.
            let fair = ambient.bytes::<16>().into_iter().filter(|byte| *byte < 240);
            let fair = fair.map(|byte| char::from(LETTERS[usize::from(byte % 20)]));
            letters.extend(fair.take(LENGTH - letters.len()));
        }
        Self(letters)
    }

    /// Reads what somebody typed: upper and lower case are the same, and whatever is no letter or
    /// digit is ignored. `None` when it can be no code.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TYPED {
            return None;
        }
        let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let letters = letters.to_ascii_uppercase();
        let is_code = letters.len() == LENGTH && letters.bytes().all(|b| LETTERS.contains(&b));
        is_code.then_some(Self(letters))
    }

    /// The digest under which it is kept.
    pub(crate) fn digest(&self, sealer: &Sealer) -> Vec<u8> {
        sealer.mac("device user code", self.0.as_bytes())
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_punctuation_do_not_matter() {
        let code = UserCode::parse("WDJB-MJHT");
        assert!(code.is_some());
        for typed in ["wdjbmjht", " WDJB MJHT ", "wdjb–mjht", "W.D.J.B_M.J.H.T", "WDJB-MJHT\n"] {
            assert_eq!(UserCode::parse(typed), code, "{typed}");
        }
        assert_eq!(code.map(|code| code.to_string()).as_deref(), Some("WDJB-MJHT"));
    }

    #[test]
    fn what_can_be_no_code_is_none() {
        let long = format!("WDJB{}MJHT", "-".repeat(MAX_TYPED));
        for typed in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJA-MJHT", "WDJB-MJ1T", "ＷDJB-MJHT", &long]
        {
            assert!(UserCode::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn generated_codes_use_every_letter_and_differ() {
        let ambient = Ambient::system();
        let codes: Vec<String> =
            (0..200).map(|_| UserCode::generate(&ambient).to_string()).collect();
        for letter in LETTERS {
            let letter = char::from(*letter);
            assert!(codes.iter().any(|code| code.contains(letter)), "{letter}");
        }
        let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(distinct.len(), codes.len());
        assert!(codes.iter().all(|code| UserCode::parse(code).is_some()));
    }
}
