//! `flowgate recovery-codes`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::failure::{Failure, plain};
use super::{Common, Outcome};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make new recovery codes; the old ones stop working
    Regenerate(Regenerate),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Regenerate {
    #[command(flatten)]
    common: Common,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

impl Command {
    pub(super) fn common(&self) -> &Common {
        let Self::Regenerate(args) = self;
        &args.common
    }
}

pub(super) async fn run(command: &Command) -> Result<Outcome, Failure> {
    let Command::Regenerate(args) = command;
    let api = args.common.api()?;
    if !args.yes && !is_confirmed()? {
        return Err(Failure::failed("nothing was changed"));
    }
    let made = api.post("/recovery-codes", &json!({})).await?;
    let codes = of(&made, "codes");
    if codes.is_empty() {
        return Err(Failure::failed(format!("{} gave no codes", api.server())));
    }
    Ok(Outcome { text: codes.join("\n"), json: made })
}

/// The codes that an answer has under this name.
pub(super) fn of(answer: &Value, name: &str) -> Vec<String> {
    let codes = answer.get(name).and_then(Value::as_array).into_iter().flatten();
    codes.filter_map(Value::as_str).map(plain).collect()
}

/// Asks the person at the terminal. Without one, `--yes` is the only way to say it.
fn is_confirmed() -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::failed("nobody is there to ask: say --yes to replace the codes"));
    }
    let ask = || -> std::io::Result<String> {
        let mut terminal = std::io::stderr().lock();
        terminal.write_all(b"Replace your recovery codes? The old ones stop working. [y/N] ")?;
        terminal.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|error| Failure::failed(error.to_string()))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
