//! Reads the entries of a list of stages: what each is, and every mistake in it.

use std::collections::{BTreeMap, BTreeSet};

use engine::Registry;
use serde_json::{Map, Value as Json, json};

use super::{Arm, Entry, Flow, Stage, What};
use crate::diagnostic::Code;
use crate::path::{Path, Segment};
use crate::read::{Key, Node, Span, Value};
use crate::schema::Language;
use crate::validate::{Walker, list};

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
        let config = self.config(kind, config, path);
        path.pop();
        let stage =
            Stage { id: id.unwrap_or_default(), kind: kind.text.clone(), when, title, config };
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

    /// The configuration of a stage: its schema, its own rules, and what it names.
    fn config(&mut self, kind: &Key, node: &Node, path: &mut Path) -> Json {
        let empty = Node { value: Value::Mapping(Vec::new()), ..node.clone() };
        // `- gate:` and `- gate: {}` mean the same.
        let node = if matches!(node.value, Value::Null) { &empty } else { node };
        let nothing = Json::Object(Map::new());
        let Some(config) = self.walker.walk(node, self.language.stage(&kind.text), kind.span, path)
        else {
            return nothing;
        };
        let Some(known) = self.registry.find(&kind.text) else { return nothing };
        for problem in known.check(&config) {
            let steps = steps(&problem.path);
            let span = locate(node, kind.span, &steps);
            if !self.walker.unset.contains(&span) {
                let path: Path = path.segments().iter().cloned().chain(steps).collect();
                self.walker.report.error(Code::WrongValue, span, path, problem.message);
            }
        }
        for named in known.references(&config) {
            let (wanted, place, slug) = match named {
                engine::Named::Flow { path, slug } => ("flow", path, slug),
                engine::Named::Source { path, slug } => ("source", path, slug),
            };
            let steps = steps(&place);
            let span = locate(node, kind.span, &steps);
            let mut path: Path = path.segments().iter().cloned().chain(steps).collect();
            let node = Node { value: Value::Text(slug), span, ..empty.clone() };
            self.walker.walk(
                &node,
                &json!({ "type": "string", "x-reference": wanted }),
                span,
                &mut path,
            );
        }
        config
    }

    /// `branch:` or `include:`.
    fn instead(&mut self, node: &Node, key: &Key, value: &Node, path: &mut Path) -> What {
        for (other, _) in node.entries().iter().filter(|(other, _)| other.text != key.text) {
            let suggestion = match other.text.as_str() {
                "when" => format!(
                    "put it in a branch: `branch: [{{ when: .., stages: [{}: ..] }}]`",
                    key.text
                ),
                "id" | "title" => "only a stage has it".to_owned(),
                _ => format!("begin a new entry: `- {}: ..`", other.text),
            };
            self.walker
                .report
                .error(
                    Code::Conflict,
                    other.span,
                    path.key(&other.text),
                    format!("`{}` cannot stand beside `{}`", other.text, key.text),
                )
                .suggest(Some(suggestion));
        }
        path.push(Segment::Key(key.text.clone()));
        let what = if key.text == "include" {
            let json = self.walker.walk(value, self.language.beside("include"), key.span, path);
            match json.as_ref().and_then(Json::as_str) {
                Some(flow) => What::Include { flow: flow.to_owned(), span: value.span },
                None => What::Unknown,
            }
        } else {
            self.branch(key, value, path)
        };
        path.pop();
        what
    }

    fn branch(&mut self, key: &Key, value: &Node, path: &mut Path) -> What {
        let Value::Sequence(items) = &value.value else {
            self.walker
                .report
                .error(
                    Code::WrongType,
                    key.span,
                    &*path,
                    format!("expected a list of arms, found {}", value.describe()),
                )
                .suggest(Some(
                    "an arm is `- { when: .., stages: [..] }`; the last may be `- otherwise: [..]`"
                        .to_owned(),
                ));
            return What::Unknown;
        };
        if items.is_empty() {
            self.walker.report.error(
                Code::WrongValue,
                value.span,
                &*path,
                "the branch has no arms",
            );
            return What::Unknown;
        }
        let mut arms = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            path.push(Segment::Index(index));
            arms.extend(self.arm(item, path));
            path.pop();
        }
        // A broken arm could have been any: nothing can be said about the branch as a whole.
        if arms.len() == items.len() { What::Branch(arms) } else { What::Unknown }
    }

    fn arm(&mut self, node: &Node, path: &mut Path) -> Option<Arm> {
        let entries = node.entries();
        let is_arm = entries
            .iter()
            .any(|(key, _)| ["when", "stages", "otherwise"].contains(&key.text.as_str()));
        if !entries.is_empty() && !is_arm {
            self.walker
                .report
                .error(Code::WrongValue, node.span, &*path, "this is not an arm of a branch")
                .suggest(Some(
                    "write `{ when: .., stages: [..] }`, or `{ otherwise: [..] }` for the last"
                        .to_owned(),
                ));
            return None;
        }
        let otherwise = entries.iter().find(|(key, _)| key.text == "otherwise");
        let (list, span) = if let Some((key, value)) = otherwise {
            self.walker.walk(&shallow(node), self.language.beside("otherwise"), node.span, path)?;
            (value, key.span)
        } else {
            self.walker.walk(&shallow(node), self.language.beside("arm"), node.span, path)?;
            let (key, value) = entries.iter().find(|(key, _)| key.text == "stages")?;
            (value, entries.first().map_or(key.span, |(key, _)| key.span))
        };
        let when = node.get("when").and_then(Node::text).map(str::to_owned);
        path.push(Segment::Key(
            if otherwise.is_some() { "otherwise" } else { "stages" }.to_owned(),
        ));
        let stages = self.entries(list.items(), path);
        path.pop();
        Some(Arm { span, path: path.clone(), when, stages })
    }
}

/// An arm without what is inside its list of stages, which is read for itself.
fn shallow(node: &Node) -> Node {
    let entries = node.entries().iter().map(|(key, value)| {
        let value = match &value.value {
            Value::Sequence(items) if key.text != "when" => {
                let items =
                    items.iter().map(|item| Node { value: Value::Null, ..item.clone() }).collect();
                Node { value: Value::Sequence(items), ..value.clone() }
            }
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    match node.value {
        Value::Mapping(_) => Node { value: Value::Mapping(entries.collect()), ..node.clone() },
        _ => node.clone(),
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

/// `fields[2].name` as steps.
fn steps(path: &str) -> Vec<Segment> {
    let mut steps = Vec::new();
    for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
        match part.strip_suffix(']').and_then(|index| index.parse().ok()) {
            Some(index) => steps.push(Segment::Index(index)),
            None => steps.push(Segment::Key(part.to_owned())),
        }
    }
    steps
}

/// Where a value stands; the nearest thing around it when it is not written out.
pub(crate) fn locate(node: &Node, at: Span, steps: &[Segment]) -> Span {
    let (mut node, mut at) = (node, at);
    for step in steps {
        let next = match step {
            Segment::Key(name) => node
                .entries()
                .iter()
                .find(|(key, _)| key.text == *name)
                .map(|(key, node)| (key.span, node)),
            Segment::Index(index) => node.items().get(*index).map(|node| (node.span, node)),
        };
        let Some((span, found)) = next else { return at };
        (at, node) = (span, found);
    }
    if node.items().is_empty() && node.entries().is_empty() && !steps.is_empty() {
        node.span
    } else {
        at
    }
}
