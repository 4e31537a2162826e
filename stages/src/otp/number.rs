//! Telephone numbers. What is checked is the shape of E.164 (ITU-T, §6): a plus sign, a country code
//! that does not begin with zero, fifteen digits at most. Whether there is such a number, only a
//! message to it shows, and none is bound without one; so a library of all numbering plans, which is
//! out of date whenever one changes, would refuse good numbers and prove nothing.

/// Shorter than this no number is.
const FEWEST_DIGITS: usize = 8;

/// E.164 allows so many.
const MOST_DIGITS: usize = 15;

/// The number that was typed, in E.164: without the spaces, dots, dashes, slashes and brackets that
/// people put between its digits.
pub(super) fn read(typed: &str) -> Option<String> {
    let digits = typed.trim().strip_prefix('+')?;
    let is_between = |c: &char| matches!(c, ' ' | '\u{a0}' | '.' | '-' | '/' | '(' | ')');
    let digits: String = digits.chars().filter(|c| !is_between(c)).take(MOST_DIGITS + 1).collect();
    let is_number = (FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then(|| format!("+{digits}"))
}

/// What a page may show of a number: its beginning and its last two digits.
pub(super) fn masked(number: &str) -> String {
    let shown = |range: std::ops::Range<usize>| number.get(range).unwrap_or_default();
    let end = number.len();
    format!("{}•••••{}", shown(0..3.min(end)), shown(end.saturating_sub(2)..end))
}
