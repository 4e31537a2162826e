//! The application: what every request and every job works with, opened once.

use std::sync::Arc;

use engine::{Engine, Mailroom, Passwords, Services, Telephone};
use provider::Provider;
use store::{Ambient, Sealer, SecretKey, Store};

use crate::config::Settings;
use crate::http::Limits;
use crate::mail;
use crate::render::Renderer;
use crate::sms;
use crate::start::StartError;
use crate::start::blueprint::{self, Watched};

/// Everything, opened and ready. Nothing runs by itself: see [`crate::start::jobs`].
pub struct App {
    /// What it was told.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// Runs flows.
    pub engine: Engine,
    /// Speaks OpenID Connect.
    pub provider: Provider,
    /// What each client address has left.
    pub(crate) limits: Limits,
    /// Makes pages.
    pub renderer: Arc<Renderer>,
    /// Sends mail, where there is a mail server.
    pub(crate) sender: Option<mail::Sender>,
    /// Sends text messages, where there is a provider.
    pub(crate) texts: Option<sms::Sender>,
    /// The blueprints on disk as they were when they were last applied.
    pub(crate) watched: Option<Watched>,
}

impl App {
    /// Opens the database and everything that stands on it, making what is missing, and applies the
    /// blueprints: those of the settings, or else the shipped one.
    ///
    /// # Errors
    /// When anything cannot be opened, or a blueprint has a mistake.
    pub async fn open(settings: Settings, ambient: Ambient) -> Result<Arc<Self>, StartError> {
        let passwords = Passwords::new(settings.password_threads, ambient.clone())?;
        Self::with_passwords(settings, ambient, passwords).await
    }

    /// As [`App::open`] with a hashing pool of the caller's: [`Passwords::cheap`] in tests and
    /// benchmarks.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn with_passwords(
        settings: Settings,
        ambient: Ambient,
        passwords: Passwords,
    ) -> Result<Arc<Self>, StartError> {
        let mut renderer = Renderer::new(settings.templates.as_deref())?;
        if !renderer.set_default_language(&settings.default_language) {
            return Err(StartError::Language(settings.default_language.clone()));
        }
        let renderer = Arc::new(renderer);
        let smtp = settings.smtp.as_ref();
        let sender = smtp.map(|smtp| mail::Sender::new(smtp, settings.mail_from.clone()));
        let sender = sender.transpose().map_err(StartError::Mail)?;
        let texts = settings.sms.as_ref().map(sms::Sender::new).transpose();
        let texts = texts.map_err(StartError::Sms)?.flatten();
        let store = open_store(&settings, ambient).await?;
        let provider = Provider::open(store.clone(), settings.public_url.clone()).await?;
        let mailroom: Arc<dyn Mailroom> = Arc::new(mail::Composer::new(
            Arc::clone(&renderer),
            store.ambient().clone(),
            settings.public_url.clone(),
        ));
        let public_url = settings.public_url.clone();
        let has_telephone = settings.sms.is_some();
        let telephone = sms::Composer::new(Arc::clone(&renderer), &public_url, has_telephone);
        let telephone: Arc<dyn Telephone> = Arc::new(telephone);
        let name = crate::render::SERVICE_NAME.to_owned();
        let webauthn = settings.relying_party();
        let services = Services {
            store: store.clone(),
            passwords,
            mailroom,
            telephone,
            name,
            public_url,
            webauthn,
        };
        let registry = Arc::new(stages::registry());
        let built_in = blueprint::built_in(&registry)?;
        let engine = Engine::new(services, registry, built_in);
        let watched = blueprint::apply_at_start(&settings, &engine).await?;
        engine.refresh().await?;
        let limits = Limits::new(settings.rate_limit);
        Ok(Arc::new(Self {
            settings,
            store,
            engine,
            provider,
            limits,
            renderer,
            sender,
            texts,
            watched,
        }))
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Opens the database with its key, making both and their folders at the first start.
pub(crate) async fn open_store(settings: &Settings, ambient: Ambient) -> Result<Store, StartError> {
    make_private_folder(&settings.data)?;
    let key = SecretKey::read_or_create(&settings.secret_key_file, &ambient)?;
    let sealer = Sealer::new(&key)?;
    Ok(Store::open(&settings.database, sealer, ambient).await?)
}

/// Makes a folder that only its owner may enter; one that is there stays as it is.
pub(crate) fn make_private_folder(path: &std::path::Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| StartError::Data { path: path.to_owned(), source })
}
