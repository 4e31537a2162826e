//! `flowgate completions`: a script with which a shell completes commands.

use std::io::Write as _;

use clap::CommandFactory as _;
pub(crate) use clap_complete::Shell;

use crate::cli::Cli;

/// Writes the script to standard output. Whoever hung up does not want it.
pub(crate) fn write(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flowgate", &mut script);
    let _ = std::io::stdout().lock().write_all(&script);
}
