//! Mails: a text part, an HTML part and a subject that is one line. To add one: a struct with
//! [`MailView`], `email/<name>.txt` and `.html`, the key `mail.<name>.subject`, a sample.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::colour::{Colour, Theme};
use super::functions::is_header_safe;
use super::locale::{Lang, one_line};
use super::page::Brand;
use super::{Error, Renderer};

/// What a mail says.
pub trait MailView: Serialize {
    /// `verify`: `email/verify.txt`, `email/verify.html`, `mail.verify.subject`.
    const NAME: &'static str;
}

/// Prove that an address is yours.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyMail {
    /// The recipient's name.
    pub name: Option<String>,
    /// The address.
    pub address: String,
    /// The link.
    pub link: String,
    /// How long it works.
    pub minutes: u64,
}

impl MailView for VerifyMail {
    const NAME: &'static str = "verify";
}

/// Set a new password.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryMail {
    /// The recipient's name.
    pub name: Option<String>,
    /// The address.
    pub address: String,
    /// The link.
    pub link: String,
    /// How long it works.
    pub minutes: u64,
}

impl MailView for RecoveryMail {
    const NAME: &'static str = "recovery";
}

/// Somebody set a new password.
#[derive(Clone, Debug, Serialize)]
pub struct PasswordChangedMail {
    /// The recipient's name.
    pub name: Option<String>,
    /// The address.
    pub address: String,
    /// When, RFC 3339.
    pub at: String,
    /// Where to recover the account.
    pub link: String,
}

impl MailView for PasswordChangedMail {
    const NAME: &'static str = "password_changed";
}

/// A mail, ready to send.
#[derive(Clone, Debug)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// `text/plain`.
    pub text: String,
    /// `text/html`.
    pub html: String,
}

/// The button's colours where no organisation has one: those of `flowgate.css`.
const ACCENT: &str = "#0f6b63";

impl Renderer {
    /// A mail in the recipient's language.
    pub fn mail<M: MailView>(&self, lang: &Lang, brand: &Brand, mail: &M) -> Result<Mail, Error> {
        self.mail_named(M::NAME, lang, brand, Value::from(Serde(mail)))
    }

    pub(super) fn mail_named(
        &self,
        name: &str,
        lang: &Lang,
        brand: &Brand,
        mail: Value,
    ) -> Result<Mail, Error> {
        let locale = self.locales().get(lang);
        let sender = brand
            .organisation
            .as_ref()
            .map_or(brand.name.as_str(), |organisation| &organisation.name);
        // A name that breaks lines is an attack or a mistake; either way no mail goes out.
        if one_line(sender) != sender {
            return Err(Error::Subject);
        }
        let subject = locale.text(&format!("mail.{name}.subject"), &[("name", sender)]);
        if !is_header_safe(&subject) {
            return Err(Error::Subject);
        }
        let theme = brand.organisation.as_ref().and_then(|organisation| organisation.theme.clone());
        let theme = theme.or_else(|| Colour::parse(ACCENT).map(Theme::of));
        let context = Value::from_pairs([
            ("lang", Value::from(lang.as_str())),
            ("dir", Value::from(locale.dir())),
            ("subject", Value::from(subject.as_str())),
            ("brand", Value::from(Serde(brand))),
            ("theme", Value::from(Serde(theme.map(|theme| theme.light)))),
            ("mail", mail),
        ]);
        Ok(Mail {
            text: self.render_value(&format!("email/{name}.txt"), lang, context.clone())?,
            html: self.render_value(&format!("email/{name}.html"), lang, context)?,
            subject,
        })
    }
}
