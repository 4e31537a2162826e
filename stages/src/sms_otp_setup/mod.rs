//! `sms_otp_setup`: binds a telephone number, once a code that was sent there came back; the page says that
//! text messages are the weakest choice and offers the others (NIST SP 800-63B-4 §3.2.9). How codes are made, sent and
//! counted is in `otp/`.

use assurance::Factor;
use engine::{Answered, Challenge, Context, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::factor::Enrols;
use crate::factor::set_up::{self, SetUp};
use crate::otp::{self, Text, TextAnswer};

/// Binds a telephone number to which codes go.
pub struct SmsOtpSetup;

/// `sms_otp_setup` has nothing to set.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Enrols for SmsOtpSetup {
    const FACTOR: Factor = Factor::Sms;
    const COMPONENT: &'static str = "sms_otp_setup";
    type Config = Config;
    type Answer = TextAnswer;

    async fn prepare(context: &mut Context<'_>, _config: &Config) -> Result<()> {
        otp::begin::<Text>(context);
        Ok(())
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Value> {
        Ok(otp::show_set_up::<Text>(context, None))
    }

    async fn answer(
        context: &mut Context<'_>,
        _config: &Config,
        answer: TextAnswer,
    ) -> Result<Answered> {
        otp::confirm_or_send::<Text>(context, answer.into()).await
    }
}

impl Stage for SmsOtpSetup {
    const KIND: &'static str = "sms_otp_setup";
    type Config = Config;
    type Answer = Map<String, Value>;

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        set_up::stage_enter::<Self>(context, config).await
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
        set_up::stage_answer::<Self>(context, config, answer).await
    }
}
