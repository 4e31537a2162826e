//! The static check: walks rhai's syntax tree, gives each expression a type, and refuses whatever
//! has none. What passes can fail at run time only by an absent value, by arithmetic, or by text
//! that is no e-mail address.
//!
//! `path.rs` knows the names and their fields, `operator.rs` the operators, `call.rs` the functions
//! and methods. A new function is an arm there, a registration in `sandbox.rs`, and a line in
//! `docs/conditions.md`.

mod call;
mod operator;
mod path;

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, Expr, ImmutableString, Position, Stmt};

use super::error::{ConditionError, ConditionErrorKind as Kind};
use super::facts::AnswerType;
use super::names::Names;
use super::vocabulary::{Field, Object, Type};

/// What an expression reads.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) objects: BTreeMap<&'static str, (&'static Object, Vec<&'static Field>)>,
    pub(super) answers: BTreeMap<String, AnswerType>,
    pub(super) scalars: BTreeMap<&'static str, &'static Field>,
    pub(super) proven: BTreeSet<String>,
    pub(super) enrolled: BTreeSet<String>,
    /// The named conditions, each with the place where it is first used.
    pub(super) conditions: BTreeMap<String, Position>,
}

/// What is known of an expression without running it.
struct Typed {
    kind: Type,
    optional: bool,
    /// The only values it can have; empty for any.
    words: &'static [&'static str],
    literal: Option<ImmutableString>,
}

impl Typed {
    const fn of(kind: Type) -> Self {
        Self { kind, optional: false, words: &[], literal: None }
    }

    fn optional(self, optional: bool) -> Self {
        Self { optional, ..self }
    }
}

const NO_INDEXING: &str = "a condition has no indexing; ask with `in` whether a list has an item";

type Checked<T = Typed> = Result<T, ConditionError>;

/// Checks a parsed expression and tells what it reads.
pub(super) fn check(ast: &AST, names: &Names) -> Checked<Uses> {
    let [Stmt::Expr(expression)] = ast.statements() else {
        return fail(Kind::NotAllowed, Position::NONE, "a condition is one expression");
    };
    let mut checker = Checker { names, uses: Uses::default() };
    let found = checker.infer(expression)?;
    if found.kind != Type::Bool {
        return fail(
            Kind::WrongType,
            start(expression),
            format!("a condition must be true or false, and this is {}", found.kind),
        );
    }
    Ok(checker.uses)
}

fn fail<T>(kind: Kind, position: Position, message: impl Into<String>) -> Checked<T> {
    Err(ConditionError::new(kind, position, message))
}

/// Where an expression begins; rhai gives the place of its operator.
fn start(expression: &Expr) -> Position {
    let first = match expression {
        Expr::FnCall(call, position) => {
            return (call.args.iter().map(start)).fold(*position, std::cmp::min);
        }
        Expr::And(operands, _) | Expr::Or(operands, _) | Expr::Coalesce(operands, _) => {
            operands.first()
        }
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => Some(&chain.lhs),
        _ => None,
    };
    first.map_or_else(|| expression.position(), start)
}

struct Checker<'a> {
    names: &'a Names,
    uses: Uses,
}

impl Checker<'_> {
    fn infer(&mut self, expression: &Expr) -> Checked {
        match expression {
            Expr::BoolConstant(..) => Ok(Typed::of(Type::Bool)),
            Expr::IntegerConstant(..) => Ok(Typed::of(Type::Int)),
            Expr::Unit(_) => Ok(Typed::of(Type::Nothing)),
            Expr::StringConstant(text, _) => {
                Ok(Typed { literal: Some(text.clone()), ..Typed::of(Type::Text) })
            }
            Expr::Variable(variable, _, position) => self.variable(&variable.1, *position),
            Expr::And(operands, _) => self.logic("&&", operands),
            Expr::Or(operands, _) => self.logic("||", operands),
            Expr::Coalesce(operands, position) => self.fallback(operands, *position),
            Expr::Dot(chain, flags, _) => self.dot(chain, *flags),
            Expr::FnCall(call, position) if call.name == "contains" && call.args.len() == 2 => {
                self.membership(&call.args[0], &call.args[1], *position)
            }
            Expr::FnCall(call, position) if call.op_token.is_some() => {
                self.operator(call, *position)
            }
            Expr::FnCall(call, position) => self.function(call, *position),
            Expr::Array(_, position) => fail(
                Kind::NotAllowed,
                *position,
                "a list stands only after `in`, as in `source in [\"google\", \"corp\"]`",
            ),
            Expr::Index(..) => fail(Kind::NotAllowed, start(expression), NO_INDEXING),
            other => fail(
                Kind::NotAllowed,
                start(other),
                "this is not part of the language of conditions",
            ),
        }
    }

    /// An operand that must be of one type.
    fn expect(&mut self, expression: &Expr, wanted: Type, by: &str) -> Checked {
        let found = self.infer(expression)?;
        if found.kind == wanted {
            return Ok(found);
        }
        let hint = if by == "!" && wanted == Type::Bool {
            "; write `!(…)` around what is to be negated as a whole"
        } else {
            ""
        };
        fail(
            Kind::WrongType,
            start(expression),
            format!("`{by}` needs {wanted} here, and this is {}{hint}", found.kind),
        )
    }

    fn logic(&mut self, operator: &str, operands: &[Expr]) -> Checked {
        for operand in operands {
            self.expect(operand, Type::Bool, operator)?;
        }
        Ok(Typed::of(Type::Bool))
    }

    /// `a ?? b`: b where a is absent.
    fn fallback(&mut self, operands: &[Expr], position: Position) -> Checked {
        let mut result: Option<Typed> = None;
        for operand in operands {
            let found = self.infer(operand)?;
            if matches!(found.kind, Type::Nothing | Type::Object(_)) {
                return fail(
                    Kind::WrongType,
                    start(operand),
                    format!("`??` is between values, and this is {}", found.kind),
                );
            }
            match &result {
                Some(left) if !left.optional => {
                    return fail(
                        Kind::WrongType,
                        position,
                        "what stands before `??` is never absent here; leave `??` out",
                    );
                }
                Some(left) if left.kind != found.kind => {
                    return fail(
                        Kind::WrongType,
                        start(operand),
                        format!("`??` needs {} here, and this is {}", left.kind, found.kind),
                    );
                }
                _ => result = Some(found),
            }
        }
        // The right-hand text may be none of the words that the left-hand one is bound to.
        Ok(result.map_or(Typed::of(Type::Nothing), |typed| Typed {
            words: &[],
            literal: None,
            ..typed
        }))
    }
}
