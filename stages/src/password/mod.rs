//! `password`: proves that the person knows their password.

use assurance::{Factor, Method};
use engine::{Answered, Challenge, Context, Effect, FieldError, Named, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::attempt::{self, Attempt, Limit};
use store::credential::{self, Credential};
use store::event::Outcome;

use crate::factor::{Proves, Wanted};
use crate::subject;

/// The name of the factor in counters and credentials.
const FACTOR: &str = "password";

/// After the free attempts the factor is locked for so long, and twice as long each further time …
const FIRST_LOCK_SECONDS: i64 = 30;

/// … up to so long.
const LONGEST_LOCK_MINUTES: i64 = 15;

/// Asks for the password.
pub struct Password;

/// How `password` asks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How many wrong passwords in a row end the pending sign-in and begin to lock the password.
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u8,
    /// The flow behind "Forgotten your password?".
    pub recovery: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self { attempts: 5, recovery: None }
    }
}

/// The password, exactly as typed.
#[derive(Deserialize, JsonSchema)]
pub struct Answer {
    password: String,
}

/// What a `password` credential keeps.
#[derive(Deserialize)]
struct Kept {
    phc: String,
}

impl Stage for Password {
    const KIND: &'static str = "password";
    type Config = Config;
    type Answer = Answer;

    fn references(config: &Config) -> Vec<Named> {
        let flow = config.recovery.clone();
        flow.map(|slug| Named::Flow { path: "recovery".to_owned(), slug }).into_iter().collect()
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        crate::factor::challenge::<Self>(context, config).await
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        <Self as Proves>::answer(context, config, &Wanted::default(), answer).await
    }
}

impl Proves for Password {
    const FACTOR: Factor = Factor::Password;
    const COMPONENT: &'static str = "password";
    type Config = Config;
    type Answer = Answer;

    async fn challenge(
        context: &mut Context<'_>,
        config: &Config,
        _wanted: &Wanted,
    ) -> Result<Value> {
        Ok(json!({
            "mode": "verify",
            "login": context.state().login,
            "recovery": config.recovery.as_ref().map(|slug| context.flow_path(slug)),
        }))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        _wanted: &Wanted,
        answer: Answer,
    ) -> Result<Answered> {
        if answer.password.is_empty() {
            return Ok(Answered::Retry(vec![FieldError::field("password", "password.required")]));
        }
        let subject = subject(context);
        if let Attempt::Locked { until } = count(context, config, &subject).await? {
            let minutes = (*until - *context.now()).num_minutes() + 1;
            context.record("password_checked", Outcome::Failure, json!({ "reason": "locked" }));
            let error = FieldError::field("password", "password.locked").with("minutes", minutes);
            return Ok(Answered::Refuse(vec![error]));
        }
        let stored = find(context).await?;
        let phc = stored.as_ref().map(|(_, kept)| kept.phc.as_str());
        let passwords = &context.services().passwords;
        let verified = passwords.verify(&answer.password, phc).await?;
        match stored {
            Some((credential, _)) if verified.matches => {
                if verified.outdated {
                    let phc = passwords.hash(&answer.password).await?;
                    let data = json!({ "phc": phc });
                    context.push(Effect::UpdateCredential { id: credential.id.clone(), data });
                }
                accept(context, subject, credential);
                Ok(Answered::Next)
            }
            _ => Ok(refuse(context, config)),
        }
    }
}

/// Counts the attempt, for good, before anything is compared.
async fn count(context: &Context<'_>, config: &Config, subject: &str) -> Result<Attempt> {
    let limit = Limit {
        free: i64::from(config.attempts),
        first: chrono::Duration::seconds(FIRST_LOCK_SECONDS),
        longest: chrono::Duration::minutes(LONGEST_LOCK_MINUTES),
    };
    let mut unit = context.services().store.write().await?;
    let attempt = attempt::count(&mut unit, subject, FACTOR, limit, context.now()).await?;
    unit.commit().await?;
    Ok(attempt)
}

async fn find(context: &mut Context<'_>) -> Result<Option<(Credential, Kept)>> {
    let Some(person) = context.person().await? else { return Ok(None) };
    let id = person.id.clone();
    let mut conn = context.services().store.read().await?;
    let found = credential::of_kind(&mut conn, &id, FACTOR).await?.into_iter().next();
    let Some(credential) = found else { return Ok(None) };
    let kept: Kept = serde_json::from_value(credential.data.0.clone())
        .map_err(|error| engine::Error::Internal(format!("credential {id}: {error}")))?;
    Ok(Some((credential, kept)))
}

fn accept(context: &mut Context<'_>, subject: String, credential: Credential) {
    context.prove(Method::Password);
    context.push(Effect::ClearAttempts { subject, factor: FACTOR });
    context.push(Effect::TouchCredential(credential.id));
    context.record("password_checked", Outcome::Success, json!({}));
}

fn refuse(context: &mut Context<'_>, config: &Config) -> Answered {
    let failures = context.scratch::<u8>().unwrap_or(0).saturating_add(1);
    context.set_scratch(&failures);
    context.record("password_checked", Outcome::Failure, json!({ "reason": "wrong" }));
    if failures >= config.attempts {
        return Answered::Restart(vec![FieldError::page("identify.too_many")]);
    }
    Answered::Retry(vec![FieldError::field("password", "password.wrong")])
}
