//! One code: made by chance alone, kept as a keyed digest, typed in more than one way.

use engine::Context;
use serde::{Deserialize, Serialize};
use store::Ambient;

use super::Route;

/// There are so many codes.
const CODES: u32 = 1_000_000;

/// What is kept of a code: a digest with the server's key, which says nothing to a reader of the
/// database, though a code has but twenty bits.
#[derive(Serialize, Deserialize)]
pub(super) struct Digest(String);

/// A code: six digits, each of them as likely as any other.
pub(super) fn make(ambient: &Ambient) -> String {
    // What is left over above the last whole million would make some codes likelier.
    let fair = u32::MAX - u32::MAX % CODES;
    loop {
        let drawn = u32::from_be_bytes(ambient.bytes());
        if drawn < fair {
            return format!("{:06}", drawn % CODES);
        }
    }
}

/// What was typed, if it is six digits. As with codes of an app, full-width digits, spaces and dashes
/// are put right before anything is compared, so that one code has one spelling.
pub(super) fn read(typed: &str) -> Option<String> {
    let code = crate::totp::normalised(typed);
    (code.len() == 6 && crate::totp::is_code(&code)).then_some(code)
}

impl Digest {
    /// Of `code`, sent to `to` for this stage of this execution: it is worth nothing in any other.
    pub(super) fn of<R: Route>(context: &Context<'_>, to: &str, code: &str) -> Self {
        let mac = context.services().store.sealer().mac(R::SENT, &bound(context, to, code));
        Self(data_encoding::BASE64URL_NOPAD.encode(&mac))
    }

    /// Of a code that nobody knows and nobody can type.
    pub(super) fn of_nothing<R: Route>(context: &Context<'_>) -> Self {
        Self::of::<R>(context, "", &context.services().ambient().token())
    }

    /// Whether it is of `code`, in constant time.
    pub(super) fn is_of<R: Route>(&self, context: &Context<'_>, to: &str, code: &str) -> bool {
        let Ok(mac) = data_encoding::BASE64URL_NOPAD.decode(self.0.as_bytes()) else {
            return false;
        };
        context.services().store.sealer().is_mac(R::SENT, &bound(context, to, code), &mac)
    }
}

fn bound(context: &Context<'_>, to: &str, code: &str) -> Vec<u8> {
    // None of the parts but the last can hold the separator: ids and addresses have no controls.
    [context.execution().as_str(), context.stage_id(), to, code].join("\u{1f}").into_bytes()
}
