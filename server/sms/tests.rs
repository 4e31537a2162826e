#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use engine::{Telephone as _, TextDraft};
use serde_json::{Value, json};
use store::mail::Message;

use super::template::{Field, Template};
use super::*;
use crate::config::Settings;
use crate::render::Renderer;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
const NUMBER: &str = "+15558675310";

/// What came in.
#[derive(Debug, Clone)]
struct Received {
    line: String,
    headers: HeaderMap,
    body: String,
}

/// A provider that answers everything with one status and body.
struct Provider {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

type Answer = (Arc<Mutex<Vec<Received>>>, StatusCode, &'static str);

impl Provider {
    async fn start(status: u16, answer: &'static str) -> Self {
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let state: Answer = (Arc::clone(&received), StatusCode::from_u16(status).unwrap(), answer);
        let router = Router::new().fallback(take).with_state(state);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, received }
    }

    fn one(&self) -> Received {
        let received = self.received.lock().unwrap();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }
}

async fn take(
    State((received, status, answer)): State<Answer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
    let body = String::from_utf8(body.to_vec()).unwrap();
    received.lock().unwrap().push(Received { line: format!("{method} {uri}"), headers, body });
    (status, [("location", "/elsewhere")], answer)
}

fn sender(pairs: &[(&'static str, &str)]) -> Sender {
    let settings = Settings::of(pairs.iter().copied()).unwrap_or_else(|error| panic!("{error}"));
    Sender::new(&settings.sms.unwrap()).unwrap().unwrap()
}

fn twilio(url: &str, from: &str) -> Sender {
    sender(&[
        ("sms-provider", "twilio"),
        ("sms-url", url),
        ("sms-account", ACCOUNT),
        ("sms-secret", "t0ken"),
        ("sms-from", from),
    ])
}

fn message() -> Message {
    Message::text(NUMBER.to_owned(), "Größe & \"{to}\"\n\n@id.example.org #123456".to_owned())
}

fn fields(body: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

/// As <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource> has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_twilio_is_as_its_reference_says() {
    let provider = Provider::start(201, r#"{"sid":"SM1","status":"queued"}"#).await;
    twilio(&provider.url, "+15557122661").send(&message()).await.unwrap();
    let received = provider.one();
    assert_eq!(received.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    let basic = data_encoding::BASE64.encode(format!("{ACCOUNT}:t0ken").as_bytes());
    assert_eq!(received.headers["authorization"], format!("Basic {basic}"));
    assert_eq!(received.headers["content-type"], "application/x-www-form-urlencoded");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected =
        [pair("To", NUMBER), pair("From", "+15557122661"), pair("Body", &message().text)];
    assert_eq!(fields(&received.body), expected);

    let provider = Provider::start(201, "{}").await;
    twilio(&provider.url, SERVICE).send(&message()).await.unwrap();
    assert_eq!(fields(&provider.one().body)[1], pair("MessagingServiceSid", SERVICE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_by_its_numbers_alone() {
    let words = r#"{"code":21211,"message":"The 'To' number +15558675310 is not valid: 123456"}"#;
    for (status, is_final) in
        [(400, true), (401, false), (404, false), (429, false), (500, false), (302, false)]
    {
        let provider = Provider::start(status, words).await;
        let failure = twilio(&provider.url, "Acme").send(&message()).await.unwrap_err();
        assert_eq!(failure.is_final, is_final, "{status}");
        assert_eq!(failure.reason, format!("status {status}, error 21211"));
        provider.one();
    }
    let nobody = twilio("http://127.0.0.1:1", "Acme").send(&message()).await.unwrap_err();
    assert!(!nobody.is_final && !nobody.reason.contains("5558675310"), "{nobody:?}");
    // Plain words, and more of them than are read.
    for words in ["no JSON", "[]", "\"123456\""] {
        let provider = Provider::start(400, words).await;
        let failure = twilio(&provider.url, "Acme").send(&message()).await.unwrap_err();
        assert_eq!(failure.reason, "status 400");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_gets_what_the_settings_describe() {
    let provider = Provider::start(202, "queued").await;
    let url = format!("{}/send?v=1", provider.url);
    let body = r#"{"to": ["{to}"], "message": {"text": "Acme: {text}", "{to}": "{digits}"}, "flash": false, "ttl": 600, "from": "{from}"}"#;
    let headers = r#"{"Authorization": "Bearer {secret}", "X-Sender": "{from}"}"#;
    let settings = [
        ("sms-provider", "http"),
        ("sms-url", url.as_str()),
        ("sms-method", "PUT"),
        ("sms-headers", headers),
        ("sms-body", body),
        ("sms-secret", "k3y"),
        ("sms-from", "Acme"),
        ("sms-statuses", "200,202"),
    ];
    sender(&settings).send(&message()).await.unwrap();
    let received = provider.one();
    assert_eq!(received.line, "PUT /send?v=1");
    assert_eq!(received.headers["authorization"], "Bearer k3y");
    assert_eq!(received.headers["x-sender"], "Acme");
    assert_eq!(received.headers["content-type"], "application/json");
    let expected = json!({
        "to": [NUMBER],
        "message": { "text": format!("Acme: {}", message().text), "{to}": "15558675310" },
        "flash": false,
        "ttl": 600,
        "from": "Acme",
    });
    assert_eq!(serde_json::from_str::<Value>(&received.body).unwrap(), expected);
    // Another 2xx than those stated is no success.
    let provider = Provider::start(201, "").await;
    let url = format!("{}/send", provider.url);
    let mut other = settings;
    other[1].1 = &url;
    assert!(!sender(&other).send(&message()).await.unwrap_err().is_final);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_s_fields_hold_values_and_never_become_more_fields() {
    let provider = Provider::start(200, "").await;
    let sender = sender(&[
        ("sms-provider", "http"),
        ("sms-url", &provider.url),
        ("sms-encoding", "form"),
        ("sms-body", r#"{"recipient": "{to}", "text": "{text}", "flash": 0}"#),
    ]);
    let text = "a&recipient=+1\r\n{to}{secret}";
    sender.send(&Message::text(NUMBER.to_owned(), text.to_owned())).await.unwrap();
    let received = provider.one();
    assert_eq!(received.headers["content-type"], "application/x-www-form-urlencoded");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [pair("recipient", NUMBER), pair("text", text), pair("flash", "0")];
    assert_eq!(fields(&received.body), expected);
}

#[test]
fn a_template_knows_its_fields_and_nothing_else() {
    let with = |field| match field {
        Field::To => "{text}",
        Field::Text => "{to}",
        _ => "?",
    };
    for (text, filled) in [
        ("{to}{text}", "{text}{to}"),
        ("{ to } {To} {x} {", "{ to } {To} {x} {"),
        ("{{to}}", "{{text}}"),
        ("ä{to}ö", "ä{text}ö"),
        ("", ""),
    ] {
        assert_eq!(Template::parse(text).fill(&with), filled);
    }
}

/// GSM 03.38 without its extension table, as far as texts use it: 160 such letters are one message.
fn is_gsm(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_ascii_alphanumeric()
            || "@£$¥èéùìòÇ\nØøÅåÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà".contains(c)
    })
}

#[test]
fn a_code_fits_one_message_and_is_bound_to_the_host_in_every_language() {
    let renderer = Arc::new(Renderer::strict(None).unwrap());
    let languages: Vec<String> =
        renderer.locales().all().iter().map(|it| it.lang().as_str().to_owned()).collect();
    let composer = Composer::new(renderer, "https://login.example.org:8443", true);
    for language in languages.iter().map(String::as_str).chain(["tlh"]) {
        let draft = TextDraft { to: NUMBER, language, code: "049213", minutes: 10 };
        let Message { to, text, .. } = composer.compose(&draft);
        assert_eq!(to, NUMBER);
        assert_eq!(text.lines().last(), Some("@login.example.org #049213"));
        assert!(text.starts_with("049213 ") && text.contains("10"), "{text}");
        assert!(is_gsm(&text) && text.chars().count() <= 160, "{language}: {text}");
    }
}
