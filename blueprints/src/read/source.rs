//! Files: finding, bounding and decoding them.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path as FilePath, PathBuf};

use super::limits::{MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_DEPTH, MAX_FOLDER_ENTRIES};
use super::{Mark, Span};
use crate::diagnostic::{Code, Report};

/// Where a text comes from: this decides what its tags may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file on the operator's disk: `!env` works, and `!file` within `folder`.
    Operator {
        /// The folder of the file.
        folder: PathBuf,
    },
    /// Anything else, such as an upload or a text inside the binary: `!env` and `!file` are
    /// refused, or whoever submits a text could read the server's secrets.
    Submitted,
}

/// One blueprint text.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file as the caller named it: the name in diagnostics.
    pub name: String,
    /// The text, without a byte order mark.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Source {
    /// A text that is no file of the operator's: its tags reach neither environment nor disk.
    pub fn submitted(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), origin: Origin::Submitted }
    }
}

/// The texts of one blueprint in the order in which their findings are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    /// Adds a text and returns its number.
    pub(crate) fn push(&mut self, source: Source) -> usize {
        self.0.push(source);
        self.0.len() - 1
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Source)> {
        self.0.iter().enumerate()
    }

    pub(crate) fn get(&self, file: usize) -> Option<&Source> {
        self.0.get(file)
    }

    pub(crate) fn name(&self, file: usize) -> &str {
        self.get(file).map_or("", |source| &source.name)
    }

    pub(crate) fn lines(&self, file: usize) -> impl Iterator<Item = &str> {
        lines(self.get(file).map_or("", |source| &source.text))
    }
}

impl FromIterator<Source> for Sources {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        Self(sources.into_iter().collect())
    }
}

/// Lines as YAML counts them (§5.4): a line feed, a carriage return, or both together end one.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let Some(end) = current.find(['\n', '\r']) else {
            rest = None;
            return Some(current);
        };
        let behind = &current[end..];
        let width = if behind.starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&behind[width..]);
        Some(&current[..end])
    })
}

/// Finds the files of `paths` (a folder stands for every `*.yaml` and `*.yml` below it, hidden
/// ones left out, in the order of their names) and reads each.
pub(crate) fn load(paths: &[PathBuf], report: &mut Report) -> Sources {
    let mut search = Search {
        found: Vec::new(),
        seen: HashSet::new(),
        entries: 0,
        report,
        sources: Sources::default(),
    };
    for path in paths {
        search.path(path);
    }
    let Search { found, report, mut sources, .. } = search;
    let mut found = found.into_iter();
    for path in found.by_ref().take(MAX_FILES) {
        read_file(&path, &mut sources, report);
    }
    if let Some(path) = found.next() {
        let file = sources.push(Source::submitted(path.display().to_string(), ""));
        report.error(
            Code::Limit,
            Span::top(file),
            "",
            format!("a blueprint has at most {MAX_FILES} files, and this one is beyond"),
        );
    }
    sources
}

struct Search<'a> {
    found: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
    entries: usize,
    report: &'a mut Report,
    sources: Sources,
}

impl Search<'_> {
    /// A path that the caller named.
    fn path(&mut self, path: &FilePath) {
        match fs::metadata(path) {
            Err(error) => self.refuse(path, Code::File, format!("cannot be read: {error}")),
            Ok(metadata) if metadata.is_dir() => {
                let before = self.found.len();
                self.folder(path, 0);
                if self.found.len() == before && !self.report.has_errors() {
                    self.refuse(path, Code::File, "has no *.yaml or *.yml file in it".to_owned());
                }
            }
            Ok(_) => self.file(path),
        }
    }

    fn file(&mut self, path: &FilePath) {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if self.seen.insert(real) {
            self.found.push(path.to_path_buf());
        }
    }

    fn folder(&mut self, folder: &FilePath, depth: usize) {
        let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => {
                return self.refuse(folder, Code::File, format!("cannot be read: {error}"));
            }
        };
        self.entries += entries.len();
        if self.entries > MAX_FOLDER_ENTRIES || depth > MAX_FOLDER_DEPTH {
            return self.refuse(
                folder,
                Code::Limit,
                "is too large a folder for a blueprint".to_owned(),
            );
        }
        let mut entries: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            let hidden =
                path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
            if hidden {
                continue;
            }
            // A folder behind a symbolic link is left out: it may lead round in a circle.
            if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
                self.folder(&path, depth + 1);
            } else if is_yaml && self.found.len() <= MAX_FILES {
                self.file(&path);
            }
        }
    }

    fn refuse(&mut self, path: &FilePath, code: Code, message: String) {
        let file = self.sources.push(Source::submitted(path.display().to_string(), ""));
        self.report.error(code, Span::top(file), "", message);
    }
}

/// Reads one file into `sources`; one that cannot be read stays there empty, as a name.
fn read_file(path: &FilePath, sources: &mut Sources, report: &mut Report) {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let file = sources.push(Source {
        name: path.display().to_string(),
        text: String::new(),
        origin: Origin::Operator { folder },
    });
    let text = read_bounded(path, MAX_FILE_BYTES)
        .map_err(|refusal| (Mark { line: 1, column: 1 }, refusal))
        .and_then(|bytes| decode(&bytes));
    match text {
        Ok(text) => sources.0[file].text = text,
        Err((mark, Refusal { code, message })) => {
            report.error(code, Span::point(file, mark), "", message);
        }
    }
}

/// Why a file was not read.
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
}

/// The bytes of a regular file of at most `limit` bytes.
pub(super) fn read_bounded(path: &FilePath, limit: u64) -> Result<Vec<u8>, Refusal> {
    let refuse = |message: String| Refusal { code: Code::File, message };
    // Asked before opening: opening a named pipe waits for a writer.
    let metadata =
        fs::metadata(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    if !metadata.is_file() {
        return Err(refuse("is not a regular file".to_owned()));
    }
    let file = fs::File::open(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| refuse(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > limit {
        return Err(Refusal {
            code: Code::Limit,
            message: format!("is larger than {} KiB", limit / 1024),
        });
    }
    Ok(bytes)
}

/// UTF-8 without a byte order mark and without characters that YAML or a reviewer cannot see.
pub(super) fn decode(bytes: &[u8]) -> Result<String, (Mark, Refusal)> {
    let refuse = |mark, message: String| Err((mark, Refusal { code: Code::Yaml, message }));
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return refuse(
            Mark { line: 1, column: 1 },
            "is not UTF-8 but UTF-16: save it as UTF-8".to_owned(),
        );
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => check_characters(text).map(|()| text.to_owned()),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            refuse(mark_behind(&good), "is not UTF-8 from here on".to_owned())
        }
    }
}

/// Refuses what YAML forbids (§5.1), above all NUL, which parsers take for the end of the file,
/// and characters that make a text read otherwise than it is ordered.
pub(super) fn check_characters(text: &str) -> Result<(), (Mark, Refusal)> {
    let Some((place, character)) =
        text.char_indices().find(|(_, character)| is_forbidden(*character))
    else {
        return Ok(());
    };
    let what = if changes_direction(character) {
        "changes the direction of text and hides what a reader reviews"
    } else {
        "is not allowed in YAML"
    };
    Err((
        mark_behind(&text[..place]),
        Refusal {
            code: Code::Yaml,
            message: format!("the character U+{:04X} {what}", u32::from(character)),
        },
    ))
}

fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        character => character.is_control() || changes_direction(character),
    }
}

/// Whether a character is one of the Unicode bidirectional controls.
pub(crate) fn changes_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The place behind a text.
fn mark_behind(text: &str) -> Mark {
    let (mut line, mut last) = (0, "");
    for current in lines(text) {
        line += 1;
        last = current;
    }
    Mark { line, column: last.chars().count() + 1 }
}
