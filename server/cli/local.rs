//! What the commands share that look after people: they work on the database itself, whether a server
//! runs on it or not, by the same functions as the server. To add one, write a function that takes a
//! [`Local`], beside those of `user.rs` and `recover.rs`.

use std::path::Path;
use std::sync::Arc;

use chrono::{Duration, SecondsFormat};
use clap::{ArgMatches, Command};
use engine::condition::Sandbox;
use engine::definition::Purpose;
use engine::{Catalogue, Flows, MailDraft, Mailroom as _};
use serde_json::{Value, json};
use store::event::{self, NewEvent, Outcome};
use store::link::{self, Link};
use store::mail::Message;
use store::user::{self, Login, User};
use store::{Ambient, Database, Id, Store, Time, Unit, blueprint_version};

use super::{say, warn};
use crate::app;
use crate::config::{DatabaseFlags, Environment, LogFormat, SETTINGS, Settings};
use crate::logs;
use crate::mail::Composer;
use crate::render::Renderer;
use crate::start::{self, StartError};

/// Who did it, in the audit trail.
const ACTOR: &str = "cli";

/// The kind of the stage whose links these are.
const LINK_STAGE: &str = "email_link";

/// The slug that is taken where several flows are for recovery.
const USUAL_FLOW: &str = "recovery";

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
    settings: Settings,
}

/// A link that stands for a person.
pub(super) struct Handed {
    url: String,
    flow: String,
    expires_at: Time,
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

    /// The newest flows.
    pub(super) async fn catalogue(&self) -> Result<Catalogue, StartError> {
        let mut conn = self.store.read().await?;
        let version = blueprint_version::latest(&mut conn).await?;
        let flows = match blueprint_version::find(&mut conn, version).await? {
            Some(row) => serde_json::from_value(row.document.0).map_err(|error| {
                engine::Error::Internal(format!("blueprint version {version}: {error}"))
            })?,
            None => Flows::default(),
        };
        Ok(Catalogue::compile(version, &flows, &stages::registry(), &Sandbox::default())?)
    }

    /// The flow, and the stage of it, whose link lets a person back in.
    pub(super) async fn way_back(&self) -> Result<(Catalogue, String, String), StartError> {
        let catalogue = self.catalogue().await?;
        let mut found: Vec<(String, String)> = catalogue
            .stated()
            .filter(|flow| flow.purpose() == Purpose::Recovery)
            .filter_map(|flow| {
                let stage = flow.stages_of(LINK_STAGE).next()?;
                Some((flow.slug().to_owned(), stage.to_owned()))
            })
            .collect();
        found.sort_by_key(|(slug, _)| (slug != USUAL_FLOW, slug.clone()));
        let (flow, stage) = found.into_iter().next().ok_or_else(|| {
            refused(
                "no flow with `use: recovery` has the stage `email_link`, so no link can lead into \
                 it; apply a blueprint that has one with: flowgate blueprint apply PATH",
            )
        })?;
        Ok((catalogue, flow, stage))
    }

    /// Makes a link that stands for `person` in the recovery flow: good once, dead with any other
    /// made for them, and never a sign-in by itself, since the flow's gate asks for their factors.
    pub(super) async fn hand_link(
        &self,
        unit: &mut Unit,
        (catalogue, flow, stage): (&Catalogue, &str, &str),
        person: &User,
        lasts: Duration,
    ) -> Result<Handed, StartError> {
        let Some(address) = person.email.clone() else {
            return Err(refused("this person has no address, and a link stands for one"));
        };
        let (now, token) = (self.now(), self.store.ambient().token());
        let expires_at = now.plus(lasts);
        let link = Link {
            token_hash: store::token(&token),
            flow: flow.to_owned(),
            version: catalogue.version(),
            stage: stage.to_owned(),
            user_id: Some(person.id.clone()),
            address,
            execution_id: Id::from(link::BY_ADMINISTRATOR),
            security_epoch: person.security_epoch,
            created_at: now,
            expires_at,
            used_at: None,
        };
        link::create(unit, &link).await?;
        let data = json!({ "flow": flow, "expires_at": expires_at });
        self.record(unit, "recovery_link_created", person, data).await?;
        if !self.settings.has_public_url() {
            warn("no --public-url is stated, so the link is for this machine alone");
        }
        let url = format!("{}/flow/{flow}?link={token}", self.settings.public_url);
        Ok(Handed { url, flow: flow.to_owned(), expires_at })
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

impl Handed {
    pub(super) fn json(&self) -> Value {
        json!({ "url": self.url, "flow": self.flow, "expires_at": self.expires_at })
    }

    /// The link alone goes where results go, so that a script can take it.
    pub(super) fn tell(&self) {
        say(&self.url);
        let until = self.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        warn(&format!(
            "good once, until {until}; hand it over where nobody else reads it. It is no sign-in: \
             whoever opens it is asked for the second factors of this person"
        ));
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
