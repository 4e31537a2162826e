//! The routes of the API, each with what it does for those who call it (`openapi/`). Who may come and
//! what is promised stands in `http/routes.rs`.

use super::super::routes::{Access, Route, Verb, at};
use super::{
    account, factors, flow, login, me, openapi, otp, passkeys, password, recovery_codes, step_up,
    totp,
};

use Access::{Browser, Enrolling, Everybody, Sensitive, Session};
use Verb::{Delete, Get, Patch, Post};

/// Every route below `/api/v1`.
pub(in super::super) fn routes() -> Vec<Route> {
    let mut routes = sign_in();
    routes.extend(of_account());
    routes.extend(of_factors());
    routes.extend(of_flows());
    routes
}

fn sign_in() -> Vec<Route> {
    vec![
        at(Get, "/api/v1/login", Browser, login::show).is(&openapi::login::SHOW),
        at(Post, "/api/v1/login", Browser, login::start).is(&openapi::login::START),
        at(Post, "/api/v1/login/factor", Browser, login::choose).is(&openapi::login::CHOOSE),
        at(Post, "/api/v1/login/verify", Browser, login::verify).is(&openapi::login::VERIFY),
        at(Post, "/api/v1/login/passkey", Browser, login::passkey).is(&openapi::login::PASSKEY),
        at(Post, "/api/v1/login/passkey/finish", Browser, login::finish_passkey)
            .is(&openapi::login::FINISH_PASSKEY),
    ]
}

fn of_account() -> Vec<Route> {
    vec![
        at(Get, "/api/v1/me", Session, me::show).is(&openapi::account::ME),
        at(Patch, "/api/v1/me", Session, account::update).is(&openapi::account::UPDATE),
        at(Post, "/api/v1/me/password", Sensitive, password::change)
            .is(&openapi::account::PASSWORD),
        at(Get, "/api/v1/me/sessions", Session, account::sessions)
            .is(&openapi::account::SESSIONS_LIST),
        at(Delete, "/api/v1/me/sessions", Sensitive, account::end_other_sessions)
            .is(&openapi::account::SESSIONS_END),
        at(Delete, "/api/v1/me/sessions/{id}", Sensitive, account::end_session)
            .is(&openapi::account::SESSION_END),
        at(Get, "/api/v1/me/devices", Session, account::devices)
            .is(&openapi::account::DEVICES_LIST),
        at(Delete, "/api/v1/me/devices", Session, account::forget_devices)
            .is(&openapi::account::DEVICES_FORGET),
        at(Delete, "/api/v1/me/devices/{id}", Session, account::forget_device)
            .is(&openapi::account::DEVICE_FORGET),
        at(Get, "/api/v1/me/apps", Session, account::apps).is(&openapi::account::APPS_LIST),
        at(Delete, "/api/v1/me/apps/{client}", Session, account::disconnect)
            .is(&openapi::account::APP_DISCONNECT),
        at(Get, "/api/v1/me/activity", Session, account::activity).is(&openapi::account::ACTIVITY),
        at(Get, "/api/v1/me/step-up", Session, step_up::show).is(&openapi::step_up::SHOW),
        at(Post, "/api/v1/me/step-up", Session, step_up::start).is(&openapi::step_up::START),
        at(Post, "/api/v1/me/step-up/verify", Session, step_up::verify)
            .is(&openapi::step_up::VERIFY),
        at(Post, "/api/v1/me/totp/verify", Session, totp::verify).is(&openapi::step_up::TOTP),
    ]
}

fn of_factors() -> Vec<Route> {
    vec![
        at(Get, "/api/v1/me/factors", Session, factors::list).is(&openapi::factors::LIST),
        at(Patch, "/api/v1/me/factors/{id}", Sensitive, factors::rename)
            .is(&openapi::factors::RENAME),
        at(Delete, "/api/v1/me/factors/{id}", Sensitive, factors::delete)
            .is(&openapi::factors::DELETE),
        at(Post, "/api/v1/me/totp", Enrolling, totp::start).is(&openapi::factors::TOTP_START),
        at(Post, "/api/v1/me/totp/confirm", Enrolling, totp::confirm)
            .is(&openapi::factors::TOTP_CONFIRM),
        at(Post, "/api/v1/me/totp/disable", Sensitive, totp::disable)
            .is(&openapi::factors::TOTP_DISABLE),
        at(Get, "/api/v1/me/recovery-codes", Session, recovery_codes::show)
            .is(&openapi::factors::CODES_SHOW),
        at(Post, "/api/v1/me/recovery-codes", Sensitive, recovery_codes::replace)
            .is(&openapi::factors::CODES_REPLACE),
        at(Get, "/api/v1/me/passkeys", Session, passkeys::list)
            .is(&openapi::factors::PASSKEYS_LIST),
        at(Post, "/api/v1/me/passkeys", Enrolling, passkeys::start)
            .is(&openapi::factors::PASSKEYS_START),
        at(Post, "/api/v1/me/passkeys/finish", Enrolling, passkeys::finish)
            .is(&openapi::factors::PASSKEYS_FINISH),
        at(Patch, "/api/v1/me/passkeys/{id}", Sensitive, passkeys::rename)
            .is(&openapi::factors::PASSKEYS_RENAME),
        at(Delete, "/api/v1/me/passkeys/{id}", Sensitive, passkeys::delete)
            .is(&openapi::factors::PASSKEYS_DELETE),
        at(Post, "/api/v1/me/otp", Enrolling, otp::start).is(&openapi::factors::OTP_START),
        at(Post, "/api/v1/me/otp/resend", Enrolling, otp::resend).is(&openapi::factors::OTP_RESEND),
        at(Post, "/api/v1/me/otp/confirm", Enrolling, otp::confirm)
            .is(&openapi::factors::OTP_CONFIRM),
    ]
}

fn of_flows() -> Vec<Route> {
    vec![
        at(Get, "/api/v1/flows/{slug}", Browser, flow::show).is(&openapi::flows::SHOW),
        at(Post, "/api/v1/flows/{slug}", Browser, flow::answer).is(&openapi::flows::ANSWER),
        at(Get, "/api/v1/openapi.json", Everybody, openapi::show).is(&openapi::itself::DOCUMENT),
        at(Get, "/api/v1/docs", Everybody, openapi::page).is(&openapi::itself::PAGE),
    ]
}
