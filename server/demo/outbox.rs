//! The outbox: every mail that Flowgate wrote, to be read instead of sent. It reads the mails where
//! they wait in the database; nobody fetches them from there, because the demo has no mail server.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, SecondsFormat, Utc};
use store::mail::{self, Channel, Message};
use store::{Id, Store};

use super::site::Site;
use crate::render;

/// How many mails the list shows.
const SHOWN: i64 = 100;

/// The outbox.
pub(super) struct Outbox {
    site: Arc<Site>,
    store: Store,
    /// The sender's address.
    from: String,
}

impl Outbox {
    pub(super) fn new(site: Arc<Site>, store: Store, from: &str) -> Self {
        Self { site, store, from: from.to_owned() }
    }

    /// Its routes.
    pub(super) fn into_router(self) -> Router {
        let site = Arc::clone(&self.site);
        let routes = Router::new()
            .route("/", get(list))
            .route("/mail/{id}", get(show))
            .with_state(Arc::new(self));
        site.serve(routes)
    }

    async fn mails(&self) -> store::Result<Vec<render::OutboxEntry>> {
        let mut conn = self.store.read().await?;
        let mut entries = Vec::new();
        for mail in mail::newest(&mut conn, SHOWN).await? {
            let message = mail.open(self.store.sealer())?;
            entries.push(render::OutboxEntry {
                to: message.to.clone(),
                subject: subject(&message),
                at: rfc3339(&mail.created_at),
                url: format!("/mail/{}", mail.id),
            });
        }
        Ok(entries)
    }

    async fn mail(&self, id: &str) -> store::Result<Option<render::OutboxMail>> {
        let mut conn = self.store.read().await?;
        let Some(mail) = mail::find(&mut conn, &Id::from(id.to_owned())).await? else {
            return Ok(None);
        };
        let message = mail.open(self.store.sealer())?;
        Ok(Some(render::OutboxMail {
            from: self.from.clone(),
            to: message.to.clone(),
            subject: subject(&message),
            at: rfc3339(&mail.created_at),
            text: message.text,
            back: "/".to_owned(),
        }))
    }
}

/// A text message has none: its first line stands for one.
fn subject(message: &Message) -> String {
    match message.channel {
        Channel::Mail => message.subject.clone(),
        Channel::Text => message.text.lines().next().unwrap_or_default().to_owned(),
    }
}

fn rfc3339(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn list(State(outbox): State<Arc<Outbox>>, headers: HeaderMap) -> Response {
    match outbox.mails().await {
        Ok(mails) => outbox.site.page(&headers, "", &render::Outbox { mails }),
        Err(error) => failed(&error),
    }
}

async fn show(
    State(outbox): State<Arc<Outbox>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match outbox.mail(&id).await {
        Ok(Some(mail)) => outbox.site.page(&headers, "", &mail),
        Ok(None) => (StatusCode::NOT_FOUND, "There is no such mail.").into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &store::Error) -> Response {
    tracing::error!(%error, "the outbox could not be read");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
