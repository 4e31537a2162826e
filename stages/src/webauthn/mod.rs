//! `webauthn`: a passkey or a security key proves itself, as a second factor or, `passwordless`, as
//! the whole sign-in.
//!
//! `ceremony.rs` and its two halves know no flow; `client.rs` checks what was sent before the library
//! sees it; `assertion.rs` decides whose credential it is and what follows; `kept.rs` is what the
//! database keeps. The set-up is the stage `webauthn_setup`.

mod aaguid;
mod assertion;
mod authenticate;
mod ceremony;
mod client;
mod kept;
mod refusal;
mod register;

use assurance::Factor;
use engine::{Answered, Challenge, ConfigProblem, Context, Denial, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use aaguid::{is_allowed, problems, product};
pub(crate) use assertion::{begin, data, finish, party};
pub use ceremony::UserVerification;
pub(crate) use kept::{KIND, Kept, unique_key};
pub(crate) use refusal::Refusal;
pub use register::{Attestation, ResidentKey, check_roots};
pub(crate) use register::{
    Waiting as Registration, Wanted as WantedCredential, begin as begin_registration,
    finish as finish_registration,
};

use crate::factor::{self, Proves, Wanted};

/// Asks for a passkey or a security key.
pub struct Webauthn;

/// What `webauthn` asks for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether the authenticator must check who touches it. A passwordless sign-in always requires it.
    pub user_verification: UserVerification,
    /// Whether the passkey also says who it is, so that nobody needs to be named before.
    pub passwordless: bool,
    /// The only products (AAGUIDs) that are taken; all, where the list is empty.
    #[schemars(length(max = 256))]
    pub allow_aaguids: Vec<String>,
    /// Products (AAGUIDs) that are not taken.
    #[schemars(length(max = 256))]
    pub deny_aaguids: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user_verification: UserVerification::Preferred,
            passwordless: false,
            allow_aaguids: Vec::new(),
            deny_aaguids: Vec::new(),
        }
    }
}

/// What the authenticator answered.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Answer {
    /// A `PublicKeyCredential` as its `toJSON()` makes it: an object, or in a form the same as text.
    credential: Value,
}

impl Proves for Webauthn {
    const FACTOR: Factor = Factor::Webauthn;
    const COMPONENT: &'static str = "webauthn";
    type Config = Config;
    type Answer = Answer;

    async fn prepare(context: &mut Context<'_>, config: &Config, wanted: &Wanted) -> Result<()> {
        begin(context, config, wanted).await
    }

    async fn challenge(
        context: &mut Context<'_>,
        config: &Config,
        wanted: &Wanted,
    ) -> Result<Value> {
        Ok(data(context, config, wanted))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        wanted: &Wanted,
        answer: Answer,
    ) -> Result<Answered> {
        finish(context, config, wanted, &answer.credential).await
    }
}

impl Stage for Webauthn {
    const KIND: &'static str = "webauthn";
    type Config = Config;
    type Answer = Answer;

    fn check(config: &Config) -> Vec<ConfigProblem> {
        problems(&config.allow_aaguids, &config.deny_aaguids)
    }

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        if party(context).is_none() {
            return Ok(Entered::Deny(off()));
        }
        if !config.passwordless && !context.state().evidence.is_empty() {
            return factor::enter::<Self>(context, config).await;
        }
        // Who has shown nothing yet gets the same question whoever they are.
        begin(context, config, &Wanted::default()).await?;
        Ok(Entered::Ask)
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        factor::challenge::<Self>(context, config).await
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        finish(context, config, &Wanted::default(), &answer.credential).await
    }
}

/// Why there are no passkeys here.
pub(crate) fn off() -> Denial {
    Denial::new("webauthn.off", "the public URL has no domain that could be a WebAuthn RP ID")
}
