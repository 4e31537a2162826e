//! `flowgate user`: people, at the command line of the machine that the server runs on.

mod create;
mod describe;

use assurance::Span;
use chrono::Duration;
use serde_json::json;
use store::user::{self, User};

use super::link::Handed;
use super::local::{self, Local, Place, refused};
use super::{say, warn};
use crate::start::StartError;
use describe::Described;

/// A link that an administrator hands over lasts at most so long (NIST SP 800-63B-4 §4.2.1.2).
const LONGEST_LINK: Duration = Duration::days(1);

/// A list has at most so many people, unless more are asked for.
const USUAL_LIST: i64 = 100;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a person, and a link with which they set a password
    Create(create::Create),
    /// List people
    List(List),
    /// Show what is kept of a person: factors, sessions, organisations; no secrets
    Show(Who),
    /// Forbid a person to sign in, and end all their sessions
    Disable(Who),
    /// Let a person sign in again
    Enable(Who),
    /// Make a link with which a person sets a new password, after their second factors
    ResetPasswordLink(ResetPasswordLink),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Only people in whose address, user name or name this text is
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = USUAL_LIST, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Their address, user name or id
    #[arg(value_name = "EMAIL|ID")]
    who: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResetPasswordLink {
    /// Their address, user name or id
    #[arg(value_name = "EMAIL|ID")]
    who: String,
    /// How long the link is good, up to a day
    #[arg(long, value_name = "SPAN", default_value = "30m", value_parser = lasting)]
    expires: Span,
    #[command(flatten)]
    place: Place,
}

/// How long a link lasts.
pub(super) fn lasting(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error: assurance::SpanError| error.to_string())?;
    if span.to_delta() < Duration::minutes(1) || span.to_delta() > LONGEST_LINK {
        return Err("must be one minute to one day".to_owned());
    }
    Ok(span)
}

pub(super) fn run(command: Command) -> Result<(), StartError> {
    match command {
        Command::Create(args) => create::run(args),
        Command::List(args) => list(&args),
        Command::Show(args) => show(&args),
        Command::Disable(args) => set_disabled(&args, true),
        Command::Enable(args) => set_disabled(&args, false),
        Command::ResetPasswordLink(args) => reset_password_link(&args),
    }
}

fn list(args: &List) -> Result<(), StartError> {
    local::run(
        &args.place,
        async |local: &Local| {
            let mut conn = local.store.read().await?;
            let mut found = user::search(&mut conn, args.search.as_deref(), args.limit + 1).await?;
            let most = usize::try_from(args.limit).unwrap_or(usize::MAX);
            let more = found.len() > most;
            found.truncate(most);
            Ok((found, more))
        },
        |(people, more)| {
            let users: Vec<_> = people.iter().map(describe::json).collect();
            json!({ "users": users, "more": more })
        },
        |(people, more)| {
            for person in people {
                say(&format!("{}  {}", person.id, describe::line(person)));
            }
            if *more {
                warn("there are more; see them with --limit or --search");
            }
        },
    )
}

fn show(args: &Who) -> Result<(), StartError> {
    local::run(
        &args.place,
        async |local: &Local| {
            let person = local.person(&args.who).await?;
            let mut conn = local.store.read().await?;
            Ok(Described::of(&mut conn, person, local.now()).await?)
        },
        |described| json!({ "user": described.json() }),
        |described| say(described.text().trim_end()),
    )
}

fn set_disabled(args: &Who, disabled: bool) -> Result<(), StartError> {
    local::run(
        &args.place,
        async |local: &Local| {
            let mut person = local.person(&args.who).await?;
            if person.is_active() != disabled {
                return Ok((person, false));
            }
            let disabled_at = disabled.then(|| local.now());
            let mut unit = local.store.write().await?;
            user::set_disabled(&mut unit, &person.id, disabled_at, local.now()).await?;
            let kind = if disabled { "user_disabled" } else { "user_enabled" };
            local.record(&mut unit, kind, &person, json!({})).await?;
            unit.commit().await?;
            person.disabled_at = disabled_at;
            Ok((person, true))
        },
        |(person, changed)| json!({ "user": describe::json(person), "changed": changed }),
        |(person, changed)| {
            let now = if disabled { "may not sign in" } else { "may sign in" };
            let already = if *changed { "" } else { " (as before)" };
            say(&format!("{}: {now}{already}", describe::line(person)));
        },
    )
}

fn reset_password_link(args: &ResetPasswordLink) -> Result<(), StartError> {
    local::run(
        &args.place,
        async |local: &Local| {
            let person = local.person(&args.who).await?;
            let link = hand_link(local, &person, args.expires).await?;
            Ok((person, link))
        },
        |(person, link)| json!({ "user": describe::json(person), "link": link.json() }),
        |(_, link)| link.tell(),
    )
}

/// Makes a link for somebody who may sign in.
pub(super) async fn hand_link(
    local: &Local,
    person: &User,
    lasts: Span,
) -> Result<Handed, StartError> {
    if !person.is_active() {
        return Err(refused(format!(
            "this person may not sign in; first: flowgate user enable {}",
            person.id
        )));
    }
    let (catalogue, flow, stage) = local.way_back().await?;
    let mut unit = local.store.write().await?;
    let way = (&catalogue, &*flow, &*stage);
    let link = local.hand_link(&mut unit, way, person, lasts.to_delta()).await?;
    unit.commit().await?;
    Ok(link)
}

pub(super) use describe::{json as person_json, line};
