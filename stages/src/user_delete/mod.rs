//! `user_delete`: deletes the record of whoever is signed in, after they have said so once more.

use engine::definition::Purpose;
use engine::{Answered, Challenge, Context, Ending, Entered, FieldError, ForChange, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::gate;

/// Deletes the person's record.
pub struct UserDelete;

/// `user_delete` has nothing to set. It stands in a flow with `use: unenrolment`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Whether it is meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Yes: there is no way back.
    #[serde(deserialize_with = "crate::answer::flag")]
    confirm: bool,
}

impl Stage for UserDelete {
    const KIND: &'static str = "user_delete";
    const ENDING: Ending = Ending::Writes;
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, _config: &Config) -> Result<Entered> {
        if context.person().await?.is_none() || context.program().purpose() != Purpose::Unenrolment
        {
            return Ok(Entered::Deny(gate::nobody()));
        }
        match context.admit_for_change().await? {
            ForChange::Permitted(_) => Ok(Entered::Ask),
            ForChange::Refused(refused) => Ok(Entered::Deny(gate::denial(&refused))),
        }
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Challenge> {
        let person = context.person().await?;
        let name = person.map(|person| person.display_name().to_owned());
        let email = context.person().await?.and_then(|person| person.email.clone());
        Ok(Challenge::new(Self::KIND, json!({ "name": name, "email": email })))
    }

    async fn answer(
        context: &mut Context<'_>,
        _config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        if !answer.confirm {
            let error = FieldError::field("confirm", "user_delete.confirm_first");
            return Ok(Answered::Retry(vec![error]));
        }
        if context.person().await?.is_none() {
            return Ok(Answered::Deny(gate::nobody()));
        }
        // Asked again: the page may have stood open for long.
        match context.admit_for_change().await? {
            ForChange::Permitted(permit) => {
                context.delete_person(&permit).await?;
                Ok(Answered::Next)
            }
            ForChange::Refused(refused) => Ok(Answered::Deny(gate::denial(&refused))),
        }
    }
}
