//! What stages work with.

use std::sync::Arc;

use store::mail::Message;
use store::{Ambient, Store};

use crate::Result;
use crate::passwords::Passwords;

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

/// The means of a process.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub store: Store,
    /// The hashing pool.
    pub passwords: Passwords,
    /// Words for mails.
    pub mailroom: Arc<dyn Mailroom>,
    /// The public base URL, without a slash at its end; links begin with it.
    pub public_url: String,
}

impl Services {
    /// The clock and the generator.
    #[must_use]
    pub fn ambient(&self) -> &Ambient {
        self.store.ambient()
    }
}
