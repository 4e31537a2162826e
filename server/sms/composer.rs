//! Words for text messages.

use std::sync::Arc;

use engine::{Telephone, TextDraft};
use store::mail::Message;
use url::Url;

use crate::render::Renderer;

/// Composes text messages from the texts of the locales.
pub struct Composer {
    renderer: Arc<Renderer>,
    /// The host of the public URL, to which codes are bound.
    host: String,
    is_ready: bool,
}

impl Composer {
    /// From these texts, for codes that are typed at `public_url`; `is_ready` when there is a way to
    /// send them.
    pub fn new(renderer: Arc<Renderer>, public_url: &str, is_ready: bool) -> Self {
        let url = Url::parse(public_url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
        Self { renderer, host, is_ready }
    }
}

impl Telephone for Composer {
    fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// The last line is for machines: a browser offers the code on this host alone ("Origin-bound
    /// one-time codes delivered via SMS", WICG, §2).
    fn compose(&self, draft: &TextDraft<'_>) -> Message {
        let locales = self.renderer.locales();
        let language = locales.find(draft.language).unwrap_or_else(|| locales.default_lang());
        let minutes = draft.minutes.to_string();
        let parameters = [("code", draft.code), ("minutes", &minutes), ("host", &self.host)];
        let words = locales.get(&language).text("sms.code", &parameters);
        let text = format!("{words}\n\n@{} #{}", self.host, draft.code);
        Message::text(draft.to.to_owned(), text)
    }
}
