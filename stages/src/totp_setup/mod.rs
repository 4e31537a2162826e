//! `totp_setup`: binds an authenticator app. The secret is shown once, before it is confirmed by a
//! code; until then it is kept sealed in the execution alone, so that an abandoned set-up leaves
//! nothing behind.

use assurance::{Factor, Method};
use data_encoding::BASE32_NOPAD;
use engine::{Answered, Challenge, ConfigProblem, Context, Entered, FieldError, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::Document;
use store::credential::{self, Credential};
use totp_rs::Builder;
use zeroize::Zeroizing;

use crate::factor::set_up::SetUp;
use crate::factor::{self, Enrols};
use crate::totp::{Kept, Parameters, SECRET_BYTES, Secret, is_code, normalised};

/// Binds an authenticator app.
pub struct TotpSetup;

/// The codes that the app is to make. Many apps know only the default.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The digits of a code, 6 to 8 (default: 6).
    #[schemars(range(min = 6, max = 8))]
    pub digits: u8,
    /// The seconds that a code lasts, 15 to 120 (default: 30).
    #[schemars(range(min = 15, max = 120))]
    pub period: u16,
    /// Under which name the app lists the account (default: the name of this service).
    #[schemars(length(min = 1, max = 64))]
    pub issuer: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        let Parameters { digits, period } = Parameters::default();
        Self { digits, period, issuer: None }
    }
}

/// A code that proves that the app has the secret.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The digits that the app shows.
    code: String,
    /// What the owner calls the app.
    #[serde(default)]
    name: Option<String>,
}

/// Where the secret waits, sealed.
const PENDING: &str = "secret";

impl Enrols for TotpSetup {
    const FACTOR: Factor = Factor::Totp;
    const COMPONENT: &'static str = "totp_setup";
    type Config = Config;
    type Answer = Answer;

    async fn prepare(context: &mut Context<'_>, _config: &Config) -> Result<()> {
        let secret = Zeroizing::new(context.services().ambient().bytes::<SECRET_BYTES>());
        context.set_secret(PENDING, &BASE32_NOPAD.encode(&secret[..]));
        Ok(())
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Value> {
        let secret = pending(context)?;
        let issuer = issuer(context, config);
        let person = context.person().await?;
        let account = person.and_then(|p| p.email.clone().or_else(|| p.username.clone()));
        let account = account.unwrap_or_default().replace(':', " ");
        let generator = Builder::new()
            .with_secret(secret.to_vec())
            .with_digits(config.digits)
            .with_step_duration(u64::from(config.period))
            .with_account_name(account)
            .with_issuer(Some(issuer.clone()))
            .build()
            .map_err(|error| internal(&error))?;
        let qr = generator.to_qr_base64().map_err(|error| internal(&error))?;
        Ok(json!({
            "uri": generator.to_url().map_err(|error| internal(&error))?,
            "secret": grouped(&BASE32_NOPAD.encode(&secret)),
            "qr": format!("data:image/png;base64,{qr}"),
            "issuer": issuer,
            "digits": config.digits,
            "period": config.period,
        }))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        let code = normalised(&answer.code);
        if !is_code(&code) {
            return Ok(Answered::Retry(vec![FieldError::field("code", "code.format")]));
        }
        let issuer = issuer(context, config);
        let name = match factor::name_or(answer.name.as_deref(), &issuer) {
            Ok(name) => name,
            Err(error) => return Ok(Answered::Retry(vec![error])),
        };
        // The secret is on the page: there is nothing to guess, so nothing is counted, and a typing
        // error here must not lock the apps that the person has.
        let secret = pending(context)?;
        let parameters = Parameters { digits: config.digits, period: config.period };
        let now = context.now().timestamp();
        let Some(step) = parameters.step_of(&secret, &code, now) else {
            return Ok(Answered::Retry(vec![FieldError::field("code", "code.wrong")]));
        };
        bind(context, &secret, parameters, name, step).await?;
        Ok(Answered::Next)
    }
}

/// Binds the app, and takes its first code for a proof: the step is burned with it.
async fn bind(
    context: &mut Context<'_>,
    secret: &Secret,
    parameters: Parameters,
    name: String,
    step: i64,
) -> Result<()> {
    let person = context.person().await?.map(|person| person.id.clone());
    let user_id = person.ok_or_else(|| engine::Error::Internal("nobody to bind to".to_owned()))?;
    let services = context.services();
    let id = services.ambient().id();
    let place = credential::place(&id);
    let sealed = services.store.sealer().seal(services.ambient(), &place, secret)?;
    let kept = Kept { digits: parameters.digits, period: parameters.period };
    let now = context.now();
    context.prove(Method::Totp { credential: id.to_string() });
    context
        .bind(Credential {
            id,
            user_id,
            kind: Factor::Totp.as_str().to_owned(),
            name,
            unique_key: None,
            data: Document(serde_json::to_value(kept).map_err(|error| internal(&error))?),
            sealed: Some(sealed),
            confirmed_at: Some(now),
            created_at: now,
            last_used_at: Some(now),
            counter: step,
        })
        .await?;
    context.forget_secret(PENDING);
    Ok(())
}

fn pending(context: &Context<'_>) -> Result<Secret> {
    let kept: Option<String> = context.secret(PENDING);
    let bytes = kept.and_then(|text| BASE32_NOPAD.decode(text.as_bytes()).ok());
    bytes.map(Zeroizing::new).ok_or_else(|| engine::Error::Internal("no secret waits".to_owned()))
}

fn issuer(context: &Context<'_>, config: &Config) -> String {
    let name = config.issuer.clone().unwrap_or_else(|| context.services().name.clone());
    name.replace(':', " ")
}

/// The secret as people type it: in groups of four.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

fn internal(error: &impl std::fmt::Display) -> engine::Error {
    engine::Error::Internal(format!("a TOTP set-up: {error}"))
}

impl Stage for TotpSetup {
    const KIND: &'static str = "totp_setup";
    type Config = Config;
    type Answer = Map<String, Value>;

    fn check(config: &Config) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        if !(6..=8).contains(&config.digits) {
            problems.push(ConfigProblem::new("digits", "must be 6, 7 or 8"));
        }
        if !(15..=120).contains(&config.period) {
            problems.push(ConfigProblem::new("period", "must be 15 to 120 seconds"));
        }
        problems
    }

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        factor::set_up::stage_enter::<Self>(context, config).await
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        let (component, data) = SetUp::<Self>::challenge(context, config).await?;
        Ok(Challenge::new(component, data))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Map<String, Value>,
    ) -> Result<Answered> {
        factor::set_up::stage_answer::<Self>(context, config, answer).await
    }
}
