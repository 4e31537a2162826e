//! Why a start failed, in words that say what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use blueprints::{ApplyError, Diagnostic};

use crate::config::ConfigError;

/// A start that failed, or a command that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The data folder cannot be made.
    #[error("cannot make the data folder {}: {source}; choose another with --data", path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A template or a text is wrong.
    #[error("the templates: {0}")]
    Templates(#[from] crate::render::Error),
    /// There are no texts in the default language.
    #[error("there are no texts in the language `{0}`; choose another with --default-language")]
    Language(String),
    /// The mail server cannot be spoken to as it is stated.
    #[error("the mail server of --smtp-url: {0}")]
    Mail(lettre::transport::smtp::Error),
    /// The provider of text messages cannot be spoken to.
    #[error("the provider of --sms-provider: {0}")]
    Sms(reqwest::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The OpenID provider.
    #[error(transparent)]
    Provider(#[from] provider::Error),
    /// The blueprint has mistakes: all of them.
    #[error("the blueprint has mistakes")]
    Blueprint(Vec<Diagnostic>),
    /// The blueprint is right, but does not fit what is there.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The system gave no threads, signals or sockets.
    #[error("the system: {0}")]
    System(#[from] io::Error),
    /// What was asked for cannot be done, and what to do instead.
    #[error("{0}")]
    Refused(String),
    /// Refused, and said so already.
    #[error("refused")]
    Told,
    /// A background job came to an end by itself.
    #[error("a background job failed; the log says why")]
    Job,
}
