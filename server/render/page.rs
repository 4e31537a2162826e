//! The frame of every page: language, brand, CSRF token, person, links.

use serde::Serialize;

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

/// What this service calls itself where no organisation's name stands.
pub const SERVICE_NAME: &str = "Flowgate";

impl Default for Brand {
    fn default() -> Self {
        Self { name: SERVICE_NAME.to_owned(), organisation: None }
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
