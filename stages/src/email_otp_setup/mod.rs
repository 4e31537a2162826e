//! `email_otp_setup`: binds a mailbox, once a code that was sent there came back. How codes are made, sent and
//! counted is in `otp/`.

use assurance::Factor;
use engine::{Answered, Challenge, Context, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::factor::Enrols;
use crate::factor::set_up::{self, SetUp};
use crate::otp::{self, Mail, MailAnswer};

/// Binds a mailbox to which codes go.
pub struct EmailOtpSetup;

/// `email_otp_setup` has nothing to set.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Enrols for EmailOtpSetup {
    const FACTOR: Factor = Factor::Email;
    const COMPONENT: &'static str = "email_otp_setup";
    type Config = Config;
    type Answer = MailAnswer;

    async fn prepare(context: &mut Context<'_>, _config: &Config) -> Result<()> {
        otp::begin::<Mail>(context);
        Ok(())
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Value> {
        let own = context.person().await?.and_then(|person| person.email.clone());
        Ok(otp::show_set_up::<Mail>(context, own))
    }

    async fn answer(
        context: &mut Context<'_>,
        _config: &Config,
        answer: MailAnswer,
    ) -> Result<Answered> {
        otp::confirm_or_send::<Mail>(context, answer.into()).await
    }
}

impl Stage for EmailOtpSetup {
    const KIND: &'static str = "email_otp_setup";
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
