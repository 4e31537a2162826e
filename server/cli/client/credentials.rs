//! What is kept between two commands: one token for each server, in
//! `$XDG_CONFIG_HOME/flowgate/credentials.json`, which its owner alone may read.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::server::Server;

/// The file.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Credentials {
    /// The server that was signed in to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// By the server's address.
    #[serde(default)]
    servers: BTreeMap<String, Kept>,
    #[serde(skip)]
    path: PathBuf,
}

/// What is kept for one server.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The bearer token.
    pub(super) access_token: String,
    /// When it ends, at the latest.
    pub(super) expires_at: DateTime<Utc>,
    /// Whose it is, for people.
    #[serde(default)]
    pub(super) account: String,
    /// An authenticator app that waits for its first code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) totp_setup: Option<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads the file; an empty one where there is none.
    pub(super) fn read() -> Result<Self, Failure> {
        Self::read_from(&place(|name| std::env::var_os(name))?)
    }

    fn read_from(path: &Path) -> Result<Self, Failure> {
        let cannot = |why: &dyn std::fmt::Display| {
            Failure::failed(format!("{} cannot be read: {why}", path.display()))
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), ..Self::default() });
            }
            Err(error) => return Err(cannot(&error)),
        };
        if is_open(path) {
            return Err(cannot(&"others may read it; take that from them with chmod 600"));
        }
        let read: Self = serde_json::from_str(&text).map_err(|error| cannot(&error))?;
        Ok(Self { path: path.to_owned(), ..read })
    }

    /// The server that was signed in to last.
    pub(super) fn last(&self) -> Option<Server> {
        self.last.as_deref()?.parse().ok()
    }

    pub(super) fn of(&self, server: &Server) -> Option<Kept> {
        self.servers.get(&server.to_string()).cloned()
    }

    /// Keeps this for the server, which is the last one from now on.
    pub(super) fn keep(&mut self, server: &Server, kept: Kept) -> Result<(), Failure> {
        self.last = Some(server.to_string());
        self.servers.insert(server.to_string(), kept);
        self.write()
    }

    /// Forgets what is kept for the server.
    pub(super) fn forget(&mut self, server: &Server) -> Result<(), Failure> {
        self.servers.remove(&server.to_string());
        if self.last.as_deref() == Some(&*server.to_string()) {
            self.last = self.servers.keys().next().cloned();
        }
        self.write()
    }

    /// In the place of the old file at once: a full disk leaves that one as it is.
    fn write(&self) -> Result<(), Failure> {
        let write = || -> std::io::Result<()> {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(folder)?;
            // Readable by its owner alone from the first moment on.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| {
            Failure::failed(format!("{} cannot be written: {error}", self.path.display()))
        })
    }
}

/// Where the file is (XDG Base Directory Specification: a relative path there counts as none).
fn place(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<PathBuf, Failure> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))
        .ok_or_else(|| Failure::failed("there is no place for the token: set XDG_CONFIG_HOME"))?;
    Ok(folder.join("flowgate").join("credentials.json"))
}

/// Whether others than the owner can read a file.
#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use chrono::{DateTime, Utc};

    use super::{Credentials, Kept, place};
    use crate::cli::client::server::Server;

    fn kept(token: &str) -> Kept {
        Kept {
            access_token: token.to_owned(),
            expires_at: DateTime::<Utc>::UNIX_EPOCH,
            account: "ada@acme.example".to_owned(),
            totp_setup: None,
        }
    }

    #[test]
    fn each_server_has_its_token_and_the_last_one_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("credentials.json");
        let (one, two): (Server, Server) =
            ("https://one.example".parse().unwrap(), "https://two.example".parse().unwrap());
        let mut credentials = Credentials::read_from(&path).unwrap();
        assert!(credentials.last().is_none() && credentials.of(&one).is_none());
        credentials.keep(&one, kept("first")).unwrap();
        credentials.keep(&two, kept("second")).unwrap();
        let mut again = Credentials::read_from(&path).unwrap();
        assert_eq!(again.last(), Some(two.clone()));
        assert_eq!(again.of(&one).unwrap().access_token, "first");
        again.forget(&two).unwrap();
        let last = Credentials::read_from(&path).unwrap();
        assert_eq!(last.last(), Some(one));
        assert!(last.of(&two).is_none());
        assert!(!format!("{last:?}").contains("first"), "{last:?}");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flowgate").join("credentials.json");
        let server: Server = "https://one.example".parse().unwrap();
        let mut credentials = Credentials::read_from(&path).unwrap();
        credentials.keep(&server, kept("first")).unwrap();
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let refused = Credentials::read_from(&path).unwrap_err();
        assert!(refused.text.contains("chmod 600"), "{}", refused.text);
        credentials.keep(&server, kept("second")).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn what_is_no_document_is_told_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        std::fs::write(&path, "{").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert!(Credentials::read_from(&path).unwrap_err().text.contains("credentials.json"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
    }

    #[test]
    fn the_place_follows_the_specification() {
        let at = |pairs: &'static [(&str, &str)]| {
            let find = |name: &str| pairs.iter().find(|it| it.0 == name).map(|it| it.1.into());
            place(find).ok().map(|path| path.display().to_string())
        };
        let both = at(&[("XDG_CONFIG_HOME", "/x"), ("HOME", "/home/ada")]);
        assert_eq!(both.as_deref(), Some("/x/flowgate/credentials.json"));
        let home = at(&[("XDG_CONFIG_HOME", "relative"), ("HOME", "/home/ada")]);
        assert_eq!(home.as_deref(), Some("/home/ada/.config/flowgate/credentials.json"));
        assert_eq!(at(&[]), None);
    }
}
