//! Mails: a text part, an HTML part and a subject that is one line. To add one: `email/<name>.txt`
//! and `email/<name>.html`, the key `mail.<name>.subject`, a sample.
//!
//! A mail's data, which its templates find under `mail`: `name` (of the recipient, or null),
//! `address`, `link`, and `minutes` where the link stops working.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::colour::{Colour, Theme};
use super::locale::{Lang, one_line};
use super::page::Brand;
use super::safety::is_header_safe;
use super::{Error, Renderer};

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

/// The button's colour where no organisation has one: that of `flowgate.css`.
const ACCENT: &str = "#0f6b63";

impl Renderer {
    /// The mail `name` in the recipient's language.
    pub fn mail<D: Serialize>(
        &self,
        name: &str,
        lang: &Lang,
        brand: &Brand,
        data: &D,
    ) -> Result<Mail, Error> {
        let organisation = brand.organisation.as_ref();
        let sender = organisation.map_or(&brand.name, |organisation| &organisation.name);
        // A name that breaks lines is an attack or a mistake; either way no mail goes out.
        if one_line(sender) != *sender {
            return Err(Error::Subject);
        }
        let locale = self.locales().get(lang);
        let subject = locale.text(&format!("mail.{name}.subject"), &[("name", sender)]);
        if !is_header_safe(&subject) {
            return Err(Error::Subject);
        }
        let theme = organisation.and_then(|organisation| organisation.theme.clone());
        let theme = theme.or_else(|| Colour::parse(ACCENT).map(Theme::of));
        let context = Value::from_pairs([
            ("lang", Value::from(lang.as_str())),
            ("dir", Value::from(locale.dir())),
            ("subject", Value::from(subject.as_str())),
            ("brand", Value::from(Serde(brand))),
            ("theme", Value::from(Serde(theme.map(|theme| theme.light)))),
            ("mail", Value::from(Serde(data))),
        ]);
        Ok(Mail {
            text: self.render_value(&format!("email/{name}.txt"), lang, context.clone())?,
            html: self.render_value(&format!("email/{name}.html"), lang, context)?,
            subject,
        })
    }
}
