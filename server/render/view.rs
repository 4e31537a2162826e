//! What pages are about: each has a [`Page`](super::Page) as its frame and one [`View`], or, for a
//! stage, a [`Challenge`]. To add a page: its struct here, its `view!` with the template's path, its
//! template, its keys, its sample in `samples`.

use serde::Serialize;
use serde_json::Value as Json;

/// A page's own part: what the template finds under `NAME`.
pub trait View: Serialize {
    /// The template's path below `templates/`.
    const TEMPLATE: &'static str;
    /// The variable's name in it.
    const NAME: &'static str;
}

/// Ties a view to its template and its variable there.
macro_rules! view {
    ($type:ty, $template:literal, $name:literal) => {
        impl View for $type {
            const TEMPLATE: &'static str = $template;
            const NAME: &'static str = $name;
        }
    };
}
pub(super) use view;

/// What a stage asks, as its template `stages/<component>.html` finds it under `challenge`.
#[derive(Clone, Debug, Serialize)]
pub struct Challenge<'a, E> {
    /// The template's name.
    pub component: &'a str,
    /// The stage's own title, plain text or a key.
    pub title: Option<&'a str>,
    /// What the component needs.
    pub data: &'a Json,
    /// What was wrong with the last answer: each serialises to `{field: "login"|null, key, params}`,
    /// the key of a text and what stands in its placeholders.
    pub errors: &'a [E],
}

/// `oauth/consent.html`: action `allow` or `deny`.
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Who asks.
    pub client: ConsentClient,
    /// For what.
    pub scopes: Vec<Scope>,
    /// Where the person is sent afterwards.
    pub redirect_host: Option<String>,
}
view!(Consent, "oauth/consent.html", "consent");

/// Who asks for consent.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentClient {
    /// Its name.
    pub name: String,
    /// Shown where it is on this origin.
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Its home.
    pub uri: Option<String>,
}

/// A scope; where it has no words of its own the keys `scope.<name>.title` and
/// `scope.<name>.description` speak.
#[derive(Clone, Debug, Serialize)]
pub struct Scope {
    /// As in the request.
    pub name: String,
    /// Plain text or a key.
    pub title: Option<String>,
    /// Plain text or a key.
    pub description: Option<String>,
}

/// `oauth/error.html`: a request that can't be answered at its redirect URI.
#[derive(Clone, Debug, Serialize)]
pub struct OauthError {
    /// The RFC's code.
    pub code: String,
    /// English, for the app's developer.
    pub description: Option<String>,
    /// The app's name.
    pub client: Option<String>,
}
view!(OauthError, "oauth/error.html", "oauth_error");

/// `oauth/form_post.html`: sends an answer to the app by a form (OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Debug, Serialize)]
pub struct FormPost {
    /// The registered redirect URI.
    pub action: String,
    /// Names and values of the hidden fields.
    pub fields: Vec<(String, String)>,
}
view!(FormPost, "oauth/form_post.html", "form_post");

/// `oauth/logout_confirm.html`: action `confirm`.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutConfirm {
    /// The app's name.
    pub client: Option<String>,
}
view!(LogoutConfirm, "oauth/logout_confirm.html", "logout");

/// `oauth/logged_out.html`.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedOut {
    /// The app that asked.
    pub client: Option<App>,
}
view!(LoggedOut, "oauth/logged_out.html", "logged_out");

/// An app to go to.
#[derive(Clone, Debug, Serialize)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Its home.
    pub uri: Option<String>,
}

/// What went wrong, as far as the person needs to know: each has its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request makes no sense.
    BadRequest,
    /// Cookies are off, or the form is too old.
    Csrf,
    /// Not allowed.
    Forbidden,
    /// No such page.
    NotFound,
    /// The login lay too long.
    Expired,
    /// Answered before, or in another tab.
    Stale,
    /// A link from a mail that no longer works.
    LinkInvalid,
    /// Too many tries.
    TooManyRequests,
    /// The flow has a mistake that only an administrator can mend.
    Misconfigured,
    /// Ours.
    Internal,
    /// Try again soon.
    Unavailable,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::BadRequest,
        Self::Csrf,
        Self::Forbidden,
        Self::NotFound,
        Self::Expired,
        Self::Stale,
        Self::LinkInvalid,
        Self::TooManyRequests,
        Self::Misconfigured,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Csrf | Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Stale => 409,
            Self::Expired | Self::LinkInvalid => 410,
            Self::TooManyRequests => 429,
            Self::Misconfigured | Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }
}

/// `error.html`.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    /// What happened.
    pub kind: ErrorKind,
    /// Seconds.
    pub retry_after: Option<u64>,
}
view!(ErrorPage, "error.html", "error");

impl ErrorPage {
    /// Without a time to wait.
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, retry_after: None }
    }
}
