//! The stages that Flowgate ships, one folder each. To add one: its folder here, one line in
//! [`registry`], its template `templates/stages/<kind>.html`, its message keys in
//! `templates/locales/`, and its tests in `tests/stages/`.

mod answer;
mod password_rules;

pub mod deny;
pub mod email_link;
pub mod gate;
pub mod identify;
pub mod login;
pub mod logout;
pub mod message;
pub mod password;
pub mod prompt;
pub mod redirect;
pub mod user_write;

pub use password_rules::{MIN_PASSWORD_CHARACTERS, PasswordRules};

use engine::Registry;

/// Every stage.
#[must_use]
pub fn registry() -> Registry {
    Registry::new()
        .with::<identify::Identify>()
        .with::<password::Password>()
        .with::<gate::Gate>()
        .with::<login::Login>()
        .with::<logout::Logout>()
        .with::<message::Message>()
        .with::<redirect::Redirect>()
        .with::<deny::Deny>()
        .with::<prompt::Prompt>()
        .with::<user_write::UserWrite>()
        .with::<email_link::EmailLink>()
}
