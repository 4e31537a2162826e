//! `email_otp`: proves that the person reads a mailbox, by a code that is sent there. How codes are made,
//! sent and counted is in `otp/`.

use assurance::Factor;
use engine::{Answered, Challenge, Context, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::factor::{self, Proves, Wanted};
use crate::otp::{self, Mail, ProveAnswer};

/// Asks for a code that is sent by mail.
pub struct EmailOtp;

/// When `email_otp` sends. It sends to the mailboxes that the person has set up for codes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether a code goes also to somebody who has proven nothing yet, and also to the address that
    /// they have verified: for a sign-in by a code alone (default: false, so that nobody gets codes
    /// before their password was right).
    pub first: bool,
}

impl Proves for EmailOtp {
    const FACTOR: Factor = Factor::Email;
    const COMPONENT: &'static str = "email_otp";
    type Config = Config;
    type Answer = ProveAnswer;

    async fn prepare(context: &mut Context<'_>, config: &Config, wanted: &Wanted) -> Result<()> {
        otp::prepare::<Mail>(context, wanted, config.first).await
    }

    async fn challenge(
        context: &mut Context<'_>,
        _config: &Config,
        _wanted: &Wanted,
    ) -> Result<Value> {
        Ok(otp::show::<Mail>(context))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        wanted: &Wanted,
        answer: ProveAnswer,
    ) -> Result<Answered> {
        otp::check::<Mail>(context, wanted, config.first, answer).await
    }
}

impl Stage for EmailOtp {
    const KIND: &'static str = "email_otp";
    type Config = Config;
    type Answer = ProveAnswer;

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        if !otp::is_asked::<Mail>(context, config.first).await? {
            return Ok(Entered::Next);
        }
        Self::prepare(context, config, &Wanted::default()).await?;
        Ok(Entered::Ask)
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        factor::challenge::<Self>(context, config).await
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: ProveAnswer,
    ) -> Result<Answered> {
        <Self as Proves>::answer(context, config, &Wanted::default(), answer).await
    }
}
