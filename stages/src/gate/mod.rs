//! `gate`: asks `assurance` whether what was proven is enough for every organisation of the person,
//! and says why if it is not.

use assurance::Decision;
use engine::{Context, Denial, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lets through who is admitted, and explains to everybody else.
pub struct Gate;

/// `gate` has nothing to set: the organisations' policies say everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// `gate` asks nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {}

impl Stage for Gate {
    const KIND: &'static str = "gate";
    type Config = Config;
    type Answer = Answer;

    async fn enter(context: &mut Context<'_>, _config: &Config) -> Result<Entered> {
        context.join_by_domain().await?;
        if context.person().await?.is_none() {
            return Ok(Entered::Deny(nobody()));
        }
        Ok(match context.admit().await? {
            Decision::Admitted(_) => Entered::Next,
            refused => Entered::Deny(denial(&refused)),
        })
    }
}

/// The refusal of somebody who was never identified, or may not sign in any more.
pub(crate) fn nobody() -> Denial {
    Denial::new("deny.text", "nobody was identified, or the person may not sign in")
}

/// A decision that is not an admission, as a refusal that explains itself.
pub(crate) fn denial(decision: &Decision) -> Denial {
    let (key, reason) = match decision {
        Decision::Admitted(_) => ("deny.text", "admitted"),
        Decision::Challenge(_) => ("deny.text", "a further proof is needed"),
        Decision::Enrol(_) => ("deny.text", "a factor must be enrolled first"),
        Decision::Deny(_) => ("deny.text", "the policies cannot be satisfied"),
    };
    Denial { explanation: Some(decision.explanation().clone()), ..Denial::new(key, reason) }
}
