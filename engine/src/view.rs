//! What an execution shows: the same for a page and for JSON.

use serde::{Deserialize, Serialize};
use store::Id;
use store::execution::Execution;
use store::session::Session;

use crate::definition::Purpose;
use crate::stage::{Challenge, Denial, FieldError};

/// Where an execution stands.
#[derive(Debug)]
pub struct View {
    /// The execution.
    pub execution: Id<Execution>,
    /// The step that the next answer must name.
    pub step: i64,
    /// Its flow.
    pub flow: FlowView,
    /// Whom it is about, as far as that may be shown: what was typed, never what the store knows of
    /// somebody who has proven nothing.
    pub person: Option<PersonView>,
    /// The relying party's request for which it is run.
    pub interaction: Option<crate::Interaction>,
    /// What it shows or how it ended.
    pub body: Body,
}

/// A flow, for its pages.
#[derive(Debug, Clone, Serialize)]
pub struct FlowView {
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
}

/// A person, for the pages of a flow.
#[derive(Debug, Clone, Serialize)]
pub struct PersonView {
    /// What they typed to sign in.
    pub login: String,
    /// Their name, once they have proven something.
    pub name: Option<String>,
}

/// What is shown.
#[derive(Debug)]
pub enum Body {
    /// A question.
    Ask {
        /// The stage's id.
        stage: String,
        /// The stage's own title.
        title: Option<String>,
        /// The question.
        challenge: Challenge,
        /// What was wrong with the last answer.
        errors: Vec<FieldError>,
    },
    /// It is over; go there.
    Finished(Finished),
    /// It is over, with a refusal.
    Denied(Denial),
}

/// The end of a flow.
#[derive(Debug)]
pub struct Finished {
    /// Where to go.
    pub destination: Destination,
    /// The session that was made, with the token for the browser's cookie.
    pub session: Option<IssuedSession>,
    /// The token of the device's cookie, where the browser was just remembered.
    pub device: Option<String>,
    /// Whether the browser's session was ended and none was made.
    pub signed_out: bool,
}

/// A session that was just made.
pub struct IssuedSession {
    /// Its identifier.
    pub id: Id<Session>,
    /// Its token: the cookie's value.
    pub token: String,
    /// Whether the cookie outlives the browser.
    pub persistent: bool,
    /// When it ends.
    pub expires_at: store::Time,
}

impl std::fmt::Debug for IssuedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedSession").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where a flow leads when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// Back to the relying party's request.
    Interaction(String),
    /// To a URL that a blueprint states.
    Url(String),
    /// To a path within Flowgate that led here.
    Path(String),
    /// To the person's home page.
    Home,
}
