//! Names and their fields: `user`, `user.email`, `user?.email`, `answers.department`.

use rhai::{ASTFlags, BinaryExpr, Expr, Position};

use super::super::error::{ConditionError, ConditionErrorKind as Kind};
use super::super::vocabulary::{
    ANSWERS, FUNCTIONS, Field, METHODS, SCALARS, SESSION, Type, find_object, nearest,
};
use super::{Checked, Checker, NO_INDEXING, Typed, fail, start};

impl Checker<'_> {
    pub(super) fn variable(&mut self, name: &str, position: Position) -> Checked {
        if let Some(object) = find_object(name) {
            self.uses.objects.entry(object.name).or_insert((object, Vec::new()));
            return Ok(Typed::of(Type::Object(object.name)).optional(object.optional));
        }
        let session = (name == SESSION.name && self.names.has_session()).then_some(&SESSION);
        if let Some(field) = SCALARS.iter().find(|field| field.name == name).or(session) {
            self.uses.scalars.insert(field.name, field);
            return Ok(value(field));
        }
        if self.names.has_condition(name) {
            self.uses.conditions.entry(name.to_owned()).or_insert(position);
            return Ok(Typed::of(Type::Bool));
        }
        Err(self.names.unknown(name, position))
    }

    pub(super) fn dot(&mut self, chain: &BinaryExpr, flags: ASTFlags) -> Checked {
        if let (Expr::Array(..), Expr::MethodCall(call, position)) = (&chain.lhs, &chain.rhs)
            && call.name == "contains"
            && let [needle] = &*call.args
        {
            return self.membership(&chain.lhs, needle, *position);
        }
        let base = self.infer(&chain.lhs)?;
        self.step(&base, &chain.rhs, flags, start(&chain.lhs))
    }

    /// What follows a dot: a field, a method, or one of them and another dot.
    fn step(&mut self, base: &Typed, next: &Expr, flags: ASTFlags, at: Position) -> Checked {
        let guarded = flags.contains(ASTFlags::NEGATED);
        if guarded && !base.optional {
            return fail(Kind::WrongType, at, "this is never absent; write `.` instead of `?.`");
        }
        let found = match next {
            Expr::Property(property, position) => self.field(base, &property.2, *position)?,
            Expr::MethodCall(call, position) => self.method(base, call, *position)?,
            Expr::Dot(chain, flags, _) => {
                let inner = self.step(base, &chain.lhs, ASTFlags::empty(), at)?;
                self.step(&inner, &chain.rhs, *flags, start(&chain.lhs))?
            }
            Expr::Index(..) => return fail(Kind::NotAllowed, start(next), NO_INDEXING),
            other => {
                return fail(Kind::NotAllowed, start(other), "a field or a method follows a dot");
            }
        };
        let optional = found.optional || guarded;
        Ok(found.optional(optional))
    }

    fn field(&mut self, base: &Typed, name: &str, position: Position) -> Checked {
        let Type::Object(object) = base.kind else {
            let error = ConditionError::new(
                Kind::UnknownField,
                position,
                format!("{} has no field `{name}`", base.kind),
            );
            let method = METHODS.contains(&name).then(|| format!("{name}()"));
            return Err(error.suggest(method));
        };
        if object == ANSWERS {
            return self.answer(name, position);
        }
        let (_, used) =
            self.uses.objects.get_mut(object).ok_or_else(|| {
                ConditionError::new(Kind::UnknownName, position, "unknown object")
            })?;
        let fields = find_object(object).map_or(&[][..], |object| object.fields);
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            if used.iter().all(|known| known.name != name) {
                used.push(field);
            }
            return Ok(value(field));
        }
        let error = ConditionError::new(
            Kind::UnknownField,
            position,
            format!("`{object}` has no field `{name}`"),
        );
        Err(error.suggest(nearest(name, fields.iter().map(|field| field.name))))
    }

    fn answer(&mut self, name: &str, position: Position) -> Checked {
        if let Some(kind) = self.names.answer(name) {
            self.uses.answers.insert(name.to_owned(), kind);
            return Ok(Typed::of(kind.into()).optional(true));
        }
        let error = ConditionError::new(
            Kind::UnknownField,
            position,
            format!("no `prompt` stage asks for `{name}`"),
        );
        Err(error.suggest(nearest(name, self.names.answers())))
    }
}

fn value(field: &'static Field) -> Typed {
    Typed { words: field.words, ..Typed::of(field.kind).optional(field.optional) }
}

/// The example of a function by its name.
pub(super) fn example_of(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|(function, _)| *function == name).map(|(_, example)| *example)
}
