//! What stages work with.

use std::sync::Arc;

use store::mail::Message;
use store::{Ambient, Store};

use crate::Result;
use crate::passwords::Passwords;
use crate::relying_party::RelyingParty;

/// A mail before it has words: the server's templates give it those.
#[derive(Debug, Clone)]
pub struct MailDraft<'a> {
    /// The template, e.g. `recovery`.
    pub template: &'static str,
    /// The address.
    pub to: &'a str,
    /// The language (BCP 47).
    pub language: &'a str,
    /// What the template names: `link`, `name`, `minutes` …
    pub data: serde_json::Value,
}

/// Turns drafts into mails.
pub trait Mailroom: Send + Sync {
    /// Words for `draft`.
    ///
    /// # Errors
    /// When the template or an address cannot be used.
    fn compose(&self, draft: &MailDraft<'_>) -> Result<Message>;
}

/// A text message with a code before it has words.
#[derive(Debug, Clone, Copy)]
pub struct TextDraft<'a> {
    /// The number (E.164).
    pub to: &'a str,
    /// The language (BCP 47).
    pub language: &'a str,
    /// The code.
    pub code: &'a str,
    /// How long the code is good.
    pub minutes: i64,
}

/// Turns drafts into text messages. Like mails they are handed over as an
/// [`Effect::SendMail`](crate::Effect::SendMail) and wait in the outbox.
pub trait Telephone: Send + Sync {
    /// Whether there is a way to send them. Where there is none, nobody is offered a code by text
    /// message.
    fn is_ready(&self) -> bool;

    /// Words for `draft`.
    fn compose(&self, draft: &TextDraft<'_>) -> Message;
}

/// The means of a process.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub store: Store,
    /// The hashing pool.
    pub passwords: Passwords,
    /// Words for mails.
    pub mailroom: Arc<dyn Mailroom>,
    /// Words for text messages.
    pub telephone: Arc<dyn Telephone>,
    /// What this service calls itself.
    pub name: String,
    /// The public base URL, without a slash at its end; links begin with it.
    pub public_url: String,
    /// For WebAuthn; none where the public URL has no domain, so that there can be no passkeys.
    pub webauthn: Option<RelyingParty>,
}

impl Services {
    /// The clock and the generator.
    #[must_use]
    pub fn ambient(&self) -> &Ambient {
        self.store.ambient()
    }
}
