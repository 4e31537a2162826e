//! Reads the entries of a list of stages: what each is, and every mistake in it.

mod branch;
mod config;

use std::collections::{BTreeMap, BTreeSet};

use engine::Registry;

use super::{Entry, Flow, Stage, What};
use crate::diagnostic::Code;
use crate::path::{Path, Segment};
use crate::read::{Key, Node, Span, Value};
use crate::schema::Language;
use crate::validate::{Walker, list};

pub(crate) use config::{find, locate};

/// The flows of a blueprint by name.
pub(crate) type Flows = BTreeMap<String, Flow>;

/// What stands beside a stage kind.
const BESIDE: [&str; 3] = ["id", "when", "title"];
/// What may stand in place of a stage.
const INSTEAD: [&str; 2] = ["branch", "include"];

/// Reads the stages of one flow. The flow's other keys were checked before.
pub(crate) fn read(
    key: &Key,
    node: &Node,
    language: &Language,
    registry: &Registry,
    walker: &mut Walker<'_>,
) -> Flow {
    let purpose = node.get("use").and_then(|node| serde_json::from_value(node.to_json()).ok());
    let title = node.get("title").and_then(Node::text).map(str::to_owned);
    let mut path = Path::top().key("flows").key(&key.text).key("stages");
    let mut reader = Reader { language, registry, walker, ids: BTreeMap::new() };
    let stages = node.get("stages").map(Node::items).unwrap_or_default();
    let mut stages = reader.entries(stages, &mut path);
    let Reader { ids, .. } = reader;
    number(&mut stages, &mut ids.into_keys().collect());
    Flow { slug: key.text.clone(), span: key.span, purpose, title, stages }
}

struct Reader<'a, 'b> {
    language: &'a Language,
    registry: &'a Registry,
    walker: &'a mut Walker<'b>,
    /// The ids that the author gave.
    ids: BTreeMap<String, Span>,
}

impl Reader<'_, '_> {
    fn entries(&mut self, nodes: &[Node], path: &mut Path) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            path.push(Segment::Index(index));
            entries.push(self.entry(node, path));
            path.pop();
        }
        entries
    }

    fn entry(&mut self, node: &Node, path: &mut Path) -> Entry {
        let found = node.entries().iter().find(|(key, _)| INSTEAD.contains(&key.text.as_str()));
        let span = found.map_or(node.span, |(key, _)| key.span);
        let (span, what) = match (&node.value, found) {
            (Value::Mapping(entries), None) => {
                let (span, stage) = self.stage(node, entries, path);
                (span, stage.map_or(What::Unknown, What::Stage))
            }
            (_, Some((key, value))) => (span, self.instead(node, key, value, path)),
            _ => {
                self.not_a_mapping(node, path);
                (span, What::Unknown)
            }
        };
        Entry { span, path: path.clone(), what }
    }

    fn not_a_mapping(&mut self, node: &Node, path: &Path) {
        let suggestion = node.text().map(|text| {
            let kind = crate::suggest::nearest(text, self.kinds()).unwrap_or(text);
            format!("write `{kind}: {{}}`")
        });
        self.walker
            .report
            .error(
                Code::WrongType,
                node.span,
                path,
                format!("expected a stage, found {}", node.describe()),
            )
            .suggest(suggestion);
    }

    fn kinds(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.registry.kinds().map(engine::Kind::name)
    }

    /// A mapping with one stage kind.
    fn stage(
        &mut self,
        node: &Node,
        entries: &[(Key, Node)],
        path: &mut Path,
    ) -> (Span, Option<Stage>) {
        let others: Vec<&(Key, Node)> =
            entries.iter().filter(|(key, _)| !BESIDE.contains(&key.text.as_str())).collect();
        let known: Vec<&(Key, Node)> = others
            .iter()
            .filter(|(key, _)| self.registry.find(&key.text).is_some())
            .copied()
            .collect();
        let Some((kind, config)) = known.first().copied() else {
            self.unknown_kind(node, &others, path);
            self.beside(node, "", path);
            return (others.first().map_or(node.span, |(key, _)| key.span), None);
        };
        for (key, _) in others.iter().filter(|(key, _)| key.text != kind.text) {
            self.second_key(kind, key, &path.key(&key.text));
        }
        let (id, when, title) = self.beside(node, &kind.text, path);
        path.push(Segment::Key(kind.text.clone()));
        let (config, is_whole) = self.config(kind, config, path);
        path.pop();
        let stage = Stage {
            id: id.unwrap_or_default(),
            kind: kind.text.clone(),
            when,
            title,
            config,
            is_whole,
        };
        (kind.span, Some(stage))
    }

    fn unknown_kind(&mut self, node: &Node, others: &[&(Key, Node)], path: &Path) {
        let Some((key, _)) = others.first() else {
            self.walker
                .report
                .error(Code::MissingKey, node.span, path, "this entry has no stage kind")
                .suggest(Some(
                    "a stage is a mapping with one kind, such as `password: {}`".to_owned(),
                ));
            return;
        };
        let candidates: Vec<&str> = self.kinds().chain(INSTEAD).chain(BESIDE).collect();
        let suggestion = crate::suggest::did_you_mean(&key.text, candidates.iter().copied())
            .or_else(|| Some(format!("the kinds are {}", list(self.kinds()))));
        self.walker
            .report
            .error(
                Code::UnknownKind,
                key.span,
                path.key(&key.text),
                format!("there is no stage kind `{}`", key.text),
            )
            .suggest(suggestion);
    }

    /// A key beside the kind that is neither `id`, `when` nor `title`.
    fn second_key(&mut self, kind: &Key, key: &Key, path: &Path) {
        let kind_of = &kind.text;
        if self.registry.find(&key.text).is_some() {
            self.walker
                .report
                .error(
                    Code::Conflict,
                    key.span,
                    path,
                    format!("`{}` stands beside `{kind_of}`: one entry is one stage", key.text),
                )
                .suggest(Some(format!("begin a new entry: `- {}: ..`", key.text)));
            return;
        }
        let inside = self.language.keys_of(kind_of);
        let suggestion = match crate::suggest::nearest(
            &key.text,
            inside.iter().map(String::as_str).chain(BESIDE),
        ) {
            Some(near) if BESIDE.contains(&near) => format!("did you mean `{near}`?"),
            near if near.is_some() || inside.iter().any(|name| name == &key.text) => {
                let name = near.unwrap_or(&key.text);
                format!(
                    "`{name}` belongs inside `{kind_of}`: indent it, or write `{kind_of}: {{ {name}: .. }}`"
                )
            }
            _ => format!("beside a stage kind stand only {}", list(BESIDE)),
        };
        self.walker
            .report
            .error(Code::UnknownKey, key.span, path, format!("unknown key `{}`", key.text))
            .suggest(Some(suggestion));
    }

    /// `id`, `when` and `title`.
    fn beside(
        &mut self,
        node: &Node,
        kind: &str,
        path: &mut Path,
    ) -> (Option<String>, Option<String>, Option<String>) {
        let language = self.language;
        let mut text = |reader: &mut Self, name: &str| {
            let (key, value) = node.entries().iter().find(|(key, _)| key.text == name)?;
            path.push(Segment::Key(name.to_owned()));
            let json = reader.walker.walk(value, language.beside(name), key.span, path);
            path.pop();
            json.and_then(|json| json.as_str().map(str::to_owned))
        };
        let id = text(self, "id");
        let when = text(self, "when");
        let title = text(self, "title");
        if let (Some(id), Some(value)) = (&id, node.get("id")) {
            if let Some(first) = self.ids.get(id).copied() {
                self.walker
                    .report
                    .error(
                        Code::Duplicate,
                        value.span,
                        path.key("id"),
                        format!("the id `{id}` stands in this flow twice"),
                    )
                    .relate("the first one", first)
                    .suggest((!kind.is_empty()).then(|| {
                        "leave it out: the kind is the id, numbered when it repeats".to_owned()
                    }));
            } else {
                self.ids.insert(id.clone(), value.span);
            }
        }
        (id, when, title)
    }
}

/// Gives each stage without an id its kind, numbered when that is taken.
fn number(entries: &mut [Entry], taken: &mut BTreeSet<String>) {
    for entry in entries {
        match &mut entry.what {
            What::Stage(stage) if stage.id.is_empty() => {
                let mut id = stage.kind.clone();
                let mut count = 2;
                while !taken.insert(id.clone()) {
                    id = format!("{}-{count}", stage.kind);
                    count += 1;
                }
                stage.id = id;
            }
            What::Branch(arms) => arms.iter_mut().for_each(|arm| number(&mut arm.stages, taken)),
            _ => {}
        }
    }
}
