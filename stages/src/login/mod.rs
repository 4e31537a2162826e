//! `login`: makes the session. It asks `assurance` itself, whatever stood before it in the flow.

use assurance::{Decision, Span};
use engine::{Context, Ending, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gate;

/// Makes the session of whoever is admitted.
pub struct Login;

/// How long a session lasts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long a session lasts. An organisation's policy may shorten it.
    pub session: Span,
    /// How long it lasts for who asked to stay signed in (`identify: {remember: true}`).
    pub remember_me: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self { session: Span::hours(12), remember_me: Span::days(30) }
    }
}

/// `login` asks nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {}

impl Stage for Login {
    const KIND: &'static str = "login";
    const ENDING: Ending = Ending::SignsIn;
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        context.join_by_domain().await?;
        if context.person().await?.is_none() {
            return Ok(Entered::Deny(gate::nobody()));
        }
        match context.admit().await? {
            Decision::Admitted(admitted) => {
                let remember = context.state().remember_me;
                let lasts = if remember { config.remember_me } else { config.session };
                context.sign_in(admitted, lasts.to_delta(), remember);
                Ok(Entered::Next)
            }
            refused => Ok(Entered::Deny(gate::denial(&refused))),
        }
    }
}
