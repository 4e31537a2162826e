//! A flow as a blueprint states it: checked, but not yet compiled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a flow is for; it decides who may run it and how it must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signing in: ends in a session or a denial.
    Authentication,
    /// Becoming a person that Flowgate knows.
    Enrolment,
    /// Getting back in after a factor was lost.
    Recovery,
    /// Agreeing to what a relying party asks for.
    Consent,
    /// Changing one's own record; needs a session.
    Settings,
    /// Proving more, or again, in a session; needs a session.
    StepUp,
    /// Ending a session.
    Logout,
    /// Deleting one's own record; needs a session.
    Unenrolment,
}

impl Purpose {
    /// Whether only somebody who is signed in may run it; checked at the start and at every step.
    #[must_use]
    pub fn needs_session(self) -> bool {
        matches!(self, Self::Settings | Self::StepUp | Self::Unenrolment)
    }

    /// Its name in a blueprint.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Enrolment => "enrolment",
            Self::Recovery => "recovery",
            Self::Consent => "consent",
            Self::Settings => "settings",
            Self::StepUp => "step_up",
            Self::Logout => "logout",
            Self::Unenrolment => "unenrolment",
        }
    }
}

/// A flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its name in URLs and references.
    pub slug: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Its title for people.
    pub title: Option<String>,
    /// What happens, in this order.
    pub stages: Vec<Entry>,
}

/// One element of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A stage.
    Stage(StageEntry),
    /// The first arm whose condition holds.
    Branch(Vec<Arm>),
    /// The stages of another flow.
    Include(String),
}

/// A stage in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageEntry {
    /// Its name within the flow.
    pub id: String,
    /// Which stage.
    pub kind: String,
    /// The condition under which it is not skipped.
    pub when: Option<String>,
    /// A title of its own.
    pub title: Option<String>,
    /// Its configuration, as its kind reads it.
    pub config: Value,
}

/// One arm of a branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Its condition; none for `otherwise`.
    pub when: Option<String>,
    /// What happens in it.
    pub stages: Vec<Entry>,
}
