//! `flowgate recover`: gets people back in who lost what they sign in with. It needs no running
//! server, so that an administrator who is locked out can help themself, and nothing here signs
//! anybody in: a link leads to the recovery flow, whose gate asks for the factors that the person has.

use assurance::{Factor, Span};
use serde_json::{Value, json};
use store::credential::{self, Credential};
use store::user::{self, User};
use store::{Unit, attempt, mail};

use super::local::{self, Local, Place};
use super::user::{hand_link, line, person_json};
use super::{say, warn};
use crate::start::StartError;

/// A link is good for so long.
const LINK_MINUTES: u64 = 30;

/// A reason has at most so many characters.
const MAX_REASON: usize = 500;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Remove all second factors of a person, and end all their sessions
    ///
    /// Who did it and why is written to the audit trail, and the person is told by mail. Where their
    /// organisation requires a second factor, they set one up at their next sign-in.
    #[command(name = "disable-2fa", verbatim_doc_comment)]
    DisableSecondFactors(DisableSecondFactors),
    /// Make a link, good once for 30 minutes, with which a person sets a new password
    ///
    /// It leads to the flow with `use: recovery`, which asks for the second factors that the person
    /// has: a link never signs anybody in by itself.
    #[command(verbatim_doc_comment)]
    Link(Link),
}

#[derive(Debug, clap::Args)]
pub(super) struct DisableSecondFactors {
    /// Their address
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(super) struct Link {
    /// Their address
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    #[command(flatten)]
    place: Place,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > MAX_REASON || text.chars().any(char::is_control) {
        return Err(format!("must be a line of 1 to {MAX_REASON} characters"));
    }
    Ok(text.to_owned())
}

pub(super) fn run(command: Command) -> Result<(), StartError> {
    match command {
        Command::DisableSecondFactors(args) => disable_second_factors(&args),
        Command::Link(args) => link(&args),
    }
}

fn link(args: &Link) -> Result<(), StartError> {
    local::run(
        &args.place,
        async |local: &Local| {
            let person = local.person_at(&args.email).await?;
            let link = hand_link(local, &person, Span::minutes(LINK_MINUTES)).await?;
            Ok((person, link))
        },
        |(person, link)| json!({ "user": person_json(person), "link": link.json() }),
        |(_, link)| link.tell(),
    )
}

fn disable_second_factors(args: &DisableSecondFactors) -> Result<(), StartError> {
    local::run(
        &args.place,
        async |local: &Local| {
            let person = local.person_at(&args.email).await?;
            // Worded before anything is written: whoever cannot be told keeps their factors.
            let message = local.mail("second_factors_removed", &person, json!({}))?;
            let mut unit = local.store.write().await?;
            let (removed, has_password) = remove(&mut unit, &person).await?;
            if removed.is_empty() {
                return Ok((person, removed, has_password));
            }
            user::advance_epoch(&mut unit, &person.id, local.now()).await?;
            let factors: Vec<_> = removed.iter().map(told).collect();
            let data = json!({ "factors": factors, "reason": args.reason });
            local.record(&mut unit, "second_factors_removed", &person, data).await?;
            if let Some(message) = message {
                let (ambient, sealer) = (local.store.ambient(), local.store.sealer());
                mail::create(&mut unit, ambient, sealer, &message).await?;
            }
            unit.commit().await?;
            Ok((person, removed, has_password))
        },
        |(person, removed, _)| {
            let removed: Vec<_> = removed.iter().map(told).collect();
            json!({ "user": person_json(person), "removed": removed })
        },
        |(person, removed, has_password)| tell(person, removed, *has_password),
    )
}

/// Removes every second factor with what failed at it, so that the next one begins anew. Returns what
/// was removed, and whether the person has a password.
async fn remove(unit: &mut Unit, person: &User) -> Result<(Vec<Credential>, bool), StartError> {
    let (mut removed, mut has_password) = (Vec::new(), false);
    for credential in credential::of_user(unit, &person.id).await? {
        match factor(&credential) {
            Some(Factor::Password) => has_password = true,
            Some(factor) => {
                credential::delete(unit, &person.id, &credential.id).await?;
                attempt::clear(unit, person.id.as_str(), factor.as_str()).await?;
                removed.push(credential);
            }
            None => {}
        }
    }
    Ok((removed, has_password))
}

fn factor(credential: &Credential) -> Option<Factor> {
    Factor::STRONGEST_FIRST.into_iter().find(|factor| factor.as_str() == credential.kind)
}

fn told(credential: &Credential) -> Value {
    json!({ "id": credential.id, "kind": credential.kind, "name": credential.name })
}

fn tell(person: &User, removed: &[Credential], has_password: bool) {
    if removed.is_empty() {
        say(&format!("{}: has no second factor; nothing was changed", line(person)));
        return;
    }
    say(&format!("{}: removed", line(person)));
    for credential in removed {
        say(&format!("  {} {}", credential.kind, local::plain(&credential.name)));
    }
    warn("all their sessions have ended, and they are told by mail");
    if !has_password {
        warn(&format!(
            "they have no password; let them set one with: flowgate recover link --email {}",
            local::plain(person.email.as_deref().unwrap_or_default())
        ));
    }
}
