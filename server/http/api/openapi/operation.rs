//! What a route does, for those who call it.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Makes a type's schema.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// So many kinds of answer an operation has at most, beside refusals.
const MOST_ANSWERS: usize = 3;

/// What a route does.
#[derive(Clone, Copy)]
pub struct Operation {
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) details: &'static str,
    pub(super) query: Option<SchemaOf>,
    pub(super) body: Option<Body>,
    pub(super) answers: [Option<Answer>; MOST_ANSWERS],
    pub(super) refusals: &'static [Refusal],
}

/// What is sent.
#[derive(Clone, Copy)]
pub(super) struct Body {
    pub(super) schema: SchemaOf,
    /// JSON.
    pub(super) example: &'static str,
}

/// What comes back.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) says: &'static str,
    pub(super) schema: Option<SchemaOf>,
}

/// Why nothing was done.
#[derive(Clone, Copy)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// The end of the problem's `type`.
    pub(super) kind: &'static str,
    pub(super) when: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: u16, kind: &'static str, when: &'static str) -> Self {
        Self { status, kind, when }
    }
}

impl Operation {
    pub(super) const fn new(tag: &'static str, summary: &'static str) -> Self {
        Self {
            tag,
            summary,
            details: "",
            query: None,
            body: None,
            answers: [None; MOST_ANSWERS],
            refusals: &[],
        }
    }

    pub(super) const fn says(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    pub(super) const fn asks(mut self, query: SchemaOf) -> Self {
        self.query = Some(query);
        self
    }

    pub(super) const fn takes(mut self, schema: SchemaOf, example: &'static str) -> Self {
        self.body = Some(Body { schema, example });
        self
    }

    pub(super) const fn gives(self, says: &'static str, schema: SchemaOf) -> Self {
        self.answers(Answer { status: 200, says, schema: Some(schema) })
    }

    pub(super) const fn gives_nothing(self, says: &'static str) -> Self {
        self.answers(Answer { status: 204, says, schema: None })
    }

    pub(super) const fn refuses(mut self, refusals: &'static [Refusal]) -> Self {
        self.refusals = refusals;
        self
    }

    const fn answers(mut self, answer: Answer) -> Self {
        let mut at = 0;
        while at + 1 < MOST_ANSWERS && self.answers[at].is_some() {
            at += 1;
        }
        self.answers[at] = Some(answer);
        self
    }
}

pub(super) const WRONG: Refusal = Refusal::new(
    400,
    "answer_refused",
    "It is wrong: `code` says `code.wrong`, `code.expired`, `password.wrong` or `webauthn.failed`.",
);
pub(super) const NOTHING_WAITS: Refusal =
    Refusal::new(401, "unauthenticated", "No sign-in waits, or too many tries have ended it.");
pub(super) const DENIED: Refusal = Refusal::new(
    403,
    "denied",
    "A policy refuses, and nothing that the person could show would help: `explanation` says why.",
);
pub(super) const NOT_FOUND: Refusal =
    Refusal::new(404, "not_found", "The person has no such thing.");
pub(super) const NO_FACTOR: Refusal =
    Refusal::new(404, "factor_unknown", "The person has no such factor.");
pub(super) const USED: Refusal =
    Refusal::new(409, "answer_refused", "It was used before: `code.used`, `webauthn.registered`.");
pub(super) const OVERTAKEN: Refusal =
    Refusal::new(409, "step_past", "Another request answered first.");
pub(super) const PAGE_NEEDED: Refusal = Refusal::new(
    409,
    "interaction_required",
    "The flow asks for something else: go on at `url` in this browser, or at `flow` by JSON.",
);
pub(super) const LAST_FACTOR: Refusal =
    Refusal::new(409, "last_factor", "Nothing else that the person has would let them in.");
pub(super) const OVER: Refusal =
    Refusal::new(410, "execution_unknown", "It is confirmed, over, or another browser's.");
pub(super) const FORMAT: Refusal = Refusal::new(
    422,
    "answer_refused",
    "It cannot be read: `code.format`, `password.required`, `prompt.email` …",
);
pub(super) const LOCKED: Refusal = Refusal::new(
    429,
    "answer_refused",
    "Too many wrong tries, or another code too soon: `code.locked`, `code.too_soon`.",
);
