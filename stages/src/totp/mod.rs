//! `totp`: proves that the person holds an authenticator app, by a code of the present or the last
//! time step (RFC 6238). Each step is good once, for every surface together.

mod algorithm;

use assurance::{Factor, Method};
use engine::{Answered, Challenge, Context, Effect, Entered, FieldError, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::credential::{self, Credential};

pub(crate) use algorithm::{Kept, Parameters, SECRET_BYTES, Secret, is_code, normalised};

use crate::factor::{self, Proves, Try, Wanted};

/// Asks for a code of an authenticator app.
pub struct Totp;

/// `totp` has nothing to set: digits and period are those of the set-up.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// A code.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The digits that the app shows; spaces and dashes between them do not matter.
    code: String,
}

impl Proves for Totp {
    const FACTOR: Factor = Factor::Totp;
    const COMPONENT: &'static str = "totp";
    type Config = Config;
    type Answer = Answer;

    async fn challenge(
        context: &mut Context<'_>,
        _config: &Config,
        wanted: &Wanted,
    ) -> Result<Value> {
        let apps = apps(context, wanted).await?;
        let digits = apps.first().map_or(Parameters::default().digits, |app| app.kept.digits);
        Ok(json!({ "digits": digits }))
    }

    async fn answer(
        context: &mut Context<'_>,
        _config: &Config,
        wanted: &Wanted,
        answer: Answer,
    ) -> Result<Answered> {
        let code = normalised(&answer.code);
        if !is_code(&code) {
            return Ok(Answered::Retry(vec![FieldError::field("code", "code.format")]));
        }
        if let Try::Refused(refusal) = factor::attempt(context, Factor::Totp).await? {
            return Ok(refusal);
        }
        let now = context.now().timestamp();
        let apps = apps(context, wanted).await?;
        let shown = apps.into_iter().find_map(|app| {
            let step = app.kept.parameters().step_of(&app.secret, &code, now)?;
            Some((app, step))
        });
        let Some((app, step)) = shown else {
            let error = FieldError::field("code", "code.wrong");
            return factor::failed(context, Factor::Totp, error).await;
        };
        let spent = FieldError::field("code", "code.used");
        if step <= app.credential.counter {
            return factor::failed(context, Factor::Totp, spent).await;
        }
        let id = app.credential.id;
        context.prove(Method::Totp { credential: id.to_string() });
        factor::succeeded(context, Factor::Totp);
        context.push(Effect::UseCredential { id, counter: step, data: None, spent });
        Ok(Answered::Next)
    }
}

/// An app of the person's.
struct App {
    credential: Credential,
    kept: Kept,
    secret: Secret,
}

/// The person's apps of which any would do, the one used last first.
async fn apps(context: &mut Context<'_>, wanted: &Wanted) -> Result<Vec<App>> {
    let Some(id) = context.person().await?.map(|person| person.id.clone()) else {
        return Ok(Vec::new());
    };
    let store = &context.services().store;
    let mut conn = store.read().await?;
    let mut found = credential::of_kind(&mut conn, &id, Factor::Totp.as_str()).await?;
    found.sort_by_key(|credential| std::cmp::Reverse(credential.last_used_at));
    let wanted = found.into_iter().filter(|credential| wanted.takes(credential.id.as_str()));
    wanted
        .map(|credential| {
            let (kept, secret) = Kept::read(&credential, store.sealer())?;
            Ok(App { credential, kept, secret })
        })
        .collect()
}

impl Stage for Totp {
    const KIND: &'static str = "totp";
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, _config: &Config) -> Result<Entered> {
        factor::enter::<Self>(context, &Config {}).await
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
