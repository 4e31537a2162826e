//! Pages and mails: minijinja over the embedded `templates/`, compiled once, one environment per
//! language. A file in the override directory replaces the embedded one of the same path; locale
//! files merge key by key. Templates come from the binary and the operator's disk alone, never from
//! a request or the database, and everything but `.txt` is escaped as HTML.
//!
//! To add a page see `view.rs`, a mail `mail.rs`, a language `locales.rs`, a template function
//! `functions.rs`.

mod account;
mod api;
mod assets;
mod colour;
mod demo;
mod device;
mod files;
mod functions;
mod locale;
mod locales;
mod mail;
mod page;
mod safety;
#[doc(hidden)]
pub mod samples;
#[cfg(test)]
mod tests;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{Environment, Value};
use serde::Serialize;

pub(crate) use account::{
    ActivityPage, Apps, FactorPage, Notice, Overview, Profile, Refused, Remove, Security,
    SessionsPage, SetUp,
};
pub(crate) use api::{ApiAnswer, ApiDocs, ApiField, ApiGroup, ApiOperation};
pub use assets::{ASSET_PATH, Asset};
pub use colour::{Colour, Theme, Tones};
pub use demo::{
    Claim, Outbox, OutboxEntry, OutboxMail, WikiAction, WikiClaims, WikiError, WikiHome,
};
pub(crate) use device::{DeviceConfirm, DeviceDone, DeviceEnter};
pub use locale::{Lang, Locale};
pub use locales::{DEFAULT_LANGUAGE, Locales};
pub use mail::Mail;
pub use page::{
    Brand, ClientHead, FlowHead, LanguageLink, Links, Organisation, Page, Person, SERVICE_NAME,
};
pub use view::{
    App, Challenge, Consent, ConsentClient, ErrorKind, ErrorPage, FormPost, LoggedOut,
    LogoutConfirm, OauthError, Scope, View,
};

use assets::Assets;
use files::Files;

/// Why a page could not be made, or the templates not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template is wrong, or its data don't fit it.
    #[error("{}", describe(.0))]
    Template(#[from] minijinja::Error),
    /// A locale file is wrong.
    #[error("locales/{tag}.yaml: {detail}")]
    Locale {
        /// The file's language.
        tag: String,
        /// What is wrong.
        detail: String,
    },
    /// An asset of a kind that the server doesn't serve.
    #[error("static/{0}: unknown kind of file")]
    Asset(String),
    /// A file of the override directory can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A mail's subject would be more than one header line.
    #[error("a mail's subject must be one line of at most 200 bytes")]
    Subject,
}

impl Error {
    fn locale(tag: &str, detail: &str) -> Self {
        Self::Locale { tag: tag.to_owned(), detail: detail.to_owned() }
    }
}

/// The error with its causes: minijinja keeps the place in the innermost one.
fn describe(error: &minijinja::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Renders every page and mail. Built once at start and shared.
#[derive(Debug)]
pub struct Renderer {
    locales: Locales,
    /// In the order of `locales`.
    environments: Vec<Environment<'static>>,
    assets: Arc<Assets>,
}

impl Renderer {
    /// With the embedded templates and, over them, the files of a directory.
    pub fn new(overrides: Option<&Path>) -> Result<Self, Error> {
        Self::build(overrides, false)
    }

    /// As [`new`](Self::new), but a missing text is an error rather than its key: for tests.
    pub fn strict(overrides: Option<&Path>) -> Result<Self, Error> {
        Self::build(overrides, true)
    }

    fn build(overrides: Option<&Path>, strict: bool) -> Result<Self, Error> {
        Files::read(overrides)?.compile(strict)
    }

    /// Sets the language of people who ask for none that there is. Returns whether there is such a
    /// language.
    #[must_use]
    pub fn set_default_language(&mut self, tag: &str) -> bool {
        self.locales.set_default(tag)
    }

    /// The languages.
    pub fn locales(&self) -> &Locales {
        &self.locales
    }

    /// The file below [`ASSET_PATH`]; `name` without it, hashed or plain.
    pub fn asset(&self, name: &str) -> Option<&Arc<Asset>> {
        self.assets.find(name)
    }

    /// The hashed address of an asset, e.g. of `favicon.svg`.
    pub fn asset_url(&self, name: &str) -> Option<&str> {
        self.assets.url(name)
    }

    /// The language switcher of a page in `lang`; `url` gives the page's address in a language.
    pub fn languages(&self, lang: &Lang, url: impl Fn(&Lang) -> String) -> Vec<LanguageLink> {
        let link = |locale: &Locale| LanguageLink {
            code: locale.lang().to_string(),
            name: locale.name().to_owned(),
            url: url(locale.lang()),
            current: locale.lang() == lang,
        };
        self.locales.all().iter().map(link).collect()
    }

    /// A page.
    pub fn render<V: View>(&self, page: &Page, view: &V) -> Result<String, Error> {
        self.render_parts(V::TEMPLATE, page, V::NAME, Value::from(Serde(view)))
    }

    /// A stage's page.
    pub fn stage<E: Serialize>(
        &self,
        page: &Page,
        challenge: &Challenge<'_, E>,
    ) -> Result<String, Error> {
        let template = format!("stages/{}.html", challenge.component);
        self.render_parts(&template, page, "challenge", Value::from(Serde(challenge)))
    }

    /// Is there a page for this component?
    pub fn has_stage(&self, component: &str) -> bool {
        let template = format!("stages/{component}.html");
        let environment = self.environments.first();
        component != "layout"
            && environment.is_some_and(|environment| environment.get_template(&template).is_ok())
    }

    fn render_parts(
        &self,
        template: &str,
        page: &Page,
        name: &'static str,
        data: Value,
    ) -> Result<String, Error> {
        let context = Value::from_pairs([("page", Value::from(Serde(page))), (name, data)]);
        self.render_value(template, &page.lang, context)
    }

    fn render_value(&self, template: &str, lang: &Lang, context: Value) -> Result<String, Error> {
        let environment = &self.environments[self.locales.index(lang)];
        Ok(environment.get_template(template)?.render(context)?)
    }
}
