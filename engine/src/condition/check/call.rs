//! The functions and methods: their arguments, and the literals that must be right at check.

use std::net::IpAddr;

use ipnet::IpNet;
use rhai::{Expr, FnCallExpr, Position};

use super::super::error::{ConditionError, ConditionErrorKind as Kind};
use super::super::sandbox::minute_of_day;
use super::super::vocabulary::{
    FACTOR_SYNONYMS, FACTORS, FUNCTIONS, METHODS, Type, find_object, nearest,
};
use super::path::example_of;
use super::{Checked, Checker, Typed, fail, start};

impl Checker<'_> {
    pub(super) fn function(&mut self, call: &FnCallExpr, position: Position) -> Checked {
        let name = call.name.as_str();
        match (name, &*call.args) {
            ("proven", [factor]) => {
                let factor = known_factor(factor, name)?;
                self.uses.proven.insert(factor);
                Ok(Typed::of(Type::Bool))
            }
            ("enrolled", [factor]) => {
                let factor = known_factor(factor, name)?;
                self.uses.enrolled.insert(factor);
                Ok(Typed::of(Type::Bool))
            }
            ("in_cidr", [address, networks]) => {
                self.expect(address, Type::Address, name)?;
                check_networks(networks)?;
                Ok(Typed::of(Type::Bool))
            }
            ("domain", [address]) => {
                self.expect(address, Type::Text, name)?;
                Ok(Typed::of(Type::Text))
            }
            ("between", [now, from, to]) => {
                self.expect(now, Type::Time, name)?;
                check_hours(from, to)?;
                Ok(Typed::of(Type::Bool))
            }
            (_, arguments) => Err(self.no_such_call(name, arguments, position)),
        }
    }

    fn no_such_call(&self, name: &str, arguments: &[Expr], at: Position) -> ConditionError {
        if let Some(example) = example_of(name) {
            return ConditionError::new(
                Kind::WrongArity,
                at,
                format!(
                    "`{name}` does not take {}; it is used as in `{example}`",
                    count(arguments.len())
                ),
            );
        }
        if METHODS.contains(&name) {
            return ConditionError::new(
                Kind::UnknownFunction,
                at,
                format!(
                    "`{name}` is a method; write it after a value and a dot, as in `user.name.{name}(…)`"
                ),
            );
        }
        if find_object(name).is_some() || self.names.has_condition(name) {
            return ConditionError::new(
                Kind::UnknownFunction,
                at,
                format!("`{name}` is not a function; write it without parentheses"),
            );
        }
        ConditionError::new(Kind::UnknownFunction, at, format!("there is no function `{name}`"))
            .suggest(nearest(name, FUNCTIONS.iter().map(|(name, _)| *name)))
    }

    pub(super) fn method(&mut self, base: &Typed, call: &FnCallExpr, at: Position) -> Checked {
        let name = call.name.as_str();
        match (base.kind, name, &*call.args) {
            (Type::Text, "starts_with" | "ends_with" | "contains", [part]) => {
                self.expect(part, Type::Text, name)?;
                Ok(Typed::of(Type::Bool))
            }
            (Type::List, "contains", [item]) => {
                self.expect(item, Type::Text, name)?;
                Ok(Typed::of(Type::Bool))
            }
            (Type::Text, "to_lower" | "trim", []) => Ok(Typed::of(Type::Text)),
            (Type::Text | Type::List, "len", []) => Ok(Typed::of(Type::Int)),
            (kind, _, arguments) => Err(no_such_method(kind, name, arguments.len(), at)),
        }
    }
}

fn no_such_method(kind: Type, name: &str, given: usize, at: Position) -> ConditionError {
    let methods: &[&str] = match kind {
        Type::Text => &METHODS,
        Type::List => &["contains", "len"],
        _ => &[],
    };
    if methods.contains(&name) {
        let wanted = usize::from(!matches!(name, "len" | "trim" | "to_lower"));
        return ConditionError::new(
            Kind::WrongArity,
            at,
            format!("`{name}` takes {}, not {given}", count(wanted)),
        );
    }
    ConditionError::new(Kind::UnknownFunction, at, format!("{kind} has no method `{name}`"))
        .suggest(nearest(name, methods.iter().copied()))
}

fn count(arguments: usize) -> String {
    match arguments {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        more => format!("{more} arguments"),
    }
}

/// An argument that must be written out, so that it can be checked before anyone signs in.
fn written<'a>(argument: &'a Expr, function: &str) -> Checked<&'a str> {
    if let Expr::StringConstant(text, _) = argument {
        return Ok(text);
    }
    let example = example_of(function).unwrap_or(function);
    fail(
        Kind::WrongType,
        start(argument),
        format!("`{function}` needs this argument written out as text, as in `{example}`"),
    )
}

fn known_factor(argument: &Expr, function: &str) -> Checked<String> {
    let factor = written(argument, function)?;
    if factor == "any" || FACTORS.contains(&factor) {
        return Ok(factor.to_owned());
    }
    let synonym = FACTOR_SYNONYMS
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(factor))
        .map(|(_, own)| *own);
    let error = ConditionError::new(
        Kind::BadLiteral,
        start(argument),
        format!("there is no factor `{factor}`; it is one of {}, any", FACTORS.join(", ")),
    );
    Err(error.suggest(synonym.or_else(|| nearest(factor, FACTORS.into_iter().chain(["any"])))))
}

fn check_networks(argument: &Expr) -> Checked<()> {
    let Expr::Array(networks, position) = argument else {
        return check_network(argument);
    };
    if networks.is_empty() {
        return fail(Kind::BadLiteral, *position, "the list of networks is empty");
    }
    networks.iter().try_for_each(check_network)
}

fn check_network(argument: &Expr) -> Checked<()> {
    let text = written(argument, "in_cidr")?;
    let position = start(argument);
    let suggestion = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
        (Ok(network), _) if is_mapped(&network) => {
            return fail(
                Kind::BadLiteral,
                position,
                "addresses of this kind are compared as IPv4; write the IPv4 network",
            );
        }
        (Ok(network), _) if network.trunc() == network => return Ok(()),
        (Ok(network), _) => Some(network.trunc().to_string()),
        (Err(_), Ok(address)) => Some(IpNet::from(address).to_string()),
        (Err(_), Err(_)) => None,
    };
    let message = match &suggestion {
        Some(_) => format!("`{text}` is an address and no network"),
        None => format!(
            "`{text}` is no network; write one as address and prefix length, such as \
             `10.0.0.0/8` or `2001:db8::/32`"
        ),
    };
    Err(ConditionError::new(Kind::BadLiteral, position, message).suggest(suggestion))
}

/// Whether a network holds only IPv4 addresses in their IPv6 form, which `in_cidr` never sees.
fn is_mapped(network: &IpNet) -> bool {
    matches!(network, IpNet::V6(net) if net.prefix_len() >= 96 && net.addr().to_ipv4_mapped().is_some())
}

fn check_hours(from: &Expr, to: &Expr) -> Checked<()> {
    for hour in [from, to] {
        let text = written(hour, "between")?;
        if minute_of_day(text).is_none() {
            let padded = format!("0{text}");
            let suggestion = match text {
                "24:00" => Some("00:00".to_owned()),
                _ => minute_of_day(&padded).map(|_| padded),
            };
            let error = ConditionError::new(
                Kind::BadLiteral,
                start(hour),
                format!(
                    "`{text}` is no time of day; write hours and minutes in UTC, such as `08:00`"
                ),
            );
            return Err(error.suggest(suggestion));
        }
    }
    if written(from, "between")? == written(to, "between")? {
        return fail(
            Kind::BadLiteral,
            start(to),
            "the two times are the same, so no time lies between them",
        );
    }
    Ok(())
}
