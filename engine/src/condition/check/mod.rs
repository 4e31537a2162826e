//! The static check: walks rhai's syntax tree, gives each expression a type, and refuses whatever
//! has none. What passes can fail at run time only by an absent value, by arithmetic, or by text
//! that is no e-mail address.
//!
//! `call.rs` knows the functions and methods; a new one is an arm there, a registration in
//! `sandbox.rs`, and a line in `docs/conditions.md`.

mod call;
mod path;

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, Expr, FnCallExpr, ImmutableString, Position, Stmt};

use super::error::{ConditionError, ConditionErrorKind as Kind};
use super::facts::AnswerType;
use super::names::Names;
use super::vocabulary::{Field, Object, Type, nearest};

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

    fn operator(&mut self, call: &FnCallExpr, position: Position) -> Checked {
        let name = call.name.as_str();
        match (name, &*call.args) {
            ("!", [operand]) => {
                self.expect(operand, Type::Bool, "!")?;
                Ok(Typed::of(Type::Bool))
            }
            ("-", [operand]) => {
                self.expect(operand, Type::Int, "-")?;
                Ok(Typed::of(Type::Int))
            }
            ("==" | "!=", [left, right]) => self.equality(name, left, right, position),
            ("<" | "<=" | ">" | ">=", [left, right]) => {
                self.order(name, left, right)?;
                Ok(Typed::of(Type::Bool))
            }
            // The difference of two times is in seconds.
            ("-", [left, right]) => {
                self.order(name, left, right)?;
                Ok(Typed::of(Type::Int))
            }
            ("+" | "*" | "/" | "%", [left, right]) => {
                self.expect(left, Type::Int, name)?;
                self.expect(right, Type::Int, name)?;
                Ok(Typed::of(Type::Int))
            }
            _ => fail(Kind::NotAllowed, position, format!("conditions have no operator `{name}`")),
        }
    }

    /// Two whole numbers or two times.
    fn order(&mut self, operator: &str, left: &Expr, right: &Expr) -> Checked<()> {
        let found = self.infer(left)?;
        if !matches!(found.kind, Type::Int | Type::Time) {
            return fail(
                Kind::WrongType,
                start(left),
                format!(
                    "`{operator}` is between whole numbers or times, and this is {}",
                    found.kind
                ),
            );
        }
        self.expect(right, found.kind, operator).map(drop)
    }

    fn equality(&mut self, name: &str, left: &Expr, right: &Expr, at: Position) -> Checked {
        let (a, b) = (self.infer(left)?, self.infer(right)?);
        match (a.kind, b.kind) {
            (Type::Nothing, _) | (_, Type::Nothing) => {
                let (value, place) = if a.kind == Type::Nothing { (&b, right) } else { (&a, left) };
                if !value.optional {
                    return fail(
                        Kind::WrongType,
                        start(place),
                        "this is never absent, so comparing it with `()` says nothing",
                    );
                }
            }
            (x, y) if x != y => return Err(mismatch(name, &a, &b, at)),
            (Type::Bool | Type::Int | Type::Text | Type::Time, _) => {
                if a.optional && b.optional {
                    return fail(
                        Kind::WrongType,
                        at,
                        "both sides may be absent, and would then be equal; say what that means \
                         with `??`, as in `(source ?? \"\")`",
                    );
                }
            }
            (kind, _) => {
                return fail(
                    Kind::WrongType,
                    at,
                    format!("`{name}` can't compare {kind}{}", hint_for(kind)),
                );
            }
        }
        check_word(&a, &b, start(right))?;
        check_word(&b, &a, start(left))?;
        Ok(Typed::of(Type::Bool))
    }

    /// `needle in haystack`, which rhai parses as `contains(haystack, needle)`.
    fn membership(&mut self, haystack: &Expr, needle: &Expr, at: Position) -> Checked {
        let sought = self.infer(needle)?;
        let wanted = if let Expr::Array(items, position) = haystack {
            self.items(items, &sought, *position)?
        } else {
            let list = self.infer(haystack)?;
            match list.kind {
                Type::List | Type::Text => Type::Text,
                kind => {
                    return fail(
                        Kind::WrongType,
                        start(haystack),
                        format!("`in` looks into a list or a text, and this is {kind}"),
                    );
                }
            }
        };
        if sought.kind != wanted {
            return fail(
                Kind::WrongType,
                at,
                format!("`in` looks for {wanted} here, and this is {}", sought.kind),
            );
        }
        Ok(Typed::of(Type::Bool))
    }

    /// The items of a written list: all text or all whole numbers, and written out.
    fn items(&mut self, items: &[Expr], sought: &Typed, at: Position) -> Checked<Type> {
        let mut wanted = None;
        for item in items {
            let found = self.infer(item)?;
            let is_written = matches!(item, Expr::IntegerConstant(..) | Expr::StringConstant(..));
            if !is_written || *wanted.get_or_insert(found.kind) != found.kind {
                return fail(
                    Kind::WrongType,
                    start(item),
                    "the items of a list are either texts or whole numbers, written out",
                );
            }
            check_word(sought, &found, start(item))?;
        }
        wanted
            .map_or_else(|| fail(Kind::WrongType, at, "the list is empty, so nothing is in it"), Ok)
    }
}

/// That a text compared with one of few possible words is one of them.
fn check_word(bound: &Typed, other: &Typed, position: Position) -> Checked<()> {
    let Some(text) = &other.literal else {
        return Ok(());
    };
    if bound.words.is_empty() || bound.words.contains(&text.as_str()) {
        return Ok(());
    }
    let error = ConditionError::new(
        Kind::BadLiteral,
        position,
        format!("`{text}` can't be the value here; it is one of {}", bound.words.join(", ")),
    );
    Err(error.suggest(nearest(text, bound.words.iter().copied())))
}

fn mismatch(operator: &str, a: &Typed, b: &Typed, at: Position) -> ConditionError {
    let kinds = (a.kind, b.kind);
    let literal = a.literal.as_ref().or(b.literal.as_ref());
    let is_with = |kind| kinds.0 == kind || kinds.1 == kind;
    let unquoted = literal.filter(|text| {
        (is_with(Type::Bool) && matches!(text.as_str(), "true" | "false"))
            || (is_with(Type::Int) && text.parse::<i64>().is_ok())
    });
    let hint = [kinds.0, kinds.1]
        .map(hint_for)
        .into_iter()
        .find(|hint| !hint.is_empty())
        .unwrap_or_default();
    ConditionError::new(
        Kind::WrongType,
        at,
        format!("`{operator}` compares {} with {}, which are never equal{hint}", kinds.0, kinds.1),
    )
    .suggest(unquoted.map(ImmutableString::as_str))
}

fn hint_for(kind: Type) -> &'static str {
    match kind {
        Type::Address => "; ask with `in_cidr(request.ip, \"10.0.0.0/8\")`",
        Type::List => "; ask with `in` whether it has an item",
        Type::Object("user" | "client") => "; compare a field, such as its `id`",
        Type::Object(_) => "; compare one of its fields",
        _ => "",
    }
}
