//! The pages of the demo: the sample app and the outbox.

use serde::Serialize;

use super::view::{View, view};

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

/// A link of the sample app: `fresh` (`max_age=0`), `second_factor` (`acr_values=aal2`),
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
