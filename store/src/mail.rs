//! Mails and text messages waiting to be sent: written in the unit of work that caused them, sent by
//! a worker afterwards, so that a crash neither loses one nor sends one for something that did not
//! happen. Both are rows of one table; the recipient of a text message is a `tel:` URI (RFC 3966),
//! which no mailbox is.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::conn::on;
use crate::schema::mails;
use crate::seal::Sealed;
use crate::{Ambient, Conn, Id, Result, Sealer, Time, Unit, user};

/// By which way a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To a mailbox.
    #[default]
    Mail,
    /// To a telephone, as a text message.
    Text,
}

/// What a message says. It may hold a link or a code, so it is sealed at rest and forgotten when sent.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// By which way it leaves.
    #[serde(default)]
    pub channel: Channel,
    /// The address, or the number (E.164).
    pub to: String,
    /// The subject, one line; empty for a text message.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part; empty for a text message.
    pub html: String,
    /// After this it is of no use any more, so it is not sent.
    #[serde(default)]
    pub until: Option<Time>,
}

impl Message {
    /// A text message to `number`.
    #[must_use]
    pub fn text(number: String, text: String) -> Self {
        let (subject, html) = (String::new(), String::new());
        Self { channel: Channel::Text, to: number, subject, text, html, until: None }
    }
}

/// A mail or a text message.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = mails, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Mail {
    /// Its identifier.
    pub id: Id<Mail>,
    /// To whom, in the form in which addresses are compared: what is counted is the mailbox, however
    /// its name was typed. For a text message a `tel:` URI.
    pub recipient: String,
    sealed: Sealed,
    /// How often sending was tried.
    pub attempts: i64,
    /// When it is due; `None` once it was sent or given up.
    pub next_attempt_at: Option<Time>,
    /// When it was sent.
    pub sent_at: Option<Time>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: Time,
}

/// After this many failures a mail is given up.
pub const MAX_ATTEMPTS: i64 = 8;

impl Mail {
    /// What the mail says; empty parts once it was sent.
    pub fn open(&self, sealer: &Sealer) -> Result<Message> {
        let bytes = sealer.open(&place(&self.id), &self.sealed)?;
        serde_json::from_slice(&bytes).map_err(|_| crate::Error::Seal)
    }
}

fn place(id: &Id<Mail>) -> String {
    format!("mails/{id}")
}

/// What the recipients of text messages begin with.
const TELEPHONE: &str = "tel:";

fn recipient(message: &Message) -> String {
    match message.channel {
        Channel::Mail => user::key(&message.to),
        Channel::Text => format!("{TELEPHONE}{}", message.to),
    }
}

/// Queues a message.
pub async fn create(
    unit: &mut Unit,
    ambient: &Ambient,
    sealer: &Sealer,
    message: &Message,
) -> Result<Id<Mail>> {
    let id = ambient.id::<Mail>();
    let now = ambient.now();
    let text = serde_json::to_vec(message).map_err(|_| crate::Error::Seal)?;
    let mail = Mail {
        sealed: sealer.seal(ambient, &place(&id), &text)?,
        id,
        recipient: recipient(message),
        attempts: 0,
        next_attempt_at: Some(now),
        sent_at: None,
        last_error: None,
        created_at: now,
    };
    let query = diesel::insert_into(mails::table).values(&mail);
    on!(unit, |c| query.execute(c))?;
    Ok(mail.id)
}

/// Takes the message of `channel` that is due longest, and lends it for `lease`: if it is neither
/// [`sent`] nor [`failed`] by then, because the process died, it is due again.
pub async fn claim_due(
    unit: &mut Unit,
    channel: Channel,
    now: Time,
    lease: Duration,
) -> Result<Option<Mail>> {
    let pattern = format!("{TELEPHONE}%");
    let due = mails::table.filter(mails::next_attempt_at.le(now)).order(mails::next_attempt_at);
    let found = match channel {
        Channel::Mail => {
            let query = due.filter(mails::recipient.not_like(pattern));
            on!(unit, |c| query.select(Mail::as_select()).first::<Mail>(c)).optional()?
        }
        Channel::Text => {
            let query = due.filter(mails::recipient.like(pattern));
            on!(unit, |c| query.select(Mail::as_select()).first::<Mail>(c)).optional()?
        }
    };
    let Some(mail) = found else { return Ok(None) };
    let query = diesel::update(
        mails::table.find(&mail.id).filter(mails::next_attempt_at.eq(mail.next_attempt_at)),
    )
    .set((mails::next_attempt_at.eq(now.plus(lease)), mails::attempts.eq(mails::attempts + 1)));
    let won = on!(unit, |c| query.execute(c))? == 1;
    Ok(won.then_some(Mail { attempts: mail.attempts + 1, ..mail }))
}

/// Notes that a mail was sent; what it said is forgotten.
pub async fn sent(unit: &mut Unit, id: &Id<Mail>, now: Time) -> Result<()> {
    let query = diesel::update(mails::table.find(id)).set((
        mails::sent_at.eq(now),
        mails::next_attempt_at.eq(None::<Time>),
        mails::last_error.eq(None::<String>),
        mails::sealed.eq(Vec::<u8>::new()),
    ));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Notes that sending failed, to be tried again at `next` or never.
pub async fn failed(unit: &mut Unit, id: &Id<Mail>, error: &str, next: Option<Time>) -> Result<()> {
    let query = diesel::update(mails::table.find(id))
        .set((mails::next_attempt_at.eq(next), mails::last_error.eq(error)));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// The newest mails, for the outbox of a server that sends none.
pub async fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Mail>> {
    let query = mails::table.order(mails::id.desc()).limit(limit);
    Ok(on!(conn, |c| query.select(Mail::as_select()).load(c))?)
}

/// One mail.
pub async fn find(conn: &mut Conn, id: &Id<Mail>) -> Result<Option<Mail>> {
    let query = mails::table.find(id);
    Ok(on!(conn, |c| query.select(Mail::as_select()).first(c)).optional()?)
}
