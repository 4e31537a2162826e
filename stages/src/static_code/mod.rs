//! `static`: proves that the person holds their recovery codes, by one of them. Each is good once, for
//! every surface together, and for its owner alone.

use assurance::{Factor, Method};
use engine::{Answered, Challenge, Context, Effect, Entered, FieldError, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::static_code::{self, CodeHash, Remaining};

use crate::factor::{self, Proves, Try, Wanted};
use crate::recovery_codes::{self, Format, Set};

/// From so few codes on the owner is warned.
const FEW: i64 = 3;

/// Asks for a recovery code.
pub struct StaticCode;

/// `static` has nothing to set: how codes look is said where they are made (`static_setup`).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// A recovery code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The code; case, spaces and dashes do not matter.
    code: String,
}

impl Proves for StaticCode {
    const FACTOR: Factor = Factor::Static;
    const COMPONENT: &'static str = "static";
    type Config = Config;
    type Answer = Answer;

    async fn challenge(
        context: &mut Context<'_>,
        _config: &Config,
        wanted: &Wanted,
    ) -> Result<Value> {
        // How many codes somebody has is for nobody who has proven nothing.
        let is_known = !context.state().evidence.proofs().is_empty();
        let set = find(context, wanted).await?.filter(|_| is_known);
        Ok(match set {
            Some(set) => {
                let Remaining { left, of } = remaining(context, &set).await?;
                json!({ "pattern": set.format().pattern(), "left": left, "of": of })
            }
            None => json!({ "pattern": Format::default().pattern(), "left": null, "of": null }),
        })
    }

    async fn answer(
        context: &mut Context<'_>,
        _config: &Config,
        wanted: &Wanted,
        answer: Answer,
    ) -> Result<Answered> {
        let set = find(context, wanted).await?;
        let usual = Format::default();
        let Some(code) = set.as_ref().map_or(&usual, Set::format).read(&answer.code) else {
            return Ok(Answered::Retry(vec![FieldError::field("code", "code.format")]));
        };
        if let Try::Refused(refusal) = factor::attempt(context, Factor::Static).await? {
            return Ok(refusal);
        }
        let wrong = FieldError::field("code", "code.wrong");
        let Some(set) = set else {
            recovery_codes::hash_for_nobody(context, &code).await?;
            return factor::failed(context, Factor::Static, wrong).await;
        };
        let hash = set.hash(context, &code).await?;
        let spent = FieldError::field("code", "code.used");
        match is_used(context, &set, &hash).await? {
            None => factor::failed(context, Factor::Static, wrong).await,
            Some(true) => factor::failed(context, Factor::Static, spent).await,
            Some(false) => {
                accept(context, set, hash, spent).await?;
                Ok(Answered::Next)
            }
        }
    }
}

/// The person's set, if it would do.
async fn find(context: &mut Context<'_>, wanted: &Wanted) -> Result<Option<Set>> {
    Ok(Set::find(context).await?.filter(|set| wanted.takes(set.id.as_str())))
}

async fn is_used(context: &Context<'_>, set: &Set, hash: &CodeHash) -> Result<Option<bool>> {
    let mut conn = context.services().store.read().await?;
    Ok(static_code::is_used(&mut conn, &set.id, hash).await?)
}

async fn remaining(context: &Context<'_>, set: &Set) -> Result<Remaining> {
    let mut conn = context.services().store.read().await?;
    Ok(static_code::remaining(&mut conn, &set.id).await?)
}

/// Uses the code with this answer, and tells its owner, who may be somebody else.
async fn accept(
    context: &mut Context<'_>,
    set: Set,
    hash: CodeHash,
    spent: FieldError,
) -> Result<()> {
    let Some(person) = context.person().await? else { return Err(engine::Error::Stale) };
    let (user, email) = (person.id.clone(), person.email.clone());
    let name = person.display_name().to_owned();
    let Remaining { left, of } = remaining(context, &set).await?;
    let left = left - 1;
    if let Some(email) = email {
        let data = json!({
            "name": name,
            "left": left,
            "of": of,
            "few": left <= FEW,
            "when": context.now(),
            "ip": context.request().ip,
            "link": format!("{}/account/security", context.services().public_url),
        });
        context.mail("recovery_code_used", &email, data)?;
    }
    context.prove(Method::Static { credential: set.id.to_string() });
    factor::succeeded(context, Factor::Static);
    context.push(Effect::ClaimStaticCode { user, credential: set.id, hash, spent });
    Ok(())
}

impl Stage for StaticCode {
    const KIND: &'static str = "static";
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        factor::enter::<Self>(context, config).await
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        factor::challenge::<Self>(context, config).await
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        <Self as Proves>::answer(context, config, &Wanted::default(), answer).await
    }
}
