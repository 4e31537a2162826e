//! What the commands share that look after people: they work on the database itself, whether a server
//! runs on it or not, by the same functions as the server. To add one, write a function that takes a
//! [`Local`], beside those of `user.rs` and `recover.rs`.

use std::path::Path;
use std::sync::Arc;

use clap::{ArgMatches, Command};
use engine::{MailDraft, Mailroom as _};
use serde_json::Value;
use store::event::{self, NewEvent, Outcome};
use store::mail::Message;
use store::user::{self, Login, User};
use store::{Ambient, Database, Id, Store, Time, Unit};

use super::say;
use crate::app;
use crate::config::{DatabaseFlags, Environment, LogFormat, SETTINGS, Settings};
use crate::logs;
use crate::mail::Composer;
use crate::render::Renderer;
use crate::start::{self, StartError};

/// Who did it, in the audit trail.
const ACTOR: &str = "cli";

/// Where the database is, and under which address people reach the server.
#[derive(Debug, Clone, Default)]
pub(super) struct SiteFlags(DatabaseFlags);

impl clap::FromArgMatches for SiteFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        DatabaseFlags::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl clap::Args for SiteFlags {
    fn augment_args(command: Command) -> Command {
        let url = SETTINGS.iter().filter(|setting| setting.name == "public-url");
        DatabaseFlags::augment_args(command.args(url.map(crate::config::Setting::argument)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// What every one of these commands takes.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    #[command(flatten)]
    site: SiteFlags,
    /// Write the result as JSON, to standard output
    #[arg(long)]
    pub(super) json: bool,
}

/// A database that is there already, and what stands on it.
pub(super) struct Local {
    pub(super) store: Store,
    pub(super) settings: Settings,
}

/// Runs `work` on the database, and says what it found: JSON where that was asked for, else text.
pub(super) fn run<T>(
    place: &Place,
    work: impl AsyncFnOnce(&Local) -> Result<T, StartError>,
    json: impl FnOnce(&T) -> Value,
    text: impl FnOnce(&T),
) -> Result<(), StartError> {
    let settings = Settings::resolve(&place.site.0.0, &Environment::of_process())?;
    logs::init("warn", LogFormat::Text);
    let done = start::runtime(1)?.block_on(async {
        let local = Local::open(settings).await?;
        work(&local).await
    })?;
    if place.json {
        say(&format!("{:#}", json(&done)));
    } else {
        text(&done);
    }
    Ok(())
}

impl Local {
    /// Opens what is there. A new database or key is never made: whoever looks after people means
    /// those that there are.
    async fn open(settings: Settings) -> Result<Self, StartError> {
        if let Database::Sqlite(path) = &settings.database {
            must_exist(path, "database", "--database or --data")?;
        }
        must_exist(&settings.secret_key_file, "secret key", "--secret-key-file or --data")?;
        let store = app::open_store(&settings, Ambient::system()).await?;
        Ok(Self { store, settings })
    }

    pub(super) fn now(&self) -> Time {
        self.store.ambient().now()
    }

    /// The person with this address, user name or id.
    pub(super) async fn person(&self, who: &str) -> Result<User, StartError> {
        let mut conn = self.store.read().await?;
        let by = [Login::Email, Login::Username];
        let found = match user::find_by_login(&mut conn, who, &by).await? {
            None => user::find(&mut conn, &Id::from(who)).await?,
            found => found,
        };
        found.ok_or_else(|| {
            refused(format!(
                "there is nobody with the address, user name or id {who:?}; look with: flowgate user list --search TEXT"
            ))
        })
    }

    /// The person with this address.
    pub(super) async fn person_at(&self, email: &str) -> Result<User, StartError> {
        let mut conn = self.store.read().await?;
        user::find_by_login(&mut conn, email, &[Login::Email]).await?.ok_or_else(|| {
            refused(format!(
                "there is nobody with the address {email:?}; look with: flowgate user list --search TEXT"
            ))
        })
    }

    /// Writes to the audit trail what was done to a person at the command line.
    pub(super) async fn record(
        &self,
        unit: &mut Unit,
        kind: &'static str,
        person: &User,
        mut data: Value,
    ) -> Result<(), StartError> {
        data["actor"] = Value::from(ACTOR);
        let event = NewEvent {
            user_id: Some(person.id.clone()),
            data,
            ..NewEvent::new(kind, Outcome::Success)
        };
        Ok(event::create(unit, self.store.ambient().id(), self.now(), event).await?)
    }

    /// A mail to a person who has an address.
    pub(super) fn mail(
        &self,
        template: &'static str,
        person: &User,
        mut data: Value,
    ) -> Result<Option<Message>, StartError> {
        let Some(to) = &person.email else { return Ok(None) };
        let renderer = Arc::new(Renderer::new(self.settings.templates.as_deref())?);
        let composer =
            Composer::new(renderer, self.store.ambient().clone(), self.settings.public_url.clone());
        data["name"] = Value::from(person.display_name());
        let language = person.language.as_deref().unwrap_or(&self.settings.default_language);
        Ok(Some(composer.compose(&MailDraft { template, to, language, data })?))
    }
}

/// A refusal that says what to do.
pub(super) fn refused(what: impl Into<String>) -> StartError {
    StartError::Refused(what.into())
}

fn must_exist(path: &Path, what: &str, flags: &str) -> Result<(), StartError> {
    if path.exists() {
        return Ok(());
    }
    let path = path.display();
    Err(refused(format!("there is no {what} at {path}; say where it is with {flags}")))
}

/// Text of people's making, fit for a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
