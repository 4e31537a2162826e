//! The configuration: flags, over `FLOWGATE_…` variables, over a TOML file, over defaults; typed and
//! validated at once, all mistakes together.
//!
//! To add a setting: an entry in [`SETTINGS`], which gives it its flag, its variable, its key in the
//! file, its help and its row in `docs/configuration.md`; a field of [`Settings`]; a line in
//! [`Settings::resolve`] that reads it.

mod error;
mod layers;
mod listed;
mod sms;
mod smtp;
#[cfg(test)]
mod tests;
mod value;
mod webauthn;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use assurance::Span;
use ipnet::IpNet;
use lettre::message::Mailbox;
use store::Database;

pub use error::{ConfigError, Problem};
pub use layers::{DatabaseFlags, Environment, Flags};
pub use listed::{CONFIG, Heading, SETTINGS, Setting};
pub(crate) use sms::Encoding;
pub use sms::{Gateway, Sms, Twilio};
pub use smtp::Smtp;
pub(crate) use value::is_loopback;

use layers::Layers;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object each.
    Json,
}

/// What the product was told to do.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The origin under which people reach it: scheme, host and port, without a slash at its end.
    pub public_url: String,
    /// Whether `public_url` was stated rather than made from `listen`.
    has_public_url: bool,
    /// Which database.
    pub database: Database,
    /// The folder for what belongs to this installation.
    pub data: PathBuf,
    /// Where the key is that seals secrets at rest.
    pub secret_key_file: PathBuf,
    /// The blueprints to apply at start and on change.
    pub blueprints: Option<PathBuf>,
    /// Values for `!var` in the blueprints, where whoever starts it has any.
    pub blueprint_vars: BTreeMap<String, String>,
    /// Templates and texts that take the place of the embedded ones.
    pub templates: Option<PathBuf>,
    /// Whose `X-Forwarded-…` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How mail leaves; `None`: it stays in the outbox.
    pub smtp: Option<Smtp>,
    /// How text messages leave; `None`: there are none.
    pub sms: Option<Sms>,
    /// What was stated of the relying party for WebAuthn.
    webauthn: webauthn::Webauthn,
    /// Who mail is from.
    pub mail_from: Mailbox,
    /// What the budgets per client address are multiplied by; `None`: no limits.
    pub rate_limit: Option<f64>,
    /// After how long without use a session ends; zero: never.
    pub session_idle: Span,
    /// Which log lines are written, as `tracing_subscriber::EnvFilter` reads it.
    pub log: String,
    /// How they are written.
    pub log_format: LogFormat,
    /// Threads that answer requests.
    pub workers: usize,
    /// Threads that hash passwords.
    pub password_threads: usize,
    /// The language of people who ask for none that there is (BCP 47).
    pub default_language: String,
    /// Whether a change of the blueprints is applied. Always, unless whoever starts it says otherwise.
    pub watches_blueprints: bool,
    /// What is worth knowing but no mistake, for the log.
    pub notes: Vec<String>,
}

const DEFAULT_PORT: u16 = 8080;

impl Settings {
    /// Reads every setting from the highest layer that states it.
    ///
    /// # Errors
    /// With every mistake of every layer.
    pub fn resolve(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let mut layers = Layers::read(flags, environment);
        let listen = layers.value("listen", value::address);
        let listen =
            listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)));
        let public_url = layers.value("public-url", value::origin);
        let has_public_url = public_url.is_some();
        let public_url = public_url.unwrap_or_else(|| origin_of(listen));
        let data = layers.path("data").unwrap_or_else(|| PathBuf::from("flowgate-data"));
        let database = layers.value("database", value::database);
        let secret_key_file = layers.path("secret-key-file");
        let smtp = smtp::read(&mut layers);
        let sms = sms::read(&mut layers);
        let webauthn = webauthn::read(&mut layers, &public_url);
        let mail_from = layers.value("mail-from", value::mailbox);
        let mail_from = mail_from.or_else(|| value::sender_at(&public_url));
        let Some(mail_from) = mail_from else {
            return Err(layers.refuse("mail-from", "must be stated for this public URL"));
        };
        let log_format = layers.value("log-format", value::log_format);
        let trusted_proxies = layers.value("trusted-proxies", value::networks);
        let settings = Self {
            database: database.unwrap_or_else(|| Database::Sqlite(data.join("flowgate.db"))),
            secret_key_file: secret_key_file.unwrap_or_else(|| data.join("secret.key")),
            blueprints: layers.existing("blueprints"),
            blueprint_vars: BTreeMap::new(),
            templates: layers.existing("templates"),
            trusted_proxies: trusted_proxies.unwrap_or_default(),
            smtp,
            sms,
            webauthn,
            mail_from,
            rate_limit: layers.value("rate-limit", value::factor).unwrap_or(Some(1.0)),
            session_idle: layers.value("session-idle", value::span).unwrap_or_default(),
            log: layers.value("log", value::filter).unwrap_or_else(|| "info".to_owned()),
            log_format: log_format.unwrap_or(LogFormat::Text),
            workers: layers.value("workers", value::threads).unwrap_or_else(value::cores),
            password_threads: layers
                .value("password-threads", value::threads)
                .unwrap_or_else(value::cores),
            default_language: layers
                .value("default-language", value::language)
                .unwrap_or_else(|| crate::render::DEFAULT_LANGUAGE.to_owned()),
            watches_blueprints: true,
            notes: layers.notes(),
            listen,
            public_url,
            has_public_url,
            data,
        };
        layers.finish()?;
        Ok(settings)
    }

    /// From pairs of a setting's name (`public-url`) and its value, without variables or a file: for
    /// the demo and for tests.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn of<V: Into<String>>(
        pairs: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Result<Self, ConfigError> {
        let flags = pairs.into_iter().map(|(name, value)| (name, value.into())).collect();
        Self::resolve(&flags, &Environment::default())
    }

    /// Whether people reach it by HTTPS. Plain HTTP is possible on loopback alone, and has cookies of
    /// other names.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The public URL, which is an origin, as browsers write it in `Origin` (RFC 6454 §6.2).
    pub fn public_origin(&self) -> &str {
        &self.public_url
    }

    /// Its host, with the port where it is not the scheme's own: what browsers write in `Host`.
    pub fn public_host(&self) -> &str {
        self.public_url.split_once("://").map_or("", |(_, host)| host)
    }

    /// This installation for WebAuthn; none where the public URL has no domain and none was stated.
    pub fn relying_party(&self) -> Option<engine::RelyingParty> {
        self.webauthn.relying_party(&self.public_url, crate::render::SERVICE_NAME)
    }

    /// The same once it is known which port was taken: an unstated public URL follows it.
    #[must_use]
    pub fn bound_to(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        if !self.has_public_url {
            self.public_url = origin_of(address);
        }
        self
    }

    /// Whether somebody said how people reach it.
    pub(crate) fn has_public_url(&self) -> bool {
        self.has_public_url
    }

    /// Whether others than this machine can connect, though nobody said how they reach it.
    pub(crate) fn is_exposed_without_url(&self) -> bool {
        !self.has_public_url && !self.listen.ip().to_canonical().is_loopback()
    }
}

impl std::fmt::Debug for Settings {
    /// Without what may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// The address on which this machine reaches itself.
fn origin_of(listen: SocketAddr) -> String {
    let port = listen.port();
    match listen.ip() {
        IpAddr::V6(ip) if ip.is_loopback() => format!("http://[::1]:{port}"),
        _ => format!("http://127.0.0.1:{port}"),
    }
}
