//! The binary `flowgate`: see `cli`.

fn main() -> std::process::ExitCode {
    flowgate::cli::main()
}
