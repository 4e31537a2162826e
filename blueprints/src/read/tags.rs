//! `!env`, `!file` and `!var`: puts the values in the place of the tags.
//!
//! A value from the environment or a file is text, marked secret, and never shown. Where the
//! language wants a number or a boolean, the text is read as one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path as FilePath};

use super::limits::MAX_SECRET_BYTES;
use super::source::read_bounded;
use super::{Given, Node, Origin, Sources, Span, Value};
use crate::diagnostic::{Code, Report};
use crate::path::{Path, Segment};

/// The tags of the language.
const TAGS: [&str; 3] = ["!env", "!file", "!var"];

/// What tags may look up.
pub(crate) struct Lookup<'a> {
    pub(crate) sources: &'a Sources,
    /// `--var`.
    pub(crate) given: &'a BTreeMap<String, String>,
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
    /// Whether an environment variable or file that is not there is an error; else it is a warning, so that a
    /// machine without the secrets can check.
    pub(crate) strict: bool,
}

/// Puts values in place of all tags below `root`, `vars:` first. Returns nothing: what cannot be
/// resolved is reported and becomes [`Value::Unset`].
pub(crate) fn resolve(roots: &mut [Node], lookup: &Lookup<'_>, report: &mut Report) {
    let mut resolver = Resolver { lookup, vars: None, used: BTreeSet::new(), report };
    let mut vars = BTreeMap::new();
    for root in roots.iter_mut() {
        resolver.declare(root, &mut vars);
    }
    resolver.vars = Some(vars);
    for root in roots.iter_mut() {
        resolver.below_top(root);
    }
    resolver.report_unused(roots);
}

struct Resolver<'a> {
    lookup: &'a Lookup<'a>,
    /// `None` while `vars:` itself is read: a variable cannot be made of another.
    vars: Option<BTreeMap<String, Node>>,
    used: BTreeSet<String>,
    report: &'a mut Report,
}

impl Resolver<'_> {
    /// Reads `vars:` of one file.
    fn declare(&mut self, root: &mut Node, vars: &mut BTreeMap<String, Node>) {
        let Value::Mapping(entries) = &mut root.value else { return };
        let Some((_, node)) = entries.iter_mut().find(|(key, _)| key.text == "vars") else {
            return;
        };
        self.node(node, &mut Path::top().key("vars"));
        for (key, value) in node.entries() {
            vars.insert(key.text.clone(), value.clone());
        }
    }

    fn below_top(&mut self, root: &mut Node) {
        let mut path = Path::top();
        if root.tag.is_some() {
            return self.node(root, &mut path);
        }
        if let Value::Mapping(entries) = &mut root.value {
            for (key, node) in entries.iter_mut().filter(|(key, _)| key.text != "vars") {
                path.push(Segment::Key(key.text.clone()));
                self.node(node, &mut path);
                path.pop();
            }
        }
    }

    fn node(&mut self, node: &mut Node, path: &mut Path) {
        if let Some(tag) = node.tag.take() {
            let value = self.tagged(&tag, node, path);
            if let Some((value, given)) = value {
                node.value = value;
                node.given = given;
            } else {
                node.value = Value::Unset;
                node.given = Given::Tag { label: tag, secret: true };
            }
            return;
        }
        match &mut node.value {
            Value::Sequence(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.push(Segment::Index(index));
                    self.node(item, path);
                    path.pop();
                }
            }
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    path.push(Segment::Key(key.text.clone()));
                    self.node(value, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn tagged(&mut self, tag: &str, node: &Node, path: &Path) -> Option<(Value, Given)> {
        match tag {
            "!env" => self.env(node, path),
            "!file" => self.file(node, path),
            "!var" => self.var(node, path),
            _ => {
                self.report
                    .error(Code::Tag, node.span, path, format!("`{tag}` is not a tag of the language"))
                    .suggest(crate::suggest::did_you_mean(tag, TAGS).or_else(|| {
                        Some("the tags are `!env NAME`, `!file PATH` and `!var NAME`; quote text that starts with `!`".to_owned())
                    }));
                None
            }
        }
    }

    /// `!env NAME` or `!env [NAME, default]`.
    fn env(&mut self, node: &Node, path: &Path) -> Option<(Value, Given)> {
        self.refuse_submitted("!env", node.span, path)?;
        let (name, default) = match node.items() {
            [name, default] => (name, Some(default)),
            [name] => (name, None),
            _ => (node, None),
        };
        let name = self.argument("!env", "NAME` or `!env [NAME, default]", name, path)?;
        let label = format!("!env {name}");
        // A name that the operating system cannot hold would panic in some look-ups.
        let is_name = !name.is_empty() && !name.contains(['=', '\0']);
        if let Some(text) = is_name.then(|| (self.lookup.environment)(&name)).flatten() {
            return Some((Value::Text(text), Given::Tag { label, secret: true }));
        }
        if let Some(default) = default {
            if default.tag.is_some() || !default.items().is_empty() || !default.entries().is_empty()
            {
                self.report.error(
                    Code::Tag,
                    default.span,
                    path,
                    "the default of `!env` is one plain value",
                );
                return None;
            }
            return Some((default.value.clone(), Given::Written { text: None }));
        }
        self.unset(node.span, path, &format!("the environment variable `{name}` is not set"))
            .suggest(Some(format!("set it, or give a default: `!env [{name}, default]`")));
        Some((Value::Unset, Given::Tag { label, secret: true }))
    }

    /// `!file PATH`, below the folder of the blueprint.
    fn file(&mut self, node: &Node, path: &Path) -> Option<(Value, Given)> {
        self.refuse_submitted("!file", node.span, path)?;
        let name = self.argument("!file", "PATH", node, path)?;
        let Some(Origin::Operator { folder }) =
            self.lookup.sources.get(node.span.file).map(|source| &source.origin)
        else {
            return None;
        };
        let label = format!("!file {name}");
        let relative = FilePath::new(&name);
        let stays = !name.is_empty()
            && !name.contains('\0')
            && relative
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let outside = format!("`{name}` is not below the folder of the blueprint");
        if !stays {
            self.report.error(Code::Tag, node.span, path, outside);
            return None;
        }
        // Compared after following every link: a link may point anywhere.
        let resolved = folder.canonicalize().and_then(|folder| {
            relative_to(&folder, relative).map(|file| (file.starts_with(&folder), file))
        });
        let file = match resolved {
            Ok((true, file)) => file,
            Ok((false, _)) => {
                self.report.error(Code::Tag, node.span, path, outside);
                return None;
            }
            Err(error) => {
                self.unset(node.span, path, &format!("the file `{name}` cannot be read: {error}"));
                return Some((Value::Unset, Given::Tag { label, secret: true }));
            }
        };
        let read = read_bounded(&file, MAX_SECRET_BYTES).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| super::source::Refusal {
                code: Code::File,
                message: "is not UTF-8".to_owned(),
            })
        });
        match read {
            Ok(mut text) => {
                // Editors and `echo` end a file with a line feed that nobody means.
                if text.ends_with('\n') {
                    text.pop();
                    if text.ends_with('\r') {
                        text.pop();
                    }
                }
                Some((Value::Text(text), Given::Tag { label, secret: true }))
            }
            Err(refusal) => {
                self.report.error(
                    refusal.code,
                    node.span,
                    path,
                    format!("the file `{name}` {}", refusal.message),
                );
                None
            }
        }
    }

    /// `!var NAME`, from `--var` or `vars:`.
    fn var(&mut self, node: &Node, path: &Path) -> Option<(Value, Given)> {
        let name = self.argument("!var", "NAME", node, path)?;
        let Some(vars) = &self.vars else {
            self.report.error(
                Code::Tag,
                node.span,
                path,
                "a variable cannot be made of another variable",
            );
            return None;
        };
        if let Some(text) = self.lookup.given.get(&name) {
            self.used.insert(name.clone());
            return Some((
                Value::Text(text.clone()),
                Given::Tag { label: format!("!var {name}"), secret: false },
            ));
        }
        if let Some(found) = vars.get(&name) {
            self.used.insert(name.clone());
            let given = match &found.given {
                Given::Written { .. } => Given::Written { text: None },
                given @ Given::Tag { .. } => given.clone(),
            };
            return Some((found.value.clone(), given));
        }
        let known = vars.keys().chain(self.lookup.given.keys()).map(String::as_str);
        let suggestion = crate::suggest::did_you_mean(&name, known)
            .or_else(|| Some(format!("state it under `vars:` or give `--var {name}=..`")));
        self.report
            .error(Code::Unset, node.span, path, format!("the variable `{name}` has no value"))
            .suggest(suggestion);
        Some((Value::Unset, Given::Tag { label: format!("!var {name}"), secret: false }))
    }

    /// The one text behind a tag.
    fn argument(&mut self, tag: &str, form: &str, node: &Node, path: &Path) -> Option<String> {
        let text = match &node.value {
            Value::Text(text) if node.tag.is_none() => Some(text.clone()),
            Value::Integer(number) if node.tag.is_none() => Some(number.to_string()),
            _ => None,
        };
        if text.is_none() {
            self.report.error(Code::Tag, node.span, path, format!("write `{tag} {form}`"));
        }
        text
    }

    fn refuse_submitted(&mut self, tag: &str, span: Span, path: &Path) -> Option<()> {
        if let Some(Origin::Operator { .. }) =
            self.lookup.sources.get(span.file).map(|source| &source.origin)
        {
            Some(())
        } else {
            self.report.error(
                Code::Tag,
                span,
                path,
                format!(
                    "`{tag}` is allowed only in files on the server, not in a submitted blueprint"
                ),
            );
            None
        }
    }

    fn unset(&mut self, span: Span, path: &Path, message: &str) -> &mut crate::diagnostic::Finding {
        if self.lookup.strict {
            self.report.error(Code::Unset, span, path, message)
        } else {
            self.report.warning(Code::Unset, span, path, message)
        }
    }

    fn report_unused(&mut self, roots: &[Node]) {
        let declared = roots.iter().filter_map(|root| root.get("vars")).flat_map(Node::entries);
        for (key, _) in declared {
            if !self.used.contains(&key.text) {
                self.report.warning(
                    Code::Unused,
                    key.span,
                    Path::top().key("vars").key(&key.text),
                    format!("the variable `{}` is used nowhere", key.text),
                );
            }
        }
    }
}

fn relative_to(folder: &FilePath, relative: &FilePath) -> std::io::Result<std::path::PathBuf> {
    folder.join(relative).canonicalize()
}
