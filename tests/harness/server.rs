//! `flowgate serve` on a database and a blueprint of its own, which can be killed and started again.

use std::path::Path;

use store::{Ambient, Database, Sealer, SecretKey, Store};
use tempfile::TempDir;

use super::{Browser, Process, Ran, TestDatabase, free_port};

/// A running server. Its address, database and blueprints stay the same when it is started again.
pub(crate) struct Server {
    pub(crate) url: String,
    arguments: Vec<String>,
    process: Process,
    _database: TestDatabase,
    _files: [TempDir; 2],
}

impl Server {
    /// Serves one blueprint.
    pub(crate) async fn start(blueprint: &str) -> Self {
        Self::start_with(blueprint, &[]).await
    }

    /// Serves one blueprint, with further flags.
    pub(crate) async fn start_with(blueprint: &str, more: &[&str]) -> Self {
        Self::start_at("127.0.0.1", blueprint, more).await
    }

    /// As [`Server::start_with`], under the name `localhost`.
    pub(crate) async fn at_localhost(blueprint: &str, more: &[&str]) -> Self {
        Self::start_at("localhost", blueprint, more).await
    }

    async fn start_at(host: &str, blueprint: &str, more: &[&str]) -> Self {
        let blueprints = tempfile::tempdir().unwrap();
        std::fs::write(blueprints.path().join("test.yaml"), blueprint).unwrap();
        let database = TestDatabase::create().await;
        let port = free_port();
        let (address, url) = (format!("127.0.0.1:{port}"), format!("http://{host}:{port}"));
        let files = tempfile::tempdir().unwrap();
        let arguments: Vec<_> = ["serve", "--listen", &address, "--public-url", &url]
            .into_iter()
            .chain(["--database", database.url()])
            .chain(["--blueprints", blueprints.path().to_str().unwrap()])
            .chain(["--data", files.path().to_str().unwrap()])
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect();
        let process = run(&arguments, &url).await;
        Self { url, arguments, process, _database: database, _files: [blueprints, files] }
    }

    /// `kill -9`, then the same command again.
    pub(crate) async fn crash_and_restart(&mut self) {
        self.process.kill();
        self.process = run(&self.arguments, &self.url).await;
    }

    /// `kill -9`; it stays down until [`crash_and_restart`](Self::crash_and_restart).
    pub(crate) fn crash(&mut self) {
        self.process.kill();
    }

    /// Runs another command of the product on the same database, to its end.
    pub(crate) fn command(&self, arguments: &[&str]) -> Ran {
        let is_shared = |flag: &&str| ["--database", "--data", "--public-url"].contains(flag);
        let own: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let shared = own.windows(2).filter(|pair| is_shared(&pair[0])).flatten().copied();
        Ran::of(&arguments.iter().copied().chain(shared).collect::<Vec<_>>())
    }

    /// Its database, for a look behind the pages.
    pub(crate) async fn store(&self) -> Store {
        let value = |flag: &str| {
            let at = self.arguments.iter().position(|it| it == flag).unwrap();
            self.arguments[at + 1].as_str()
        };
        let ambient = Ambient::system();
        let key = Path::new(value("--data")).join("secret.key");
        let key = SecretKey::read_or_create(&key, &ambient).unwrap();
        let database = Database::parse(value("--database")).unwrap();
        Store::open(&database, Sealer::new(&key).unwrap(), ambient).await.unwrap()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// Everything that it printed since its last start.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }

    /// The last lines that it printed since its last start.
    pub(crate) fn last_words(&self) -> String {
        self.process.last_words()
    }
}

async fn run(arguments: &[String], url: &str) -> Process {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut process = Process::start(&arguments);
    process.answers(&format!("{url}/readyz")).await;
    process
}
