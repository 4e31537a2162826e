//! Drives a flow for a caller of the API: begins it and answers its components by name. The executions
//! are those of the pages, so that there is one way to a session and one to a credential; an endpoint
//! is a few lines that know which component they answer.
//!
//! To add an endpoint: begin its flow, [`Drive::expect`] the component, [`Drive::answer`] it.

use std::sync::Arc;

use axum::http::StatusCode;
use engine::{Begin, Body, Challenge, Finished, View};
use serde_json::{Value, json};
use store::Id;
use store::execution;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::caller::Caller;
use super::problem::{self, Problem};
use crate::app::App;

/// A caller at the wheel.
pub(super) struct Drive {
    pub(super) app: Arc<App>,
    pub(super) caller: Caller,
}

impl Drive {
    pub(super) fn new(app: &Arc<App>, caller: Caller) -> Self {
        Self { app: Arc::clone(app), caller }
    }

    /// For somebody who is signed in.
    pub(super) fn of(app: &Arc<App>, signed_in: &SignedIn) -> Self {
        Self::new(app, Caller::of(app, signed_in))
    }

    /// Begins the flow `slug`.
    pub(super) async fn begin(&self, slug: &str) -> Result<View, Failure> {
        let view = self.app.engine.begin(slug, &self.caller.request, Begin::default()).await?;
        self.check(view, None)
    }

    /// Where an execution of this caller's stands, if it is one of these flows.
    pub(super) async fn resume(&self, id: &str, slugs: &[&str]) -> Result<View, Failure> {
        let flow = self.flow_of(id).await?.ok_or(Failure::Expired)?;
        let slug = slugs.iter().find(|slug| **slug == flow).ok_or(Failure::Expired)?;
        let view = self.app.engine.view(slug, &Id::from(id), &self.caller.request).await?;
        self.check(view, None)
    }

    /// The flow of an execution of this caller's that has not ended.
    pub(super) async fn flow_of(&self, id: &str) -> Result<Option<String>, Failure> {
        // An address with a NUL never comes this far; a body may have one, on which PostgreSQL fails.
        if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Ok(None);
        }
        let now = self.app.store.ambient().now();
        let browser = &self.caller.request.browser;
        let mut conn = self.app.store.read().await?;
        let row = execution::find(&mut conn, &Id::from(id), browser, now).await?;
        Ok(row.filter(|row| row.finished_at.is_none()).map(|row| row.flow))
    }

    /// Answers what is asked.
    ///
    /// # Errors
    /// A problem with what was wrong, or with the reasons of a refusal.
    pub(super) async fn answer(&self, view: View, answer: Value) -> Result<View, Failure> {
        let answered = asked(&view).map(|challenge| challenge.component);
        let request = &self.caller.request;
        let engine = &self.app.engine;
        let next =
            engine.answer(&view.flow.slug, &view.execution, view.step, answer, request).await?;
        self.check(next, answered)
    }

    /// The data of the component that is asked.
    ///
    /// # Errors
    /// When another one is.
    pub(super) fn expect<'v>(&self, view: &'v View, component: &str) -> Result<&'v Value, Failure> {
        match asked(view) {
            Some(challenge) if challenge.component == component => Ok(&challenge.data),
            _ => Err(self.page_needed(view)),
        }
    }

    /// The end of the flow.
    ///
    /// # Errors
    /// When it asks for something more.
    pub(super) fn finished<'v>(&self, view: &'v View) -> Result<&'v Finished, Failure> {
        match &view.body {
            Body::Finished(finished) => Ok(finished),
            Body::Ask { .. } | Body::Denied(_) => Err(self.page_needed(view)),
        }
    }

    /// The flow asks for what this API has no answer to: a page of it does.
    pub(super) fn page_needed(&self, view: &View) -> Failure {
        let title = "the flow asks for what only its page, or its own API, can answer";
        let slug = &view.flow.slug;
        let (public, id) = (&self.app.settings.public_url, &view.execution);
        let component = asked(view).map(|challenge| challenge.component);
        let problem = Problem::new(StatusCode::CONFLICT, "interaction_required", title)
            .with("component", json!(component))
            .with("url", json!(format!("{public}/flow/{slug}?e={id}")))
            .with("flow", json!(format!("/api/v1/flows/{slug}?e={id}")));
        self.caller.to_browser(&self.app, problem).into()
    }

    /// A view that is no refusal. What is wrong with an answer stands on the page that asked for it, or
    /// on the one with which the flow begins again.
    fn check(&self, view: View, answered: Option<&str>) -> Result<View, Failure> {
        match &view.body {
            Body::Denied(denial) => Err(problem::denied(&self.app, denial).into()),
            Body::Ask { challenge, errors, .. }
                if !errors.is_empty()
                    && answered.is_some_and(|answered| {
                        answered == challenge.component || is_restart(errors)
                    }) =>
            {
                Err(problem::refused(&self.app, errors).into())
            }
            Body::Ask { .. } | Body::Finished(_) => Ok(view),
        }
    }
}

/// What is asked.
pub(super) fn asked(view: &View) -> Option<&Challenge> {
    match &view.body {
        Body::Ask { challenge, .. } => Some(challenge),
        Body::Finished(_) | Body::Denied(_) => None,
    }
}

/// Whether a flow began again because of too many failures.
fn is_restart(errors: &[engine::FieldError]) -> bool {
    errors.iter().any(|error| error.key == "identify.too_many")
}
