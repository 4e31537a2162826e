//! A person's terminal: the product's commands, with what they keep between two of them.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use super::Ran;

/// How long a command may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal whose configuration folder is its own.
pub(crate) struct Terminal {
    folder: TempDir,
}

/// A command that has not ended.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    stderr: String,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Where tokens are kept.
    pub(crate) fn credentials(&self) -> PathBuf {
        self.folder.path().join("flowgate").join("credentials.json")
    }

    /// Begins `flowgate` with these arguments.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowgate"));
        let ours = |name: &OsStr| name.to_string_lossy().starts_with("FLOWGATE_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        let mut child = command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Running { child, lines, stderr: String::new() }
    }

    /// Runs `flowgate` with these arguments to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.begin(arguments).end().await
    }
}

impl Running {
    /// What stands behind `words` in the next line that has them.
    pub(crate) async fn says(&mut self, words: &str) -> String {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.expect("it says no more");
            let Some(line) = line.unwrap() else { panic!("no {words:?} in:\n{}", self.stderr) };
            self.note(&line);
            if let Some((_, rest)) = line.split_once(words) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Waits until it ends.
    pub(crate) async fn end(mut self) -> Ran {
        let mut stdout = String::new();
        let mut output = self.child.stdout.take().unwrap();
        let work = async {
            output.read_to_string(&mut stdout).await.unwrap();
            while let Some(line) = self.lines.next_line().await.unwrap() {
                self.stderr.push_str(&line);
                self.stderr.push('\n');
            }
            self.child.wait().await.unwrap()
        };
        let status = timeout(PATIENCE, work).await.expect("it does not end");
        Ran { code: status.code(), stdout, stderr: self.stderr }
    }

    fn note(&mut self, line: &str) {
        self.stderr.push_str(line);
        self.stderr.push('\n');
    }
}
