//! The layers: flags over variables over the file. A value that is empty counts as absent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin, Problem};
use super::listed::{CONFIG, SETTINGS, Setting, find};

/// A configuration file is no larger.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The settings of a command line, by name.
#[derive(Debug, Clone, Default)]
pub struct Flags(BTreeMap<&'static str, String>);

impl FromIterator<(&'static str, String)> for Flags {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        // A command may take only some of the settings.
        let value = |setting: &Setting| {
            let text = matches.try_get_one::<String>(setting.name).ok().flatten()?;
            Some((setting.name, text.clone()))
        };
        Ok(std::iter::once(&CONFIG).chain(SETTINGS).filter_map(value).collect())
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(SETTINGS.iter().chain([&CONFIG]).map(Setting::argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Which settings say where the database is and how to read it.
const OF_THE_DATABASE: [&str; 3] = ["data", "database", "secret-key-file"];

/// The settings of a command that works on the database and serves nobody.
#[derive(Debug, Clone, Default)]
pub struct DatabaseFlags(pub(crate) Flags);

impl clap::FromArgMatches for DatabaseFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Flags::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl clap::Args for DatabaseFlags {
    fn augment_args(command: Command) -> Command {
        let settings = OF_THE_DATABASE.into_iter().filter_map(find).chain([&CONFIG]);
        command.args(settings.map(|setting| setting.argument().help_heading("Database")))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The variables of a process.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self(std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect())
    }
}

impl<N: Into<String>> FromIterator<(N, N)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, N)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) origin: Origin,
}

impl Given {
    /// The value as a path: one of the file's is relative to its folder.
    pub(super) fn path(&self) -> PathBuf {
        self.resolve(Path::new(&self.text))
    }

    pub(super) fn resolve(&self, path: &Path) -> PathBuf {
        match &self.origin {
            Origin::File { path: file, .. } => {
                file.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
            }
            Origin::Absent | Origin::Flag | Origin::Variable => path.to_owned(),
        }
    }
}

/// All layers, laid over each other, and what is wrong with them.
pub(super) struct Layers {
    values: BTreeMap<&'static str, Given>,
    problems: Vec<Problem>,
    notes: Vec<String>,
}

impl Layers {
    pub(super) fn read(flags: &Flags, environment: &Environment) -> Self {
        let mut layers = Self { values: BTreeMap::new(), problems: Vec::new(), notes: Vec::new() };
        let given = |setting: &Setting| {
            let flag = flags.0.get(setting.name).map(|text| (text, Origin::Flag));
            let variable = || environment.0.get(&setting.variable());
            let variable = || variable().map(|text| (text, Origin::Variable));
            [flag, variable()]
                .into_iter()
                .flatten()
                .find(|(text, _)| !text.is_empty())
                .map(|(text, origin)| Given { text: text.clone(), origin })
        };
        if let Some(file) = given(&CONFIG) {
            layers.read_file(&file);
        }
        for setting in SETTINGS {
            if let Some(given) = given(setting) {
                layers.values.insert(setting.name, given);
            }
        }
        layers.note_near_misses(environment);
        layers
    }

    /// A variable that is nearly one of ours. Others that begin like ours may be anybody's:
    /// Kubernetes sets `FLOWGATE_PORT` beside a service of that name, and a blueprint reads any.
    fn note_near_misses(&mut self, environment: &Environment) {
        let known: Vec<String> =
            SETTINGS.iter().chain([&CONFIG]).map(|setting| setting.key().to_uppercase()).collect();
        for name in environment.0.keys().filter_map(|name| name.strip_prefix("FLOWGATE_")) {
            if let Some(near) = nearest(name, known.iter().map(String::as_str))
                && near != name
            {
                let note = format!("FLOWGATE_{name} is no setting; did you mean FLOWGATE_{near}?");
                self.notes.push(note);
            }
        }
    }

    fn read_file(&mut self, file: &Given) {
        let path = file.path();
        match read_bounded(&path) {
            Ok(text) => self.read_toml(&path, &text),
            Err(error) => {
                let what = format!("{} cannot be read: {error}", path.display());
                self.problems.push(Problem::of(&CONFIG, &file.origin, &what));
            }
        }
    }

    fn read_toml(&mut self, path: &Path, text: &str) {
        let line = |place: usize| text.get(..place).unwrap_or(text).matches('\n').count() + 1;
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let place = error.span().map_or(0, |span| span.start);
            // The message alone: the error's own rendering shows the line, which may be a secret.
            self.problems.push(Problem::in_file(path, line(place), error.message()));
        }
        for (key, value) in table.get_ref() {
            let line = line(key.span().start);
            let key = key.get_ref().as_ref();
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key() == key) else {
                let keys: Vec<String> = SETTINGS.iter().map(Setting::key).collect();
                let near = nearest(key, keys.iter().map(String::as_str));
                let hint = near.map(|near| format!("; did you mean `{near}`?"));
                let what = format!("`{key}` is no setting{}", hint.unwrap_or_default());
                self.problems.push(Problem::in_file(path, line, &what));
                continue;
            };
            let origin = Origin::File { path: path.to_owned(), line };
            match plain(value.get_ref()) {
                Ok(text) if text.is_empty() => {}
                Ok(text) => drop(self.values.insert(setting.name, Given { text, origin })),
                Err(what) => self.problems.push(Problem::of(setting, &origin, &what)),
            }
        }
    }

    /// The value of a setting, if one is given and `parse` takes it.
    pub(super) fn value<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&Given) -> Result<T, String>,
    ) -> Option<T> {
        let given = self.values.get(name)?;
        match parse(given) {
            Ok(value) => Some(value),
            Err(what) => {
                let problem = find(name).map(|setting| Problem::of(setting, &given.origin, &what));
                self.problems.extend(problem);
                None
            }
        }
    }

    /// The path that a setting names.
    pub(super) fn path(&mut self, name: &'static str) -> Option<PathBuf> {
        self.value(name, |given| Ok(given.path()))
    }

    /// The path that a setting names, if something is there.
    pub(super) fn existing(&mut self, name: &'static str) -> Option<PathBuf> {
        self.value(name, |given| {
            let path = given.path();
            match std::fs::metadata(&path) {
                Ok(_) => Ok(path),
                Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
            }
        })
    }

    /// The same of a setting that must be given.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&Given) -> Result<T, String>,
    ) -> Option<T> {
        if !self.values.contains_key(name) {
            self.missing(name, "must be stated");
        }
        self.value(name, parse)
    }

    /// Takes note of a setting that nobody gave, and what it must be.
    pub(super) fn missing(&mut self, name: &'static str, what: &str) {
        self.problems.extend(find(name).map(|setting| Problem::of(setting, &Origin::Absent, what)));
    }

    /// Everything that is wrong, and that a setting which nobody gave is missing.
    pub(super) fn refuse(mut self, name: &'static str, what: &str) -> ConfigError {
        self.missing(name, what);
        ConfigError(self.problems)
    }

    pub(super) fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Fails if anything was wrong.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError(self.problems)) }
    }
}

/// A value of the file as it would stand on the command line.
fn plain(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| {
                item.get_ref().as_str().ok_or_else(|| "must be a list of texts".to_owned())
            });
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        other => Err(format!("must be a text or a number, not a {}", other.type_str())),
    }
}

fn read_bounded(path: &Path) -> std::io::Result<String> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(std::io::Error::other("it is no file of at most 1 MiB"));
    }
    std::fs::read_to_string(path)
}

/// The candidate that `wrong` was probably meant to be.
fn nearest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |candidate: &str| strsim::normalized_damerau_levenshtein(wrong, candidate);
    let rated = candidates.map(|candidate| (likeness(candidate), candidate));
    let best = rated.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness > 0.75).map(|(_, candidate)| candidate)
}
