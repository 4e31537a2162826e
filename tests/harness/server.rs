//! `flowgate serve` on a database and a blueprint of its own, which can be killed and started again.

use tempfile::TempDir;

use super::{Browser, Process, TestDatabase, free_port};

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
        let blueprints = tempfile::tempdir().unwrap();
        std::fs::write(blueprints.path().join("test.yaml"), blueprint).unwrap();
        let database = TestDatabase::create().await;
        let address = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{address}");
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
