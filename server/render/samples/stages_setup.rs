//! Samples of the pages that set a factor up, and of the choice between them.

use serde_json::{Value as Json, json};

use super::Sample;
use super::stages::stage;

/// A QR code of an `otpauth:` URI.
const QR: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAC0AAAAtAQAAAAASYd83AAABLElEQVR42mP8z8DAwPCTiYGBgYGBAZViLlS7IBl7h4l9h7m3PAPT365ZXEUMTAyfPsUwMLAwcG0PvqnO8P2Sjc39CsYPqg4Mry0Y/v9YI/P/B8MHp9cGq34w/HkbvS7vBwvjjMQdc7gYf311Cmb6xPQryynMi4Hx94fFsnsnMP19f8lXqoHx/+tHUiZxTL/zVLl2MzB83y2hr/mDiYPvKa98A8M//Zo7vyuY/motDbnHwPAn90enzg/Gbw9SldO2MP2XSX75n4GJbZHQJF8Glj9nTxmekWH5/8yL98Adpn8Wc94pNTB89TR5yfKD8f+n56u+NjIXqv1z3HmZ8fvzN5dvNrH8rbhvPZGJieG/5x/mBiaGf7e8XjYwMTfxcwQxMH5Q9n3o/YYRT/AAABtteXc6T5CCAAAAAElFTkSuQmCC";

pub(super) fn setups() -> Vec<Sample> {
    let mut setups = choices();
    setups.extend(apps());
    setups.extend(passkeys());
    setups.extend(messages());
    setups.extend(codes());
    setups
}

fn choices() -> Vec<Sample> {
    let acme = json!({ "kind": "organisation", "slug": "acme", "name": "Acme GmbH" });
    let required = json!([
        { "code": "mfa_required", "origin": acme },
        { "code": "nothing_enrolled" },
    ]);
    let now = json!({
        "factors": ["webauthn", "totp", "static", "email", "sms"],
        "deadline": null, "later": false, "reasons": required,
    });
    let later = json!({
        "factors": ["webauthn", "totp"], "deadline": "2026-11-29T08:00:00Z", "later": true,
        "reasons": [{ "code": "grace_by", "origin": acme, "until": "2026-11-29T08:00:00Z" }],
    });
    let failed = json!([{ "field": null, "key": "factor.too_many", "params": { "count": 10 } }]);
    vec![
        stage("enrol", "enrol", &now, &json!([])),
        stage("enrol_later_plain", "enrol", &later, &json!([])),
        stage("enrol_error", "enrol", &now, &failed),
        stage("enrol_minimal", "enrol", &json!({ "factors": ["totp"] }), &json!([])),
    ]
}

fn apps() -> Vec<Sample> {
    let app = json!({
        "uri": "otpauth://totp/Acme%20GmbH:ada@acme.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme%20GmbH",
        "secret": "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
        "qr": QR, "issuer": "Acme GmbH", "digits": 6, "period": 30, "back": true,
    });
    let long = json!({
        "uri": "javascript:alert(1)", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "qr": "https://elsewhere.example/qr.png", "digits": 8, "period": 60,
        "issuer": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    });
    let wrong = json!([
        { "field": "code", "key": "code.wrong", "params": {} },
        { "field": "name", "key": "factor.name", "params": { "characters": 64 } },
    ]);
    vec![
        stage("totp_setup", "totp_setup", &app, &json!([])),
        stage("totp_setup_errors_plain", "totp_setup", &app, &wrong),
        stage("totp_setup_long", "totp_setup", &long, &json!([])),
    ]
}

fn passkeys() -> Vec<Sample> {
    let options = json!({
        "rp": { "id": "id.acme.example", "name": "Acme GmbH" },
        "user": { "id": "AZjzwn0eekCcVS8Oax2KNw", "name": "ada@acme.example", "displayName": "Ada </script><b>" },
        "challenge": "q1Yz7k0uN3bqXKz1mE2oJmZ2o8aG0rYcN5tQ3sVfL1M", "timeout": 300_000,
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
        "excludeCredentials": [{ "type": "public-key", "id": "bm90LXRoaXMtb25l" }],
        "authenticatorSelection": { "residentKey": "preferred", "userVerification": "preferred" },
        "attestation": "none",
    });
    let first = json!({ "options": options, "back": true });
    let another = json!({ "options": options });
    let failed = |field: Json, key: &str| json!([{ "field": field, "key": key, "params": { "characters": 64 } }]);
    vec![
        stage("webauthn_setup", "webauthn_setup", &first, &json!([])),
        stage(
            "webauthn_setup_error_plain",
            "webauthn_setup",
            &another,
            &failed(json!(null), "webauthn.registered"),
        ),
        stage(
            "webauthn_setup_name",
            "webauthn_setup",
            &another,
            &failed(json!("name"), "factor.name"),
        ),
    ]
}

fn messages() -> Vec<Sample> {
    let address = json!({ "phase": "address", "address": "ada@acme.example", "back": true });
    let sent = json!({ "phase": "confirm", "sent_to": "a•••@acme.example", "resend_in": 42 });
    let number = json!({ "phase": "address", "number": null, "back": true });
    let texted =
        json!({ "phase": "confirm", "sent_to": "+49 ••• ••••567", "resend_in": 0, "back": true });
    let wrong = |field: &str, key: &str| json!([{ "field": field, "key": key, "params": {} }]);
    vec![
        stage("email_otp_setup", "email_otp_setup", &address, &json!([])),
        stage(
            "email_otp_setup_error_plain",
            "email_otp_setup",
            &address,
            &wrong("address", "prompt.email"),
        ),
        stage("email_otp_setup_confirm", "email_otp_setup", &sent, &json!([])),
        stage("sms_otp_setup", "sms_otp_setup", &number, &json!([])),
        stage(
            "sms_otp_setup_error_plain",
            "sms_otp_setup",
            &number,
            &wrong("number", "sms_otp_setup.invalid"),
        ),
        stage(
            "email_otp_setup_other_plain",
            "email_otp_setup",
            &sent,
            &wrong("address", "prompt.taken"),
        ),
        stage("sms_otp_setup_confirm", "sms_otp_setup", &texted, &wrong("code", "code.wrong")),
    ]
}

fn codes() -> Vec<Sample> {
    let codes = json!({ "codes": [
        "K7QXM-2PWRA", "9FHTD-VX4CN", "B3MZE-7KJQY", "PW6RA-XN8GT", "4CVHD-QE2MB",
        "ZT9KX-J5FWP", "N8RQA-C6YVH", "G2DXE-MB7TK", "YJ4PW-9ZCNR", "V5QHF-A3XGE",
    ] });
    let odd = json!({ "replaces": true, "codes": ["a-single-code-that-is-much-longer-than-any-of-ours-will-ever-be"] });
    let failed = json!([{ "field": "saved", "key": "static_setup.unsaved", "params": {} }]);
    vec![
        stage("static_setup", "static_setup", &codes, &json!([])),
        stage("static_setup_error_plain", "static_setup", &odd, &failed),
    ]
}
