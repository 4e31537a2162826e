//! Text messages: words for the codes that stages send ([`Composer`]), and the two ways out
//! ([`Sender`]): Twilio, and any gateway that takes an HTTP request. A text message waits in the same
//! outbox as mail, for no longer than what it says is good. To add a provider: its settings in
//! `config::sms`, a `Route` and its request in `sender.rs`.

mod composer;
mod sender;
mod template;
#[cfg(test)]
mod tests;

pub use composer::Composer;
pub use sender::Sender;
pub(crate) use template::{Field, Template, templates};
