//! `blueprint check`: everything that can be said without a database, all mistakes at once.
//!
//! The steps, in order: find and read the files ([`crate::read`]), merge them ([`merge`]), put
//! values in place of tags, walk along the schema ([`crate::validate`]), read the flows and look at
//! them as a whole ([`crate::flow`]), compile the conditions ([`conditions`]), parse the objects and
//! look at them together ([`objects`]). Each step goes on with what the one before it understood.
//! A new rule about one object, or several, is a function in [`objects`].

mod conditions;
mod merge;
mod objects;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use engine::Registry;
use serde::de::DeserializeOwned;

use crate::compiled::Compiled;
use crate::diagnostic::{Code, Diagnostic, Report, Severity};
use crate::flow::{self, Flows};
use crate::model;
use crate::path::{Path, Segment};
use crate::read::{self, Budget, Key, Node, Source, Sources, Span, tags};
use crate::schema::Language;
use crate::validate::{Names, Pending, Walker};

/// Looks up an environment variable.
pub type Environment<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;

/// What a check needs to know beside the files.
pub struct Options<'a> {
    /// The stage kinds.
    pub registry: &'a Registry,
    /// `--var NAME=VALUE`.
    pub vars: BTreeMap<String, String>,
    /// Whether an environment variable or file that is not there is an error. `check` leaves it a
    /// warning, so that a machine without the secrets can check; `apply` and `serve` cannot.
    pub needs_secrets: bool,
    /// Looks up an environment variable.
    pub environment: Environment<'a>,
}

impl<'a> Options<'a> {
    /// The options of `blueprint check`: the process's environment, no variables, and secrets may
    /// be absent.
    pub fn new(registry: &'a Registry) -> Self {
        Self {
            registry,
            vars: BTreeMap::new(),
            needs_secrets: false,
            environment: Box::new(|name| std::env::var(name).ok()),
        }
    }

    /// The options of `apply` and `serve`: every secret must be there.
    pub fn for_apply(registry: &'a Registry) -> Self {
        Self { needs_secrets: true, ..Self::new(registry) }
    }
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// Everything that is wrong or worth knowing, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// The blueprint, if nothing refuses it.
    pub blueprint: Option<Compiled>,
}

impl Checked {
    /// Whether the blueprint is refused.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Checks files and folders as one blueprint.
pub fn check(paths: &[PathBuf], options: &Options<'_>) -> Checked {
    let mut report = Report::default();
    let sources = read::load(paths, &mut report);
    check_loaded(sources, options, report)
}

/// Checks texts that are not, or not only, files of the operator's: the tags of those made by
/// [`Source::submitted`] reach neither environment nor disk.
pub fn check_sources(sources: impl IntoIterator<Item = Source>, options: &Options<'_>) -> Checked {
    check_loaded(sources.into_iter().collect(), options, Report::default())
}

fn check_loaded(mut sources: Sources, options: &Options<'_>, mut report: Report) -> Checked {
    if sources.iter().next().is_none() {
        // Findings need a file to stand in.
        sources.push(Source::submitted("blueprint", ""));
    }
    let sources = &sources;
    let mut budget = Budget::default();
    let mut roots: Vec<Node> = Vec::new();
    for (file, source) in sources.iter() {
        let mark = report.len();
        match read::read(file, source, &mut budget, &mut report) {
            Some(root) => roots.push(root),
            None if report.len() == mark && !source.text.is_empty() => {
                report.warning(Code::Unused, Span::top(file), "", "the file is empty");
            }
            None => {}
        }
    }
    let lookup = tags::Lookup {
        sources,
        given: &options.vars,
        environment: &options.environment,
        strict: options.needs_secrets,
    };
    tags::resolve(&mut roots, &lookup, &mut report);
    let is_whole = !report.has_errors();
    let root = merge::merge(roots, is_whole, &mut report);
    let blueprint = root.and_then(|root| Check::new(&root, options.registry, &mut report).run());
    let blueprint = blueprint.filter(|_| !report.has_errors());
    Checked { diagnostics: report.finish(sources), blueprint }
}

/// One check of a merged document.
struct Check<'a> {
    root: &'a Node,
    registry: &'a Registry,
    language: Language,
    names: Names,
    report: &'a mut Report,
    conditions: Vec<Pending>,
    unset: BTreeSet<Span>,
    patterns: HashMap<String, Option<regex_automata::meta::Regex>>,
}

impl<'a> Check<'a> {
    fn new(root: &'a Node, registry: &'a Registry, report: &'a mut Report) -> Self {
        Self {
            root,
            registry,
            language: Language::new(registry),
            names: names(root),
            report,
            conditions: Vec::new(),
            unset: BTreeSet::new(),
            patterns: HashMap::new(),
        }
    }

    fn run(mut self) -> Option<Compiled> {
        let mut walker = Walker {
            report: self.report,
            names: &self.names,
            conditions: &mut self.conditions,
            unset: &mut self.unset,
            root: &self.language.root,
            patterns: &mut self.patterns,
        };
        walker.walk(
            self.root,
            &self.language.root,
            Span::top(self.root.span.file),
            &mut Path::top(),
        );
        let mut flows = Flows::new();
        for (key, node) in section(self.root, "flows") {
            let flow = flow::read(key, node, &self.language, self.registry, &mut walker);
            flows.insert(key.text.clone(), flow);
        }
        let endless = flow::include::check(&flows, self.report);
        flow::reach::check(&flows, &endless, self.registry, self.report);
        conditions::check(self.root, &flows, self.registry, &mut self.conditions, self.report);
        let organisations = self.objects::<model::Organisation>("organisations");
        let clients = self.objects::<model::Client>("clients");
        let users = self.objects::<model::User>("users");
        let objects = objects::Objects { root: self.root, unset: &self.unset, report: self.report };
        objects.check(&organisations, &clients, &users);
        Some(Compiled {
            name: self.root.get("name")?.text()?.to_owned(),
            organisations,
            clients,
            users,
            conditions: section(self.root, "conditions")
                .iter()
                .filter_map(|(key, node)| Some((key.text.clone(), node.text()?.to_owned())))
                .collect(),
            flows: flows
                .values()
                .filter_map(|flow| Some((flow.slug.clone(), flow.define()?)))
                .collect(),
            is_complete: self.unset.is_empty(),
        })
    }

    /// The objects of a section, those with mistakes left out.
    fn objects<T: DeserializeOwned>(&mut self, section_name: &str) -> BTreeMap<String, T> {
        let schema = self.language.root["properties"][section_name]["additionalProperties"].clone();
        let mut objects = BTreeMap::new();
        for (key, node) in section(self.root, section_name) {
            // Walked once more, for its value alone: the findings are known.
            let mut silent = Report::default();
            let mut walker = Walker {
                report: &mut silent,
                names: &self.names,
                conditions: &mut Vec::new(),
                unset: &mut self.unset,
                root: &self.language.root,
                patterns: &mut self.patterns,
            };
            let path = Path::top().key(section_name).key(&key.text);
            if let Some(json) = walker.walk(node, &schema, key.span, &mut path.clone()) {
                match serde_path_to_error::deserialize::<_, T>(json) {
                    Ok(object) => drop(objects.insert(key.text.clone(), object)),
                    Err(error) => self.refuse(key, node, &path, &error),
                }
            }
        }
        objects
    }

    /// What the schema let through and the type did not.
    fn refuse(
        &mut self,
        key: &Key,
        node: &Node,
        path: &Path,
        error: &serde_path_to_error::Error<serde_json::Error>,
    ) {
        use serde_path_to_error::Segment as Step;
        let steps: Vec<Segment> = error
            .path()
            .iter()
            .filter_map(|step| match step {
                Step::Seq { index } => Some(Segment::Index(*index)),
                Step::Map { key } => Some(Segment::Key(key.clone())),
                _ => None,
            })
            .collect();
        let span = flow::locate(node, key.span, &steps);
        if !self.unset.contains(&span) {
            // The words of a type may repeat the value, which may be a secret.
            let message = match flow::find(node, &steps) {
                Some(node) if node.is_secret() => {
                    format!("{} is not what belongs here", node.shown())
                }
                _ => error.inner().to_string(),
            };
            let path: Path = path.segments().iter().cloned().chain(steps).collect();
            self.report.error(Code::WrongValue, span, path, message).hide(true);
        }
    }
}

/// The entries of a section of the document.
fn section<'a>(root: &'a Node, name: &str) -> &'a [(Key, Node)] {
    root.get(name).map(Node::entries).unwrap_or_default()
}

/// The names that `x-reference` may mean. An object with mistakes in it is still there by name.
fn names(root: &Node) -> Names {
    [
        ("organisation", "organisations"),
        ("client", "clients"),
        ("condition", "conditions"),
        ("flow", "flows"),
        ("user", "users"),
        ("source", "sources"),
    ]
    .into_iter()
    .map(|(kind, name)| {
        (kind, section(root, name).iter().map(|(key, _)| key.text.clone()).collect())
    })
    .collect()
}

/// Where the value at a path of the document stands.
pub(super) fn place(root: &Node, path: &Path) -> Span {
    flow::locate(root, Span::top(root.span.file), path.segments())
}
