//! The sandbox: what is refused at check, and what would fail even if the check let it through.

use super::super::sandbox::bare;
use super::*;

const HOSTILE: [&str; 40] = [
    // Code from text, in whole and in parts.
    r#"eval("true")"#,
    r#"Fn("ev" + "al").call("true")"#,
    r#"Fn("ev"+"al")"#,
    r#"call(Fn("eval"), "true")"#,
    r#""true".eval()"#,
    r#"curry(Fn("sleep"), 60).call()"#,
    // Files, processes, the environment, the network.
    r#"import "secrets" as s; s::key == """#,
    r#"open_file("/etc/passwd").read_string().len() > 0"#,
    r#"read("/etc/passwd").len() > 0"#,
    r#"system("id") == 0"#,
    r#"exec("id") == 0"#,
    r#"env("HOME") == """#,
    r#"std::env::var("HOME") == """#,
    r#"http_get("http://169.254.169.254/").len() > 0"#,
    // Time and output.
    "sleep(60)",
    "sleep(60) == ()",
    "timestamp().elapsed > 0",
    "print(\"x\") == ()",
    "debug(user) == ()",
    "exit(true)",
    "rand() > 0",
    // Loops, functions, closures, state.
    "loop {}",
    "while true {}",
    "for i in 0..1000000000 {}; true",
    "do {} while true",
    "fn f() { f() } f()",
    "|x| x",
    "let f = |x| x; f.call(true)",
    "let x = 1; x == 1",
    "const X = true; X",
    "user = ()",
    "user.admin = true",
    "user.admin += 1",
    "return true",
    "throw true",
    "try { true } catch { true }",
    "switch 1 { 1 => true, _ => false }",
    "#{a: true}.a",
    "type_of(user) == \"map\"",
    "this.admin",
];

/// To the interpreter these are merely other ways to write `true`.
const HARMLESS: [&str; 4] = [
    "#{a: true}.a",
    "return true",
    "switch 1 { 1 => true, _ => false }",
    "try { true } catch { true }",
];

#[test]
fn hostile_sources_do_not_compile() {
    for source in HOSTILE {
        let error = refused(source);
        assert!(error.line >= 1 && error.column >= 1, "{source}");
    }
}

#[test]
fn hostile_sources_fail_in_the_interpreter_too() {
    let engine = bare();
    for source in HOSTILE.iter().filter(|source| !HARMLESS.contains(source)) {
        assert!(engine.eval::<bool>(source).is_err(), "{source}");
        assert!(engine.eval_expression::<bool>(source).is_err(), "{source}");
    }
}

/// The limits hold where the grammar and the check don't: loops and functions allowed again.
#[test]
fn the_interpreter_stops_what_runs_away() {
    let mut engine = bare();
    engine
        .set_allow_looping(true)
        .set_allow_anonymous_fn(true)
        .set_max_variables(8)
        .set_max_functions(8);
    for source in [
        "loop {}",
        "while true {}",
        "do {} while true",
        "fn f() { f() } f()",
        "fn f(n) { f(n + 1) + f(n + 1) } f(0)",
        r#"let s = "x"; loop { s += s; }"#,
        "let a = [1]; loop { a += a; }",
        r#"let m = #{}; let n = 0; loop { n += 1; m["k" + n] = n; }"#,
    ] {
        assert!(engine.eval::<bool>(source).is_err(), "{source}");
    }
}

#[test]
fn none_of_the_packages_is_there() {
    let engine = bare();
    for name in [
        "sleep",
        "eval",
        "print",
        "debug",
        "timestamp",
        "Fn",
        "range",
        "parse_json",
        "push",
        "pad",
        "keys",
    ] {
        for arguments in ["", "1", "\"a\"", "\"a\", 1"] {
            let source = format!("{name}({arguments})");
            assert!(engine.eval_expression::<rhai::Dynamic>(&source).is_err(), "{source}");
        }
    }
}

#[test]
fn long_facts_are_no_way_round_the_limits() {
    let mut facts = ada();
    facts.request.user_agent = "x".repeat(1 << 20);
    facts.user.as_mut().unwrap().organisations = (0..10_000).map(|n| format!("o{n}")).collect();
    // An answer or an error, and soon; never a panic.
    let _ = evaluate(r#"request.user_agent.to_lower().contains("bot")"#, &facts);
    assert_eq!(evaluate(r#""o9999" in user.organisations"#, &facts), Ok(true));
    assert_eq!(evaluate(r#"user.organisations.contains("nobody")"#, &facts), Ok(false));
}

#[test]
fn one_sandbox_serves_all_threads() {
    let condition = compile(r#"proven("social") && user.admin"#).unwrap();
    let nobody = Facts { user: None, ..ada() };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(condition.evaluate(&ada()), Ok(true));
                    assert!(condition.evaluate(&nobody).is_err());
                }
            });
        }
    });
}
