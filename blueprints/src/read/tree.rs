//! From the events of the YAML parser to a tree. Iterative and bounded: depth and number of values
//! are checked at each event, so neither brackets nor aliases can exhaust stack or memory.

mod syntax;

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};

use super::limits::{MAX_DEPTH, MAX_NODES};
use super::source::check_characters;
use super::{Given, Key, Mark, Node, Source, Span, Value, plain};
use crate::diagnostic::{Code, Report};
use crate::path::{Path, Segment};

/// How many values may still be read, over all files.
pub(crate) struct Budget {
    nodes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { nodes: MAX_NODES }
    }
}

/// Reads one text. `None` when there is no tree to go on with; the report says why, except for a
/// text without any content.
pub(crate) fn read(
    file: usize,
    source: &Source,
    budget: &mut Budget,
    report: &mut Report,
) -> Option<Node> {
    if let Err((mark, refusal)) = check_characters(&source.text) {
        report.error(refusal.code, Span::point(file, mark), "", refusal.message);
        return None;
    }
    let reader = Reader {
        file,
        text: &source.text,
        offsets: (!source.text.is_ascii())
            .then(|| source.text.char_indices().map(|(byte, _)| byte).collect()),
        frames: Vec::new(),
        anchors: HashMap::new(),
        open: HashSet::new(),
        root: None,
        budget,
        report,
    };
    reader.run()
}

/// A list or mapping whose end has not been read yet.
struct Frame {
    start: Span,
    anchor: usize,
    tag: Option<String>,
    kind: Kind,
}

enum Kind {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<(Key, Node)>, places: HashMap<String, Span>, key: Option<(Key, bool)> },
}

/// A finished node that an alias may repeat.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

struct Reader<'a> {
    file: usize,
    text: &'a str,
    /// Where each character begins; `None` when every character is one byte.
    offsets: Option<Vec<usize>>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    open: HashSet<usize>,
    root: Option<Node>,
    budget: &'a mut Budget,
    report: &'a mut Report,
}

/// The text cannot be read further; the report says why.
struct Stop;

impl Reader<'_> {
    fn run(mut self) -> Option<Node> {
        let mut parser = Parser::new(StrInput::new(self.text));
        let mut documents = 0;
        while let Some(event) = parser.next_event() {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => {
                    self.refuse_yaml(&error);
                    return None;
                }
            };
            let begin = span.start.index();
            let span = self.span(span);
            let outcome = match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        self.refuse(
                            span,
                            Code::Yaml,
                            "a second document starts here: one file holds one",
                        )
                    } else {
                        Ok(())
                    }
                }
                Event::StreamEnd => break,
                event => self.event(event, span, begin),
            };
            if outcome.is_err() {
                return None;
            }
        }
        self.root
    }

    /// `begin` is the number of the first character.
    fn event(&mut self, event: Event<'_>, span: Span, begin: usize) -> Result<(), Stop> {
        match event {
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(1, span)?;
                if self.expects_key() {
                    return self.key(&text, tag.as_deref(), span);
                }
                let is_bare = anchor == 0 && tag.is_none();
                let start = if is_bare { self.text_start(&text, style, span, begin) } else { None };
                let value = if style == ScalarStyle::Plain {
                    plain(&text)
                } else {
                    Value::Text(text.into_owned())
                };
                let tag = tag.as_deref().map(name_of);
                let node = Node { value, span, given: Given::Written { text: start }, tag };
                self.remember(anchor, &node)?;
                self.place(node);
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(span, anchor, tag.as_deref(), Kind::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => self.open(
                span,
                anchor,
                tag.as_deref(),
                Kind::Mapping { entries: Vec::new(), places: HashMap::new(), key: None },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        span: Span,
        anchor: usize,
        tag: Option<&Tag>,
        kind: Kind,
    ) -> Result<(), Stop> {
        self.spend(1, span)?;
        if self.frames.len() >= MAX_DEPTH {
            return self.refuse(span, Code::Limit, &format!("nested deeper than {MAX_DEPTH}"));
        }
        if self.expects_key() {
            return self.refuse(span, Code::Yaml, "a key must be text, not a list or mapping");
        }
        if anchor > 0 {
            self.open.insert(anchor);
        }
        self.frames.push(Frame { start: span, anchor, tag: tag.map(name_of), kind });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let (value, last) = match frame.kind {
            Kind::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::Sequence(items), last)
            }
            Kind::Mapping { entries, .. } => {
                let last = entries.last().map(|(key, node)| key.span.end.max(node.span.end));
                (Value::Mapping(entries), last)
            }
        };
        // A block ends where the next token stands, often lines below; its last value is nearer.
        let end = if end.start == end.end { last.unwrap_or(end.end) } else { end.end };
        let span = Span { end: end.max(frame.start.end), ..frame.start };
        let node = Node { value, span, given: Given::Written { text: None }, tag: frame.tag };
        self.open.remove(&frame.anchor);
        self.remember(frame.anchor, &node)?;
        self.place(node);
        Ok(())
    }

    /// An alias repeats what its anchor names: counted as if it were written out.
    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        if self.open.contains(&anchor) {
            return self.refuse(span, Code::Yaml, "an alias cannot stand inside what it repeats");
        }
        let Some(Anchored { node, nodes, depth }) = self.anchors.get(&anchor) else {
            return self.refuse(span, Code::Yaml, "an alias to an anchor that is not there");
        };
        let (node, nodes, depth) = (node.clone(), *nodes, *depth);
        self.spend(nodes, span)?;
        if self.frames.len() + depth > MAX_DEPTH {
            return self.refuse(span, Code::Limit, &format!("nested deeper than {MAX_DEPTH}"));
        }
        if self.expects_key() {
            return self.refuse(span, Code::Yaml, "a key must be text, not an alias");
        }
        self.place(node);
        Ok(())
    }

    /// Keeps a copy of what an anchor names, which counts like any other copy: anchors nested in
    /// each other would else hold the same values once for each level.
    fn remember(&mut self, anchor: usize, node: &Node) -> Result<(), Stop> {
        if anchor > 0 {
            let (nodes, depth) = measure(node);
            self.spend(nodes, node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, depth });
        }
        Ok(())
    }

    /// Where the first character of `text` stands, if the text stands in one line as it is.
    fn text_start(&self, text: &str, style: ScalarStyle, span: Span, begin: usize) -> Option<Mark> {
        let quote = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            ScalarStyle::Literal | ScalarStyle::Folded => return None,
        };
        let character = begin + quote;
        let byte = match &self.offsets {
            Some(offsets) => *offsets.get(character)?,
            None => character,
        };
        let stands = self.text.get(byte..)?.starts_with(text) && !text.contains(['\n', '\r']);
        stands.then_some(Mark { line: span.start.line, column: span.start.column + quote })
    }

    /// Whether the next node is a key.
    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: Kind::Mapping { key: None, .. }, .. }))
    }

    /// A key of the innermost mapping: its characters, whatever they would mean as a value.
    fn key(&mut self, text: &str, tag: Option<&Tag>, span: Span) -> Result<(), Stop> {
        if let Some(tag) = tag {
            let message = format!("a key cannot have a tag (`{}`)", name_of(tag));
            return self.refuse(span, Code::Tag, &message);
        }
        let Some(Frame { kind: Kind::Mapping { places, key, .. }, .. }) = self.frames.last_mut()
        else {
            return Ok(());
        };
        let first = places.get(text).copied();
        *key = Some((Key { text: text.to_owned(), span }, first.is_some()));
        if let Some(first) = first {
            let path = self.path();
            self.report
                .error(
                    Code::Duplicate,
                    span,
                    path,
                    format!("the key `{text}` stands here a second time"),
                )
                .relate("the first one", first);
        } else {
            places.insert(text.to_owned(), span);
        }
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) {
        match self.frames.last_mut().map(|frame| &mut frame.kind) {
            None => self.root = Some(node),
            Some(Kind::Sequence(items)) => items.push(node),
            Some(Kind::Mapping { entries, key, .. }) => {
                // The value of a duplicate is dropped: the first one stays.
                if let Some((key, false)) = key.take() {
                    entries.push((key, node));
                }
            }
        }
    }

    /// Where the reader is, for messages.
    fn path(&self) -> Path {
        self.frames
            .iter()
            .filter_map(|frame| match &frame.kind {
                Kind::Sequence(items) => Some(Segment::Index(items.len())),
                Kind::Mapping { key, .. } => {
                    key.as_ref().map(|(key, _)| Segment::Key(key.text.clone()))
                }
            })
            .collect()
    }

    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), Stop> {
        if nodes > self.budget.nodes {
            let message =
                format!("more than {MAX_NODES} values, aliases counted as if written out");
            return self.refuse(span, Code::Limit, &message);
        }
        self.budget.nodes -= nodes;
        Ok(())
    }

    fn refuse(&mut self, span: Span, code: Code, message: &str) -> Result<(), Stop> {
        let path = self.path();
        self.report.error(code, span, path, message);
        Err(Stop)
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        Span { file: self.file, start: mark(span.start), end: mark(span.end) }
    }
}

/// How many values a node holds, itself included, and how many lists and mappings deep it is.
fn measure(node: &Node) -> (usize, usize) {
    let children: Vec<&Node> = match &node.value {
        Value::Sequence(items) => items.iter().collect(),
        Value::Mapping(entries) => entries.iter().map(|(_, child)| child).collect(),
        _ => return (1, 0),
    };
    children
        .into_iter()
        .map(measure)
        .fold((1, 1), |(nodes, depth), (more, below)| (nodes + more, depth.max(below + 1)))
}

fn name_of(tag: &Tag) -> String {
    if tag.is_yaml_core_schema() {
        return format!("!!{}", tag.suffix);
    }
    if tag.handle == "!" {
        format!("!{}", tag.suffix)
    } else {
        format!("{}{}", tag.handle, tag.suffix)
    }
}

fn mark(marker: Marker) -> Mark {
    Mark { line: marker.line().max(1), column: marker.col() + 1 }
}
