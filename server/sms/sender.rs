//! HTTP to a provider of text messages: one request for one message, without redirects, with a limit
//! to everything.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use store::mail::{Channel, Mail, Message};

use super::template::{Field, fill_json};
use crate::config::{Encoding, Gateway, Sms, Twilio};
use crate::mail::{Carrier, Failure};

/// How long the provider may take for a whole request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(5);

/// So much of a refusal is read, for its code.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Sends text messages. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    client: Client,
    route: Arc<Route>,
    server: String,
}

enum Route {
    Twilio(Twilio),
    Gateway(Gateway),
}

impl Sender {
    /// A sender for what the settings state; `None` where they keep text messages in the outbox.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(sms: &Sms) -> Result<Option<Self>, reqwest::Error> {
        let (route, url) = match sms {
            Sms::Outbox => return Ok(None),
            Sms::Twilio(twilio) => (Route::Twilio(twilio.clone()), &twilio.url),
            Sms::Gateway(gateway) => (Route::Gateway(gateway.clone()), &gateway.url),
        };
        // A redirect could lead the secret and the code anywhere.
        let client = Client::builder().redirect(Policy::none()).no_proxy();
        let client = client.timeout(TIMEOUT).connect_timeout(CONNECT).user_agent("flowgate");
        // Plain HTTP is for loopback alone (the settings see to it), and needs no certificates.
        let client = match url.scheme() {
            "https" => client.https_only(true),
            _ => client.tls_certs_only([]),
        };
        let port = url.port_or_known_default().unwrap_or_default();
        let server = format!("{}:{port}", url.host_str().unwrap_or_default());
        Ok(Some(Self { client: client.build()?, route: Arc::new(route), server }))
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// When the provider did not take it.
    pub async fn send(&self, message: &Message) -> Result<(), Failure> {
        let request = match &*self.route {
            Route::Twilio(twilio) => self.twilio(twilio, message),
            Route::Gateway(gateway) => self.gateway(gateway, message),
        };
        let response = request.send().await.map_err(|error| Failure::passing(&cause(&error)))?;
        let status = response.status();
        let is_taken = match &*self.route {
            Route::Gateway(Gateway { statuses, .. }) if !statuses.is_empty() => {
                statuses.contains(&status.as_u16())
            }
            _ => status.is_success(),
        };
        if is_taken {
            return Ok(());
        }
        // Of what the provider says only a number is kept: its words repeat whom the message was for.
        let reason = match self.code(response).await {
            Some(code) => format!("status {}, error {code}", status.as_u16()),
            None => format!("status {}", status.as_u16()),
        };
        Err(if is_final(status) { Failure::lasting(&reason) } else { Failure::passing(&reason) })
    }

    /// Twilio's Messages resource, "Create a Message".
    fn twilio(&self, twilio: &Twilio, message: &Message) -> RequestBuilder {
        let sender = if twilio.is_service() { "MessagingServiceSid" } else { "From" };
        let form = [("To", &*message.to), (sender, &*twilio.from), ("Body", &*message.text)];
        let request = self.client.post(twilio.url.clone());
        request.basic_auth(&twilio.account, Some(&*twilio.secret)).form(&form)
    }

    fn gateway(&self, gateway: &Gateway, message: &Message) -> RequestBuilder {
        let with = |field| match field {
            Field::To => message.to.as_str(),
            Field::Digits => message.to.trim_start_matches('+'),
            Field::Text => message.text.as_str(),
            Field::From => gateway.from.as_str(),
            Field::Secret => gateway.secret.as_str(),
        };
        let body = fill_json(&gateway.body, &with);
        let request = self.client.request(gateway.method.clone(), gateway.url.clone());
        let request = match gateway.encoding {
            Encoding::Json => request.json(&body),
            Encoding::Form => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in body.as_object().into_iter().flatten() {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    form.append_pair(name, &text);
                }
                let kind = "application/x-www-form-urlencoded";
                request.header(CONTENT_TYPE, kind).body(form.finish())
            }
        };
        request.headers(gateway.headers.clone())
    }

    /// Twilio's number of the error, <https://www.twilio.com/docs/api/errors>.
    async fn code(&self, mut response: Response) -> Option<u64> {
        if !matches!(&*self.route, Route::Twilio(_)) {
            return None;
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY_BYTES {
                return None;
            }
        }
        serde_json::from_slice::<Value>(&body).ok()?.get("code")?.as_u64()
    }
}

/// Whether the refusal speaks of this message: then trying again is of no use. One that speaks of the
/// login, of the address or of too many requests is mended by time or by whoever runs the server.
fn is_final(status: StatusCode) -> bool {
    let mended = [
        StatusCode::UNAUTHORIZED,
        StatusCode::PAYMENT_REQUIRED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::CONFLICT,
        StatusCode::LOCKED,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_client_error() && !mended.contains(&status)
}

/// What failed in the end: what stands above it may name the address.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the provider took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

impl Carrier for Sender {
    const CHANNEL: Channel = Channel::Text;
    const LEASE: chrono::Duration = chrono::Duration::seconds(60);
    // At 0, 3, 15, 63 and 255 seconds: what comes later than that finds nobody waiting.
    const ATTEMPTS: i64 = 5;
    const FIRST_PAUSE: chrono::Duration = chrono::Duration::seconds(3);

    fn server(&self) -> &str {
        &self.server
    }

    async fn carry(&self, _mail: &Mail, message: &Message) -> Result<(), Failure> {
        self.send(message).await
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("server", &self.server).finish_non_exhaustive()
    }
}
