//! Words for mails.

use std::sync::Arc;

use engine::{MailDraft, Mailroom};
use lettre::Address;
use serde_json::{Map, Value};
use store::Ambient;
use store::mail::{Channel, Message};

use crate::render::{Brand, Renderer};

/// Composes mails from the templates.
pub struct Composer {
    renderer: Arc<Renderer>,
    ambient: Ambient,
    public_url: String,
}

impl Composer {
    /// From these templates; `public_url` is where a mail leads that has no link of its own.
    pub fn new(renderer: Arc<Renderer>, ambient: Ambient, public_url: String) -> Self {
        Self { renderer, ambient, public_url }
    }

    /// The draft's data, and what every template may name beside it.
    fn data(&self, draft: &MailDraft<'_>) -> Map<String, Value> {
        let mut data = match &draft.data {
            Value::Object(data) => data.clone(),
            _ => Map::new(),
        };
        let at = self.ambient.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        data.insert("address".to_owned(), Value::from(draft.to));
        data.entry("at").or_insert_with(|| Value::from(at));
        data.entry("name").or_insert(Value::Null);
        data.entry("link").or_insert_with(|| Value::from(format!("{}/", self.public_url)));
        data
    }
}

impl Mailroom for Composer {
    fn compose(&self, draft: &MailDraft<'_>) -> engine::Result<Message> {
        let failed = |what: &dyn std::fmt::Display| {
            engine::Error::Internal(format!("the mail `{}`: {what}", draft.template))
        };
        draft.to.parse::<Address>().map_err(|error| failed(&error))?;
        let locales = self.renderer.locales();
        let language = locales.find(draft.language).unwrap_or_else(|| locales.default_lang());
        let mail = self
            .renderer
            .mail(draft.template, &language, &Brand::default(), &self.data(draft))
            .map_err(|error| failed(&error))?;
        Ok(Message {
            channel: Channel::Mail,
            to: draft.to.to_owned(),
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            until: None,
        })
    }
}
