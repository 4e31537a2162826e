//! Requests to a server: without redirects, which could lead a token anywhere, and with a limit to
//! everything.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::Value;

use super::credentials::{Credentials, Kept};
use super::failure::{Failure, plain};
use super::server::Server;

const CONNECT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `WWW-Authenticate`.
    challenge: String,
    /// `null` where there is no JSON.
    pub(super) body: Value,
}

/// Speaks to one server.
#[derive(Debug, Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    pub(super) server: Server,
}

impl Http {
    pub(super) fn new(server: Server) -> Result<Self, Failure> {
        let system = std::env::consts::OS;
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(TIMEOUT)
            .user_agent(format!("flowgate/{} ({system})", env!("CARGO_PKG_VERSION")));
        if server.is_loopback() {
            // No proxy stands between a machine and itself, and no certificate vouches for it.
            builder = builder.no_proxy();
            if !server.to_string().starts_with("https:") {
                builder = builder.tls_certs_only([]);
            }
        } else {
            builder = builder.https_only(true);
        }
        let client = builder.build().map_err(|error| Failure::failed(innermost(&error)))?;
        Ok(Self { client, server })
    }

    pub(super) async fn get(&self, address: &str) -> Result<Answer, Failure> {
        self.send(self.client.get(address)).await
    }

    /// Sends a form, as OAuth has it.
    pub(super) async fn post(
        &self,
        address: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, Failure> {
        self.send(self.client.post(address).form(form)).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let server = &self.server;
        let failed = |what: &str| Failure::failed(format!("{server}: {what}"));
        let request = request.header(header::ACCEPT, "application/json");
        let mut answer = request.send().await.map_err(|error| failed(&innermost(&error)))?;
        let status = answer.status();
        let challenge = answer.headers().get(header::WWW_AUTHENTICATE);
        let challenge = challenge.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let challenge = challenge.to_owned();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&innermost(&error)))? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(failed("the answer is longer than a mebibyte"));
            }
            body.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Ok(Answer { status, challenge, body })
    }
}

/// `reqwest` says what it did; its innermost cause says what failed.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    plain(&cause.to_string())
}

/// The JSON API under `/api/v1/me`, with the token that is kept for the server.
#[derive(Debug)]
pub(super) struct Api {
    http: Http,
    kept: Kept,
}

impl Api {
    pub(super) fn new(server: Server, kept: Kept) -> Result<Self, Failure> {
        Ok(Self { http: Http::new(server)?, kept })
    }

    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    pub(super) fn server(&self) -> &Server {
        &self.http.server
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Keeps something else for this server from now on.
    pub(super) fn keep(&mut self, change: impl FnOnce(&mut Kept)) -> Result<(), Failure> {
        change(&mut self.kept);
        Credentials::read()?.keep(&self.http.server, self.kept.clone())
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let address = self.server().at(&format!("/api/v1/me{path}"));
        let mut request = self.http.client.request(method, address);
        request = request.bearer_auth(&self.kept.access_token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.http.send(request).await?;
        if answer.status.is_success() {
            Ok(answer.body)
        } else {
            Err(refused(&answer, self.server()))
        }
    }
}

/// What a refusal means (RFC 9457, RFC 6750 §3, RFC 9470 §3).
fn refused(answer: &Answer, server: &Server) -> Failure {
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).map(plain);
    if answer.status == StatusCode::UNAUTHORIZED {
        if answer.challenge.contains("insufficient_user_authentication") {
            return Failure::step_up(format!(
                "this needs a recent proof of a second factor: run `flowgate login --step-up --server {server}` and then this again"
            ));
        }
        return Failure::not_signed_in(format!(
            "nobody is signed in to {server} any more: run `flowgate login --server {server}`"
        ));
    }
    let said = match (text("title"), text("detail")) {
        (Some(title), Some(detail)) => format!("{title}: {detail}"),
        (Some(said), None) | (None, Some(said)) => said,
        (None, None) => "no reason was given".to_owned(),
    };
    Failure::failed(format!("{server} refused ({}): {said}", answer.status.as_u16()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::super::failure::Kind;
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do() {
        let server: Server = "https://id.example".parse().unwrap();
        let refusal = |status: u16, challenge: &str, body: Value| {
            let status = StatusCode::from_u16(status).unwrap();
            refused(&Answer { status, challenge: challenge.to_owned(), body }, &server)
        };
        let insufficient = r#"Bearer error="insufficient_user_authentication", max_age="900""#;
        let failure = refusal(401, insufficient, Value::Null);
        assert_eq!((failure.kind, failure.kind.exit_code()), (Kind::StepUpNeeded, 4));
        assert!(failure.text.contains("flowgate login --step-up"), "{}", failure.text);
        let failure = refusal(401, "Bearer", Value::Null);
        assert_eq!((failure.kind, failure.kind.exit_code()), (Kind::NotSignedIn, 3));
        let problem = json!({ "title": "that\u{1b}[31m is", "detail": "wrong" });
        let failure = refusal(400, "", problem);
        assert_eq!((failure.kind, failure.kind.exit_code()), (Kind::Failed, 1));
        assert_eq!(failure.text, "https://id.example refused (400): that�[31m is: wrong");
        assert!(refusal(502, "", Value::Null).text.contains("502"));
    }
}
