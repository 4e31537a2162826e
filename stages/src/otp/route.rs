//! The ways by which codes go.

use assurance::{Factor, Method};
use engine::{Context, MailDraft, Result, TextDraft};
use serde_json::json;
use store::mail::Message;
use store::user;

use super::{MINUTES, number};

/// RFC 5321 §4.5.3.1.3 lets no address be longer.
const LONGEST_ADDRESS: usize = 254;

/// A way by which codes go.
pub(crate) trait Route: Send + Sync + 'static {
    /// The factor that a code shows.
    const FACTOR: Factor;
    /// Where the data of a credential has the address or the number, and the field in which it is
    /// typed.
    const FIELD: &'static str;
    /// Under which name codes that were sent are counted.
    const SENT: &'static str;
    /// What is said of an address or a number that is none.
    const INVALID: &'static str;

    /// Whether there is a way to send.
    fn is_ready(context: &Context<'_>) -> bool;

    /// The address or the number that was typed.
    fn read(typed: &str) -> Option<String>;

    /// The form in which two of them are compared.
    fn key(to: &str) -> String;

    /// What a page may show of it.
    fn masked(to: &str) -> String;

    /// What a code proves.
    fn method(to: String) -> Method;

    /// The message with the code.
    fn compose(context: &Context<'_>, letter: &Letter<'_>) -> Result<Message>;
}

/// A message with a code before it has words.
pub(crate) struct Letter<'a> {
    pub(super) to: &'a str,
    pub(super) name: &'a str,
    pub(super) language: &'a str,
    pub(super) code: &'a str,
}

/// By mail.
pub(crate) struct Mail;

/// By text message.
pub(crate) struct Text;

impl Route for Mail {
    const FACTOR: Factor = Factor::Email;
    const FIELD: &'static str = "address";
    const SENT: &'static str = "email_sent";
    const INVALID: &'static str = "prompt.email";

    fn is_ready(_context: &Context<'_>) -> bool {
        // Without a mail server mails wait in the outbox, as all mail does.
        true
    }

    fn read(typed: &str) -> Option<String> {
        let typed = typed.trim();
        let is_line = crate::answer::is_line(typed, LONGEST_ADDRESS);
        is_line.then(|| crate::prompt::address(typed)).flatten()
    }

    fn key(to: &str) -> String {
        user::key(to)
    }

    fn masked(to: &str) -> String {
        let (local, domain) = to.split_once('@').unwrap_or_default();
        let first = local.chars().next().filter(|_| local.chars().nth(1).is_some());
        format!("{}•••@{domain}", first.map(String::from).unwrap_or_default())
    }

    fn method(to: String) -> Method {
        Method::Email { address: to }
    }

    fn compose(context: &Context<'_>, letter: &Letter<'_>) -> Result<Message> {
        let data = json!({ "name": letter.name, "code": letter.code, "minutes": MINUTES });
        let Letter { to, language, .. } = letter;
        let draft = MailDraft { template: "code", to, language, data };
        context.services().mailroom.compose(&draft)
    }
}

impl Route for Text {
    const FACTOR: Factor = Factor::Sms;
    const FIELD: &'static str = "number";
    const SENT: &'static str = "sms_sent";
    const INVALID: &'static str = "sms_otp_setup.invalid";

    fn is_ready(context: &Context<'_>) -> bool {
        context.services().telephone.is_ready()
    }

    fn read(typed: &str) -> Option<String> {
        number::read(typed)
    }

    fn key(to: &str) -> String {
        to.to_owned()
    }

    fn masked(to: &str) -> String {
        number::masked(to)
    }

    fn method(to: String) -> Method {
        Method::Sms { number: to }
    }

    fn compose(context: &Context<'_>, letter: &Letter<'_>) -> Result<Message> {
        let Letter { to, language, code, .. } = letter;
        let draft = TextDraft { to, language, code, minutes: MINUTES };
        Ok(context.services().telephone.compose(&draft))
    }
}
