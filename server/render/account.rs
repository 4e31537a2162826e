//! The account pages: what `templates/account/<page>.html` finds under `account`. What each lists is
//! as `crate::account` gives it.

use serde::Serialize;
use serde_json::Value as Json;

use super::view::{App, View, view};
use crate::account::activity::Activity;
use crate::account::apps::Connected;
use crate::account::devices::Remembered;
use crate::account::factors::{Bound, Factors};
use crate::account::overview::Nudge;
use crate::account::sessions::Place;

/// What was just done, as the page that comes after it says it: the key `account.notice.<name>`.
pub(crate) type Notice = Option<&'static str>;

/// `account/overview.html`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Overview {
    /// `aal1`, `aal2`, `phr`, `phrh`.
    pub(crate) acr: String,
    /// RFC 8176 values.
    pub(crate) amr: Vec<String>,
    /// When the newest proof that counted was given, RFC 3339.
    pub(crate) auth_time: String,
    /// The person's organisations, by name.
    pub(crate) organisations: Vec<String>,
    /// Apps to go to.
    pub(crate) apps: Vec<App>,
    /// What the person had better do.
    pub(crate) nudges: Vec<Nudge>,
}
view!(Overview, "account/overview.html", "account");

/// `account/profile.html`: fields `name` and `language`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) longest_name: usize,
    pub(crate) username: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    /// The language chosen, or `browser`.
    pub(crate) language: String,
    /// `{value, label}` of each language.
    pub(crate) languages: Vec<Json>,
    pub(crate) errors: Vec<Json>,
    pub(crate) notice: Notice,
}
view!(Profile, "account/profile.html", "account");

/// `account/security.html`: field `forget`, the id of a remembered device or `all`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Security {
    #[serde(flatten)]
    pub(crate) factors: Factors,
    /// Whether it is time for new recovery codes.
    pub(crate) few_codes: bool,
    /// What can be set up here, strongest first: a factor's name and its flow.
    pub(crate) set_ups: Vec<SetUp>,
    pub(crate) devices: Vec<Remembered>,
    pub(crate) notice: Notice,
}
view!(Security, "account/security.html", "account");

/// A factor that can be set up.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SetUp {
    pub(crate) factor: &'static str,
    /// The flow's address, with the way back.
    pub(crate) url: String,
}

/// `account/factor.html`: field `name`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FactorPage {
    pub(crate) factor: Bound,
    /// What stands in the field: the name, or what was typed.
    pub(crate) typed: String,
    pub(crate) longest_name: usize,
    pub(crate) errors: Vec<Json>,
    pub(crate) notice: Notice,
}
view!(FactorPage, "account/factor.html", "account");

/// `account/remove.html`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Remove {
    pub(crate) factor: Bound,
    /// Why it can't be removed.
    pub(crate) refused: Option<Refused>,
}
view!(Remove, "account/remove.html", "account");

/// Why a factor can't be removed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Refused {
    /// Who asks for it, by name.
    pub(crate) organisations: Vec<String>,
    /// The reasons, as `reason_text` takes them.
    pub(crate) reasons: Json,
}

/// `account/sessions.html`: field `end`, the id of a session or `others`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SessionsPage {
    pub(crate) sessions: Vec<Place>,
    /// Whether the person must prove again who they are before they end any.
    pub(crate) stale: bool,
    pub(crate) notice: Notice,
}
view!(SessionsPage, "account/sessions.html", "account");

/// `account/apps.html`: field `disconnect`, the id of a client.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Apps {
    pub(crate) apps: Vec<Connected>,
    pub(crate) notice: Notice,
}
view!(Apps, "account/apps.html", "account");

/// `account/activity.html`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ActivityPage {
    #[serde(flatten)]
    pub(crate) activity: Activity,
    /// Whether it is the newest page.
    pub(crate) newest: bool,
}
view!(ActivityPage, "account/activity.html", "account");
