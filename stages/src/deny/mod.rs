//! `deny`: ends the flow with a refusal.

use engine::{Context, Denial, Ending, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Refuses.
pub struct Deny;

/// What `deny` says.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The text instead of the usual one; may be a message key.
    #[schemars(length(max = 4000))]
    pub text: Option<String>,
}

/// `deny` asks nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {}

impl Stage for Deny {
    const KIND: &'static str = "deny";
    const ENDING: Ending = Ending::Denies;
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        let reason = format!("the flow says so at `{}`", context.stage_id());
        let denial = Denial { text: config.text.clone(), ..Denial::new("deny.text", reason) };
        Ok(Entered::Deny(denial))
    }
}
