//! `prompt`: asks for typed fields. What is answered is known to conditions as `answers.<name>` and to
//! `user_write`; a new password is hashed at once and kept under seal.

mod field;

use std::collections::{BTreeMap, BTreeSet};

use engine::condition::AnswerType;
use engine::{Answered, Challenge, ConfigProblem, Context, FieldError, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use field::address;
pub use field::{Choice, Field, FieldType};

/// A page asks for at most so many things.
const MAX_FIELDS: usize = 20;

/// Asks for fields.
pub struct Prompt;

/// What `prompt` asks for. Each text may be a message key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The fields, in the order of the page.
    #[schemars(length(min = 1, max = 20))]
    pub fields: Vec<Field>,
    /// The heading.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub title: Option<String>,
    /// A sentence above the fields.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub text: Option<String>,
    /// The button.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub submit: Option<String>,
}

/// The fields by name. Values of other fields are ignored.
pub type Answer = BTreeMap<String, Value>;

impl Stage for Prompt {
    const KIND: &'static str = "prompt";
    type Config = Config;
    type Answer = Answer;

    fn check(config: &Config) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        let mut names = BTreeSet::new();
        if config.fields.is_empty() || config.fields.len() > MAX_FIELDS {
            problems.push(ConfigProblem::new("fields", "must be one to twenty fields"));
        }
        for (index, field) in config.fields.iter().enumerate() {
            if !names.insert(&field.name) {
                let message = format!("the name `{}` is taken by an earlier field", field.name);
                problems.push(ConfigProblem::new(format!("fields[{index}].name"), message));
            }
            let own = field.check();
            problems.extend(own.into_iter().map(|problem| {
                ConfigProblem::new(format!("fields[{index}].{}", problem.path), problem.message)
            }));
        }
        problems
    }

    fn answers(config: &Config) -> Vec<(String, AnswerType)> {
        let known = config
            .fields
            .iter()
            .filter_map(|field| Some((field.name.clone(), field.kind.answer_type()?)));
        known.collect()
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        let fields: Vec<Value> =
            config.fields.iter().map(|field| field.show(&context.state().answers)).collect();
        let data = json!({
            "fields": fields,
            "title": config.title,
            "text": config.text,
            "submit": config.submit,
        });
        Ok(Challenge::new(Self::KIND, data))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        let mut errors = Vec::new();
        let mut taken = BTreeMap::new();
        let mut new_password = None;
        for field in &config.fields {
            match field.read(answer.get(&field.name)) {
                Ok(None) => {}
                Ok(Some(value)) if field.kind == FieldType::NewPassword => {
                    if let engine::condition::Answer::Text(password) = value {
                        new_password = Some((field, password));
                    }
                }
                Ok(Some(value)) => {
                    taken.insert(field.name.clone(), value);
                }
                Err(error) => errors.push(error),
            }
        }
        if let Some((field, password)) = &new_password {
            errors.extend(weakness(context, field, password, &taken).await?);
        }
        // What was right is kept, so that nobody types it twice; a password always is.
        context.state_mut().answers.extend(taken);
        if !errors.is_empty() {
            return Ok(Answered::Retry(errors));
        }
        if let Some((_, password)) = new_password {
            let phc = context.services().passwords.hash(&password).await?;
            context.secrets_mut().password = Some(phc);
        }
        Ok(Answered::Next)
    }
}

async fn weakness(
    context: &mut Context<'_>,
    field: &Field,
    password: &str,
    taken: &BTreeMap<String, engine::condition::Answer>,
) -> Result<Option<FieldError>> {
    let mut words: Vec<String> = taken
        .values()
        .chain(context.state().answers.values())
        .filter_map(|answer| match answer {
            engine::condition::Answer::Text(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    words.extend(context.state().login.clone());
    if let Some(person) = context.person().await? {
        words.extend(
            [Some(person.name.clone()), person.email.clone(), person.username.clone()]
                .into_iter()
                .flatten(),
        );
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(field.rules().check(&field.name, password, &words))
}
