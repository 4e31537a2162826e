//! Answers that are none, at every stage kind (A-01, CVE-2026-49448; A-07; A-64): nothing, nonsense,
//! wrong types, lists, and what another stage asks for. The table is compared with the registry: whoever
//! adds a kind says here how it is reached and what a good answer is, and gets its attacks for nothing.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Browser, TestApp, Walk};
use crate::{ADA, PASSWORD};

/// How a kind stands in a flow, and what passes it.
pub(super) struct Sample {
    pub(super) kind: &'static str,
    /// The stages of a flow in which it stands behind those that lead to it.
    flow: &'static str,
    purpose: &'static str,
    /// What is answered on the way to it.
    before: &'static [(&'static str, &'static str)],
    /// The answer that passes; `None` for a kind that never asks.
    good: Option<(&'static str, &'static str)>,
}

const IDENTIFY: (&str, &str) = ("login", ADA);

/// A name that nobody has.
const NOBODY: (&str, &str) = ("login", "nobody@acme.example");

pub(super) const SAMPLES: &[Sample] = &[
    // First: later samples give Ada factors, which a sign-in then asks for.
    Sample {
        kind: "user_delete",
        flow: "[user_delete: {}]",
        purpose: "unenrolment",
        before: &[],
        good: None,
    },
    Sample {
        kind: "identify",
        flow: "[identify: {}, password: {}, login: {}]",
        purpose: "authentication",
        before: &[],
        good: Some(IDENTIFY),
    },
    Sample {
        kind: "password",
        flow: "[identify: {}, password: {}, login: {}]",
        purpose: "authentication",
        before: &[IDENTIFY],
        good: Some(("password", PASSWORD)),
    },
    Sample {
        kind: "message",
        flow: "[identify: {}, message: { text: Hello }, password: {}, login: {}]",
        purpose: "authentication",
        before: &[IDENTIFY],
        good: Some(("action", "continue")),
    },
    Sample {
        kind: "prompt",
        flow: "[identify: {}, prompt: { fields: [{ name: colour, type: select, options: [{ value: red }] }] }, \
               password: {}, login: {}]",
        purpose: "authentication",
        before: &[IDENTIFY],
        good: Some(("colour", "red")),
    },
    // Only its mail passes it: `tests/flows/recovery.rs`.
    Sample {
        kind: "email_link",
        flow: "[identify: {}, email_link: {}, login: {}]",
        purpose: "recovery",
        before: &[IDENTIFY],
        good: None,
    },
    // A factor is asked of whoever has it, and of whoever is nobody: `tests/stages/totp.rs` passes it.
    Sample {
        kind: "totp",
        flow: "[identify: {}, totp: {}, password: {}, login: {}]",
        purpose: "authentication",
        before: &[NOBODY],
        good: None,
    },
    Sample {
        kind: "webauthn_setup",
        flow: "[webauthn_setup: {}, login: {}]",
        purpose: "settings",
        before: &[],
        good: None,
    },
    Sample {
        kind: "totp_setup",
        flow: "[totp_setup: {}, login: {}]",
        purpose: "settings",
        before: &[],
        good: None,
    },
    // Somebody who is nobody has no code: `tests/stages/static_code.rs`.
    Sample {
        kind: "static",
        flow: "[identify: {}, static: {}, password: {}, login: {}]",
        purpose: "authentication",
        before: &[("login", "nobody@acme.example")],
        good: None,
    },
    Sample {
        kind: "static_setup",
        flow: "[static_setup: {}, login: {}]",
        purpose: "settings",
        before: &[],
        good: Some(("saved", "true")),
    },
    // It asks for what Tom has, on the page of that factor.
    Sample {
        kind: "gate",
        flow: "[identify: {}, password: {}, gate: {}, login: {}]",
        purpose: "authentication",
        before: &[("login", "tom@acme.example"), ("password", PASSWORD)],
        good: None,
    },
    // Only an authenticator passes these: `webauthn/`.
    Sample {
        kind: "webauthn",
        flow: "[webauthn: { passwordless: true }, login: {}]",
        purpose: "authentication",
        before: &[],
        good: None,
    },
    // For a stranger no code is sent, so none passes: `otp/`.
    Sample {
        kind: "email_otp",
        flow: "[identify: {}, email_otp: {}, password: {}, login: {}]",
        purpose: "authentication",
        before: &[IDENTIFY],
        good: None,
    },
    Sample {
        kind: "sms_otp",
        flow: "[identify: {}, sms_otp: {}, password: {}, login: {}]",
        purpose: "authentication",
        before: &[IDENTIFY],
        good: None,
    },
    Sample {
        kind: "email_otp_setup",
        flow: "[email_otp_setup: {}, login: {}]",
        purpose: "settings",
        before: &[],
        good: None,
    },
    Sample {
        kind: "sms_otp_setup",
        flow: "[sms_otp_setup: {}, login: {}]",
        purpose: "settings",
        before: &[],
        good: None,
    },
    // Somebody must be signed in for it to ask.
    Sample {
        kind: "logout",
        flow: "[logout: {}]",
        purpose: "logout",
        before: &[],
        good: Some(("action", "confirm")),
    },
];

/// The kinds that never ask: they act, or end the flow.
const SILENT: &[&str] = &["deny", "login", "redirect", "user_write"];

#[test]
fn every_kind_is_in_the_table() {
    let registry = stages::registry();
    let mut listed: Vec<_> =
        SAMPLES.iter().map(|sample| sample.kind).chain(SILENT.iter().copied()).collect();
    listed.sort_unstable();
    let kinds: Vec<_> = registry.kinds().map(engine::Kind::name).collect();
    assert_eq!(kinds, listed, "each stage kind has a line in tests/stages/attacks.rs");
    for kind in SILENT {
        let source = std::fs::read_to_string(format!(
            "{}/stages/src/{kind}/mod.rs",
            env!("CARGO_MANIFEST_DIR")
        ));
        let source = source.unwrap();
        assert!(!source.contains("Entered::Ask"), "{kind} asks, so it needs a sample");
        assert!(source.contains("async fn enter"), "{kind} asks, so it needs a sample");
    }
}

/// One blueprint with a flow for each sample.
pub(super) fn blueprint() -> String {
    let mut flows = "flows:\n".to_owned();
    for Sample { kind, purpose, flow, .. } in SAMPLES {
        let slug = kind.replace('_', "-");
        writeln!(flows, "  at-{slug}:\n    use: {purpose}\n    stages: {flow}").unwrap();
    }
    crate::ACME.replace("flows:\n", &flows)
}

/// A walk that stands before the sample's kind.
pub(super) async fn reach(browser: Browser, sample: &Sample) -> Walk {
    if matches!(sample.purpose, "logout" | "settings" | "unenrolment") {
        // Who gets recovery codes here is asked for them from then on, so it is somebody else.
        let (login, password) = match sample.kind {
            "static_setup" => ("bob@acme.example", "eight brown barrels"),
            _ => (ADA, PASSWORD),
        };
        crate::flows::sign_in_as(&browser, login, password).await;
    }
    let slug = format!("at-{}", sample.kind.replace('_', "-"));
    let mut walk = Walk::begin(&browser, &slug).await;
    for (name, value) in sample.before {
        walk = walk.answer(json!({ *name: value })).await;
    }
    walk.asks(component(sample))
}

/// The component that it shows.
pub(super) fn component(sample: &Sample) -> &'static str {
    if sample.kind == "gate" { "totp" } else { sample.kind }
}

/// Answers that pass no stage of this kind.
fn hostile(sample: &Sample) -> Vec<Value> {
    let mut answers = vec![
        json!({}),
        json!({ "": "" }),
        json!({ "action": "next" }),
        json!({ "action": null }),
        json!({ "code": "" }),
        json!({ "code": null }),
        json!({ "choose": "password" }),
        json!({ "later": true, "remember_device": true }),
        json!({ "ok": true, "success": true, "verified": true, "skip": true }),
        json!({ "__proto__": { "passed": true }, "constructor": {} }),
    ];
    for other in SAMPLES.iter().filter(|other| other.kind != sample.kind) {
        answers.extend(other.good.map(|(name, value)| json!({ name: value })));
    }
    let Some((name, value)) = sample.good else { return answers };
    let wrong = [
        json!(null),
        json!(""),
        json!(" "),
        json!(0),
        json!(-1),
        json!(true),
        json!(false),
        json!([]),
        json!([value]),
        json!([[value]]),
        json!({}),
        json!({ name: value }),
        json!({ "$ne": "" }),
        json!({ "$gt": "" }),
        json!(format!("{value}\u{0}")),
        json!("\u{0}"),
        json!("x".repeat(5_000)),
    ];
    // What a field of any text takes is no wrong answer there, nor is the answer in other words.
    let takes = |wrong: &Value| match sample.kind {
        "identify" => wrong.as_str() == Some("anybody"),
        "static_setup" => *wrong == json!(true),
        _ => false,
    };
    answers.extend(
        wrong.into_iter().filter(|wrong| !takes(wrong)).map(|wrong| json!({ name: wrong })),
    );
    for spelled in
        [name.to_uppercase(), format!("{name}[]"), format!("{name} "), format!("answer.{name}")]
    {
        answers.push(json!({ spelled: value }));
    }
    answers
}

/// It stands where it stood, and nothing came of it.
async fn assert_not_passed(walk: &Walk, sample: &Sample, what: &str) -> Walk {
    let now = walk.look().await;
    assert_eq!(now.component(), component(sample), "{}: {what}: {now:?}", sample.kind);
    assert_eq!(now.body["challenge"]["stage"], walk.body["challenge"]["stage"], "{what}");
    now
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_answer_passes_a_stage() {
    let app = TestApp::with_settings(&blueprint(), super::webauthn::SETTINGS).await;
    for sample in SAMPLES {
        let mut walk = reach(app.browser(), sample).await;
        for answer in hostile(sample) {
            let body = json!({ "step": walk.body["step"], "answer": answer });
            let page = walk.send(&body).await;
            assert!([200, 422].contains(&page.status.as_u16()), "{answer}: {page:?}");
            walk = assert_not_passed(&walk, sample, &answer.to_string()).await;
        }
        pass(&app, walk, sample).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_passes_no_stage() {
    let app = TestApp::with_settings(&blueprint(), super::webauthn::SETTINGS).await;
    for sample in SAMPLES {
        let walk = reach(app.browser(), sample).await;
        let step = walk.body["step"].clone();
        let good = sample.good.map_or(json!({}), |(name, value)| json!({ name: value }));
        for body in [
            json!(null),
            json!([]),
            json!({}),
            json!("x"),
            json!(1),
            json!({ "step": step }),
            json!({ "answer": good }),
            json!({ "step": step, "answer": null }),
            json!({ "step": step, "answer": [good] }),
            json!({ "step": step, "answer": [] }),
            json!({ "step": step, "answer": good.to_string() }),
            json!({ "step": step.to_string(), "answer": good }),
            json!({ "step": [step], "answer": good }),
            json!([{ "step": step, "answer": good }]),
            json!([step, good]),
            json!({ "step": step, "answer": good, "next": true }),
        ] {
            let page = walk.send(&body).await;
            assert_eq!(page.status, 400, "{}: {body}: {page:?}", sample.kind);
        }
        let whole = json!({ "step": step, "answer": good }).to_string();
        let form: String = match sample.good {
            Some((name, value)) => format!("step={step}&{name}={value}"),
            None => format!("step={step}"),
        };
        for (kind, body, status) in [
            ("application/json", "", 400),
            ("application/json", "null", 400),
            ("application/json", &whole[..whole.len() - 1], 400),
            ("application/json", &format!("{whole}{whole}"), 400),
            ("application/json", &form, 400),
            ("text/plain", &whole, 415),
            ("application/x-www-form-urlencoded", &whole, 415),
            ("application/x-www-form-urlencoded", &form, 415),
            ("multipart/form-data; boundary=x", &whole, 415),
            ("application/xml", "<answer/>", 415),
        ] {
            let headers: [(&str, &[u8]); 1] = [("content-type", kind.as_bytes())];
            let page = walk.browser().raw(Method::POST, &walk.address(), &headers, body).await;
            assert_eq!(page.status, status, "{}: {kind}: {body}: {page:?}", sample.kind);
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let headers: [(&str, &[u8]); 1] = [("content-type", b"application/json")];
            let page = walk.browser().raw(method, &walk.address(), &headers, &*whole).await;
            assert_eq!(page.status, 405, "{page:?}");
        }
        let walk = assert_not_passed(&walk, sample, "no answer").await;
        assert_eq!(walk.body["step"], step, "{}: none of these was taken", sample.kind);
    }
}

/// The same through forms, where everything is a text.
#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_form_passes_a_stage() {
    let app = TestApp::with_settings(&blueprint(), super::webauthn::SETTINGS).await;
    for sample in SAMPLES {
        let mut walk = reach(app.browser(), sample).await;
        let address = walk.address().replace("/api/v1/flows/", "/flow/");
        let page = walk.browser().visit(&address).await.expect(200);
        let csrf = page.attribute(r#"[name="csrf"]"#, "value");
        let mut forms = vec![String::new(), "a=b".to_owned(), "=".to_owned(), "&&&".to_owned()];
        for other in SAMPLES.iter().filter(|other| other.kind != sample.kind) {
            forms.extend(other.good.map(|(name, value)| format!("{name}={value}")));
        }
        if let Some((name, value)) = sample.good {
            forms.extend([
                format!("{name}="),
                name.to_owned(),
                format!("{name}=%20"),
                format!("{name}[]={value}"),
                format!("{name}[0]={value}"),
                format!("{name}={value}&{name}={value}"),
                format!("{name}={value}%00"),
                format!("{}={value}", name.to_uppercase()),
                format!("answer[{name}]={value}"),
                format!("answer={{\"{name}\":\"{value}\"}}"),
            ]);
        }
        for form in forms {
            let step = &walk.body["step"];
            let form = form.replace(' ', "+");
            let body = format!("csrf={csrf}&step={step}&{form}");
            let headers: [(&str, &[u8]); 1] =
                [("content-type", b"application/x-www-form-urlencoded")];
            let page = walk.browser().raw(Method::POST, &address, &headers, body).await;
            let status = page.status.as_u16();
            assert!([303, 400].contains(&status), "{}: {form}: {page:?}", sample.kind);
            walk = assert_not_passed(&walk, sample, &form).await;
        }
        for step in ["", "x", "-1", "99", "1e0", "0x1", "9223372036854775808", " 1"] {
            let Some((name, value)) = sample.good else { continue };
            let value = value.replace(' ', "+");
            let body = format!("csrf={csrf}&step={step}&{name}={value}");
            let headers: [(&str, &[u8]); 1] =
                [("content-type", b"application/x-www-form-urlencoded")];
            let page = walk.browser().raw(Method::POST, &address, &headers, body).await;
            assert!([303, 400].contains(&page.status.as_u16()), "{step}: {page:?}");
            walk = assert_not_passed(&walk, sample, step).await;
        }
        pass(&app, walk, sample).await;
    }
}

/// The good answer passes, so that the attacks before it prove something.
async fn pass(app: &TestApp, walk: Walk, sample: &Sample) {
    if sample.kind == "static" {
        return;
    }
    if sample.good.is_none() && sample.kind != "email_link" {
        return;
    }
    let Some((name, value)) = sample.good else {
        let mail = app.outbox().await.pop().expect("a mail");
        let walk = Walk::follow_link(walk.browser(), mail.link()).await;
        assert!(walk.session().is_some(), "{walk:?}");
        return;
    };
    let walk = walk.answer(json!({ name: value })).await;
    assert_eq!(walk.status, 200, "{}: {walk:?}", sample.kind);
    assert_ne!(walk.component(), sample.kind, "{walk:?}");
}
