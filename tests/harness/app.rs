//! The app in this process, with a database, a clock and a mailbox of its own, and with password
//! hashes that cost nothing.

use std::sync::Arc;

use engine::Passwords;
use flowgate::app::App;
use flowgate::config::Settings;
use flowgate::http::router;
use flowgate::start::{Shutdown, Trigger, jobs};
use store::Ambient;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{Browser, Mailbox, MockClock, SeededRandom, Site, TestDatabase};

/// A running app. Dropping it stops it and deletes its database.
pub(crate) struct TestApp {
    pub(crate) clock: MockClock,
    pub(crate) mailbox: Mailbox,
    /// What the app works with, for a look behind the pages.
    pub(crate) app: Arc<App>,
    // Dropped in this order: who works on the database goes before it.
    site: Site,
    _jobs: JoinSet<()>,
    _trigger: Trigger,
    _database: TestDatabase,
    _files: TempDir,
}

impl TestApp {
    /// The app on `blueprints/acme.yaml`.
    pub(crate) async fn start() -> Self {
        Self::with_blueprint(crate::ACME).await
    }

    /// The app on a blueprint.
    pub(crate) async fn with_blueprint(blueprint: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("test.yaml"), blueprint).unwrap();
        let database = TestDatabase::create().await;
        let mailbox = Mailbox::open().await;
        let clock = MockClock::new();
        let ambient = Ambient::new(Arc::new(clock.clone()), Arc::new(SeededRandom::new(7)));
        let mut made = None;
        let site = Site::serve(async |url| {
            let folder = files.path().to_str().unwrap();
            let settings = Settings::of([
                ("public-url", url),
                ("database", database.url()),
                ("data", folder),
                ("blueprints", folder),
                ("smtp-url", &mailbox.url()),
                ("mail-from", "Flowgate <login@acme.example>"),
            ]);
            let passwords = Passwords::cheap(1, ambient.clone()).unwrap();
            let opened = App::with_passwords(settings.unwrap(), ambient, passwords).await;
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
            site,
            _jobs: jobs,
            _trigger: trigger,
            _database: database,
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
}
