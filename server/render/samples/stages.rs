//! Samples of the stages' pages.

use serde_json::{Value as Json, json};

use super::Sample;

/// The sample of a stage.
pub(super) fn stage(name: &str, component: &str, data: &Json, errors: &Json) -> Sample {
    Sample {
        name: name.to_owned(),
        template: format!("stages/{component}.html"),
        variable: "challenge",
        data: json!({ "component": component, "title": null, "data": data, "errors": errors }),
        branded: true,
    }
}

pub(super) fn stages() -> Vec<Sample> {
    let none = json!([]);
    let identify = json!({
        "login": null, "by": ["email", "username"], "remember_me": true, "sources": [],
        "recovery": "/flow/recovery", "enrolment": "/flow/enrolment",
    });
    let mut with_sources = identify.clone();
    with_sources["by"] = json!(["email"]);
    with_sources["sources"] =
        json!([{ "slug": "google", "name": "Google" }, { "slug": "corp", "name": "Corp ID" }]);
    let mut typed = identify.clone();
    typed["login"] = json!("ada lovelace@");
    let wrong = |field: Json, key: &str| json!([{ "field": field, "key": key, "params": {} }]);
    let password = json!({
        "mode": "verify", "show_identity": true, "recovery": "/flow/recovery",
        "person": { "name": "Ada Lovelace", "email": "ada@acme.example", "initials": "AL" },
    });
    let by = |code: &str| {
        let google = json!({ "kind": "federated", "source": "google" });
        json!({ "code": code, "origin": { "kind": "organisation", "slug": "acme", "name": "Acme GmbH" },
            "proof": { "method": google, "at": "2026-11-22T19:58:00Z" }, "until": "2026-11-22T19:58:00Z" })
    };
    let reasons = json!([by("social_login_needs_mfa"), { "code": "one_kind_only" }]);
    let message = |level: &str, go_on: bool| {
        json!({
            "title": "Maintenance tonight",
            "text": "From 22:00 to 23:00 some apps will be away. Your sign-in works as usual.",
            "level": level, "continue": go_on,
        })
    };
    let leaving = json!({ "name": "Ada Lovelace", "email": "ada@acme.example" });
    vec![
        stage("identify", "identify", &identify, &none),
        stage("identify_plain", "identify", &with_sources, &none),
        stage("identify_error", "identify", &typed, &wrong(json!("login"), "identify.invalid")),
        stage("identify_minimal", "identify", &json!({}), &none),
        stage("password", "password", &password, &none),
        stage(
            "password_error_plain",
            "password",
            &password,
            &wrong(json!("password"), "password.wrong"),
        ),
        stage(
            "password_locked",
            "password",
            &password,
            &json!([{ "field": null, "key": "password.locked", "params": { "minutes": "5" } }]),
        ),
        stage("gate_deny", "gate", &json!({ "outcome": "deny", "reasons": reasons }), &none),
        stage(
            "gate_challenge_plain",
            "gate",
            &json!({ "outcome": "challenge", "reasons": [] }),
            &none,
        ),
        stage("stage_message", "message", &message("info", true), &none),
        stage("stage_message_success_plain", "message", &message("success", true), &none),
        stage("stage_message_warning", "message", &message("warning", false), &none),
        stage("deny", "deny", &json!({ "title": null, "text": null, "reasons": [] }), &none),
        stage(
            "deny_reasons_plain",
            "deny",
            &json!({ "title": "Contractors sign in elsewhere", "text": "Use the portal of your agency.", "reasons": reasons }),
            &none,
        ),
        stage(
            "redirect",
            "redirect",
            &json!({ "url": "https://portal.acme.example/start" }),
            &none,
        ),
        stage(
            "email_link",
            "email_link",
            &json!({ "state": "sent", "sent_to": "a•••@acme.example", "resend_in": 42 }),
            &none,
        ),
        stage(
            "email_link_unknown_plain",
            "email_link",
            &json!({ "state": "sent", "sent_to": null, "resend_in": 0 }),
            &json!([{ "field": null, "key": "email_link.too_soon", "params": { "seconds": "20" } }]),
        ),
        stage("email_link_confirm", "email_link", &json!({ "state": "confirm" }), &none),
        stage("login", "login", &json!({}), &none),
        stage("logout", "logout", &json!({ "client": { "name": "Wiki" } }), &none),
        stage("logout_plain", "logout", &json!({ "client": null }), &none),
        stage("user_delete", "user_delete", &leaving, &none),
        stage(
            "user_delete_error",
            "user_delete",
            &leaving,
            &wrong(json!("confirm"), "user_delete.confirm_first"),
        ),
    ]
}

pub(super) fn prompts() -> Vec<Sample> {
    let enrol = json!({
        "title": "Create your account", "text": "One account for everything at Acme.", "submit": "form.continue",
        "fields": [
            { "name": "name", "type": "text", "label": "Your name", "required": true, "value": "Ada Lovelace", "autocomplete": "name", "maxlength": 100 },
            { "name": "email", "type": "email", "label": "identify.email", "required": true, "value": "ada@" },
            { "name": "password", "type": "new_password", "label": "password.label", "required": true, "help": "At least 15 characters. A few words that only you would put together work well.", "minlength": 15, "maxlength": 128 },
            { "name": "team", "type": "select", "label": "Your team", "required": false, "value": "", "options": [{ "value": "maths", "label": "Mathematics" }, { "value": "engines", "label": "Engines" }] },
            { "name": "about", "type": "textarea", "label": "About you", "required": false, "value": "" },
            { "name": "terms", "type": "checkbox", "label": "I have read the house rules", "required": true, "value": false },
            { "name": "campaign", "type": "hidden", "label": "", "value": "spring" },
        ],
    });
    let errors = json!([
        { "field": "email", "key": "prompt.email", "params": {} },
        { "field": "password", "key": "new_password.too_short", "params": { "min": 15 } },
        { "field": null, "key": "identify.too_many", "params": {} },
    ]);
    let every_kind = ["tel", "url", "number", "date", "one_time_code", "password"].map(|kind| {
        json!({ "name": kind, "type": kind, "label": kind, "required": true, "value": null, "help": null, "options": null, "autocomplete": null })
    });
    let rare = json!({ "fields": every_kind });
    vec![
        stage("prompt", "prompt", &enrol, &json!([])),
        stage("prompt_errors_plain", "prompt", &enrol, &errors),
        stage("prompt_kinds", "prompt", &rare, &json!([])),
    ]
}
