//! Samples of the account pages.

use serde_json::{Value as Json, json};

use super::Sample;

const AT: &str = "2026-11-22T19:58:00Z";
const EARLIER: &str = "2026-03-04T08:15:00Z";

fn sample(name: &str, page: &str, data: Json) -> Sample {
    Sample {
        name: name.to_owned(),
        template: format!("account/{page}.html"),
        variable: "account",
        data,
        branded: true,
    }
}

fn factor(factor: &str, name: &str, more: &Json) -> Json {
    let mut bound = json!({
        "id": "0198f3c2-7d1e-7a40-9c55-2f0e6b1d8a37", "factor": factor, "name": name,
        "created_at": EARLIER, "last_used_at": AT,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        bound[key] = value.clone();
    }
    bound
}

fn place(browser: Option<&str>, system: Option<&str>, current: bool) -> Json {
    json!({
        "id": "0198f3c2-7d1e-7a40-9c55-2f0e6b1d8a38", "current": current, "browser": browser,
        "system": system, "ip": "203.0.113.7", "acr": "aal2", "created_at": EARLIER,
        "last_seen_at": AT, "expires_at": AT,
    })
}

/// Every account page.
pub(super) fn pages() -> Vec<Sample> {
    let mut pages = overview();
    pages.extend(security());
    pages.extend(factors());
    pages.extend(places());
    pages.extend(profile());
    pages.extend(activity());
    pages
}

fn overview() -> Vec<Sample> {
    let overview = |nudges: Json| {
        json!({
            "acr": "aal2", "amr": ["pwd", "otp", "mfa"], "auth_time": AT,
            "organisations": ["Acme GmbH", "Kontor AG"],
            "apps": [{ "name": "Wiki", "uri": "https://wiki.acme.example/" }],
            "nudges": nudges,
        })
    };
    let reason = json!({
        "code": "grace", "until": AT,
        "origin": { "kind": "organisation", "slug": "acme", "name": "Acme GmbH" },
    });
    let mut bare = overview(json!([{ "kind": "no_factor" }]));
    bare["apps"] = json!([]);
    bare["organisations"] = json!([]);
    bare["amr"] = json!([]);
    let deadline = json!([{ "kind": "deadline", "reason": reason }, { "kind": "no_codes" }]);
    vec![
        sample("account", "overview", overview(json!([]))),
        sample("account_deadline", "overview", overview(deadline)),
        sample("account_codes", "overview", overview(json!([{ "kind": "few_codes", "left": 1 }]))),
        sample("account_plain", "overview", bare),
    ]
}

fn security() -> Vec<Sample> {
    let set_up = |factor: &str| json!({ "factor": factor, "url": "/flow/set-up-totp" });
    let set_ups = ["webauthn", "totp", "sms", "email"].map(set_up);
    let full = json!({
        "factors": [
            factor("webauthn", "iCloud Keychain", &json!({ "kept": "synced" })),
            factor("webauthn", "YubiKey 5", &json!({ "kept": "hardware", "last_used_at": null })),
            factor("totp", "<b>My phone</b> with a rather long name that has to go on somewhere", &json!({})),
            factor("email", "Work", &json!({ "to": "ada.lovelace@acme.example" })),
            factor("sms", "+49 1511 2345678", &json!({ "to": "+49 1511 2345678" })),
        ],
        "recovery_codes": { "left": 2, "of": 10, "created_at": EARLIER, "last_used_at": AT },
        "few_codes": true,
        "password_changed_at": EARLIER,
        "set_ups": set_ups,
        "devices": [place(Some("Firefox"), Some("Linux"), false), place(Some("Safari"), Some("iPhone"), false)],
        "notice": "removed",
    });
    let mut empty = full.clone();
    empty["factors"] = json!([]);
    empty["recovery_codes"] = Json::Null;
    empty["password_changed_at"] = Json::Null;
    empty["few_codes"] = json!(false);
    empty["devices"] = json!([]);
    empty["notice"] = Json::Null;
    vec![
        sample("account_security", "security", full),
        sample("account_security_empty_plain", "security", empty),
    ]
}

fn factors() -> Vec<Sample> {
    let key = factor("webauthn", "YubiKey 5", &json!({ "kept": "hardware" }));
    let codes = factor("static", "", &json!({ "last_used_at": null }));
    let page = |factor: &Json, errors: Json| {
        json!({
            "factor": factor, "typed": factor["name"], "longest_name": 64, "errors": errors,
            "notice": null,
        })
    };
    let wrong =
        json!([{ "field": "name", "key": "account.factor.bad_name", "params": { "max": 64 } }]);
    let reasons = json!([{
        "code": "mfa_required",
        "origin": { "kind": "organisation", "slug": "acme", "name": "Acme GmbH" },
    }]);
    let refused = json!({ "organisations": ["Acme GmbH"], "reasons": reasons });
    let alone = json!({ "organisations": [], "reasons": [] });
    vec![
        sample("account_factor", "factor", page(&key, json!([]))),
        sample("account_factor_error", "factor", page(&codes, wrong)),
        sample("account_remove", "remove", json!({ "factor": key, "refused": null })),
        sample("account_remove_refused", "remove", json!({ "factor": key, "refused": refused })),
        sample("account_remove_last", "remove", json!({ "factor": codes, "refused": alone })),
    ]
}

fn places() -> Vec<Sample> {
    let sessions = |stale: bool| {
        json!({
            "sessions": [
                place(Some("Firefox"), Some("Linux"), true),
                place(Some("Safari"), Some("iPhone"), false),
                place(None, None, false),
            ],
            "stale": stale, "notice": null,
        })
    };
    let mut alone = sessions(false);
    alone["sessions"] = json!([place(Some("Firefox"), None, true)]);
    alone["notice"] = json!("sessions_ended");
    let app = |name: &str, scopes: Json| json!({ "client": "wiki", "name": name, "uri": null, "scopes": scopes, "since": EARLIER });
    let apps = [
        app("Wiki", json!(["openid", "profile", "email"])),
        app("<script>alert(1)</script>", json!(["wiki:write"])),
        app("Intranet", json!([])),
    ];
    vec![
        sample("account_sessions", "sessions", sessions(false)),
        sample("account_sessions_stale", "sessions", sessions(true)),
        sample("account_sessions_alone_plain", "sessions", alone),
        sample("account_apps", "apps", json!({ "apps": apps, "notice": "disconnected" })),
        sample("account_apps_none_plain", "apps", json!({ "apps": [], "notice": null })),
    ]
}

fn profile() -> Vec<Sample> {
    let full = json!({
        "name": "Ada Lovelace", "longest_name": 200, "username": "ada",
        "email": "ada@acme.example", "email_verified": true, "language": "de",
        "languages": [
            { "value": "browser", "label": "account.profile.browser" },
            { "value": "de", "label": "Deutsch" },
            { "value": "en", "label": "English" },
        ],
        "errors": [], "notice": "saved",
    });
    let mut bare = full.clone();
    for key in ["username", "email", "notice"] {
        bare[key] = Json::Null;
    }
    bare["language"] = json!("browser");
    bare["errors"] =
        json!([{ "field": "name", "key": "account.profile.bad_name", "params": { "max": 200 } }]);
    let mut unverified = full.clone();
    unverified["email_verified"] = json!(false);
    vec![
        sample("account_profile", "profile", full),
        sample("account_profile_unverified", "profile", unverified),
        sample("account_profile_error_plain", "profile", bare),
    ]
}

/// What the words for events are tried on: kind, outcome.
const EVENTS: [(&str, &str); 10] = [
    ("login", "success"),
    ("password_checked", "failure"),
    ("factor_checked", "failure"),
    ("factor_added", "success"),
    ("consent_given", "success"),
    ("password_changed", "success"),
    ("session_ended", "success"),
    ("device_remembered", "success"),
    ("flow_denied", "failure"),
    ("something_new", "success"),
];

fn activity() -> Vec<Sample> {
    let event = |(kind, outcome): (&str, &str)| {
        let about = |is_it: bool, what: &str| is_it.then(|| what.to_owned());
        json!({
            "id": "0198f3c2-7d1e-7a40-9c55-2f0e6b1d8a37", "at": AT, "kind": kind,
            "outcome": outcome, "factor": about(kind.starts_with("factor"), "totp"),
            "client": about(kind == "consent_given", "Wiki"), "ip": "2001:db8::7",
        })
    };
    let id = "0198f3c2-7d1e-7a40-9c55-2f0e6b1d8a37";
    let some = json!({ "events": EVENTS.map(event), "next": id, "newest": false });
    let none = json!({ "events": [], "next": null, "newest": true });
    vec![
        sample("account_activity", "activity", some),
        sample("account_activity_none_plain", "activity", none),
    ]
}
