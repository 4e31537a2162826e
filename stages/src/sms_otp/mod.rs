//! `sms_otp`: proves that the person holds a telephone, by a code that is sent there. How codes are made,
//! sent and counted is in `otp/`.

use assurance::Factor;
use engine::{Answered, Challenge, Context, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::factor::{self, Proves, Wanted};
use crate::otp::{self, ProveAnswer, Text};

/// Asks for a code that is sent by text message.
pub struct SmsOtp;

/// `sms_otp` has nothing to set. It sends to the numbers that the person has set up for codes, and
/// nothing for somebody who has proven nothing yet.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Proves for SmsOtp {
    const FACTOR: Factor = Factor::Sms;
    const COMPONENT: &'static str = "sms_otp";
    type Config = Config;
    type Answer = ProveAnswer;

    async fn prepare(context: &mut Context<'_>, _config: &Config, wanted: &Wanted) -> Result<()> {
        otp::prepare::<Text>(context, wanted, false).await
    }

    async fn challenge(
        context: &mut Context<'_>,
        _config: &Config,
        _wanted: &Wanted,
    ) -> Result<Value> {
        Ok(otp::show::<Text>(context))
    }

    async fn answer(
        context: &mut Context<'_>,
        _config: &Config,
        wanted: &Wanted,
        answer: ProveAnswer,
    ) -> Result<Answered> {
        otp::check::<Text>(context, wanted, false, answer).await
    }
}

impl Stage for SmsOtp {
    const KIND: &'static str = "sms_otp";
    type Config = Config;
    type Answer = ProveAnswer;

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        if !otp::is_asked::<Text>(context, false).await? {
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
