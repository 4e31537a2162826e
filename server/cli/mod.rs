//! The command line. To add a command: a file with its arguments and a `run`, and a variant of
//! [`Command`]; `docs/cli.md` is made from it.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 for done, 1 for
//! refused or failed, 2 for a command line that cannot be understood; of the commands in `client/`
//! also 3 for nobody signed in and 4 for a second factor that was not proven of late.

mod blueprint;
mod client;
mod link;
mod local;
mod recover;
#[cfg(test)]
mod reference;
mod serve;
mod user;

use std::io::Write as _;
use std::process::ExitCode;

use blueprints::ApplyError;
use clap::Parser;

use crate::start::StartError;

/// An identity provider whose every login is a flow of stages, written as a YAML blueprint.
#[derive(Debug, Parser)]
#[command(name = "flowgate", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 refused or failed, 2 the command line cannot be understood, 3 nobody is signed in, 4 a recent proof of a second factor is missing."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Run the identity provider
    ///
    /// Every setting is a flag, a FLOWGATE_… variable and a key of a TOML file; a flag beats a
    /// variable, a variable beats the file. Without any, it serves the shipped flows on
    /// <http://127.0.0.1:8080> from an SQLite file in the folder flowgate-data.
    ///
    /// SIGTERM or Ctrl-C ends it; requests under way get ten seconds to finish, or until Ctrl-C is
    /// pressed again.
    #[command(verbatim_doc_comment)]
    Serve(serve::Args),
    /// Check blueprints, apply them, and write their schema
    #[command(subcommand)]
    Blueprint(blueprint::Command),
    /// Look after people: list them, make them, let them in or keep them out
    #[command(subcommand)]
    User(user::Command),
    /// Get people back in who lost what they sign in with; no server need run
    #[command(subcommand)]
    Recover(recover::Command),
    /// Sign in to a server from this terminal, by a browser on any machine
    ///
    /// It shows an address and a code, also as a QR code, waits until the code was entered and
    /// allowed in a browser, and keeps a token for an hour at most.
    #[command(verbatim_doc_comment)]
    Login(client::Login),
    /// End what `flowgate login` began
    Logout(client::Common),
    /// Look at the signed-in account
    #[command(subcommand)]
    Profile(client::Profile),
    /// Set up an authenticator app for the signed-in account
    #[command(subcommand)]
    Totp(client::Totp),
    /// Replace the recovery codes of the signed-in account
    #[command(subcommand)]
    RecoveryCodes(client::RecoveryCodes),
    /// Look at the passkeys of the signed-in account
    #[command(subcommand)]
    Passkeys(client::Passkeys),
    /// Write a script with which a shell completes commands, to standard output
    Completions {
        /// Which shell
        shell: client::Shell,
    },
    /// Run it on this machine with a sample app, an outbox and a few people; nothing to set up
    Demo(crate::demo::Args),
}

/// Runs the command of this process.
pub fn main() -> ExitCode {
    // Ends the process by itself, with 2, when there is nothing to run.
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Login(args) => return client::run(&client::Command::Login(args)),
        Command::Logout(args) => return client::run(&client::Command::Logout(args)),
        Command::Profile(command) => return client::run(&client::Command::Profile(command)),
        Command::Totp(command) => return client::run(&client::Command::Totp(command)),
        Command::RecoveryCodes(command) => {
            return client::run(&client::Command::RecoveryCodes(command));
        }
        Command::Passkeys(command) => return client::run(&client::Command::Passkeys(command)),
        Command::Completions { shell } => {
            client::write_completions(shell);
            return ExitCode::SUCCESS;
        }
        Command::Serve(args) => serve::run(&args),
        Command::Blueprint(command) => blueprint::run(command),
        Command::User(command) => user::run(command),
        Command::Recover(command) => recover::run(command),
        Command::Demo(args) => crate::demo::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Says why a command failed.
fn tell(failure: &StartError) {
    match failure {
        StartError::Blueprint(diagnostics) => {
            warn(blueprints::render_text(diagnostics, is_coloured(&std::io::stderr())).trim_end());
        }
        StartError::Config(error) => {
            for problem in &error.0 {
                warn(&format!("error: {problem}"));
            }
        }
        StartError::Apply(ApplyError::Refused(reasons)) => {
            for reason in reasons {
                warn(&format!("error: {reason}"));
            }
        }
        // Said already, in the form that was asked for.
        StartError::Told => {}
        other => warn(&format!("error: {other}")),
    }
}

/// A line for whoever reads the results. Whoever hung up does not want it.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line for whoever looks on.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Whether to colour what goes there (<https://no-color.org>).
fn is_coloured(to: &impl std::io::IsTerminal) -> bool {
    to.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
