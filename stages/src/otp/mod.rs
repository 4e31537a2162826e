//! Codes that are sent: six digits to a mailbox or a telephone, good once, for ten minutes, in the
//! execution that asked for them (NIST SP 800-63B-4 §3.1.3.2, OWASP ASVS 6.5.5 and 6.6.2).
//!
//! `code.rs` makes and recognises codes, `dispatch.rs` decides whether one may be sent and sends it,
//! `prove.rs` asks for one as a factor, `enrol.rs` confirms a mailbox or a number by one, and
//! `number.rs` reads telephone numbers. To send codes another way, implement [`Route`] beside
//! `route.rs`'s two, and two stages as thin as `email_otp/` and `email_otp_setup/`.

mod code;
mod dispatch;
mod enrol;
mod number;
mod prove;
mod route;
#[cfg(test)]
mod tests;

pub use enrol::{MailAnswer, TextAnswer};
pub use prove::ProveAnswer;

pub(crate) use enrol::{begin, confirm_or_send, show_set_up};
pub(crate) use prove::{check, is_asked, prepare, show};
pub(crate) use route::{Mail, Route, Text};

use engine::{Context, FieldError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Time;

use code::Digest;

/// A code is good for so long, in minutes (NIST SP 800-63B-4 §3.1.3.2: at most ten).
pub(crate) const MINUTES: i64 = 10;

/// Seconds until another code may be asked for in the same execution.
pub(crate) const RESEND_SECONDS: i64 = 60;

/// So many codes go to one person by one factor within an hour, and so many to one mailbox or number,
/// whoever asks, in however many flows.
pub(crate) const CODES_PER_HOUR: i64 = 5;

/// A person has at most so many mailboxes, and so many numbers, to which codes go.
pub(crate) const MOST_DESTINATIONS: usize = 5;

/// What can be done on the page beside typing the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Have another code sent.
    Resend,
}

/// What an execution remembers, sealed, of the code that it waits for.
#[derive(Serialize, Deserialize)]
struct Pending {
    /// Where it went; none where nothing was sent, which nobody is told.
    to: Option<Destination>,
    /// What is kept of it. Where nothing was sent it is of a code that nobody knows.
    digest: Digest,
    /// When it stops being good.
    expires_at: Time,
    /// When another may be asked for.
    again_at: Time,
}

/// Where a code goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Destination {
    /// The address, or the number.
    to: String,
    /// The credential that says so; none for an address that is not a factor of the person's.
    credential: Option<String>,
}

/// What a code is for: each is waited for by itself, since `gate` asks for several factors and sets
/// them up, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// To show the factor.
    Prove,
    /// To confirm a mailbox or a number.
    Confirm,
}

impl Use {
    /// Where the [`Pending`] code of a route is kept.
    fn place<R: Route>(self) -> String {
        let what = match self {
            Self::Prove => "prove",
            Self::Confirm => "confirm",
        };
        format!("{}/{what}", R::SENT)
    }

    fn pending<R: Route>(self, context: &Context<'_>) -> Option<Pending> {
        context.secret(&self.place::<R>())
    }

    fn keep<R: Route>(self, context: &mut Context<'_>, pending: &Pending) {
        context.set_secret(&self.place::<R>(), pending);
    }

    fn forget<R: Route>(self, context: &mut Context<'_>) {
        context.forget_secret(&self.place::<R>());
    }
}

/// Seconds until `at`, none if that is past.
fn seconds_until(context: &Context<'_>, at: Time) -> i64 {
    (*at - *context.now()).num_seconds().max(0)
}

fn too_soon(context: &Context<'_>, at: Time) -> FieldError {
    FieldError::page("code.too_soon").with("seconds", seconds_until(context, at).max(1))
}

/// Whether the person has shown anything yet that says who they are.
fn has_proven(context: &Context<'_>) -> bool {
    !context.state().evidence.proofs().is_empty()
}
