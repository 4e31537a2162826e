//! Applies the blueprints again when their files change. It looks at them every second, which works
//! on every file system, in containers and over the network; a mistake is logged, and what was
//! applied stays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::blueprint::{self, Outcome, Watched};
use super::{Shutdown, StartError};
use crate::app::App;

const EVERY: Duration = Duration::from_secs(1);

/// A change is looked at once it has stood for so long: an editor may be half-way through a file.
const SETTLE: Duration = Duration::from_millis(200);

/// No more files are watched; `blueprints` itself takes fewer.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 16;

/// Every file below a path, with what changes when it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Snapshot {
    /// Looks. What cannot be read is not there.
    pub(crate) fn take(path: &Path) -> Self {
        let mut snapshot = Self::default();
        snapshot.add(path, 0);
        snapshot
    }

    fn add(&mut self, path: &Path, depth: usize) {
        // Through symbolic links: a mounted ConfigMap is replaced by turning one.
        let Ok(metadata) = std::fs::metadata(path) else { return };
        if metadata.is_file() {
            if self.0.len() < MAX_FILES {
                self.0.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
            }
            return;
        }
        let Ok(entries) = std::fs::read_dir(path) else { return };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            if !name.as_encoded_bytes().starts_with(b".") && depth < MAX_DEPTH {
                self.add(&entry.path(), depth + 1);
            }
        }
    }
}

/// Runs until `shutdown`.
pub(super) async fn run(app: Arc<App>, mut watched: Watched, mut shutdown: Shutdown) {
    while shutdown.sleep(EVERY).await {
        let mut seen = look(&watched.path).await;
        if seen == watched.seen {
            continue;
        }
        loop {
            if !shutdown.sleep(SETTLE).await {
                return;
            }
            let again = look(&watched.path).await;
            if again == seen {
                break;
            }
            seen = again;
        }
        watched.seen = seen;
        tell(blueprint::apply_path(&watched.path, &watched.vars, &app.engine).await);
    }
}

async fn look(path: &Path) -> Snapshot {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || Snapshot::take(&path)).await.unwrap_or_default()
}

fn tell(result: Result<Outcome, StartError>) {
    match result {
        Ok(outcome) => blueprint::tell(&outcome),
        Err(StartError::Blueprint(diagnostics)) => {
            blueprint::log(&diagnostics);
            tracing::error!("the changed blueprint was not applied; the present version stays");
        }
        Err(error) => {
            tracing::error!(%error, "the changed blueprint was not applied; the present version stays");
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    #[test]
    fn whatever_a_change_is_it_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("a.yaml"), "one").unwrap();
        fs::create_dir(path.join("secrets")).unwrap();
        fs::write(path.join("secrets/google"), "x").unwrap();
        let mut last = Snapshot::take(path);
        assert_eq!(last, Snapshot::take(path));
        let mut differs = |what: &str| {
            let now = Snapshot::take(path);
            assert_ne!(now, last, "{what}");
            last = now;
        };
        fs::write(path.join("a.yaml"), "longer").unwrap();
        differs("another length");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        fs::File::options()
            .append(true)
            .open(path.join("a.yaml"))
            .unwrap()
            .set_modified(at)
            .unwrap();
        differs("another time");
        fs::write(path.join("secrets/google"), "yz").unwrap();
        differs("a secret");
        fs::write(path.join("b.yaml"), "").unwrap();
        differs("a new file");
        fs::remove_file(path.join("a.yaml")).unwrap();
        differs("a file less");
        fs::write(path.join(".b.yaml.swp"), "").unwrap();
        assert_eq!(last, Snapshot::take(path), "an editor's own files are nobody's");
        assert_eq!(Snapshot::take(&path.join("none")), Snapshot::default());
    }
}
