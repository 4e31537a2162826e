//! `make bench`: what an operation costs the server, in CPU microseconds of one core, with the server
//! on one core and the load on the other, all in one run, since timings of two runs do not compare.
//!
//! `server.rs` is what is measured, in processes of their own; `client.rs` is the load; `walk.rs` the
//! sign-in as a browser and a relying party do it; `measure.rs` reads the kernel's accounts. To add an
//! operation: a function in `operations.rs` and a line in its list.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot go on ends"
)]
#![expect(clippy::print_stdout, reason = "the table is the product")]

mod client;
mod measure;
mod operations;
mod server;
mod walk;

use std::process::ExitCode;

/// The core of the server, and the core of the load.
const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["hello"] => server::hello(),
        ["server", hashing, database, folder] => server::flowgate(hashing, database, folder),
        ["load"] => operations::table(),
        // `cargo bench` adds arguments of its own.
        _ => return measure::again_on_core(LOAD_CORE, &["load"]),
    }
    ExitCode::SUCCESS
}
