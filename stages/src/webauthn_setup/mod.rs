//! `webauthn_setup`: an authenticator makes a passkey for the person. The ceremony itself is in
//! `webauthn/register.rs`.

use assurance::{Factor, Method};
use engine::{
    Answered, Challenge, ConfigProblem, Context, Entered, Error, FieldError, Result, Stage,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::Document;
use store::credential::{self, Credential};
use store::event::Outcome;

use crate::factor::set_up::{SetUp, stage_answer, stage_enter};
use crate::factor::{self, Enrols};
use crate::webauthn::{
    self, Attestation, KIND, Kept, Refusal, Registration, ResidentKey, UserVerification,
    WantedCredential,
};

/// Sets up a passkey or a security key.
pub struct WebauthnSetup;

/// What a new passkey must be.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether the authenticator's maker must speak for it.
    pub attestation: Attestation,
    /// The only products (AAGUIDs) that are taken; all, where the list is empty. Without a verified
    /// attestation it is the authenticator's own word.
    #[schemars(length(max = 256))]
    pub allow_aaguids: Vec<String>,
    /// Products (AAGUIDs) that are not taken.
    #[schemars(length(max = 256))]
    pub deny_aaguids: Vec<String>,
    /// Whether it must be good for signing in without a name.
    pub resident_key: ResidentKey,
    /// Whether the authenticator must check who touches it.
    pub user_verification: UserVerification,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            attestation: Attestation::None,
            allow_aaguids: Vec::new(),
            deny_aaguids: Vec::new(),
            resident_key: ResidentKey::Preferred,
            user_verification: UserVerification::Preferred,
        }
    }
}

impl Config {
    const fn wanted(&self) -> WantedCredential {
        WantedCredential {
            attestation: self.attestation,
            resident_key: self.resident_key,
            user_verification: self.user_verification,
        }
    }
}

/// What the authenticator made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// A `PublicKeyCredential` as its `toJSON()` makes it: an object, or in a form the same as text.
    credential: Value,
    /// What the owner calls it.
    #[serde(default)]
    name: Option<String>,
}

/// Under which name the ceremony waits, sealed.
const CEREMONY: &str = "webauthn_setup";

/// What a passkey is called that says of itself nothing that we know.
const UNNAMED: &str = "Passkey";

impl Enrols for WebauthnSetup {
    const FACTOR: Factor = Factor::Webauthn;
    const COMPONENT: &'static str = "webauthn_setup";
    type Config = Config;
    type Answer = Answer;

    async fn prepare(context: &mut Context<'_>, config: &Config) -> Result<()> {
        let Some(party) = webauthn::party(context) else { return Ok(()) };
        let person = context.person().await?.cloned();
        let person = person.ok_or_else(|| Error::Internal("nobody to bind to".to_owned()))?;
        let mut conn = context.services().store.read().await?;
        let rows = credential::of_kind(&mut conn, &person.id, KIND).await?;
        drop(conn);
        let existing = rows.iter().map(Kept::of).collect::<Result<Vec<_>>>()?;
        let (wanted, now) = (config.wanted(), context.now());
        let pending = webauthn::begin_registration(party, &person, &existing, wanted, now)?;
        context.set_secret(CEREMONY, &pending);
        Ok(())
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Value> {
        let pending: Option<Registration> = context.secret(CEREMONY);
        Ok(json!({ "options": pending.map(|pending| pending.options) }))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        let name = match factor::name_or(answer.name.as_deref(), "") {
            Ok(name) => name,
            Err(error) => return Ok(Answered::Retry(vec![error])),
        };
        let pending = context.secret(CEREMONY);
        context.forget_secret(CEREMONY);
        match register(context, config, pending, &answer.credential).await? {
            Ok((kept, counter)) => {
                bind(context, kept, counter, name).await?;
                Ok(Answered::Next)
            }
            Err(refusal) => {
                let data = json!({ "factor": KIND, "reason": refusal.reason() });
                context.record("factor_added", Outcome::Failure, data);
                Self::prepare(context, config).await?;
                Ok(Answered::Retry(vec![FieldError::field("credential", refusal.message())]))
            }
        }
    }
}

async fn register(
    context: &mut Context<'_>,
    config: &Config,
    pending: Option<Registration>,
    answer: &Value,
) -> Result<std::result::Result<(Kept, i64), Refusal>> {
    let (Some(party), Some(pending)) = (webauthn::party(context), pending) else {
        return Ok(Err(Refusal::Expired));
    };
    if pending.user != context.state().user {
        return Ok(Err(Refusal::Expired));
    }
    let now = context.now();
    let registered =
        match webauthn::finish_registration(party, &pending, config.wanted(), answer, now) {
            Ok(registered) => registered,
            Err(refusal) => return Ok(Err(refusal)),
        };
    let kept = registered.kept;
    let (allow, deny) = (&config.allow_aaguids, &config.deny_aaguids);
    if !webauthn::is_allowed(kept.aaguid.as_deref(), allow, deny) {
        return Ok(Err(Refusal::NotAllowed));
    }
    // Of two who register it at once the unique key lets one through; this is for the words.
    let mut conn = context.services().store.read().await?;
    let key = webauthn::unique_key(&kept.id());
    if credential::find_by_key(&mut conn, &key).await?.is_some() {
        return Ok(Err(Refusal::Registered));
    }
    Ok(Ok((kept, registered.counter)))
}

/// Binds the credential. That its owner has just used it stands for a proof, as the first code of an
/// authenticator app does.
async fn bind(context: &mut Context<'_>, kept: Kept, counter: i64, name: String) -> Result<()> {
    let person = context.person().await?.map(|person| person.id.clone());
    let user_id = person.ok_or_else(|| Error::Internal("nobody to bind to".to_owned()))?;
    let product = kept.aaguid.as_deref().and_then(webauthn::product);
    let name = if name.is_empty() { product.unwrap_or(UNNAMED).to_owned() } else { name };
    let (id, now) = (context.services().ambient().id(), context.now());
    context.prove(Method::Webauthn {
        credential: id.to_string(),
        user_verified: !kept.presence_only,
        hardware: kept.hardware,
    });
    let unique_key = Some(webauthn::unique_key(&kept.id()));
    let data = serde_json::to_value(kept)
        .map_err(|error| Error::Internal(format!("a new passkey: {error}")))?;
    context
        .bind(Credential {
            id,
            user_id,
            kind: KIND.to_owned(),
            name,
            unique_key,
            data: Document(data),
            sealed: None,
            confirmed_at: Some(now),
            created_at: now,
            last_used_at: Some(now),
            counter,
        })
        .await
}

impl Stage for WebauthnSetup {
    const KIND: &'static str = "webauthn_setup";
    type Config = Config;
    type Answer = Map<String, Value>;

    fn check(config: &Config) -> Vec<ConfigProblem> {
        webauthn::problems(&config.allow_aaguids, &config.deny_aaguids)
    }

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        if webauthn::party(context).is_none() {
            return Ok(Entered::Deny(webauthn::off()));
        }
        stage_enter::<Self>(context, config).await
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
        stage_answer::<Self>(context, config, answer).await
    }
}
