//! QR codes in a terminal: two modules in a character, by half blocks.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code (ISO/IEC 18004 asks for four; readers do with two, and a terminal is
/// small).
const QUIET: i32 = 2;

/// The code of `text`; `None` where it is too long for one.
///
/// Where it may be coloured it is black on white, whatever the terminal's colours. Elsewhere the
/// light modules are drawn, since most terminals are dark.
pub(super) fn draw(text: &str, is_coloured: bool) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let size = code.size() + QUIET;
    // Outside the code everything is light.
    let is_drawn = |x: i32, y: i32| code.get_module(x, y) == is_coloured;
    let mut drawn = String::new();
    for y in (-QUIET..size).step_by(2) {
        if is_coloured {
            drawn.push_str("\u{1b}[30;47m");
        }
        for x in -QUIET..size {
            drawn.push(match (is_drawn(x, y), is_drawn(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        let _ = writeln!(drawn, "{}", if is_coloured { "\u{1b}[0m" } else { "" });
    }
    Some(drawn)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const URL: &str = "https://id.example/device?user_code=WDJB-MJHT";

    /// The dark modules of a drawing, as a reader sees them.
    fn dark(drawn: &str, is_coloured: bool) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in drawn.lines() {
            let line = line.replace("\u{1b}[30;47m", "").replace("\u{1b}[0m", "");
            for is_upper in [true, false] {
                let ink = |c: char| match c {
                    '█' => true,
                    '▀' => is_upper,
                    '▄' => !is_upper,
                    _ => false,
                };
                rows.push(line.chars().map(|c| ink(c) == is_coloured).collect());
            }
        }
        rows
    }

    #[test]
    fn both_ways_show_the_same_code() {
        let code = QrCode::encode_text(URL, QrCodeEcc::Low).unwrap();
        for is_coloured in [true, false] {
            let rows = dark(&draw(URL, is_coloured).unwrap(), is_coloured);
            let width = usize::try_from(code.size() + 2 * QUIET).unwrap();
            assert!(rows.iter().all(|row| row.len() == width), "{rows:?}");
            assert!(rows.len() >= width);
            for (y, row) in (-QUIET..).zip(&rows) {
                for (x, is_dark) in (-QUIET..).zip(row) {
                    assert_eq!(*is_dark, code.get_module(x, y), "{x} {y}");
                }
            }
        }
    }

    #[test]
    fn what_fits_into_no_code_is_not_drawn() {
        assert!(draw(&"x".repeat(3_000), false).is_none());
    }
}
