//! How recovery codes look: made, shown and read by one rule each.

use engine::ConfigProblem;
use serde::{Deserialize, Serialize};
use store::Ambient;

/// 32 characters that are not taken for each other (Crockford's base 32), so five bits each. O, I and
/// L are read as 0, 1 and 1; there is no U, so that few words come about.
pub(crate) const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code has at least so many characters (NIST SP 800-63B-4 §3.1.2) …
pub(crate) const MIN_LENGTH: u8 = 6;

/// … and at most so many.
pub(crate) const MAX_LENGTH: u8 = 32;

/// An alphabet has at least so many characters; distinct letters and digits are at most 36.
const MIN_ALPHABET: usize = 10;

/// A code has at least so many bits (OWASP ASVS 6.5.4).
const MIN_BITS: f64 = 20.0;

/// What is typed has at most so many characters, separators included; more is no code.
const MAX_TYPED: usize = 128;

/// Characters that are taken for each other. One of them that an alphabet lacks is read as the one
/// that it has, if that is one.
const LOOK_ALIKES: [&str; 2] = ["0O", "1IL"];

/// How the codes of one set look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Format {
    /// The characters that codes are made of.
    pub(crate) alphabet: String,
    /// How many characters a code has.
    pub(crate) length: u8,
    /// How many characters stand between two dashes, at most.
    pub(crate) group: u8,
}

impl Default for Format {
    fn default() -> Self {
        Self { alphabet: ALPHABET.to_owned(), length: 10, group: 5 }
    }
}

impl Format {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        if !(MIN_LENGTH..=MAX_LENGTH).contains(&self.length) {
            let message = format!("must be {MIN_LENGTH} to {MAX_LENGTH}");
            problems.push(ConfigProblem::new("length", message));
        }
        if !(2..=MAX_LENGTH).contains(&self.group) {
            problems.push(ConfigProblem::new("group", format!("must be 2 to {MAX_LENGTH}")));
        }
        let is_plain = self.alphabet.chars().all(|c| c.is_ascii_alphanumeric());
        let mut letters: Vec<_> = self.alphabet.chars().map(|c| c.to_ascii_uppercase()).collect();
        letters.sort_unstable();
        letters.dedup();
        if !is_plain || letters.len() != self.alphabet.len() || letters.len() < MIN_ALPHABET {
            let message = format!(
                "must be at least {MIN_ALPHABET} letters and digits of ASCII, each once: case does \
                 not matter where codes are typed"
            );
            problems.push(ConfigProblem::new("alphabet", message));
        } else if self.bits() < MIN_BITS {
            let message = format!(
                "makes codes of {:.0} bits, which can be guessed: make it longer, or the alphabet \
                 larger, for at least {MIN_BITS} bits",
                self.bits()
            );
            problems.push(ConfigProblem::new("length", message));
        }
        problems
    }

    /// How many bits a code has.
    fn bits(&self) -> f64 {
        let letters = u8::try_from(self.alphabet.len()).unwrap_or(u8::MAX);
        f64::from(letters).log2() * f64::from(self.length)
    }

    /// A new code without dashes: each character is any of the alphabet, with the same chance.
    pub(crate) fn make(&self, ambient: &Ambient) -> String {
        let letters = self.alphabet.as_bytes();
        // The largest multiple of the alphabet's size that a byte can hold: what is above would make
        // the first characters likelier than the last.
        let fair = 256 - 256 % letters.len().max(1);
        let mut code = String::with_capacity(usize::from(self.length));
        while code.len() < usize::from(self.length) {
            for byte in ambient.bytes::<32>().map(usize::from) {
                if byte < fair && code.len() < usize::from(self.length) {
                    code.extend(
                        letters.get(byte % letters.len()).map(|letter| char::from(*letter)),
                    );
                }
            }
        }
        code
    }

    /// A code as people see it: in groups that differ by one character at most.
    pub(crate) fn show(&self, code: &str) -> String {
        let letters: Vec<char> = code.chars().collect();
        let groups = letters.len().div_ceil(usize::from(self.group.max(1))).max(1);
        let (size, longer) = (letters.len() / groups, letters.len() % groups);
        let mut shown = String::with_capacity(letters.len() + groups);
        let mut rest = letters.as_slice();
        for group in 0..groups {
            let (now, later) = rest.split_at(size + usize::from(group < longer));
            shown.extend((group > 0).then_some('-'));
            shown.extend(now);
            rest = later;
        }
        shown
    }

    /// How a code looks, for the page that asks for one.
    pub(crate) fn pattern(&self) -> String {
        self.show(&"X".repeat(usize::from(self.length)))
    }

    /// The code that somebody typed: whatever its case, dashes, spaces and look-alikes, one code is
    /// one text (CVE-2026-72917). `None` for what cannot be a code of this look.
    pub(crate) fn read(&self, typed: &str) -> Option<String> {
        if typed.chars().count() > MAX_TYPED {
            return None;
        }
        let letters = typed.chars().filter(|c| !is_separator(*c));
        let code = letters.map(|c| self.letter(c)).collect::<Option<String>>()?;
        (code.len() == usize::from(self.length)).then_some(code)
    }

    /// The character of the alphabet that was meant.
    fn letter(&self, typed: char) -> Option<char> {
        let own = |wanted: char| self.alphabet.chars().find(|c| c.eq_ignore_ascii_case(&wanted));
        own(typed).or_else(|| {
            let alike = LOOK_ALIKES.iter().find(|alike| alike.contains(typed.to_ascii_uppercase()));
            let mut meant = alike.into_iter().flat_map(|alike| alike.chars()).filter_map(own);
            meant.next().filter(|_| meant.next().is_none())
        })
    }
}

/// Spaces, and what a keyboard or a word processor makes of a dash.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}
