//! The product binary as a process of its own, with its output kept for the test that fails.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long a start may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `flowgate`. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    output: PathBuf,
    _folder: TempDir,
}

impl Process {
    /// Runs `flowgate` with these arguments and without any `FLOWGATE_…` of the environment.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("output");
        let file = File::create(&output).unwrap();
        let mut command = command(arguments, folder.path());
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), output, _folder: folder }
    }

    /// The last lines that it printed.
    pub(crate) fn last_words(&self) -> String {
        end_of(&self.output())
    }

    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap()
    }

    /// Waits until `is_done` returns something; fails, showing the output, when the process ends before.
    pub(crate) async fn wait_for<T>(&mut self, is_done: impl AsyncFn(&str) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            let output = self.output();
            if let Some(done) = is_done(&output).await {
                return done;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("flowgate ended with {status}:\n{}", end_of(&output));
            }
            assert!(start.elapsed() < PATIENCE, "flowgate is not ready:\n{}", end_of(&output));
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until `url` answers 200.
    pub(crate) async fn answers(&mut self, url: &str) {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let is_up = async |_: &str| {
            let answer = client.get(url).send().await.ok()?;
            answer.status().is_success().then_some(())
        };
        self.wait_for(is_up).await;
    }

    /// Ctrl-C: waits until the process has tidied up and ended.
    pub(crate) fn interrupt(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(sent.success(), "{pid} cannot be interrupted");
        self.child.wait().unwrap()
    }

    /// `kill -9`: the process gets no chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What came of a command that ends by itself.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Runs `flowgate` with these arguments to its end.
    pub(crate) fn of(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Output { status, stdout, stderr } = command(arguments, folder.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Fails, showing what it said, unless it ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Its standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowgate"));
    command
        .args(arguments)
        .current_dir(folder)
        // What it would delete at its end goes with the folder, however it ends.
        .env("TMPDIR", folder)
        .stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FLOWGATE_") {
            command.env_remove(name);
        }
    }
    command
}

/// As much as one reads.
fn end_of(output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    lines[lines.len().saturating_sub(50)..].join("\n")
}

/// A port of 127.0.0.1 that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
