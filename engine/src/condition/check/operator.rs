//! The operators: which types they take, and comparisons that could never be true.

use rhai::{Expr, FnCallExpr, ImmutableString, Position};

use super::super::error::{ConditionError, ConditionErrorKind as Kind};
use super::super::vocabulary::{Type, nearest};
use super::{Checked, Checker, Typed, fail, start};

impl Checker<'_> {
    pub(super) fn operator(&mut self, call: &FnCallExpr, position: Position) -> Checked {
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
    pub(super) fn membership(&mut self, haystack: &Expr, needle: &Expr, at: Position) -> Checked {
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
