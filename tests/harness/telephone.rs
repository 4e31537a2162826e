//! A provider of text messages that delivers everything to the test: HTTP on a free port, and the
//! settings that lead there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use super::Site;

/// A text message that came in.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// The number.
    pub(crate) to: String,
    pub(crate) text: String,
}

struct Exchange {
    status: AtomicU16,
    deliver: mpsc::UnboundedSender<Text>,
}

/// The provider. Dropping it closes the port.
pub(crate) struct Telephone {
    site: Site,
    exchange: Arc<Exchange>,
    texts: Mutex<mpsc::UnboundedReceiver<Text>>,
}

impl Telephone {
    pub(crate) async fn open() -> Self {
        let (deliver, texts) = mpsc::unbounded_channel();
        let exchange = Arc::new(Exchange { status: AtomicU16::new(202), deliver });
        let router = Router::new().route("/send", post(take)).with_state(Arc::clone(&exchange));
        let site = Site::serve(async |_| router).await;
        Self { site, exchange, texts: Mutex::new(texts) }
    }

    /// Where it takes messages; the setting `sms-url`.
    pub(crate) fn url(&self) -> String {
        format!("{}/send", self.site.url)
    }

    /// The settings of an app that sends here, beside [`url`](Self::url).
    pub(crate) const SETTINGS: [(&'static str, &'static str); 2] =
        [("sms-provider", "http"), ("sms-body", r#"{"to": "{to}", "text": "{text}"}"#)];

    /// Answers with this status from here on; with one that is no success it delivers nothing.
    pub(crate) fn answer(&self, status: u16) {
        self.exchange.status.store(status, Ordering::SeqCst);
    }

    /// The next message; waits for it up to ten seconds.
    pub(crate) async fn next(&self) -> Text {
        let mut texts = self.texts.lock().await;
        let text = timeout(Duration::from_secs(10), texts.recv()).await;
        text.expect("a text message within ten seconds").expect("the provider runs")
    }
}

async fn take(State(exchange): State<Arc<Exchange>>, Json(body): Json<Value>) -> StatusCode {
    let status = StatusCode::from_u16(exchange.status.load(Ordering::SeqCst)).unwrap();
    if status.is_success() {
        let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        // The test may have ended without reading it.
        exchange.deliver.send(Text { to: field("to"), text: field("text") }).ok();
    }
    status
}
