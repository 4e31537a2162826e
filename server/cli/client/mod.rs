//! What a person does with their own account from a terminal, on any machine: `flowgate login` and
//! what comes after it. It speaks to a server as any program could: the device authorization grant
//! (RFC 8628) and the JSON API under `/api/v1/me`.
//!
//! To add a command: a file with its arguments and an async `run` that returns an [`Outcome`], a
//! variant of one of the enums here, and a line in [`run`].

mod completions;
mod credentials;
mod failure;
mod http;
mod login;
mod logout;
mod passkeys;
mod qr;
mod recovery_codes;
mod server;
mod status;
mod totp;

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{say, warn};
use crate::start;
use credentials::Credentials;
use failure::Failure;
use http::Api;
use server::Server;

pub(super) use completions::{Shell, write as write_completions};

/// What every command here takes.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// The server's address; without it, `FLOWGATE_SERVER` or the one that was signed in to last
    #[arg(long, value_name = "URL", env = "FLOWGATE_SERVER", hide_env_values = true)]
    server: Option<Server>,
    /// Write the result as JSON, to standard output
    #[arg(long)]
    json: bool,
}

/// The commands about one's own account.
#[derive(Debug)]
pub(super) enum Command {
    Login(login::Args),
    Logout(Common),
    Profile(Profile),
    Totp(totp::Command),
    RecoveryCodes(recovery_codes::Command),
    Passkeys(passkeys::Command),
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Profile {
    /// How the signed-in account is protected
    #[command(subcommand)]
    Auth(Auth),
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Auth {
    /// Say who is signed in, with what, until when, and which second factors there are
    Status(Common),
}

pub(super) use login::Args as Login;
pub(super) use passkeys::Command as Passkeys;
pub(super) use recovery_codes::Command as RecoveryCodes;
pub(super) use totp::Command as Totp;

/// What a command has done: the same for people and for programs.
struct Outcome {
    text: String,
    json: Value,
}

impl Command {
    fn common(&self) -> &Common {
        match self {
            Self::Login(args) => &args.common,
            Self::Logout(common) | Self::Profile(Profile::Auth(Auth::Status(common))) => common,
            Self::Totp(command) => command.common(),
            Self::RecoveryCodes(command) => command.common(),
            Self::Passkeys(command) => command.common(),
        }
    }
}

/// Runs a command and says what came of it.
pub(super) fn run(command: &Command) -> ExitCode {
    let is_json = command.common().json;
    let outcome = match start::runtime(1) {
        Ok(runtime) => runtime.block_on(work(command)),
        Err(error) => Err(Failure::failed(error.to_string())),
    };
    match outcome {
        Ok(outcome) if is_json => say(&format!("{:#}", outcome.json)),
        Ok(outcome) => say(outcome.text.trim_end()),
        Err(failure) => {
            warn(&format!("error: {}", failure.text));
            if is_json {
                let error = json!({ "error": failure.kind.as_str(), "message": failure.text });
                say(&format!("{error:#}"));
            }
            return ExitCode::from(failure.kind.exit_code());
        }
    }
    ExitCode::SUCCESS
}

async fn work(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Login(args) => login::run(args).await,
        Command::Logout(common) => logout::run(common).await,
        Command::Profile(Profile::Auth(Auth::Status(common))) => status::run(common).await,
        Command::Totp(command) => totp::run(command).await,
        Command::RecoveryCodes(command) => recovery_codes::run(command).await,
        Command::Passkeys(command) => passkeys::run(command).await,
    }
}

impl Common {
    /// The API of the server that is meant, with the token that was kept for it.
    fn api(&self) -> Result<Api, Failure> {
        let credentials = Credentials::read()?;
        let server = self.server.clone().or_else(|| credentials.last());
        let server = server.ok_or_else(|| {
            Failure::not_signed_in("nobody is signed in: run `flowgate login --server URL`")
        })?;
        let Some(kept) = credentials.of(&server) else {
            return Err(Failure::not_signed_in(format!(
                "nobody is signed in to {server}: run `flowgate login --server {server}`"
            )));
        };
        Api::new(server, kept)
    }
}
