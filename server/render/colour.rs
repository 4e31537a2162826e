//! An organisation's colour, made readable: from one `#rrggbb` the few tokens that the stylesheet
//! needs, each with the contrast that WCAG 2.2 §1.4.3 asks for, in light and in dark.

use serde::Serialize;

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);
const INK: Colour = Colour([0x14, 0x18, 0x1f]);
/// The darkest light ground and the lightest dark one of `flowgate.css` (`--sunken`).
const LIGHT_GROUND: Colour = Colour([0xf3, 0xf4, 0xf6]);
const DARK_GROUND: Colour = Colour([0x1e, 0x23, 0x2c]);
const READABLE: f32 = 4.5;

impl Colour {
    /// `#rgb` or `#rrggbb`; nothing else, since it ends up in a stylesheet.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, a, b, c] = value.to_be_bytes();
        match digits.len() {
            6 => Some(Self([a, b, c])),
            3 => Some(Self([b & 15, c >> 4, c & 15].map(|nibble| nibble * 17))),
            _ => None,
        }
    }

    fn css(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// Relative luminance, WCAG 2.2.
    fn luminance(self) -> f32 {
        let linear = self.0.map(|channel| {
            let channel = f32::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// `percent` of the way towards `other`.
    fn mix(self, other: Self, percent: u16) -> Self {
        let mut mixed = [0; 3];
        for ((mixed, a), b) in mixed.iter_mut().zip(self.0).zip(other.0) {
            let sum = u16::from(a) * (100 - percent) + u16::from(b) * percent;
            *mixed = u8::try_from(sum / 100).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// The nearest colour towards `end` that stands out from `ground` by at least `contrast`.
    fn reach(self, end: Self, ground: Self, contrast: f32) -> Self {
        let steps = (0..=100).step_by(4).map(|percent| self.mix(end, percent));
        let found = { steps }.find(|colour| colour.contrast(ground) >= contrast);
        found.unwrap_or(end)
    }

    /// What can be read on it.
    fn ink(self) -> Self {
        let readable = |ink: &Self| ink.contrast(self) >= READABLE;
        [WHITE, INK].into_iter().find(readable).unwrap_or(BLACK)
    }
}

/// A colour's tokens for one scheme, as CSS colours.
#[derive(Clone, Debug, Serialize)]
pub struct Tones {
    /// Fills.
    pub accent: String,
    /// Text on a fill.
    pub on_accent: String,
    /// A fill under the pointer.
    pub hover: String,
    /// Links and focus rings.
    pub text: String,
}

/// A colour's tokens.
#[derive(Clone, Debug, Serialize)]
pub struct Theme {
    /// For light grounds.
    pub light: Tones,
    /// For dark grounds.
    pub dark: Tones,
}

impl Theme {
    /// The tokens of an organisation's colour.
    pub fn of(colour: Colour) -> Self {
        Self {
            light: tones(colour, BLACK, LIGHT_GROUND, 1.35),
            dark: tones(colour, WHITE, DARK_GROUND, 2.2),
        }
    }
}

/// A fill must only be seen (its text says what it is); a link must be read.
fn tones(colour: Colour, end: Colour, ground: Colour, visible: f32) -> Tones {
    let fill = colour.reach(end, ground, visible);
    let ink = fill.ink();
    // Away from the text, so that hovering never costs contrast.
    let hover = fill.mix(if ink == WHITE { BLACK } else { WHITE }, 12);
    Tones {
        accent: fill.css(),
        on_accent: ink.css(),
        hover: hover.css(),
        text: colour.reach(end, ground, READABLE).css(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_hexadecimal_colours_are_colours() {
        assert_eq!(Colour::parse("#1af"), Colour::parse("#11aaff"));
        for text in ["", "#", "red", "#12345", "#1234567", "#+12", "#12345g", "#fff;}", "#ééé"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_colour_becomes_readable() {
        for value in (0..0x100_0000_u32).step_by(0x2f1d) {
            let theme = Theme::of(Colour::parse(&format!("#{value:06x}")).unwrap());
            for (tones, ground) in [(theme.light, LIGHT_GROUND), (theme.dark, DARK_GROUND)] {
                let of = |css: &str| Colour::parse(css).unwrap();
                let fill = of(&tones.accent);
                assert!(of(&tones.text).contrast(ground) >= READABLE, "{value:06x}");
                assert!(fill.contrast(of(&tones.on_accent)) >= READABLE, "{value:06x}");
                assert!(of(&tones.hover).contrast(of(&tones.on_accent)) >= READABLE, "{value:06x}");
                assert!(fill.contrast(ground) >= 1.35, "{value:06x}");
            }
        }
    }

    #[test]
    fn a_readable_colour_stays_as_it_is() {
        let theme = Theme::of(Colour::parse("#0f6b63").unwrap());
        assert_eq!(
            (theme.light.accent.as_str(), theme.light.on_accent.as_str()),
            ("#0f6b63", "#ffffff")
        );
        assert_eq!(theme.light.text, "#0f6b63");
    }
}
