//! Wiki's side of HTTP: requests to the identity provider, without redirects and with a limit to
//! everything. `oauth2` asks for its tokens through [`Transport::exchange`].

use std::time::Duration;

use oauth2::{HttpRequest, HttpResponse};
use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use serde::de::DeserializeOwned;

use super::error::Error;

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    #[error("{}", innermost(.0))]
    Http(#[from] reqwest::Error),
    #[error("the answer is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    #[error("status {0}")]
    Status(reqwest::StatusCode),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

/// `reqwest` says what it did; its innermost cause says what failed.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// An HTTP client. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transport(reqwest::Client);

impl Transport {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        // A redirect could lead the client's secret or a token anywhere.
        // All of the demo is on this machine, without TLS.
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy();
        let client = client.tls_certs_only([]);
        Ok(Self(client.timeout(TIMEOUT).user_agent("flowgate-demo-wiki").build()?))
    }

    /// Sends what `oauth2` has written.
    pub(super) async fn exchange(
        self,
        request: HttpRequest,
    ) -> Result<HttpResponse, TransportError> {
        self.send(request.try_into()?).await
    }

    /// A JSON document; with a bearer token (RFC 6750 §2.1) if one is given.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        url: &str,
        bearer: Option<&str>,
    ) -> Result<T, Error> {
        let read = async {
            let mut request = self.0.get(url).header(ACCEPT, "application/json");
            if let Some(token) = bearer {
                request = request.bearer_auth(token);
            }
            let response = self.send(request.build()?).await?;
            if !response.status().is_success() {
                return Err(TransportError::Status(response.status()));
            }
            Ok(serde_json::from_slice(response.body())?)
        };
        read.await.map_err(|error: TransportError| Error::unreachable(what, &error))
    }

    async fn send(&self, request: reqwest::Request) -> Result<HttpResponse, TransportError> {
        let mut answer = self.0.execute(request).await?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        std::mem::swap(response.headers_mut(), answer.headers_mut());
        while let Some(chunk) = answer.chunk().await? {
            response.body_mut().extend_from_slice(&chunk);
            if response.body().len() > MAX_BODY_BYTES {
                return Err(TransportError::TooLarge);
            }
        }
        Ok(response)
    }
}
