//! `message`: tells something and waits for the person to go on.

use engine::{Answered, Challenge, Context, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Tells something.
pub struct Message;

/// What `message` says. Each text may be a message key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The heading.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub title: Option<String>,
    /// The text.
    #[schemars(length(min = 1, max = 4000))]
    pub text: String,
    /// How it is meant.
    #[serde(default)]
    pub level: Level,
}

/// How a message is meant.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    #[default]
    Info,
    /// Something worked.
    Success,
    /// Mind this.
    Warning,
}

/// That the person has read it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Answer {
    #[expect(dead_code, reason = "its presence is the answer")]
    action: Action,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    Continue,
}

impl Stage for Message {
    const KIND: &'static str = "message";
    type Config = Config;
    type Answer = Answer;

    async fn challenge(_: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        let data = json!({
            "title": config.title,
            "text": config.text,
            "level": config.level,
            "continue": true,
        });
        Ok(Challenge::new(Self::KIND, data))
    }

    async fn answer(_: &mut Context<'_>, _: &Config, _: Answer) -> Result<Answered> {
        Ok(Answered::Next)
    }
}
