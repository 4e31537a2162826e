//! What a condition can say, what it can't, and that nothing gets out of the sandbox.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails here")]

mod conditions;
mod documentation;
mod errors;
mod random;
mod sandbox;
mod truth;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::*;

/// Monday, 09:30 UTC.
fn morning() -> DateTime<Utc> {
    "2026-03-02T09:30:00Z".parse().unwrap()
}

/// Ada, who came through Google from the office.
fn ada() -> Facts {
    Facts {
        user: Some(UserFacts {
            id: "u1".to_owned(),
            username: Some("ada".to_owned()),
            email: Some("Ada@Acme.example".to_owned()),
            email_verified: true,
            name: "Ada Lovelace".to_owned(),
            language: None,
            organisations: vec!["acme".to_owned(), "club".to_owned()],
            admin: true,
            created_at: "2026-03-01T09:30:00Z".parse().unwrap(),
        }),
        organisation: Some(OrganisationFacts {
            slug: "acme".to_owned(),
            name: "Acme GmbH".to_owned(),
        }),
        client: Some(ClientFacts {
            id: "wiki".to_owned(),
            name: "Wiki".to_owned(),
            organisation: None,
        }),
        source: Some("google".to_owned()),
        request: RequestFacts {
            ip: Some("10.1.2.3".parse().unwrap()),
            user_agent: "Mozilla/5.0 (X11)".to_owned(),
            language: "de".to_owned(),
        },
        device: DeviceFacts { remembered: true },
        answers: [
            ("department", Answer::Text("it".to_owned())),
            ("newsletter", Answer::Flag(false)),
            ("seats", Answer::Number(7)),
            ("teams", Answer::List(vec!["blue".to_owned()])),
        ]
        .map(|(name, answer)| (name.to_owned(), answer))
        .into(),
        assurance: AssuranceFacts {
            mfa: false,
            phishing_resistant: false,
            acr: "aal1".to_owned(),
            amr: vec!["fed".to_owned()],
        },
        proven: set(&["social"]),
        enrolled: set(&["totp", "static"]),
        session: false,
        now: morning(),
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn names() -> Names {
    Names::new(&Sandbox::new())
        .with_answer("department", AnswerType::Text)
        .with_answer("newsletter", AnswerType::Flag)
        .with_answer("seats", AnswerType::Number)
        .with_answer("teams", AnswerType::List)
        .with_answer("default", AnswerType::Text)
}

fn compile(source: &str) -> Result<Condition, ConditionError> {
    Condition::compile(source, &names())
}

fn refused(source: &str) -> ConditionError {
    compile(source).unwrap_err()
}

fn evaluate(source: &str, facts: &Facts) -> Result<bool, ConditionError> {
    let condition = compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    condition.evaluate(facts)
}
