//! `flowgate totp`: an authenticator app, set up in two steps.

use serde_json::{Value, json};

use super::failure::{Failure, plain};
use super::{Common, Outcome, qr};
use crate::cli::is_coloured;

/// A code has at most so many digits.
const MAX_CODE: usize = 8;

/// A name has at most so many characters.
const MAX_NAME: usize = 64;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the secret for an authenticator app, as a QR code and as text
    Start(Start),
    /// Confirm the app with the first code that it shows
    Confirm(Confirm),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Start {
    #[command(flatten)]
    common: Common,
    /// Draw no QR code
    #[arg(long)]
    no_qr: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Confirm {
    #[command(flatten)]
    common: Common,
    /// The code that the app shows
    #[arg(value_name = "CODE", value_parser = code)]
    code: String,
    /// What the app is called, for instance after the phone that it is on
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
}

/// Digits, which people and apps write in groups.
fn code(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let is_code = !digits.is_empty()
        && digits.len() <= MAX_CODE
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_code { Ok(digits) } else { Err("a code is six to eight digits".to_owned()) }
}

fn name(text: &str) -> Result<String, String> {
    let is_name = !text.trim().is_empty()
        && text.chars().count() <= MAX_NAME
        && !text.chars().any(char::is_control);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(format!("a name is up to {MAX_NAME} characters"))
    }
}

impl Command {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Start(args) => &args.common,
            Self::Confirm(args) => &args.common,
        }
    }
}

pub(super) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Start(args) => start(args).await,
        Command::Confirm(args) => confirm(args).await,
    }
}

async fn start(args: &Start) -> Result<Outcome, Failure> {
    let mut api = args.common.api()?;
    let begun = api.post("/totp", &json!({})).await?;
    let text = |name: &str| begun.get(name).and_then(Value::as_str).unwrap_or_default();
    let (setup, secret, uri) = (text("setup"), plain(text("secret")), plain(text("uri")));
    if setup.is_empty() || uri.is_empty() {
        return Err(Failure::failed(format!("{} gave no secret", api.server())));
    }
    let setup = setup.to_owned();
    api.keep(|kept| kept.totp_setup = Some(setup))?;
    let drawn = (!args.no_qr).then(|| qr::draw(&uri, is_coloured(&std::io::stdout()))).flatten();
    let drawn = drawn.map(|drawn| format!("{drawn}\n")).unwrap_or_default();
    Ok(Outcome {
        text: format!(
            "{drawn}secret {secret}\n{uri}\n\nAdd it to your authenticator app, then run `flowgate totp confirm CODE` with the code that it shows."
        ),
        json: json!({ "secret": secret, "uri": uri }),
    })
}

async fn confirm(args: &Confirm) -> Result<Outcome, Failure> {
    let mut api = args.common.api()?;
    let setup = api.kept().totp_setup.clone();
    let setup = setup
        .ok_or_else(|| Failure::failed("there is nothing to confirm: run `flowgate totp start`"))?;
    let mut body = json!({ "setup": setup, "code": args.code });
    if let Some(name) = &args.name {
        body["name"] = json!(name);
    }
    let done = api.post("/totp/confirm", &body).await?;
    api.keep(|kept| kept.totp_setup = None)?;
    let codes = super::recovery_codes::of(&done, "recovery_codes");
    let text = match codes.as_slice() {
        [] => "the authenticator app is set up".to_owned(),
        codes => format!(
            "the authenticator app is set up\n\nKeep these recovery codes where you find them without it; each works once:\n{}",
            codes.join("\n")
        ),
    };
    Ok(Outcome { text, json: done })
}

#[cfg(test)]
mod tests {
    use super::{code, name};

    #[test]
    fn codes_are_digits_however_they_are_grouped() {
        for typed in ["123456", "123 456", "123-456", " 12345678 "] {
            assert!(
                code(typed).is_ok_and(|code| code.bytes().all(|b| b.is_ascii_digit())),
                "{typed}"
            );
        }
        for typed in ["", " ", "12345a", "123456789", "１２３４５６"] {
            assert!(code(typed).is_err(), "{typed}");
        }
        assert!(name("Phone").is_ok());
        assert!(name(" ").is_err() && name("a\nb").is_err() && name(&"x".repeat(65)).is_err());
    }
}
