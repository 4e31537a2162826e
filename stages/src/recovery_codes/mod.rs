//! Recovery codes: made, kept, shown once and recognised. `static_code/` asks for one, `static_setup/`
//! makes a new set, and every other set-up offers a first one. How codes look is in `format.rs`.
//!
//! A code has some fifty bits, so it is kept like a password: argon2id with a salt of the set's, and
//! over that a hash with the server's key (OWASP ASVS 6.5.2, NIST SP 800-63B-4 §3.1.2). Whoever types
//! one costs the server one argon2, however many codes the set has.

mod format;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use assurance::Factor;
use engine::{Answered, Context, Error, FieldError, Passwords, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::credential::{self, Credential};
use store::static_code::{self, CodeHash};
use store::user::User;
use store::{Document, Id, Sealer};

pub(crate) use format::Format;

/// The component that shows a new set.
pub(crate) const COMPONENT: &str = "static_setup";

/// A set has so many codes, unless somebody says otherwise.
pub(crate) const USUAL_COUNT: u8 = 10;

/// Where the codes wait, sealed, until they are saved.
const SHOWN: &str = "recovery_codes";

/// What a `static` credential keeps: its codes are rows of their own.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    /// See [`Passwords::salt`].
    salt: String,
    #[serde(flatten)]
    format: Format,
}

/// A person's set.
pub(crate) struct Set {
    pub(crate) id: Id<Credential>,
    kept: Kept,
}

impl Set {
    /// The set of the context's person, if they have one.
    pub(crate) async fn find(context: &mut Context<'_>) -> Result<Option<Self>> {
        let Some(user) = context.person().await?.map(|person| person.id.clone()) else {
            return Ok(None);
        };
        let mut conn = context.services().store.read().await?;
        let found = credential::of_kind(&mut conn, &user, static_code::KIND).await?;
        let Some(Credential { id, data, .. }) = found.into_iter().next() else { return Ok(None) };
        let kept = serde_json::from_value(data.0)
            .map_err(|error| Error::Internal(format!("credential {id}: {error}")))?;
        Ok(Some(Self { id, kept }))
    }

    /// How its codes look.
    pub(crate) fn format(&self) -> &Format {
        &self.kept.format
    }

    /// What the store keeps of `code`, which was read by the set's format.
    pub(crate) async fn hash(&self, context: &Context<'_>, code: &str) -> Result<CodeHash> {
        let services = context.services();
        hash(&services.passwords, services.store.sealer(), &self.id, &self.kept.salt, code).await
    }
}

/// The same work for a person who has no set.
pub(crate) async fn hash_for_nobody(context: &Context<'_>, code: &str) -> Result<()> {
    let passwords = &context.services().passwords;
    passwords.digest(code, &passwords.salt()?).await.map(drop)
}

async fn hash(
    passwords: &Passwords,
    sealer: &Sealer,
    set: &Id<Credential>,
    salt: &str,
    code: &str,
) -> Result<CodeHash> {
    let digest = passwords.digest(code, salt).await?;
    Ok(sealer.mac(&format!("static_codes/{set}"), digest.as_slice()))
}

/// Makes codes and keeps them sealed in the execution, where the page shows them. Nothing is written:
/// the person's codes stay what they are.
pub(crate) fn draw(context: &mut Context<'_>, format: &Format, count: u8) {
    let ambient = context.services().ambient();
    let mut codes = BTreeSet::new();
    // There are at least 2^20 codes, and at most 50 are wanted.
    while codes.len() < usize::from(count) {
        codes.insert(format.make(ambient));
    }
    let codes: Vec<_> = codes.iter().map(|code| format.show(code)).collect();
    context.set_secret(SHOWN, &codes);
}

/// Gives the person the codes that were drawn, with this answer, instead of any that they had. Returns
/// the set's id.
///
/// # Errors
/// When there is nobody.
pub(crate) async fn replace(context: &mut Context<'_>, format: &Format) -> Result<Id<Credential>> {
    let user = context.person().await?.map(|person| person.id.clone());
    let user = user.ok_or_else(|| Error::Internal("codes for nobody".to_owned()))?;
    let services = context.services();
    let salt = services.passwords.salt()?;
    let id = services.ambient().id();
    let mut hashes = Vec::new();
    for shown in shown(context) {
        let code = format.read(&shown).ok_or(Error::Stale)?;
        hashes.push(hash(&services.passwords, services.store.sealer(), &id, &salt, &code).await?);
    }
    let kept = Kept { salt, format: format.clone() };
    let credential = credential(context, id.clone(), user, &kept)?;
    context.replace_static_codes(credential, hashes).await?;
    Ok(id)
}

fn credential(
    context: &Context<'_>,
    id: Id<Credential>,
    user: Id<User>,
    kept: &Kept,
) -> Result<Credential> {
    let data = serde_json::to_value(kept).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Credential {
        id,
        unique_key: Some(static_code::unique_key(&user)),
        user_id: user,
        kind: static_code::KIND.to_owned(),
        name: String::new(),
        data: Document(data),
        sealed: None,
        confirmed_at: Some(context.now()),
        created_at: context.now(),
        last_used_at: None,
        counter: -1,
    })
}

/// Makes a first set for whoever has just bound another factor, unless they have one or the flow makes
/// one itself. Returns whether there are codes to show: then the stage shows [`COMPONENT`] with
/// [`challenge`] until [`answer`] says that they are saved.
pub(crate) async fn offer(context: &mut Context<'_>) -> Result<bool> {
    let makes_its_own = context.program().stages_of(COMPONENT).next().is_some();
    if makes_its_own || context.standing().await?.enrolled.has(Factor::Static) {
        return Ok(false);
    }
    let format = Format::default();
    draw(context, &format, USUAL_COUNT);
    replace(context, &format).await?;
    Ok(true)
}

/// The codes that wait to be saved.
fn shown(context: &Context<'_>) -> Vec<String> {
    context.secret(SHOWN).unwrap_or_default()
}

/// What [`COMPONENT`] shows.
pub(crate) fn challenge(context: &Context<'_>) -> Value {
    json!({ "codes": shown(context), "replaces": false })
}

/// What is sent back when the codes were saved.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// Whether they are.
    #[serde(deserialize_with = "crate::answer::flag")]
    #[schemars(with = "bool")]
    pub(crate) saved: bool,
}

/// Takes the answer to codes that [`offer`] made.
pub(crate) fn answer(context: &mut Context<'_>, answer: Map<String, Value>) -> Answered {
    match crate::factor::read::<Answer>(answer) {
        Some(Answer { saved: true }) => {
            forget(context);
            Answered::Next
        }
        Some(_) => unsaved(),
        None => crate::factor::no_answer(),
    }
}

/// Forgets the codes: they were saved.
pub(crate) fn forget(context: &mut Context<'_>) {
    context.forget_secret(SHOWN);
}

/// What to say to somebody who goes on without saving them.
pub(crate) fn unsaved() -> Answered {
    Answered::Retry(vec![FieldError::field("saved", "static_setup.unsaved")])
}
