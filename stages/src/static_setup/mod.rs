//! `static_setup`: makes a new set of recovery codes and shows it once. The person's old set stays
//! good until they say that they saved the new one, and dies in that moment: looking at the page
//! changes nothing, and nobody is ever left without a set that they know.

use assurance::{Factor, Method};
use engine::{Answered, Challenge, ConfigProblem, Context, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::factor::Enrols;
use crate::factor::set_up::{self, SetUp};
use crate::recovery_codes::{self, Answer, Format, Set, USUAL_COUNT};

/// A set has at most so many codes.
const MOST_CODES: u8 = 50;

/// Makes recovery codes.
pub struct StaticSetup;

/// How many codes a set has, and how they look.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How many codes, 1 to 50 (default: 10).
    #[schemars(range(min = 1, max = 50))]
    pub count: u8,
    /// How many characters a code has, 6 to 32 (default: 10); with the alphabet at least 20 bits.
    #[schemars(range(min = 6, max = 32))]
    pub length: u8,
    /// The characters that codes are made of: letters and digits, each once, at least 10 of them. Case
    /// does not matter. The default has 32 characters that are not taken for each other.
    #[schemars(length(min = 10, max = 36), regex(pattern = "^[0-9A-Za-z]+$"))]
    pub alphabet: String,
    /// How many characters stand between two dashes at most, 2 to 32 (default: 5).
    #[schemars(range(min = 2, max = 32))]
    pub group: u8,
}

impl Default for Config {
    fn default() -> Self {
        let Format { alphabet, length, group } = Format::default();
        Self { count: USUAL_COUNT, length, alphabet, group }
    }
}

impl Config {
    fn format(&self) -> Format {
        Format { alphabet: self.alphabet.clone(), length: self.length, group: self.group }
    }
}

impl Enrols for StaticSetup {
    const FACTOR: Factor = Factor::Static;
    const COMPONENT: &'static str = recovery_codes::COMPONENT;
    type Config = Config;
    type Answer = Answer;

    async fn prepare(context: &mut Context<'_>, config: &Config) -> Result<()> {
        recovery_codes::draw(context, &config.format(), config.count);
        Ok(())
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Value> {
        let replaces = Set::find(context).await?.is_some();
        let mut data = recovery_codes::challenge(context);
        data["replaces"] = Value::from(replaces);
        Ok(data)
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        if !answer.saved {
            return Ok(recovery_codes::unsaved());
        }
        let is_first = context.standing().await?.enrolled.second().is_empty();
        let id = recovery_codes::replace(context, &config.format()).await?;
        if is_first {
            // Whoever saved them holds them. Without this the account would ask them, here and now, to
            // spend one of the codes that they have just been shown.
            context.prove(Method::Static { credential: id.to_string() });
        }
        recovery_codes::forget(context);
        Ok(Answered::Next)
    }
}

impl Stage for StaticSetup {
    const KIND: &'static str = recovery_codes::COMPONENT;
    type Config = Config;
    type Answer = Map<String, Value>;

    fn check(config: &Config) -> Vec<ConfigProblem> {
        let mut problems = config.format().check();
        if !(1..=MOST_CODES).contains(&config.count) {
            problems.push(ConfigProblem::new("count", format!("must be 1 to {MOST_CODES}")));
        }
        problems
    }

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        // Whoever is on the way to something else keeps the codes that they have.
        if !context.program().purpose().needs_session() && Set::find(context).await?.is_some() {
            return Ok(Entered::Next);
        }
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
