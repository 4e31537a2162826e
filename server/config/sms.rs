//! The provider of text messages, as `sms_provider` and the other `sms_…` settings state it.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

use super::layers::{Given, Layers};
use super::value;
use crate::sms::{Field, Template, templates};

/// Where Twilio answers.
const TWILIO: &str = "https://api.twilio.com";

/// A message that reaches nobody is refused by the provider; this is against slips.
const MAX_FROM: usize = 40;

/// How text messages leave. It has no `Debug`: it holds a secret.
#[derive(Clone)]
pub enum Sms {
    /// Not at all: they stay in the outbox, for whoever develops.
    Outbox,
    /// By Twilio's API.
    Twilio(Twilio),
    /// By an HTTP request that the settings describe.
    Gateway(Gateway),
}

/// An account at Twilio.
#[derive(Clone)]
pub struct Twilio {
    /// The Messages resource of the account.
    pub(crate) url: Url,
    /// The account's SID.
    pub(crate) account: String,
    /// Its auth token.
    pub(crate) secret: String,
    /// The sender: a number, a name, or the SID of a messaging service.
    pub(crate) from: String,
}

impl Twilio {
    /// Whether a messaging service chooses the sender.
    pub(crate) fn is_service(&self) -> bool {
        is_sid(&self.from, "MG")
    }
}

/// A request to a gateway.
#[derive(Clone)]
pub struct Gateway {
    /// Where to.
    pub(crate) url: Url,
    /// How.
    pub(crate) method: Method,
    /// With which headers.
    pub(crate) headers: HeaderMap,
    /// With which body: the strings in it are templates.
    pub(crate) body: Value,
    /// How the body is written.
    pub(crate) encoding: Encoding,
    /// The statuses that say that it was taken; empty: every 2xx.
    pub(crate) statuses: Vec<u16>,
    /// For `{from}`.
    pub(crate) from: String,
    /// For `{secret}`.
    pub(crate) secret: String,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    Outbox,
    Twilio,
    Http,
}

/// The settings that only some providers need, and which.
const OF_PROVIDERS: [(&str, &[Provider]); 10] = [
    ("sms-url", &[Provider::Twilio, Provider::Http]),
    ("sms-account", &[Provider::Twilio]),
    ("sms-from", &[Provider::Twilio, Provider::Http]),
    ("sms-secret", &[Provider::Twilio, Provider::Http]),
    ("sms-secret-file", &[Provider::Twilio, Provider::Http]),
    ("sms-method", &[Provider::Http]),
    ("sms-headers", &[Provider::Http]),
    ("sms-body", &[Provider::Http]),
    ("sms-encoding", &[Provider::Http]),
    ("sms-statuses", &[Provider::Http]),
];

pub(super) fn read(layers: &mut Layers) -> Option<Sms> {
    let provider = layers.value("sms-provider", provider);
    for (name, users) in OF_PROVIDERS {
        if !provider.is_some_and(|provider| users.contains(&provider)) {
            layers.value(name, |_| {
                Err::<(), _>("is of no use with this `sms_provider`, or without one".to_owned())
            });
        }
    }
    match provider? {
        Provider::Outbox => Some(Sms::Outbox),
        Provider::Twilio => twilio(layers).map(Sms::Twilio),
        Provider::Http => gateway(layers).map(Sms::Gateway),
    }
}

fn provider(given: &Given) -> Result<Provider, String> {
    match given.text.as_str() {
        "outbox" => Ok(Provider::Outbox),
        "twilio" => Ok(Provider::Twilio),
        "http" => Ok(Provider::Http),
        other => Err(format!("`{other}` must be `twilio`, `http` or `outbox`")),
    }
}

fn twilio(layers: &mut Layers) -> Option<Twilio> {
    let account = layers.required("sms-account", |given| {
        let is_account = is_sid(&given.text, "AC");
        let problem = || "must be an account SID: AC and 32 hexadecimal digits".to_owned();
        is_account.then(|| given.text.clone()).ok_or_else(problem)
    });
    let base = layers.value("sms-url", |given| address(&given.text));
    let secret = secret(layers);
    if secret.is_none() {
        layers.missing("sms-secret", "must be stated, or `sms_secret_file`: the auth token");
    }
    let from = layers.required("sms-from", from);
    let account = account?;
    // The account is letters and digits, so the path is as it is written here.
    let mut url = base.or_else(|| Url::parse(TWILIO).ok())?;
    url.set_path(&format!("/2010-04-01/Accounts/{account}/Messages.json"));
    Some(Twilio { url, account, secret: secret?, from: from? })
}

fn gateway(layers: &mut Layers) -> Option<Gateway> {
    let url = layers.required("sms-url", |given| address(&given.text));
    let method = layers.value("sms-method", method).unwrap_or(Method::POST);
    let secret = secret(layers);
    let from = layers.value("sms-from", from);
    let encoding = layers.value("sms-encoding", encoding).unwrap_or(Encoding::Json);
    let known = Known { secret: secret.as_deref(), from: from.as_deref() };
    let headers = layers.value("sms-headers", |given| headers(&given.text, known));
    let body = layers.required("sms-body", |given| body(&given.text, encoding, known));
    let statuses = layers.value("sms-statuses", statuses).unwrap_or_default();
    Some(Gateway {
        url: url?,
        method,
        headers: headers.unwrap_or_default(),
        body: body?,
        encoding,
        statuses,
        from: from.unwrap_or_default(),
        secret: secret.unwrap_or_default(),
    })
}

/// Two capital letters and 32 hexadecimal digits, as Twilio names things.
fn is_sid(text: &str, kind: &str) -> bool {
    let digits = text.strip_prefix(kind);
    digits.is_some_and(|it| it.len() == 32 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn from(given: &Given) -> Result<String, String> {
    let text = &given.text;
    let is_line = text.chars().count() <= MAX_FROM && !text.contains(char::is_control);
    is_line.then(|| text.clone()).ok_or_else(|| {
        format!("must be one line of at most {MAX_FROM} characters, such as +15005550006 or Acme")
    })
}

/// From its setting or from the file; never shown.
fn secret(layers: &mut Layers) -> Option<String> {
    let stated = layers.value("sms-secret", |given| {
        let is_line = !given.text.contains(char::is_control);
        is_line.then(|| given.text.clone()).ok_or_else(|| "must be one line".to_owned())
    });
    let read = layers.value("sms-secret-file", |given| {
        if stated.is_some() {
            return Err("must not be given where `sms_secret` is".to_owned());
        }
        value::secret(&given.path())
    });
    stated.or(read)
}

/// Never repeats the URL, which may hold a key.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && value::is_loopback(&url));
    if !is_safe || !url.has_host() {
        return Err("must begin with https://: http is for loopback alone".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("must hold no user, no password and no fragment: see `sms_headers`".to_owned());
    }
    Ok(url)
}

/// None of them puts the number or the code into an address, which ends in logs.
fn method(given: &Given) -> Result<Method, String> {
    match given.text.as_str() {
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        other => Err(format!("`{other}` must be POST, PUT or PATCH")),
    }
}

fn encoding(given: &Given) -> Result<Encoding, String> {
    match given.text.as_str() {
        "json" => Ok(Encoding::Json),
        "form" => Ok(Encoding::Form),
        other => Err(format!("`{other}` must be `json` or `form`")),
    }
}

fn statuses(given: &Given) -> Result<Vec<u16>, String> {
    let status = |text: &str| {
        let number = text.trim().parse().ok().filter(|status| (200..=299).contains(status));
        number.ok_or_else(|| format!("`{text}` must be a status from 200 to 299"))
    };
    given.text.split(',').map(status).collect()
}

/// What templates may ask for.
#[derive(Clone, Copy)]
struct Known<'a> {
    secret: Option<&'a str>,
    from: Option<&'a str>,
}

impl Known<'_> {
    fn check(self, template: &Template) -> Result<(), String> {
        for (field, is_missing, what) in [
            (Field::Secret, self.secret.is_none(), "`{secret}`, but there is no `sms_secret`"),
            (Field::From, self.from.is_none(), "`{from}`, but there is no `sms_from`"),
        ] {
            if is_missing && template.has(field) {
                return Err(format!("names {what}"));
            }
        }
        Ok(())
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    // The parser's own words may repeat what is a secret.
    let place =
        |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    serde_json::from_str(text).map_err(|error| format!("must be a JSON object ({})", place(&error)))
}

fn headers(text: &str, known: Known<'_>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in object(text)? {
        let wrong = || format!("has a header `{name}` that is none");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let template = Template::parse(value.as_str().ok_or_else(wrong)?);
        if [Field::To, Field::Digits, Field::Text].iter().any(|field| template.has(*field)) {
            return Err(format!("must not put the number or the text into the header `{name}`"));
        }
        known.check(&template)?;
        let filled = template.fill(&|field| match field {
            Field::Secret => known.secret.unwrap_or_default(),
            _ => known.from.unwrap_or_default(),
        });
        let mut value = HeaderValue::from_str(&filled).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

fn body(text: &str, encoding: Encoding, known: Known<'_>) -> Result<Value, String> {
    let body = object(text)?;
    if encoding == Encoding::Form
        && let Some((name, _)) =
            body.iter().find(|(_, value)| value.is_object() || value.is_array())
    {
        return Err(format!("must hold texts alone to be a form, unlike `{name}`"));
    }
    let body = Value::Object(body);
    let found = templates(&body);
    let has = |field| found.iter().any(|template| template.has(field));
    if !(has(Field::To) || has(Field::Digits)) || !has(Field::Text) {
        return Err("must have a place for `{to}` (or `{digits}`) and one for `{text}`".to_owned());
    }
    found.iter().try_for_each(|template| known.check(template))?;
    Ok(body)
}
