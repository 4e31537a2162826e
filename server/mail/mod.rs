//! Mail: words for what the engine sends ([`Composer`]), and the way out ([`Sender`] and `worker`).
//! A mail is written to the database with the answer that caused it and sent from there. To add a
//! mail, see `render::mail`; nothing here knows one by name. To add another way out of the outbox,
//! as text messages have, a `Carrier`.

mod composer;
mod sender;
#[cfg(test)]
mod tests;
pub(crate) mod worker;

pub use composer::Composer;
pub use sender::{Failure, Sender};
pub(crate) use worker::Carrier;
