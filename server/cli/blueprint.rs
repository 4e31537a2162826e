//! `flowgate blueprint`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use blueprints::{Action, Apply, ApplyError, Checked, Compiled, Options};
use engine::Passwords;
use serde_json::json;
use store::Ambient;

use super::{is_coloured, say, warn};
use crate::app;
use crate::config::{DatabaseFlags, Environment, LogFormat, Settings};
use crate::logs;
use crate::start::blueprint::{self as applying, Outcome};
use crate::start::{self, StartError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say everything that is wrong with blueprints, without a database or a server
    Check(Check),
    /// Apply blueprints to the database; a running server takes them up within a second
    Apply(ApplyArgs),
    /// Write the JSON Schema of the blueprint language, for editors, to standard output
    Schema,
}

/// What to read.
#[derive(Debug, clap::Args)]
struct Input {
    /// Files, and folders of *.yaml and *.yml files, that together are one blueprint
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// A value for `!var NAME` in the blueprint; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    vars: Vec<(String, String)>,
    /// Write the result as JSON, to standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    input: Input,
}

#[derive(Debug, clap::Args)]
#[command(next_line_help = true)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    input: Input,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    database: DatabaseFlags,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name is empty".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) fn run(command: Command) -> Result<(), StartError> {
    match command {
        Command::Check(args) => check(&args.input),
        Command::Apply(args) => apply(&args),
        Command::Schema => {
            say(&format!("{:#}", blueprints::schema(&stages::registry())));
            Ok(())
        }
    }
}

impl Input {
    fn vars(&self) -> BTreeMap<String, String> {
        self.vars.iter().cloned().collect()
    }
}

fn check(input: &Input) -> Result<(), StartError> {
    let registry = stages::registry();
    let options = Options { vars: input.vars(), ..Options::new(&registry) };
    let checked = blueprints::check(&input.paths, &options);
    let blueprint = report(input, checked)?;
    if !input.json {
        say(&format!("{}: nothing is wrong", summary(&blueprint)));
    }
    Ok(())
}

/// Shows what a check found. Returns the blueprint, if nothing refuses it.
fn report(input: &Input, checked: Checked) -> Result<Compiled, StartError> {
    if input.json {
        say(&format!("{:#}", blueprints::render_json(&checked.diagnostics)));
    } else {
        let text = blueprints::render_text(&checked.diagnostics, is_coloured(&std::io::stderr()));
        if !text.is_empty() {
            warn(text.trim_end());
        }
    }
    checked.blueprint.ok_or(StartError::Told)
}

fn summary(blueprint: &Compiled) -> String {
    let count = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{number} {what}s")),
    };
    let parts = [
        count(blueprint.flows.len(), "flow"),
        count(blueprint.organisations.len(), "organisation"),
        count(blueprint.clients.len(), "client"),
        count(blueprint.users.len(), "user"),
        count(blueprint.conditions.len(), "condition"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let what = if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") };
    format!("blueprint `{}` ({what})", blueprint.name)
}

fn apply(args: &ApplyArgs) -> Result<(), StartError> {
    let settings = Settings::resolve(&args.database.0, &Environment::of_process())?;
    logs::init("warn", LogFormat::Text);
    let registry = stages::registry();
    let options = Options { vars: args.input.vars(), ..Options::for_apply(&registry) };
    let checked = blueprints::check(&args.input.paths, &options);
    let diagnostics = checked.diagnostics.clone();
    let blueprint = if args.input.json && !checked.has_errors() {
        // One JSON document comes out: that of the apply, with the warnings in it.
        checked.blueprint.ok_or(StartError::Told)?
    } else {
        report(&args.input, checked)?
    };
    if !args.yes && !is_confirmed(&blueprint, &settings)? {
        warn("nothing was applied");
        return Err(StartError::Told);
    }
    let checked = (blueprint, diagnostics.clone());
    let request =
        Apply { actor: "command line", message: args.message.as_deref(), registry: &registry };
    let result = start::runtime(1)?.block_on(async {
        let ambient = Ambient::system();
        let store = app::open_store(&settings, ambient.clone()).await?;
        let passwords = Passwords::new(settings.password_threads, ambient)?;
        applying::write(&store, &passwords, checked, request).await
    });
    match result {
        Ok(outcome) if args.input.json => tell_json(&outcome),
        Ok(outcome) => tell(&outcome),
        Err(StartError::Apply(ApplyError::Refused(reasons))) if args.input.json => {
            let mut result = blueprints::render_json(&diagnostics);
            result["refused"] = json!(reasons);
            say(&format!("{result:#}"));
            return Err(StartError::Told);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn tell(outcome: &Outcome) {
    let (name, applied) = (&outcome.name, &outcome.applied);
    for change in &applied.changes {
        let sign = match change.action {
            Action::Create => '+',
            Action::Update => '~',
            Action::Delete => '-',
        };
        let keys = match change.keys.as_slice() {
            [] => String::new(),
            keys => format!(" ({})", keys.join(", ")),
        };
        say(&format!("{sign} {} {}{keys}", change.kind, change.name));
    }
    let version = applied.version;
    if applied.changed {
        say(&format!("applied blueprint `{name}` as version {version}"));
    } else {
        say(&format!("blueprint `{name}` is already applied: version {version} stays"));
    }
}

fn tell_json(outcome: &Outcome) {
    let mut result = blueprints::render_json(&outcome.diagnostics);
    result["blueprint"] = json!(outcome.name);
    result["version"] = json!(outcome.applied.version);
    result["changed"] = json!(outcome.applied.changed);
    result["changes"] = json!(outcome.applied.changes);
    say(&format!("{result:#}"));
}

/// Asks the person at the terminal. Without one, `--yes` is the only way to say it.
fn is_confirmed(blueprint: &Compiled, settings: &Settings) -> Result<bool, StartError> {
    if !std::io::stdin().is_terminal() {
        warn("error: nobody is there to ask: say --yes to apply");
        return Err(StartError::Told);
    }
    let mut terminal = std::io::stderr().lock();
    let question = format!("Apply {} to {}? [y/N] ", summary(blueprint), place(settings));
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The database without its password.
fn place(settings: &Settings) -> String {
    match &settings.database {
        store::Database::Sqlite(path) => path.display().to_string(),
        store::Database::Postgres(_) => "the PostgreSQL database".to_owned(),
    }
}
