//! What people do with their own account: the acts themselves, which pages (`http/account/`) and the
//! API (`http/api/`) share. Each finds only what is the person's own; what is another's is not there.
//!
//! To add an act: a function that takes an [`Actor`] in the file of its object. One that changes
//! something writes an event in the same unit of work, and tells the owner by mail where it changes
//! how they sign in.

pub(crate) mod activity;
pub(crate) mod agent;
pub(crate) mod apps;
pub(crate) mod devices;
pub(crate) mod factors;
pub(crate) mod overview;
pub(crate) mod profile;
pub(crate) mod sessions;

use std::net::IpAddr;

use assurance::Explanation;
use engine::MailDraft;
use serde_json::Value;
use store::event::{self, NewEvent, Outcome};
use store::mail::Message;
use store::session::Session;
use store::user::User;
use store::{Time, Unit, mail};

use crate::app::App;

/// Who acts, and on what evidence.
pub(crate) struct Actor<'a> {
    pub(crate) app: &'a App,
    pub(crate) user: &'a User,
    pub(crate) session: &'a Session,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) request_id: &'a str,
    /// The language of whoever has not chosen one.
    pub(crate) language: &'a str,
}

/// Why an act was not done. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The person has no such thing.
    #[error("there is no such thing")]
    NotFound,
    /// A name that is none.
    #[error("a name of 1 to {0} characters, without control characters")]
    Name(usize),
    /// A language that there is not.
    #[error("there is no such language")]
    Language,
    /// Without it the person could no longer come in; says what they would be told.
    #[error("nothing else that the person has would let them in")]
    Last(Box<Explanation>),
    /// Something else has changed meanwhile.
    #[error("something else has changed")]
    Stale,
    /// The database failed.
    #[error(transparent)]
    Store(store::Error),
    /// A mail cannot be worded.
    #[error(transparent)]
    Mail(#[from] engine::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}

type Result<T> = std::result::Result<T, Error>;

impl Actor<'_> {
    fn now(&self) -> Time {
        self.app.store.ambient().now()
    }

    /// Writes to the audit trail what the person has done.
    async fn record(&self, unit: &mut Unit, kind: &'static str, data: Value) -> Result<()> {
        let ambient = self.app.store.ambient();
        let event = NewEvent {
            actor_id: Some(self.user.id.clone()),
            user_id: Some(self.user.id.clone()),
            ip: self.ip.map(|ip| ip.to_string()),
            request_id: Some(self.request_id.to_owned()),
            data,
            ..NewEvent::new(kind, Outcome::Success)
        };
        Ok(event::create(unit, ambient.id(), ambient.now(), event).await?)
    }

    /// Words for a mail to the owner; none where no address is known.
    fn compose(&self, template: &'static str, data: Value) -> Result<Option<Message>> {
        let Some(to) = self.user.email.as_deref() else { return Ok(None) };
        let language = self.user.language.as_deref().unwrap_or(self.language);
        let draft = MailDraft { template, to, language, data };
        Ok(Some(self.app.engine.services().mailroom.compose(&draft)?))
    }

    async fn send(&self, unit: &mut Unit, message: Option<Message>) -> Result<()> {
        let Some(message) = message else { return Ok(()) };
        let store = &self.app.store;
        mail::create(unit, store.ambient(), store.sealer(), &message).await?;
        Ok(())
    }
}

/// A name that people give to something: one line of 1 to `most` characters, with nothing in it that
/// is not seen or that turns the line around (Unicode's bidirectional controls).
fn name(text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let is_name = !text.is_empty() && text.chars().count() <= most && !text.chars().any(is_hidden);
    if is_name { Ok(text.to_owned()) } else { Err(Error::Name(most)) }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_are_one_visible_line() {
        let whole = "ä".repeat(8);
        for good in ["a", " my phone ", "<b>", "مفتاح", &whole] {
            assert_eq!(name(good, 8).ok().as_deref(), Some(good.trim()), "{good}");
        }
        let long = "a".repeat(9);
        for bad in ["", "  ", "a\nb", "a\u{1b}[0m", "a\0", "\u{202e}txe", "a\u{200b}b", &long] {
            assert!(name(bad, 8).is_err(), "{bad:?}");
        }
    }
}
