//! What is wrong with the configuration, with every name of the setting and the place of the value.

use std::fmt;
use std::path::PathBuf;

use super::listed::{CONFIG, Setting};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nowhere.
    Absent,
    /// On the command line.
    Flag,
    /// In the environment.
    Variable,
    /// In the file, at this line.
    File {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(String);

impl Problem {
    /// A wrong value of `setting`.
    pub(super) fn of(setting: &Setting, origin: &Origin, what: &str) -> Self {
        let (name, variable, key) = (setting.name, setting.variable(), setting.key());
        let others = if name == CONFIG.name {
            variable.clone()
        } else {
            format!("{variable}, key {key} of the configuration file")
        };
        let place = match origin {
            Origin::Absent => "not given".to_owned(),
            Origin::Flag => "given by the flag".to_owned(),
            Origin::Variable => format!("given by {variable}"),
            Origin::File { path, line } => format!("given at {}:{line}", path.display()),
        };
        Self(format!("--{name} ({others}): {what}; {place}"))
    }

    /// A mistake in the file that belongs to no setting.
    pub(super) fn in_file(path: &std::path::Path, line: usize, what: &str) -> Self {
        Self(format!("{}:{line}: {what}", path.display()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every mistake in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
