//! SMTP: one mail to one address (RFC 5321, RFC 5322).

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::response::{Category, Severity};
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use store::mail::{Channel, MAX_ATTEMPTS, Mail, Message};
use tokio::time::timeout;

use super::worker::Carrier;
use crate::config::Smtp;

/// How long the server may take for one command.
const COMMAND: Duration = Duration::from_secs(15);

/// How long it may take for the whole mail.
const WHOLE: Duration = Duration::from_mins(1);

/// At most so much of what the server said is kept.
const MAX_REASON: usize = 300;

/// Sends mails. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    server: String,
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In words, without what the message says and to whom.
    pub reason: String,
    /// Whether trying again is of no use.
    pub is_final: bool,
}

impl Sender {
    /// A sender that connects when there is something to send.
    ///
    /// # Errors
    /// When the host can have no certificate.
    pub fn new(smtp: &Smtp, from: Mailbox) -> Result<Self, smtp::Error> {
        let pool = PoolConfig::new().max_size(super::worker::AT_ONCE);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&smtp.url)?
            .timeout(Some(COMMAND))
            .pool_config(pool)
            .build();
        Ok(Self { transport, from, server: smtp.server.clone() })
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// When the server did not take it.
    pub async fn send(&self, mail: &Mail, message: &Message) -> Result<(), Failure> {
        let message = self.letter(mail, message)?;
        match timeout(WHOLE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure::from(&error)),
            Err(_) => Err(Failure::passing(&"the mail server took too long")),
        }
    }

    fn letter(&self, mail: &Mail, message: &Message) -> Result<lettre::Message, Failure> {
        let to = message.to.parse().map_err(|error| Failure::lasting(&error))?;
        let domain = self.from.email.domain();
        // The same at every attempt, so that a mail that came through twice is recognised.
        let id = format!("<{}@{domain}>", mail.id);
        // Answering machines stay silent (RFC 3834 §5).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(message.subject.as_str())
            .date(SystemTime::from(*mail.created_at))
            .message_id(Some(id))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(
                message.text.clone(),
                message.html.clone(),
            ))
            .map_err(|error| Failure::lasting(&error))
    }
}

impl Carrier for Sender {
    const CHANNEL: Channel = Channel::Mail;
    const LEASE: chrono::Duration = chrono::Duration::seconds(180);
    const ATTEMPTS: i64 = MAX_ATTEMPTS;
    const FIRST_PAUSE: chrono::Duration = chrono::Duration::seconds(30);

    fn server(&self) -> &str {
        &self.server
    }

    async fn carry(&self, mail: &Mail, message: &Message) -> Result<(), Failure> {
        self.send(mail, message).await
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Failure {
    /// One that time may mend.
    pub(crate) fn passing(reason: &dyn fmt::Display) -> Self {
        let visible = reason.to_string().replace(char::is_control, " ");
        Self { reason: visible.chars().take(MAX_REASON).collect(), is_final: false }
    }

    /// One that nothing mends.
    pub(crate) fn lasting(reason: &dyn fmt::Display) -> Self {
        Self { is_final: true, ..Self::passing(reason) }
    }
}

impl From<&smtp::Error> for Failure {
    /// Only 55x speaks of this mail (RFC 5321 §4.2.2, §4.2.3): another refusal, such as of the login
    /// (RFC 4954 §6), is mended by whoever runs the server, and then the mail goes.
    fn from(error: &smtp::Error) -> Self {
        let is_final = error.status().is_some_and(|code| {
            code.severity == Severity::PermanentNegativeCompletion
                && code.category == Category::MailSystem
        });
        Self { is_final, ..Self::passing(error) }
    }
}
