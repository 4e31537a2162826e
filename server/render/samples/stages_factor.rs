//! Samples of the pages that ask for a factor.

use serde_json::{Value as Json, json};

use super::Sample;
use super::stages::stage;

pub(super) fn factors() -> Vec<Sample> {
    let mut factors = codes();
    factors.extend(messages());
    factors.extend(passkeys());
    factors.extend(passwords());
    factors
}

/// Why a second factor is asked for.
fn reasons() -> Json {
    let acme = json!({ "kind": "organisation", "slug": "acme", "name": "Acme GmbH" });
    let google = json!({ "kind": "federated", "source": "google" });
    json!([
        { "code": "social_login_needs_mfa", "origin": acme,
            "proof": { "method": google, "at": "2026-11-22T19:58:00Z" } },
        { "code": "factor_enrolled", "origin": acme },
    ])
}

fn wrong(field: Option<&str>, key: &str, name: &str, value: u64) -> Json {
    json!([{ "field": field, "key": key, "params": { name: value } }])
}

fn codes() -> Vec<Sample> {
    let app = json!({
        "digits": 6, "others": ["webauthn", "static"], "remember": { "days": 30 }, "reasons": reasons(),
    });
    let paper = json!({
        "left": 7, "pattern": "XXXXX-XXXXX", "others": ["webauthn", "totp"], "remember": null,
        "reasons": [{ "code": "mfa_required" }],
    });
    let last =
        json!({ "left": 1, "pattern": "XXXXX-XXXXX", "others": [], "remember": { "days": 1 } });
    vec![
        stage("totp", "totp", &app, &json!([])),
        stage("totp_error_plain", "totp", &app, &wrong(Some("code"), "code.wrong", "-", 0)),
        stage("totp_locked", "totp", &app, &wrong(None, "code.locked", "minutes", 15)),
        stage("totp_minimal", "totp", &json!({ "digits": 8 }), &json!([])),
        stage("static", "static", &paper, &json!([])),
        stage("static_last_plain", "static", &last, &wrong(Some("code"), "code.used", "-", 0)),
    ]
}

fn messages() -> Vec<Sample> {
    let mail = json!({
        "sent_to": "a•••@acme.example", "resend_in": 42, "others": ["webauthn", "totp", "static", "sms", "password"],
        "remember": { "days": 30 }, "reasons": reasons(),
    });
    let unknown = json!({ "sent_to": null, "resend_in": 0 });
    let long = json!({
        "sent_to": "d•••@donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft.example",
        "resend_in": 0, "others": ["static"], "remember": null, "reasons": [],
    });
    let text = json!({
        "sent_to": "+49 ••• ••••567", "resend_in": 20, "others": ["email"], "remember": null,
        "reasons": [{ "code": "proof_too_old" }],
    });
    vec![
        stage("email_otp", "email_otp", &mail, &json!([])),
        stage(
            "email_otp_long_plain",
            "email_otp",
            &long,
            &wrong(Some("code"), "code.expired", "-", 0),
        ),
        stage(
            "email_otp_unknown",
            "email_otp",
            &unknown,
            &wrong(None, "code.too_soon", "seconds", 12),
        ),
        stage("sms_otp", "sms_otp", &text, &json!([])),
        stage(
            "sms_otp_error_plain",
            "sms_otp",
            &unknown,
            &wrong(Some("code"), "code.format", "-", 0),
        ),
    ]
}

fn passkeys() -> Vec<Sample> {
    let options = json!({
        "challenge": "q1Yz7k0uN3bqXKz1mE2oJmZ2o8aG0rYcN5tQ3sVfL1M", "timeout": 300_000,
        "rpId": "id.acme.example", "userVerification": "preferred",
        "allowCredentials": [{ "type": "public-key", "id": "bm90LXRoaXMtb25l", "transports": ["usb", "</script>"] }],
    });
    let second = json!({
        "options": options, "user_verification": false, "mode": "second",
        "others": ["totp", "static", "sms"], "remember": { "days": 30 }, "reasons": reasons(),
    });
    let passwordless = json!({
        "options": options, "user_verification": true, "mode": "passwordless", "others": ["password"],
    });
    let identify = |mode: &str, sources: &Json| {
        json!({
            "login": null, "by": ["email", "username"], "remember_me": true, "sources": sources,
            "recovery": "/flow/recovery", "enrolment": "/flow/enrolment",
            "passkey": { "options": options, "mode": mode },
        })
    };
    let google = json!([{ "slug": "google", "name": "Google" }]);
    let failed = |field: Option<&str>, key: &str| wrong(field, key, "-", 0);
    vec![
        stage("webauthn", "webauthn", &second, &json!([])),
        stage(
            "webauthn_error_plain",
            "webauthn",
            &second,
            &failed(Some("credential"), "webauthn.failed"),
        ),
        stage("webauthn_expired", "webauthn", &second, &failed(None, "webauthn.expired")),
        stage("webauthn_passwordless_plain", "webauthn", &passwordless, &json!([])),
        stage("identify_passkey_field", "identify", &identify("autofill", &json!([])), &json!([])),
        stage("identify_passkey_plain", "identify", &identify("button", &google), &json!([])),
        stage(
            "identify_passkey_error",
            "identify",
            &identify("button", &json!([])),
            &failed(Some("credential"), "webauthn.unknown"),
        ),
    ]
}

fn passwords() -> Vec<Sample> {
    let again = json!({
        "mode": "verify", "show_identity": true, "recovery": "/flow/recovery",
        "person": { "name": "Ada", "email": "ada.king-countess-of-lovelace@the-analytical-engine.example", "initials": "AK" },
        "others": ["webauthn", "totp"], "remember": null, "reasons": [{ "code": "proof_too_old" }],
    });
    vec![stage("password_others", "password", &again, &json!([]))]
}
