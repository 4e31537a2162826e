//! `docs/configuration.md` and `docs/cli.md`, made from the list of settings and from clap, and
//! checked fresh. To write them anew: `UPDATE_DOCS=1 cargo test -p flowgate --lib cli::reference`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;
use crate::config::{CONFIG, Flags, Heading, SETTINGS, Settings};

const CONFIGURATION: &str = "\
# Configuration

<!-- Made from server/config/listed.rs; a test says how to write it anew. -->

Every setting has three names: a flag of `flowgate serve`, a variable of the environment, and a key of
a TOML file, which `--config FILE` (or `FLOWGATE_CONFIG`) names. A flag beats a variable, a variable
beats the file, the file beats the default. An empty value counts as absent. An unknown key is an
error, and all mistakes are told at once.

A list is a text with commas, or in the file a TOML list of texts. A path in the file is relative to
the file's folder, any other to the working directory.

Flags are seen by every user of the machine: what holds a password belongs into a variable or the file.

```toml
# /etc/flowgate/flowgate.toml
public_url = \"https://id.example.org\"
trusted_proxies = [\"10.0.0.0/8\"]
data = \"/var/lib/flowgate\"
blueprints = \"blueprints\"          # /etc/flowgate/blueprints
smtp_url = \"smtps://login@mail.example.org\"
smtp_password_file = \"/run/secrets/smtp\"
log_format = \"json\"
```
";

/// Stands above the settings of text messages.
const TEXTS: &str = "\
Codes go by text message where a policy names `sms`. With Twilio, the auth token being in
`FLOWGATE_SMS_SECRET`:

```toml
sms_provider = \"twilio\"
sms_account = \"AC0123456789abcdef0123456789abcdef\"
sms_from = \"+15005550006\"
```

With any other gateway that takes an HTTP request:

```toml
sms_provider = \"http\"
sms_url = \"https://sms.example.org/v1/messages\"
sms_headers = '{\"Authorization\": \"Bearer {secret}\"}'
sms_body = '{\"to\": \"{to}\", \"from\": \"{from}\", \"message\": {\"text\": \"{text}\"}}'
sms_from = \"Acme\"
```

A message is tried five times within five minutes, and not at all once its code is too old.

";

const CLI: &str = "\
# Command line

<!-- Made from server/cli/; a test says how to write it anew. -->

Results go to standard output, everything else, logs too, to standard error. With `--json` the result
is one JSON document. Colour is for terminals, and never used where `NO_COLOR` is set.

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | refused or failed: a mistake in a blueprint or the configuration, a database that cannot be opened, an answer other than yes |
| 2 | the command line cannot be understood |
| 3 | nobody is signed in: `flowgate login` |
| 4 | a recent proof of a second factor is missing: `flowgate login --step-up`, then the command again |

`flowgate login` and the commands about one's own account (`logout`, `profile`, `totp`,
`recovery-codes`, `passkeys`) run on any machine. They keep one token for each server, for an hour at
most, in `$XDG_CONFIG_HOME/flowgate/credentials.json` (or `~/.config/flowgate/credentials.json`), which
its owner alone may read, and speak to servers by https, or by http on the machine itself.
";

/// Compares a document with what it must be, or writes it.
fn must_be(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == text,
        "docs/{name} is stale: UPDATE_DOCS=1 cargo test -p flowgate --lib cli::reference"
    );
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[test]
fn the_configuration_reference_is_fresh() {
    let mut text = CONFIGURATION.to_owned();
    let headings = [
        Heading::Network,
        Heading::Storage,
        Heading::Content,
        Heading::Mail,
        Heading::Text,
        Heading::Running,
    ];
    for heading in headings {
        let _ = writeln!(text, "\n## {}\n", heading.title());
        if heading == Heading::Text {
            text.push_str(TEXTS);
        }
        text.push_str("| Flag, variable, key | What it does | Default |\n|---|---|---|\n");
        for setting in SETTINGS.iter().chain([&CONFIG]).filter(|one| one.heading == heading) {
            let (name, value, key) = (setting.name, setting.value, setting.key());
            let mut names = format!("`--{name} {value}`<br>`{}`", setting.variable());
            if name != CONFIG.name {
                let _ = write!(names, "<br>`{key}`");
            }
            let (help, default) = (cell(setting.help), cell(setting.default));
            let _ = writeln!(text, "| {names} | {help} | {default} |");
        }
    }
    must_be("configuration.md", &text);
}

#[test]
fn the_examples_of_text_messages_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let examples: Vec<&str> = TEXTS.split("```toml\n").skip(1).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let file = folder.path().join("flowgate.toml");
        std::fs::write(&file, example.split("```").next().unwrap()).unwrap();
        let file = file.to_str().unwrap();
        let variables = [("FLOWGATE_CONFIG", file), ("FLOWGATE_SMS_SECRET", "x")];
        let variables = variables.into_iter().collect();
        let settings = Settings::resolve(&Flags::default(), &variables);
        assert!(settings.unwrap_or_else(|error| panic!("{error}")).sms.is_some());
    }
}

#[test]
fn the_command_reference_is_fresh() {
    let mut text = CLI.to_owned();
    let mut root = Cli::command();
    root.build();
    describe(&root, "", &mut text);
    must_be("cli.md", &text);
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

fn describe(command: &Command, parents: &str, text: &mut String) {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let name = format!("{parents} {}", inner.get_name());
        if inner.has_subcommands() {
            describe(inner, &name, text);
            continue;
        }
        let _ = writeln!(text, "\n## `flowgate{name}`\n");
        let about = inner.get_long_about().or(inner.get_about());
        let _ = writeln!(text, "{}", about.map(ToString::to_string).unwrap_or_default());
        let own: Vec<&Arg> = inner.get_arguments().filter(|arg| is_own(arg)).collect();
        if !own.is_empty() {
            text.push('\n');
        }
        for arg in &own {
            let _ = writeln!(text, "- `{}`: {}", shown(arg), cell(&help(arg)));
        }
        if inner.get_arguments().any(is_setting) {
            text.push('\n');
            let which = if inner.get_name() == "serve" {
                "Every setting of [configuration.md](configuration.md) is a flag.".to_owned()
            } else {
                let settings = inner.get_arguments().filter(|arg| is_setting(arg));
                let flags: Vec<String> =
                    settings.filter_map(|arg| Some(format!("`--{}`", arg.get_long()?))).collect();
                let flags = flags.join(", ");
                format!("Of the settings of [configuration.md](configuration.md) it takes {flags}.")
            };
            let _ = writeln!(text, "{which}");
        }
    }
}

fn is_setting(arg: &Arg) -> bool {
    SETTINGS.iter().chain([&CONFIG]).any(|setting| {
        arg.get_long() == Some(setting.name)
            && arg.get_help().is_some_and(|help| help.to_string().contains(&setting.variable()))
    })
}

fn is_own(arg: &Arg) -> bool {
    let general = ["help", "version"];
    !is_setting(arg) && !general.contains(&arg.get_id().as_str())
}

fn shown(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let value = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let takes = arg.get_action().takes_values();
    match arg.get_long() {
        Some(long) if takes => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => format!("{value}.."),
    }
}

fn help(arg: &Arg) -> String {
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults = arg.get_default_values();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        let values: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
        let _ = write!(help, " (default: {})", values.join(" "));
    }
    help
}
