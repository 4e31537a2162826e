//! What a condition may name beside the fixed names: declared answers and named conditions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhai::{Position, Scope};

use super::error::{ConditionError, ConditionErrorKind as Kind};
use super::facts::AnswerType;
use super::program::Program;
use super::sandbox::Sandbox;
use super::vocabulary::{FUNCTIONS, OBJECTS, SCALARS, SESSION, nearest};

/// Named conditions of one blueprint.
pub const MAX_CONDITIONS: usize = 256;

/// What a condition may name beside the fixed names. Answers and `session` come first, because the
/// named conditions are checked as they are added.
#[derive(Clone)]
pub struct Names {
    pub(super) sandbox: Sandbox,
    answers: BTreeMap<String, AnswerType>,
    session: bool,
    conditions: BTreeSet<String>,
    /// The named conditions, each after those that it uses.
    programs: Vec<Arc<Program>>,
}

impl Names {
    /// The fixed names only.
    pub fn new(sandbox: &Sandbox) -> Self {
        Self {
            sandbox: sandbox.clone(),
            answers: BTreeMap::new(),
            session: false,
            conditions: BTreeSet::new(),
            programs: Vec::new(),
        }
    }

    /// With a declared `prompt` field, as `answers.<name>`.
    #[must_use]
    pub fn with_answer(mut self, name: impl Into<String>, kind: AnswerType) -> Self {
        self.answers.insert(name.into(), kind);
        self
    }

    /// With `session`, which only the guarantees of a blueprint know.
    #[must_use]
    pub fn for_guarantees(mut self) -> Self {
        self.session = true;
        self
    }

    /// With the `conditions:` of a blueprint, as pairs of name and expression, in any order.
    ///
    /// Errors come beside the result and not instead of it, each saying in which condition it is: so
    /// the flows can be checked too, and a broken condition is reported once. A login that meets a
    /// broken one is denied.
    pub fn with_conditions<'a>(
        mut self,
        conditions: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (Self, Vec<ConditionError>) {
        let (sources, mut errors) = self.declare(conditions);
        let mut programs = BTreeMap::new();
        for (name, source) in sources {
            match Program::compile(source, Some(name), &self) {
                Ok(program) => {
                    programs.insert(name.to_owned(), Arc::new(program));
                }
                Err(error) => errors.push(error),
            }
        }
        let mut order = Order {
            programs: &programs,
            path: Vec::new(),
            done: BTreeSet::new(),
            ordered: Vec::new(),
            errors: &mut errors,
        };
        for name in programs.keys() {
            order.visit(name);
        }
        self.programs = order.ordered;
        (self, errors)
    }

    /// Takes in those names that can be names.
    fn declare<'a>(
        &mut self,
        conditions: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (BTreeMap<&'a str, &'a str>, Vec<ConditionError>) {
        let mut sources = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, source) in conditions {
            let problem = if !is_name(name) {
                "a condition's name has small letters, digits and `_`, and begins with a letter"
            } else if is_taken(name) {
                "this name already means something in the language"
            } else if sources.len() >= MAX_CONDITIONS {
                "a blueprint has at most 256 conditions"
            } else {
                self.conditions.insert(name.to_owned());
                sources.insert(name, source);
                continue;
            };
            errors.push(
                ConditionError::new(Kind::BadName, Position::NONE, problem).within(Some(name)),
            );
        }
        (sources, errors)
    }

    pub(super) fn has_session(&self) -> bool {
        self.session
    }

    pub(super) fn has_condition(&self, name: &str) -> bool {
        self.conditions.contains(name)
    }

    pub(super) fn answer(&self, name: &str) -> Option<AnswerType> {
        self.answers.get(name).copied()
    }

    pub(super) fn answers(&self) -> impl Iterator<Item = &str> {
        self.answers.keys().map(String::as_str)
    }

    /// The conditions that these use, and those that they use in turn, in the order to run them.
    pub(super) fn needed_by(&self, program: &Program) -> Vec<Arc<Program>> {
        let mut needed: BTreeSet<&str> = program.conditions().collect();
        let mut found: Vec<_> = (self.programs.iter().rev())
            .filter(|candidate| {
                let is_needed = candidate.name().is_some_and(|name| needed.contains(name));
                if is_needed {
                    needed.extend(candidate.conditions());
                }
                is_needed
            })
            .cloned()
            .collect();
        found.reverse();
        found
    }

    /// Every name, for the parser, which refuses others.
    pub(super) fn scope(&self) -> Scope<'static> {
        let mut scope = Scope::new();
        for name in self.all() {
            scope.push(name.to_owned(), ());
        }
        scope
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let session = self.session.then_some(SESSION.name);
        (OBJECTS.iter().map(|object| object.name))
            .chain(SCALARS.iter().map(|field| field.name))
            .chain(session)
            .chain(self.conditions.iter().map(String::as_str))
    }

    /// The error for a name that does not exist.
    pub(super) fn unknown(&self, name: &str, position: Position) -> ConditionError {
        if let Some((_, example)) = FUNCTIONS.iter().find(|(function, _)| *function == name) {
            return ConditionError::new(
                Kind::UnknownName,
                position,
                format!("`{name}` is a function; call it, as in `{example}`"),
            )
            .with_suggestion(*example);
        }
        let message = if name == SESSION.name {
            "`session` can be asked only in guarantees".to_owned()
        } else {
            format!("there is no name `{name}`")
        };
        let functions = FUNCTIONS.iter().map(|(name, _)| *name);
        ConditionError::new(Kind::UnknownName, position, message)
            .suggest(nearest(name, self.all().chain(functions)))
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= 64
        && (name.bytes()).all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Words of the grammar, which could be declared but never used.
const WORDS: [&str; 24] = [
    "and", "as", "break", "catch", "const", "continue", "do", "else", "false", "fn", "for", "if",
    "in", "let", "loop", "not", "or", "private", "return", "switch", "throw", "true", "try",
    "while",
];

fn is_taken(name: &str) -> bool {
    name == SESSION.name
        || OBJECTS.iter().any(|object| object.name == name)
        || SCALARS.iter().any(|field| field.name == name)
        || FUNCTIONS.iter().any(|(function, _)| *function == name)
        || WORDS.contains(&name)
        || ["until", "this", "any"].contains(&name)
}

/// Puts conditions after those that they use, and finds circles.
struct Order<'a> {
    programs: &'a BTreeMap<String, Arc<Program>>,
    path: Vec<&'a str>,
    done: BTreeSet<&'a str>,
    ordered: Vec<Arc<Program>>,
    errors: &'a mut Vec<ConditionError>,
}

impl<'a> Order<'a> {
    fn visit(&mut self, name: &'a str) {
        let Some(program) = self.programs.get(name) else {
            return;
        };
        if self.done.contains(name) {
            return;
        }
        self.path.push(name);
        for (used, position) in program.conditions_at() {
            if let Some(start) = self.path.iter().position(|open| *open == used) {
                self.errors.push(self.circle(start, used, position));
            } else {
                self.visit(used);
            }
        }
        self.path.pop();
        self.done.insert(name);
        self.ordered.push(Arc::clone(program));
    }

    fn circle(&self, start: usize, used: &str, position: Position) -> ConditionError {
        let path = self.path.get(start..).unwrap_or_default().join(" → ");
        ConditionError::new(
            Kind::Cycle,
            position,
            format!("the conditions use each other in a circle: {path} → {used}"),
        )
        .within(self.path.last().copied())
    }
}
