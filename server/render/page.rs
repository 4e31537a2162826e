//! What pages are rendered from. Every page has a [`Page`] (the frame: language, brand, CSRF token,
//! person, links) and one [`View`] (what this page is about). To add a page: its struct here, its
//! `View` with the template's path, its template, its keys, its sample in `samples.rs`.

use serde::Serialize;
use serde_json::Value as Json;

use super::colour::{Colour, Theme};
use super::locale::Lang;

/// The frame of every page.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// The page's language.
    pub lang: Lang,
    /// `ltr` or `rtl`.
    pub dir: String,
    /// The number to quote when asking for help.
    pub request_id: String,
    /// The response's CSP nonce.
    pub nonce: String,
    /// Whose page it is.
    pub brand: Brand,
    /// The language switcher; shown where there are several.
    pub languages: Vec<LanguageLink>,
    /// Hidden field `csrf` of every form.
    pub csrf: String,
    /// Where forms are posted.
    pub action: String,
    /// Hidden field `step` of every form.
    pub step: u64,
    /// The flow under way.
    pub flow: Option<FlowHead>,
    /// The relying party that waits for the person.
    pub client: Option<ClientHead>,
    /// Who is signing in or signed in, as far as may be shown.
    pub person: Option<Person>,
    /// Ways out.
    pub links: Links,
}

impl Page {
    /// A page without a flow, a person or a form.
    pub fn new(renderer: &super::Renderer, lang: &Lang, request_id: &str, nonce: &str) -> Self {
        Self {
            lang: lang.clone(),
            dir: renderer.locales().get(lang).dir().to_owned(),
            request_id: request_id.to_owned(),
            nonce: nonce.to_owned(),
            brand: Brand::default(),
            languages: Vec::new(),
            csrf: String::new(),
            action: String::new(),
            step: 0,
            flow: None,
            client: None,
            person: None,
            links: Links::default(),
        }
    }
}

/// Whose page it is.
#[derive(Clone, Debug, Serialize)]
pub struct Brand {
    /// The installation's name.
    pub name: String,
    /// The organisation that asks, where known.
    pub organisation: Option<Organisation>,
}

impl Default for Brand {
    fn default() -> Self {
        Self { name: "Flowgate".to_owned(), organisation: None }
    }
}

/// An organisation as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its colour, made readable.
    pub theme: Option<Theme>,
    /// A picture on this origin (a path) or within the page (a `data:` URI of a raster image);
    /// anything else is not shown.
    pub logo: Option<String>,
}

impl Organisation {
    /// From what a blueprint states; a colour that is none is left out.
    pub fn new(name: &str, colour: Option<&str>, logo: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            theme: colour.and_then(Colour::parse).map(Theme::of),
            logo: logo.map(ToOwned::to_owned),
        }
    }
}

/// One entry of the language switcher.
#[derive(Clone, Debug, Serialize)]
pub struct LanguageLink {
    /// BCP 47.
    pub code: String,
    /// What the language calls itself.
    pub name: String,
    /// This page in that language.
    pub url: String,
    /// Is it the page's language?
    pub current: bool,
}

/// The flow under way.
#[derive(Clone, Debug, Serialize)]
pub struct FlowHead {
    /// Its name in the address.
    pub slug: String,
    /// Plain text, or the key of one.
    pub title: String,
    /// `authentication`, `enrolment` …
    pub purpose: String,
}

/// The relying party that waits.
#[derive(Clone, Debug, Serialize)]
pub struct ClientHead {
    /// Its name.
    pub name: String,
}

/// A person as pages show them.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// Their name, else their address.
    pub name: String,
    /// Their address, or what they typed.
    pub email: Option<String>,
    /// One or two letters.
    pub initials: String,
}

impl Person {
    /// With the initials of the name.
    pub fn new(name: &str, email: Option<&str>) -> Self {
        let letter = |word: &str| word.chars().find(|c| c.is_alphanumeric());
        let words: Vec<char> = name.split(['@', ' ', '.', '-']).filter_map(letter).collect();
        let chosen = match words.as_slice() {
            // An address has the initial of its local part alone.
            [first, ..] if name.contains('@') => vec![*first],
            [first, .., last] => vec![*first, *last],
            few => few.to_vec(),
        };
        Self {
            name: name.to_owned(),
            email: email.map(ToOwned::to_owned),
            initials: chosen.into_iter().flat_map(char::to_uppercase).collect(),
        }
    }
}

/// Ways out of a page. Each is shown where it is given; paths of this origin, or http(s).
#[derive(Clone, Debug, Default, Serialize)]
pub struct Links {
    /// Help of the installation.
    pub help: Option<String>,
    /// Its privacy notice.
    pub privacy: Option<String>,
    /// The same flow from its beginning.
    pub restart: Option<String>,
    /// The same flow for someone else.
    pub not_you: Option<String>,
    /// The relying party, or the page before.
    pub back: Option<String>,
    /// The account page.
    pub account: Option<String>,
    /// The sign-in flow.
    pub sign_in: Option<String>,
    /// Where signing out is posted.
    pub sign_out: Option<String>,
}

/// A page's own part: what the template finds under `NAME`.
pub trait View: Serialize {
    /// The template's path below `templates/`.
    const TEMPLATE: &'static str;
    /// The variable's name in it.
    const NAME: &'static str;
}

macro_rules! view {
    ($type:ty, $template:literal, $name:literal) => {
        impl View for $type {
            const TEMPLATE: &'static str = $template;
            const NAME: &'static str = $name;
        }
    };
}

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

/// `account/home.html`.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// `aal1`, `aal2`, `phr`, `phrh`.
    pub acr: String,
    /// RFC 8176 values.
    pub amr: Vec<String>,
    /// When the newest proof that counted was given, RFC 3339.
    pub auth_time: Option<String>,
    /// The person's organisations, by name.
    pub organisations: Vec<String>,
    /// Apps to go to.
    pub apps: Vec<App>,
}
view!(Account, "account/home.html", "account");

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

/// `demo/wiki_home.html`.
#[derive(Clone, Debug, Serialize)]
pub struct WikiHome {
    /// Where signing in begins.
    pub sign_in: String,
    /// What the identity provider answered instead of a code.
    pub error: Option<WikiError>,
    /// More to try.
    pub actions: Vec<WikiAction>,
}
view!(WikiHome, "demo/wiki_home.html", "wiki");

/// An OAuth error that came back.
#[derive(Clone, Debug, Serialize)]
pub struct WikiError {
    /// The RFC's code.
    pub code: String,
    /// English.
    pub description: Option<String>,
}

/// A link of the sample app: `fresh` (max_age=0), `second_factor` (acr_values=aal2),
/// `silent` (prompt=none), `consent` (prompt=consent), `outbox`, `account`.
#[derive(Clone, Debug, Serialize)]
pub struct WikiAction {
    /// A suffix of the keys `wiki.actions.<key>`.
    pub key: String,
    /// Where it leads.
    pub url: String,
}

/// `demo/wiki_claims.html`.
#[derive(Clone, Debug, Serialize)]
pub struct WikiClaims {
    /// Who is signed in.
    pub name: String,
    /// Where signing out is posted.
    pub sign_out: String,
    /// What was told about them.
    pub claims: Vec<Claim>,
    /// The same, raw and pretty printed.
    pub json: String,
    /// More to try.
    pub actions: Vec<WikiAction>,
}
view!(WikiClaims, "demo/wiki_claims.html", "wiki");

/// A claim, readable.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// As in the token.
    pub name: String,
    /// As text.
    pub value: String,
}

/// `demo/outbox.html`.
#[derive(Clone, Debug, Serialize)]
pub struct Outbox {
    /// Newest first.
    pub mails: Vec<OutboxEntry>,
}
view!(Outbox, "demo/outbox.html", "outbox");

/// A sent mail in the list.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxEntry {
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// RFC 3339.
    pub at: String,
    /// Its page.
    pub url: String,
}

/// `demo/outbox_mail.html`.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxMail {
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// RFC 3339.
    pub at: String,
    /// The plain text; its links can be clicked.
    pub text: String,
    /// The list.
    pub back: String,
}
view!(OutboxMail, "demo/outbox_mail.html", "outbox_mail");
