//! The app in this process, with a database, a clock and a mailbox of its own, and with password
//! hashes that cost nothing.

use std::sync::{Arc, Mutex};

use blueprints::{Apply, Options, Source};
use engine::Passwords;
use flowgate::app::App;
use flowgate::config::Settings;
use flowgate::http::router;
use flowgate::start::{Shutdown, Trigger, jobs};
use store::event::{self, Event};
use store::user::{self, Login, User};
use store::{Ambient, Clock as _, Id};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{Browser, Mail, Mailbox, MockClock, SeededRandom, Site, TestDatabase};

/// A running app. Dropping it stops it and deletes its database.
pub(crate) struct TestApp {
    pub(crate) clock: MockClock,
    pub(crate) mailbox: Mailbox,
    /// What the app works with, for a look behind the pages.
    pub(crate) app: Arc<App>,
    seen: Mutex<Vec<Id<store::mail::Mail>>>,
    ambient: Ambient,
    settings: Vec<(&'static str, String)>,
    // Dropped in this order: who works on the database goes before it.
    site: Site,
    _jobs: JoinSet<()>,
    _trigger: Trigger,
    database: TestDatabase,
    _files: TempDir,
}

impl TestApp {
    /// The app on `blueprints/acme.yaml`.
    pub(crate) async fn start() -> Self {
        Self::with_blueprint(crate::ACME).await
    }

    /// The app on a blueprint.
    pub(crate) async fn with_blueprint(blueprint: &str) -> Self {
        Self::open(blueprint, true, &[]).await
    }

    /// The app on a blueprint, without a mail server: mail is written and stays in the
    /// [`outbox`](Self::outbox), where it can be read at once and counted.
    pub(crate) async fn with_outbox(blueprint: &str) -> Self {
        Self::open(blueprint, false, &[]).await
    }

    /// The app with an outbox and further settings.
    pub(crate) async fn with_settings(blueprint: &str, more: &[(&'static str, &str)]) -> Self {
        Self::open(blueprint, false, more).await
    }

    async fn open(blueprint: &str, sends_mail: bool, more: &[(&'static str, &str)]) -> Self {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("test.yaml"), blueprint).unwrap();
        let database = TestDatabase::create().await;
        let mailbox = Mailbox::open().await;
        let clock = MockClock::new();
        let ambient = Ambient::new(Arc::new(clock.clone()), Arc::new(SeededRandom::new(7)));
        let mut settings: Vec<_> =
            more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        settings.extend(sends_mail.then(|| ("smtp-url", mailbox.url())));
        Self::run(clock, ambient, mailbox, settings, database, files).await
    }

    /// The same app after a restart: another process on the same database.
    pub(crate) async fn restart(self) -> Self {
        let Self { clock, ambient, mailbox, settings, site, database, _files: files, .. } = self;
        drop(site);
        Self::run(clock, ambient, mailbox, settings, database, files).await
    }

    async fn run(
        clock: MockClock,
        ambient: Ambient,
        mailbox: Mailbox,
        settings: Vec<(&'static str, String)>,
        database: TestDatabase,
        files: TempDir,
    ) -> Self {
        let mut made = None;
        let site = Site::serve(async |url| {
            let folder = files.path().to_str().unwrap();
            let mut pairs = vec![
                ("public-url", url),
                ("database", database.url()),
                ("data", folder),
                ("blueprints", folder),
                ("mail-from", "Flowgate <login@acme.example>"),
                // The clock stands still, so nothing that was spent comes back.
                ("rate-limit", "off"),
            ];
            pairs.extend(settings.iter().map(|(name, value)| (*name, value.as_str())));
            let ambient = ambient.clone();
            let passwords = Passwords::cheap(1, ambient.clone()).unwrap();
            let opened =
                App::with_passwords(Settings::of(pairs).unwrap(), ambient, passwords).await;
            let app = opened.unwrap_or_else(|error| panic!("the app does not start: {error}"));
            made = Some(Arc::clone(&app));
            router(app)
        })
        .await;
        let app = made.unwrap();
        let (trigger, shutdown) = Shutdown::new();
        let jobs = jobs(&app, &shutdown);
        Self {
            clock,
            mailbox,
            app,
            seen: Mutex::default(),
            ambient,
            settings,
            site,
            _jobs: jobs,
            _trigger: trigger,
            database,
            _files: files,
        }
    }

    /// A browser that has never been here.
    pub(crate) fn browser(&self) -> Browser {
        self.site.browser()
    }

    /// `http://127.0.0.1:PORT`, which is also the issuer.
    pub(crate) fn url(&self) -> &str {
        &self.site.url
    }

    /// Applies another version of the blueprint, as `flowgate blueprint apply` does, and takes it up.
    pub(crate) async fn apply(&self, blueprint: &str) {
        let (store, registry) = (&self.app.store, self.app.engine.registry());
        let source = Source::submitted("test.yaml", blueprint);
        let checked = blueprints::check_sources([source], &Options::for_apply(registry));
        let text = blueprints::render_text(&checked.diagnostics, false);
        let compiled = checked.blueprint.unwrap_or_else(|| panic!("{text}"));
        let passwords = &self.app.engine.services().passwords;
        let request = Apply { actor: "test", message: None, registry };
        blueprints::apply(store, passwords, &compiled, request).await.unwrap();
        self.app.engine.refresh().await.unwrap();
    }

    /// The database, as whoever steals it reads it.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        self.database.dump().await
    }

    /// The audit trail, oldest first.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let mut conn = self.app.store.read().await.unwrap();
        let mut events = event::newest(&mut conn, None, 10_000).await.unwrap();
        events.reverse();
        events
    }

    /// The events of one kind, oldest first.
    pub(crate) async fn events_of(&self, kind: &str) -> Vec<Event> {
        let mut events = self.events().await;
        events.retain(|event| event.kind == kind);
        events
    }

    /// The mails that wait, in the order in which they were first seen here: while the clock stands
    /// still there is no other.
    pub(crate) async fn outbox(&self) -> Vec<Mail> {
        let mut conn = self.app.store.read().await.unwrap();
        let mails = store::mail::newest(&mut conn, 1000).await.unwrap();
        let mut seen = self.seen.lock().unwrap();
        for mail in &mails {
            if !seen.contains(&mail.id) {
                seen.push(mail.id.clone());
            }
        }
        let find = |id: &Id<_>| mails.iter().find(|mail| mail.id == *id);
        seen.iter().filter_map(find).map(|mail| self.open_mail(mail)).collect()
    }

    fn open_mail(&self, mail: &store::mail::Mail) -> Mail {
        let message = mail.open(self.app.store.sealer()).unwrap();
        Mail {
            from: String::new(),
            to: vec![message.to],
            subject: message.subject,
            text: message.text,
            html: message.html,
        }
    }

    /// The person with this address or user name.
    pub(crate) async fn person(&self, login: &str) -> User {
        let mut conn = self.app.store.read().await.unwrap();
        let found = user::find_by_login(&mut conn, login, &[Login::Email, Login::Username]).await;
        found.unwrap().unwrap_or_else(|| panic!("there is no {login}"))
    }

    /// Forbids the person to sign in.
    pub(crate) async fn disable(&self, login: &str) {
        let (person, now) = (self.person(login).await, self.clock.now());
        let mut unit = self.app.store.write().await.unwrap();
        user::set_disabled(&mut unit, &person.id, Some(now), now).await.unwrap();
        unit.commit().await.unwrap();
    }
}
