//! Any flow, step by step: what the pages themselves are.

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::operation::{NOT_FOUND, OVER, OVERTAKEN, Operation, Refusal, of};

const TAG: &str = "Flows";

/// What a flow's URL says.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Parameters {
    /// The execution.
    e: Option<String>,
    /// A mailed link, to be used by a POST.
    link: Option<String>,
    /// The relying party's request that needs this flow.
    interaction: Option<String>,
    /// `native`: no cookies; the answer has a `token` to be sent as bearer.
    client: Option<String>,
    /// The page of ours to go back to.
    next: Option<String>,
}

/// Where an execution stands: exactly one of `challenge`, `finished` and `denied` is there.
#[derive(JsonSchema)]
#[schemars(rename = "Execution")]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Position {
    execution: String,
    /// What the next answer must name.
    step: i64,
    flow: Map<String, Value>,
    person: Option<Map<String, Value>>,
    client: Option<Map<String, Value>>,
    /// `client=native`: what to send as bearer from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<Challenge>,
    /// `location`, and `session` where one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Map<String, Value>>,
    /// `key`, `text` and `explanation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    denied: Option<Map<String, Value>>,
}

/// A question.
#[derive(JsonSchema)]
#[schemars(rename = "Challenge")]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Challenge {
    stage: String,
    /// What is asked: the answer is that of the schema `answer.<component>`.
    component: String,
    title: Option<String>,
    data: Map<String, Value>,
    errors: Vec<Map<String, Value>>,
}

/// An answer to a step.
#[derive(JsonSchema)]
#[schemars(rename = "StepAnswer", deny_unknown_fields)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct StepAnswer {
    step: i64,
    /// As the schema `answer.<component>` says.
    answer: Map<String, Value>,
}

/// `GET /api/v1/flows/{slug}`
pub(in super::super::super) const SHOW: Operation =
    Operation::new(TAG, "Begin a flow, or look where an execution stands")
        .says("The flows are those of the blueprint; docs/flows-api.md walks one.")
        .asks(of::<Parameters>)
        .gives("Where it stands.", of::<Position>)
        .refuses(&[NOT_FOUND, OVER]);

/// `POST /api/v1/flows/{slug}`
pub(in super::super::super) const ANSWER: Operation =
    Operation::new(TAG, "Answer a step, or use a mailed link")
        .says("Where the answer was not taken, the status is 422 and `challenge.errors` says why.")
        .asks(of::<Parameters>)
        .takes(of::<StepAnswer>, r#"{"step": 0, "answer": {"login": "ada@acme.example"}}"#)
        .gives("Where it stands.", of::<Position>)
        .refuses(&[
            Refusal::new(400, "bad_request", "The body or the query makes no sense."),
            NOT_FOUND,
            OVERTAKEN,
            OVER,
        ]);
