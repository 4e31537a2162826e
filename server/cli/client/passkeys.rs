//! `flowgate passkeys`. A passkey is made by a browser and its authenticator, so a terminal can list
//! them and say where they are managed.

use serde_json::json;

use super::failure::Failure;
use super::{Common, Outcome, status};

/// The account's page about them.
const PAGE: &str = "/account/security";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the account's passkeys
    List(Common),
    /// Write the address of the page where passkeys are added, renamed and removed
    Open(Common),
}

impl Command {
    pub(super) fn common(&self) -> &Common {
        let (Self::List(common) | Self::Open(common)) = self;
        common
    }
}

pub(super) async fn run(command: &Command) -> Result<Outcome, Failure> {
    let api = command.common().api()?;
    match command {
        Command::List(_) => {
            let json = api.get("/passkeys").await?;
            let lines = status::listed(&json);
            let text = if lines.is_empty() { "no passkeys".to_owned() } else { lines.join("\n") };
            Ok(Outcome { text, json })
        }
        Command::Open(_) => {
            let url = api.server().at(PAGE);
            Ok(Outcome { text: url.clone(), json: json!({ "url": url }) })
        }
    }
}
