//! Why a command could not do its work, with the exit code that says so to a script.

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Refused, or something went wrong.
    Failed,
    /// Nobody is signed in, or not any more.
    NotSignedIn,
    /// A recent proof of a second factor is missing.
    StepUpNeeded,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NotSignedIn => "not_signed_in",
            Self::StepUpNeeded => "step_up_needed",
        }
    }

    /// As documented in `docs/cli.md`; 2 is clap's.
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::NotSignedIn => 3,
            Self::StepUpNeeded => 4,
        }
    }
}

/// A failure, in words that say what to do.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) text: String,
}

impl Failure {
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, text: text.into() }
    }

    pub(super) fn not_signed_in(text: impl Into<String>) -> Self {
        Self { kind: Kind::NotSignedIn, text: text.into() }
    }

    pub(super) fn step_up(text: impl Into<String>) -> Self {
        Self { kind: Kind::StepUpNeeded, text: text.into() }
    }
}

/// What a server says, without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    // Beside control characters: what turns the direction of a line round (UAX #9).
    let is_obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_obeyed(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_server_cannot_write_to_the_terminal_what_it_likes() {
        assert_eq!(plain("Ada Lovelace ü 日本"), "Ada Lovelace ü 日本");
        assert_eq!(plain("\u{1b}[2J\r\nerror\u{202e}x\u{9b}1m"), "�[2J��error�x�1m");
    }
}
