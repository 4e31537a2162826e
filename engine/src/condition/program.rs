//! One checked expression and its run: the facts that it reads become rhai's scope, no others.

use std::collections::BTreeMap;

use rhai::{AST, Caches, Dynamic, Engine, EvalAltResult, Map, Position, Scope};

use super::check::{self, Uses};
use super::error::{ConditionError, ConditionErrorKind as Kind};
use super::facts::Facts;
use super::grammar;
use super::names::Names;
use super::sandbox::Factors;
use super::vocabulary::{ANSWERS, read_answer};

/// The longest expression, in bytes.
pub const MAX_SOURCE: usize = 4096;

/// The results of named conditions that ran before.
pub(super) type Results<'a> = BTreeMap<&'a str, Result<bool, ConditionError>>;

pub(super) struct Program {
    name: Option<String>,
    ast: AST,
    pub(super) uses: Uses,
}

impl Program {
    /// Parses and checks an expression; `name` is that of a named condition.
    pub(super) fn compile(
        source: &str,
        name: Option<&str>,
        names: &Names,
    ) -> Result<Self, ConditionError> {
        Self::check(source, name, names).map_err(|error| error.within(name))
    }

    fn check(source: &str, name: Option<&str>, names: &Names) -> Result<Self, ConditionError> {
        if source.len() > MAX_SOURCE {
            return Err(ConditionError::new(
                Kind::TooLarge,
                Position::NONE,
                format!(
                    "the expression has {} bytes, and {MAX_SOURCE} is the most; name parts of it \
                     under `conditions:`",
                    source.len()
                ),
            ));
        }
        if source.trim().is_empty() {
            return Err(ConditionError::new(
                Kind::Syntax,
                Position::NONE,
                "the expression is empty; leave `when` out where it always holds",
            ));
        }
        let engine = &names.sandbox.engine;
        grammar::check_tokens(engine, source)?;
        let ast =
            engine.compile_expression_with_scope(&names.scope(), source).map_err(|error| {
                match error.err_type() {
                    rhai::ParseErrorType::VariableUndefined(unknown) => {
                        names.unknown(unknown, error.position())
                    }
                    _ => grammar::parse_error(&error),
                }
            })?;
        let uses = check::check(&ast, names)?;
        Ok(Self { name: name.map(str::to_owned), ast, uses })
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The named conditions that it uses itself.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &str> {
        self.uses.conditions.keys().map(String::as_str)
    }

    /// The same with the place of their first use.
    pub(super) fn conditions_at(&self) -> impl Iterator<Item = (&str, Position)> {
        (self.uses.conditions.iter()).map(|(name, position)| (name.as_str(), *position))
    }

    /// Whether it holds.
    pub(super) fn run(
        &self,
        engine: &Engine,
        facts: &Facts,
        results: &Results<'_>,
    ) -> Result<bool, ConditionError> {
        let outcome = self
            .scope(facts, results)
            .and_then(|mut scope| self.interpret(engine, facts, &mut scope, results));
        outcome.map_err(|error| error.within(self.name()))
    }

    fn interpret(
        &self,
        engine: &Engine,
        facts: &Facts,
        scope: &mut Scope<'_>,
        results: &Results<'_>,
    ) -> Result<bool, ConditionError> {
        let mut global = engine.new_global_runtime_state();
        if !(self.uses.proven.is_empty() && self.uses.enrolled.is_empty()) {
            global.tag = Dynamic::from(self.factors(facts));
        }
        #[expect(deprecated, reason = "the only entrance that takes a tag for one evaluation")]
        let value = engine
            .eval_statements_raw(&mut global, &mut Caches::new(), scope, self.ast.statements())
            .map_err(|error| self.failure(facts, &error, results))?;
        value.as_bool().map_err(|_| self.absence(facts, Position::NONE, "a value that it needs"))
    }

    /// The values of the names that it uses.
    fn scope(
        &self,
        facts: &Facts,
        results: &Results<'_>,
    ) -> Result<Scope<'static>, ConditionError> {
        let mut scope = Scope::new();
        for (name, (object, fields)) in &self.uses.objects {
            if !(object.is_present)(facts) {
                scope.push(*name, ());
                continue;
            }
            let mut map: Map = (fields.iter())
                .map(|field| (field.name.into(), (field.read)(facts).unwrap_or_default()))
                .collect();
            if *name == ANSWERS {
                self.add_answers(facts, &mut map)?;
            }
            scope.push(*name, map);
        }
        for (name, field) in &self.uses.scalars {
            scope.push_dynamic(*name, (field.read)(facts).unwrap_or_default());
        }
        // One that failed is left out: only an expression that comes to it fails with it.
        for name in self.conditions() {
            if let Some(Ok(holds)) = results.get(name) {
                scope.push(name.to_owned(), *holds);
            }
        }
        Ok(scope)
    }

    fn add_answers(&self, facts: &Facts, map: &mut Map) -> Result<(), ConditionError> {
        for (name, kind) in &self.uses.answers {
            let value = read_answer(facts, name, *kind).map_err(|()| {
                ConditionError::new(
                    Kind::BadValue,
                    Position::NONE,
                    format!("the answer `{name}` is not of the type that its field declares"),
                )
            })?;
            map.insert(name.as_str().into(), value.unwrap_or_default());
        }
        Ok(())
    }

    fn factors(&self, facts: &Facts) -> Factors {
        let of = |asked: &std::collections::BTreeSet<String>,
                  held: &std::collections::BTreeSet<String>| {
            (asked.iter())
                .filter(|factor| match factor.as_str() {
                    "any" => !held.is_empty(),
                    factor => held.contains(factor),
                })
                .cloned()
                .collect()
        };
        Factors {
            proven: of(&self.uses.proven, &facts.proven),
            enrolled: of(&self.uses.enrolled, &facts.enrolled),
        }
    }

    /// What went wrong while it ran, in words.
    fn failure(
        &self,
        facts: &Facts,
        error: &EvalAltResult,
        results: &Results<'_>,
    ) -> ConditionError {
        let position = error.position();
        match error {
            EvalAltResult::ErrorVariableNotFound(name, _) => match results.get(name.as_str()) {
                Some(Err(error)) => error.clone(),
                _ => ConditionError::new(
                    Kind::BadValue,
                    position,
                    format!("the condition `{name}` is broken itself"),
                ),
            },
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => {
                self.failure(facts, inner, results)
            }
            EvalAltResult::ErrorArithmetic(message, _) => {
                ConditionError::new(Kind::Arithmetic, position, message.clone())
            }
            EvalAltResult::ErrorTooManyOperations(_)
            | EvalAltResult::ErrorStackOverflow(_)
            | EvalAltResult::ErrorDataTooLarge(..) => {
                ConditionError::new(Kind::Limit, position, error.to_string())
            }
            EvalAltResult::ErrorRuntime(message, _) => {
                ConditionError::new(Kind::BadValue, position, message.to_string())
            }
            other => self.absence(facts, position, &other.to_string()),
        }
    }

    /// A type error at run time: the check leaves only absent values to cause one.
    fn absence(&self, facts: &Facts, position: Position, otherwise: &str) -> ConditionError {
        let absent: Vec<_> = (self.uses.values(facts).into_iter())
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if absent.is_empty() {
            return ConditionError::new(Kind::BadValue, position, otherwise);
        }
        ConditionError::new(
            Kind::Absent,
            position,
            format!(
                "{} absent at this step; ask first, as in `user != () && …`, or give a value to \
                 use instead with `??`",
                match absent.as_slice() {
                    [one] => format!("{one} is"),
                    more => format!("{} are", more.join(", ")),
                }
            ),
        )
    }
}
