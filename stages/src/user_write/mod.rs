//! `user_write`: writes what a prompt asked for to the person's record, or makes the record.

use engine::condition::Answer as Given;
use engine::{Context, Effect, Ending, Entered, ForChange, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::user::NewUser;

use crate::gate;

/// Writes the record.
pub struct UserWrite;

/// How `user_write` writes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether a person may be made; only in a flow with `use: enrolment`.
    pub create: bool,
}

/// `user_write` asks nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {}

impl Stage for UserWrite {
    const KIND: &'static str = "user_write";
    const ENDING: Ending = Ending::Writes;
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        if context.state().user.is_some() { update(context).await } else { create(context, config) }
    }
}

fn create(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
    let enrolment = context.program().purpose() == engine::definition::Purpose::Enrolment;
    let answers = context.state().answers.clone();
    let text = |name: &str| match answers.get(name) {
        Some(Given::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let (email, username) = (text("email"), text("username"));
    if !config.create || !enrolment || (email.is_none() && username.is_none()) {
        return Ok(Entered::Deny(gate::nobody()));
    }
    let proven = email.as_deref().is_some_and(|address| is_proven(context, address));
    let new = NewUser {
        username,
        email_verified_at: proven.then(|| context.now()),
        email,
        name: text("name").unwrap_or_default(),
        language: Some(context.request().language.clone()),
        attributes: attributes(context, Map::new()),
        ..NewUser::default()
    };
    let phc = context.secrets_mut().password.take();
    context.create_person(new, phc.as_deref())?;
    Ok(Entered::Next)
}

async fn update(context: &mut Context<'_>) -> Result<Entered> {
    // Only who could come in with what is proven here may change what they come in with.
    context.join_by_domain().await?;
    if context.person().await?.is_none() {
        return Ok(Entered::Deny(gate::nobody()));
    }
    let wanted = new_address(context).await?;
    let is_sensitive = wanted.is_some() || context.secrets_mut().password.is_some();
    let judged = if is_sensitive {
        context.admit_for_change().await?
    } else {
        ForChange::from(context.admit().await?)
    };
    let permit = match judged {
        ForChange::Permitted(permit) => permit,
        ForChange::Refused(refused) => return Ok(Entered::Deny(gate::denial(&refused))),
    };
    let Some(person) = context.person().await? else {
        return Ok(Entered::Deny(gate::nobody()));
    };
    let (id, name, before) = (person.id.clone(), person.name.clone(), person.attributes.0.clone());
    let name = match context.state().answers.get("name") {
        Some(Given::Text(text)) => text.clone(),
        _ => name,
    };
    let attributes = attributes(context, before);
    context.push(Effect::UpdateProfile { id, name, attributes });
    if let Some(address) = wanted {
        if !is_proven(context, &address) {
            return Ok(Entered::Deny(gate::nobody()));
        }
        context.set_email(&permit, &address).await?;
    }
    if let Some(phc) = context.secrets_mut().password.take() {
        context.set_password(&permit, &phc).await?;
    }
    Ok(Entered::Next)
}

/// The address that somebody who is signed in has asked for instead of theirs.
async fn new_address(context: &mut Context<'_>) -> Result<Option<String>> {
    if context.program().purpose() != engine::definition::Purpose::Settings {
        return Ok(None);
    }
    let Some(Given::Text(address)) = context.state().answers.get("email").cloned() else {
        return Ok(None);
    };
    let own = context.person().await?.and_then(|person| person.email.clone());
    let is_new = own.is_none_or(|own| store::user::key(&own) != store::user::key(&address));
    Ok(is_new.then_some(address))
}

/// Whether this execution proved that the address is the person's.
fn is_proven(context: &Context<'_>, address: &str) -> bool {
    context.state().evidence.proofs().iter().any(|proof| {
        matches!(&proof.method, assurance::Method::Email { address: proven }
            if store::user::key(proven) == store::user::key(address))
    })
}

/// The person's attributes with what was answered; the fields that have a place of their own stay out.
fn attributes(context: &Context<'_>, mut attributes: Map<String, Value>) -> Map<String, Value> {
    for (name, answer) in &context.state().answers {
        if ["email", "username", "name"].contains(&name.as_str()) {
            continue;
        }
        if let Ok(value) = serde_json::to_value(answer) {
            attributes.insert(name.clone(), value);
        }
    }
    attributes
}
