//! The interpreter: rhai's bare engine, its limits, and the few functions of the language.
//!
//! It is the second wall. The first is that [`grammar`](super::grammar) lets only harmless tokens
//! through and [`check`](super::check) only expressions of known type; what passes both could do no
//! harm anyway, because nothing here reaches a file, a process, a clock or a loop. None of rhai's
//! packages is registered: `sleep` would ignore every limit.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Timelike, Utc};
use ipnet::IpNet;
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};

use super::vocabulary::List;

/// Operations of one evaluation.
pub const MAX_OPERATIONS: u64 = 10_000;
/// How deep an expression nests: an operator of a chain is one level, a pair of parentheses two.
pub const MAX_DEPTH: usize = 32;
/// Characters of one text within an expression.
pub const MAX_TEXT: usize = 4096;
/// Items of one list written in an expression.
pub const MAX_ITEMS: usize = 255;

/// The interpreter of conditions. It holds no state, is cheap to clone, and one serves all threads.
#[derive(Clone)]
pub struct Sandbox {
    pub(super) engine: Arc<Engine>,
}

impl Sandbox {
    /// A fresh interpreter; a few dozen microseconds, so make one and keep it.
    pub fn new() -> Self {
        let mut engine = bare();
        super::grammar::adapt(&mut engine);
        Self { engine: Arc::new(engine) }
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sandbox")
    }
}

/// The engine with its limits and functions, before the grammar is narrowed.
pub(super) fn bare() -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(rhai::OptimizationLevel::None)
        .set_max_operations(MAX_OPERATIONS)
        .set_max_expr_depths(MAX_DEPTH, 16)
        .set_max_call_levels(8)
        .set_max_string_size(MAX_TEXT)
        // The parser counts one more than there are.
        .set_max_array_size(MAX_ITEMS + 1)
        .set_max_map_size(256)
        .set_max_variables(0)
        .set_max_functions(0)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        // So that a registered operator comes before the built-in one: see `refuse_absent`.
        .set_fast_operators(false)
        .set_allow_if_expression(false)
        .set_allow_switch_expression(false)
        .set_allow_loop_expressions(false)
        .set_allow_statement_expression(false)
        .set_allow_anonymous_fn(false)
        .set_allow_looping(false)
        .set_allow_shadowing(false);
    for symbol in ["eval", "import", "export", "print", "debug", "Fn", "call", "curry", "type_of"] {
        engine.disable_symbol(symbol);
    }
    register_functions(&mut engine);
    register_methods(&mut engine);
    refuse_absent(&mut engine);
    engine
}

/// The literals of `proven` and `enrolled` that hold, handed to one evaluation as rhai's tag.
#[derive(Clone, Default)]
pub(super) struct Factors {
    pub(super) proven: Vec<String>,
    pub(super) enrolled: Vec<String>,
}

type Fallible<T> = Result<T, Box<EvalAltResult>>;

fn register_functions(engine: &mut Engine) {
    engine
        .register_fn("proven", |context: NativeCallContext<'_>, factor: &str| {
            with_factors(&context, |factors| factors.proven.iter().any(|f| f == factor))
        })
        .register_fn("enrolled", |context: NativeCallContext<'_>, factor: &str| {
            with_factors(&context, |factors| factors.enrolled.iter().any(|f| f == factor))
        })
        .register_fn("in_cidr", |ip: IpAddr, network: &str| is_within(ip, network))
        .register_fn("in_cidr", |ip: IpAddr, networks: Array| {
            for network in networks {
                if is_within(ip, &network.into_immutable_string()?)? {
                    return Ok(true);
                }
            }
            Fallible::Ok(false)
        })
        .register_fn("domain", |address: &str| match address.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
                Fallible::Ok(domain.to_lowercase())
            }
            _ => Err("`domain` needs an e-mail address, and this text is none".into()),
        })
        .register_fn("between", |now: DateTime<Utc>, from: &str, to: &str| {
            match (minute_of_day(from), minute_of_day(to)) {
                (Some(from), Some(to)) => Fallible::Ok(is_between(now, from, to)),
                _ => Err("`between` needs times of day such as \"08:00\"".into()),
            }
        });
}

fn register_methods(engine: &mut Engine) {
    engine
        .register_fn("!", |value: bool| !value)
        .register_fn("-", |value: i64| {
            value
                .checked_neg()
                .ok_or_else(|| Box::<EvalAltResult>::from("the number is too large to negate"))
        })
        .register_fn("-", |later: DateTime<Utc>, earlier: DateTime<Utc>| {
            (later - earlier).num_seconds()
        })
        .register_fn("==", |a: DateTime<Utc>, b: DateTime<Utc>| a == b)
        .register_fn("!=", |a: DateTime<Utc>, b: DateTime<Utc>| a != b)
        .register_fn("<", |a: DateTime<Utc>, b: DateTime<Utc>| a < b)
        .register_fn("<=", |a: DateTime<Utc>, b: DateTime<Utc>| a <= b)
        .register_fn(">", |a: DateTime<Utc>, b: DateTime<Utc>| a > b)
        .register_fn(">=", |a: DateTime<Utc>, b: DateTime<Utc>| a >= b)
        .register_fn("starts_with", |text: &str, part: &str| text.starts_with(part))
        .register_fn("ends_with", |text: &str, part: &str| text.ends_with(part))
        .register_fn("contains", |text: &str, part: &str| text.contains(part))
        .register_fn("contains", |list: List, item: &str| list.0.iter().any(|own| own == item))
        .register_fn("contains", |_: List, (): ()| false)
        .register_fn("contains", |items: Array, item: Dynamic| {
            items.iter().any(|own| is_same(own, &item))
        })
        .register_fn("to_lower", |text: &str| text.to_lowercase())
        .register_fn("trim", |text: &str| text.trim().to_owned())
        .register_fn("len", |text: &str| length(text.chars().count()))
        .register_fn("len", |list: List| length(list.0.len()));
}

/// Makes an order with an absent value an error: to rhai, `() < 1` is plainly false.
fn refuse_absent(engine: &mut Engine) {
    for operator in ["<", "<=", ">", ">="] {
        engine
            .register_fn(operator, |(): (), _: i64| absent(operator))
            .register_fn(operator, |_: i64, (): ()| absent(operator))
            .register_fn(operator, |(): (), _: DateTime<Utc>| absent(operator))
            .register_fn(operator, |_: DateTime<Utc>, (): ()| absent(operator))
            .register_fn(operator, |(): (), (): ()| absent(operator));
    }
}

fn absent(operator: &str) -> Fallible<bool> {
    let message = format!("{operator} with an absent value");
    Err(EvalAltResult::ErrorFunctionNotFound(message, Position::NONE).into())
}

fn with_factors(context: &NativeCallContext<'_>, test: impl Fn(&Factors) -> bool) -> bool {
    context.tag().and_then(Dynamic::read_lock::<Factors>).is_some_and(|factors| test(&factors))
}

fn is_same(a: &Dynamic, b: &Dynamic) -> bool {
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return a == b;
    }
    match (a.read_lock::<ImmutableString>(), b.read_lock::<ImmutableString>()) {
        (Some(a), Some(b)) => *a == *b,
        _ => false,
    }
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn is_within(ip: IpAddr, network: &str) -> Fallible<bool> {
    let network: IpNet =
        network.parse().map_err(|_| "`in_cidr` needs a network such as \"10.0.0.0/8\"")?;
    Ok(network.contains(&ip.to_canonical()))
}

/// The minute of the day that `HH:MM` names.
pub(super) fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let is_pair = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !is_pair(hour) || !is_pair(minute) {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Whether the time of day (UTC) is in `from..to`, over midnight when `to` is earlier.
fn is_between(now: DateTime<Utc>, from: u32, to: u32) -> bool {
    let minute = now.hour() * 60 + now.minute();
    if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}
