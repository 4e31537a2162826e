//! What an execution remembers: typed, versioned, written to the store as JSON after each answer.

use std::collections::BTreeMap;

use assurance::Evidence;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Id;
use store::session::Session;
use store::user::User;

use crate::condition::Answer;
use crate::request::Interaction;
use crate::stage::{Denial, FieldError};
use crate::view::Destination;

/// The present version of [`State`]'s shape. A record of another version is refused, never guessed at.
pub(crate) const VERSION: u32 = 2;

/// The state of an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The version of this shape.
    pub v: u32,
    /// Where in the program the flow stands.
    pub position: usize,
    /// Whom the flow is about. Once set it never becomes somebody else, short of beginning again.
    pub user: Option<Id<User>>,
    /// Their security epoch then. Once theirs is another, what was proven here is worth nothing: it
    /// may have been proven with a password that is gone.
    pub security_epoch: i64,
    /// What was typed to sign in, also when nobody has that name.
    pub login: Option<String>,
    /// What was proven in this execution.
    pub evidence: Evidence,
    /// The session in which it runs, for a flow that needs one: it dies with that session.
    pub session: Option<Id<Session>>,
    /// Where within Flowgate the browser goes when it is over: a path that the server allows.
    pub next: Option<String>,
    /// What was answered, for conditions and for the person's record.
    pub answers: BTreeMap<String, Answer>,
    /// Whether the person wants to stay signed in.
    pub remember_me: bool,
    /// The relying party's request, if one led here.
    pub interaction: Option<Interaction>,
    /// What stages keep for themselves, by their id.
    pub scratch: BTreeMap<String, Value>,
    /// What was wrong with the last answer.
    pub errors: Vec<FieldError>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
}

/// How an execution ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With its purpose kept.
    Finished {
        /// Where to go.
        destination: Destination,
        /// The session that was made.
        session: Option<Id<Session>>,
        /// Whether a session was ended and none was made.
        signed_out: bool,
    },
    /// With a refusal.
    Denied(Denial),
}

impl State {
    /// The state at the beginning of a flow.
    #[must_use]
    pub fn new(interaction: Option<Interaction>, next: Option<String>) -> Self {
        Self {
            v: VERSION,
            position: 0,
            user: None,
            security_epoch: 0,
            login: None,
            evidence: Evidence::default(),
            session: None,
            next,
            answers: BTreeMap::new(),
            remember_me: false,
            interaction,
            scratch: BTreeMap::new(),
            errors: Vec::new(),
            outcome: None,
        }
    }
}

/// What an execution must not leave readable in the database; sealed beside the state.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Secrets {
    /// The hash (PHC string) of a password that was chosen and waits to be written.
    pub password: Option<String>,
    /// The session's token, for the short while in which a lost answer may be asked for again.
    pub session_token: Option<String>,
    /// The token of a device that was just remembered, for the same short while.
    #[serde(default)]
    pub device_token: Option<String>,
    /// What stages keep for themselves until they are passed, by stage id and name.
    #[serde(default)]
    pub kept: BTreeMap<String, Value>,
}

impl Secrets {
    /// Whether there is nothing to seal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.password.is_none()
            && self.session_token.is_none()
            && self.device_token.is_none()
            && self.kept.is_empty()
    }
}
