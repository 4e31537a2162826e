//! The stages that Flowgate ships, one folder each. To add one: its folder here, one line in
//! [`registry`], its template `templates/stages/<kind>.html`, its message keys in
//! `templates/locales/`, and its tests in `tests/stages/`.

mod answer;
mod factor;
mod password_rules;
mod recovery_codes;
mod subject;

pub mod deny;
pub mod email_link;
pub mod email_otp;
pub mod email_otp_setup;
pub mod gate;
pub mod identify;
pub mod login;
pub mod logout;
pub mod message;
pub mod otp;
pub mod password;
pub mod prompt;
pub mod redirect;
pub mod sms_otp;
pub mod sms_otp_setup;
pub mod static_code;
pub mod static_setup;
pub mod totp;
pub mod totp_setup;
pub mod user_delete;
pub mod user_write;
pub mod webauthn;
pub mod webauthn_setup;

pub use password_rules::{MIN_PASSWORD_CHARACTERS, PasswordRules};

use engine::Registry;
use subject::subject;

/// Every stage.
#[must_use]
pub fn registry() -> Registry {
    Registry::new()
        .with::<identify::Identify>()
        .with::<password::Password>()
        .with::<totp::Totp>()
        .with::<totp_setup::TotpSetup>()
        .with::<webauthn::Webauthn>()
        .with::<webauthn_setup::WebauthnSetup>()
        .with::<static_code::StaticCode>()
        .with::<static_setup::StaticSetup>()
        .with::<email_otp::EmailOtp>()
        .with::<email_otp_setup::EmailOtpSetup>()
        .with::<sms_otp::SmsOtp>()
        .with::<sms_otp_setup::SmsOtpSetup>()
        .with::<gate::Gate>()
        .with::<login::Login>()
        .with::<logout::Logout>()
        .with::<message::Message>()
        .with::<redirect::Redirect>()
        .with::<deny::Deny>()
        .with::<prompt::Prompt>()
        .with::<user_write::UserWrite>()
        .with::<user_delete::UserDelete>()
        .with::<email_link::EmailLink>()
}
