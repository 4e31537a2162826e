//! `logout`: ends the browser's session, after asking.

use engine::{Answered, Challenge, Context, Ending, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Ends the session.
pub struct Logout;

/// `logout` has nothing to set: ending a session always takes a confirmed request, never a link.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// That the person means it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Answer {
    #[expect(dead_code, reason = "its presence is the answer")]
    action: Action,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    Confirm,
}

impl Stage for Logout {
    const KIND: &'static str = "logout";
    const ENDING: Ending = Ending::SignsOut;
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, _config: &Config) -> Result<Entered> {
        let signed_in = context.request().session.is_some();
        Ok(if signed_in { Entered::Ask } else { Entered::Next })
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Challenge> {
        let client = context.state().interaction.as_ref().map(|i| json!({ "name": i.client.name }));
        Ok(Challenge::new(Self::KIND, json!({ "client": client })))
    }

    async fn answer(context: &mut Context<'_>, _: &Config, _: Answer) -> Result<Answered> {
        context.sign_out();
        Ok(Answered::Next)
    }
}
