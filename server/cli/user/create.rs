//! `flowgate user create`.

use assurance::Span;
use lettre::Address;
use serde_json::json;
use store::user::{self, NewUser, User};

use super::super::link::Handed;
use super::super::local::{self, Local, Place, refused};
use super::super::warn;
use super::{describe, lasting};
use crate::start::StartError;

/// An address has at most 254 characters (RFC 5321 §4.5.3.1.3); a user name is no longer.
const MAX_LOGIN: usize = 254;

/// A name has at most so many characters.
const MAX_NAME: usize = 200;

#[derive(Debug, clap::Args)]
pub(in super::super) struct Create {
    /// The address
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    email: String,
    /// A name to sign in with beside the address
    #[arg(long, value_name = "NAME", value_parser = |text: &str| bounded(text, MAX_LOGIN))]
    username: Option<String>,
    /// How the person is called
    #[arg(long, value_name = "NAME", value_parser = |text: &str| bounded(text, MAX_NAME))]
    name: Option<String>,
    /// Make them an administrator of Flowgate
    #[arg(long)]
    admin: bool,
    /// The address is known to be theirs: they need not confirm it
    #[arg(long)]
    verified: bool,
    /// Make no link
    #[arg(long)]
    no_link: bool,
    /// How long the link is good, up to a day
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = lasting)]
    expires: Span,
    #[command(flatten)]
    place: Place,
}

fn address(text: &str) -> Result<String, String> {
    let text = bounded(text, MAX_LOGIN)?;
    text.parse::<Address>().map_err(|error| error.to_string())?;
    Ok(text)
}

fn bounded(text: &str, max: usize) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(format!("must be a line of 1 to {max} characters"));
    }
    Ok(text.to_owned())
}

pub(super) fn run(args: Create) -> Result<(), StartError> {
    let Create { email, username, name, admin, verified, no_link, expires, place } = args;
    local::run(
        &place,
        async |local: &Local| {
            let way = if no_link { None } else { Some(local.way_back().await?) };
            let new = NewUser {
                username,
                email: Some(email),
                email_verified_at: verified.then(|| local.now()),
                name: name.unwrap_or_default(),
                admin,
                ..NewUser::default()
            };
            let person = User::new(local.store.ambient().id(), new, local.now());
            let mut unit = local.store.write().await?;
            user::create(&mut unit, &person).await.map_err(taken)?;
            local.record(&mut unit, "user_created", &person, json!({ "admin": admin })).await?;
            let link = match &way {
                Some((catalogue, flow, stage)) => {
                    let way = (catalogue, &**flow, &**stage);
                    Some(local.hand_link(&mut unit, way, &person, expires.to_delta()).await?)
                }
                None => None,
            };
            unit.commit().await?;
            Ok((person, link))
        },
        |(person, link)| json!({ "user": describe::json(person), "link": link.as_ref().map(Handed::json) }),
        |(person, link)| {
            warn(&format!("made {}", describe::line(person)));
            if let Some(link) = link {
                link.tell();
            }
        },
    )
}

/// Which of the two names somebody else has.
fn taken(error: store::Error) -> StartError {
    match error {
        store::Error::Conflict(what) => {
            let what = if what.contains("username") { "user name" } else { "address" };
            refused(format!("somebody has this {what}; nothing was made"))
        }
        other => other.into(),
    }
}
