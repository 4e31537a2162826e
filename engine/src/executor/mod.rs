//! Moves executions: begins them, shows them, takes answers and links.
//!
//! `run.rs` walks the program from one question to the next; `save.rs` writes what came of it, in one
//! unit of work with one conditional update.

mod link;
mod run;
mod save;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use store::Id;
use store::execution::{self, Execution};

use crate::context::Context;
use crate::definition::Flow;
use crate::flows::{Catalogue, Versions};
use crate::program::Program;
use crate::registry::{Registry, object};
use crate::request::{Interaction, Request};
use crate::services::Services;
use crate::stage::{Answered, FieldError};
use crate::state::{Outcome, Secrets, State};
use crate::view::View;
use crate::{Error, Result, state};

/// How long somebody who has proven nothing may take for a flow, in minutes.
pub(crate) const LIFETIME_MINUTES: i64 = 60;

/// How long somebody who has proven something may take for the next step, in minutes.
pub(crate) const PROVEN_LIFETIME_MINUTES: i64 = 10;

/// Runs flows. One per process.
pub struct Engine {
    services: Services,
    registry: Arc<Registry>,
    versions: Versions,
}

/// What a flow begins with.
#[derive(Debug, Default)]
pub struct Begin {
    /// The relying party's request that led here.
    pub interaction: Option<Interaction>,
    /// Where to go when it is over: a path within Flowgate, which the caller has checked.
    pub next: Option<String>,
}

/// A record and what it means.
struct Loaded {
    row: Execution,
    program: Arc<Program>,
    state: State,
    secrets: Secrets,
}

impl Engine {
    /// An engine that knows no flow yet; see [`Engine::refresh`]. The flows `built_in` are there in
    /// every version that states none of the same name.
    #[must_use]
    pub fn new(
        services: Services,
        registry: Arc<Registry>,
        built_in: BTreeMap<String, Flow>,
    ) -> Self {
        let versions = Versions::new(services.store.clone(), Arc::clone(&registry), built_in);
        Self { services, registry, versions }
    }

    /// The means.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The stage kinds.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The present flows.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.versions.current()
    }

    /// Takes up the newest blueprint version. Returns whether there was a newer one.
    ///
    /// # Errors
    /// When it cannot be read or compiled; the present one stays.
    pub async fn refresh(&self) -> Result<bool> {
        self.versions.refresh().await
    }

    /// Begins the flow `slug` and walks to its first question.
    ///
    /// # Errors
    /// [`Error::UnknownFlow`], [`Error::SessionNeeded`].
    pub async fn begin(&self, slug: &str, request: &Request, begin: Begin) -> Result<View> {
        let catalogue = self.versions.current();
        let program = catalogue.find(slug).ok_or_else(|| Error::UnknownFlow(slug.to_owned()))?;
        let state = beginning(program, request, begin)?;
        let id = self.services.ambient().id();
        let mut context = Context::new(
            &self.services,
            request,
            program,
            id,
            catalogue.version(),
            state,
            Secrets::default(),
        );
        run::walk(&mut context, 0).await?;
        save::create(context).await
    }

    /// Shows an execution.
    ///
    /// # Errors
    /// [`Error::UnknownExecution`], [`Error::SessionNeeded`].
    pub async fn view(&self, slug: &str, id: &Id<Execution>, request: &Request) -> Result<View> {
        let loaded = self.load(slug, id, request).await?;
        self.show(loaded, request).await
    }

    /// Takes the answer to step `step` of an execution.
    ///
    /// # Errors
    /// [`Error::Stale`] when that step is past, [`Error::UnknownExecution`], [`Error::SessionNeeded`].
    pub async fn answer(
        &self,
        slug: &str,
        id: &Id<Execution>,
        step: i64,
        answer: Value,
        request: &Request,
    ) -> Result<View> {
        let loaded = self.load(slug, id, request).await?;
        if loaded.state.outcome.is_some() {
            // The answer that ended it may have been lost on its way back.
            return self.show(loaded, request).await;
        }
        if loaded.row.step != step {
            return Err(Error::Stale);
        }
        let Loaded { row, program, state, secrets } = loaded;
        let before = (state.clone(), secrets.clone());
        let id = row.id.clone();
        let mut context =
            Context::new(&self.services, request, &program, id, row.version, state, secrets);
        take(&mut context, answer).await?;
        if let Some(errors) = context.refused.take() {
            return save::refuse(context, &row, before, errors).await;
        }
        save::advance(context, &row, before).await
    }

    async fn load(&self, slug: &str, id: &Id<Execution>, request: &Request) -> Result<Loaded> {
        let now = self.services.ambient().now();
        let mut conn = self.services.store.read().await?;
        let row = execution::find(&mut conn, id, &request.browser, now).await?;
        drop(conn);
        let row = row.filter(|row| row.flow == slug).ok_or(Error::UnknownExecution)?;
        self.understand(row, request).await
    }

    async fn understand(&self, row: Execution, request: &Request) -> Result<Loaded> {
        let catalogue = self.versions.at(row.version).await?;
        let program = catalogue
            .find(&row.flow)
            .ok_or_else(|| Error::Internal(format!("version {} lacks its flow", row.version)))?;
        let state: State = serde_json::from_value(row.state.0.clone())
            .map_err(|error| Error::Internal(format!("execution {}: {error}", row.id)))?;
        if state.v != state::VERSION {
            return Err(Error::UnknownExecution);
        }
        if program.purpose().needs_session() && state.outcome.is_none() {
            // The session that began it may have ended, or be somebody else's by now; or everything
            // that was proven before may have ended, while this session went on.
            let (session, user) = request.session.as_ref().ok_or(Error::SessionNeeded)?;
            if state.user.as_ref() != Some(&user.id)
                || state.session.as_ref() != Some(&session.id)
                || state.security_epoch != user.security_epoch
            {
                return Err(Error::UnknownExecution);
            }
        }
        let secrets = match &row.sealed {
            Some(sealed) => {
                let place = execution::place(&row.id);
                let bytes = self.services.store.sealer().open(&place, sealed)?;
                serde_json::from_slice(&bytes)
                    .map_err(|error| Error::Internal(format!("execution {}: {error}", row.id)))?
            }
            None => Secrets::default(),
        };
        Ok(Loaded { program: Arc::clone(program), row, state, secrets })
    }

    async fn show(&self, loaded: Loaded, request: &Request) -> Result<View> {
        let Loaded { row, program, state, secrets } = loaded;
        let (id, step) = (row.id.clone(), row.step);
        let mut context =
            Context::new(&self.services, request, &program, id, row.version, state, secrets);
        save::view(&mut context, step, row.finished_at).await
    }
}

/// Gives the answer to the stage that asked and walks on.
async fn take(context: &mut Context<'_>, answer: Value) -> Result<()> {
    let position = context.state.position;
    let crate::program::Next::Stage { stage, .. } = context.program().next(position) else {
        return Err(Error::Internal("the execution does not stand at a stage".to_owned()));
    };
    let placed = context.program().stages.get(stage);
    let prepared = placed.map(|placed| Arc::clone(&placed.prepared));
    let prepared = prepared.ok_or_else(|| Error::Internal("no such stage".to_owned()))?;
    context.stage = stage;
    context.state.errors.clear();
    let answered = match object(answer) {
        Ok(answer) => prepared.answer(context, answer).await?,
        Err(_) => Answered::Retry(vec![FieldError::page("error.answer")]),
    };
    match answered {
        Answered::Next => {
            context.forget_kept();
            run::walk(context, position + 1).await
        }
        Answered::Retry(errors) => {
            context.state.errors = errors;
            Ok(())
        }
        Answered::Refuse(errors) => {
            context.refused = Some(errors);
            Ok(())
        }
        Answered::Restart(errors) => restart(context, errors).await,
        Answered::Deny(denial) => {
            run::deny(context, denial);
            Ok(())
        }
    }
}

/// The state in which a flow begins: about nobody, or about whoever is signed in.
fn beginning(program: &Program, request: &Request, begin: Begin) -> Result<State> {
    let mut state = State::new(begin.interaction, begin.next);
    if program.purpose().needs_session() {
        let (session, user) = request.session.as_ref().ok_or(Error::SessionNeeded)?;
        state.user = Some(user.id.clone());
        state.session = Some(session.id.clone());
        state.security_epoch = user.security_epoch;
        state.evidence = session.evidence.0.clone();
    }
    Ok(state)
}

/// Begins everything again, and says why.
async fn restart(context: &mut Context<'_>, errors: Vec<FieldError>) -> Result<()> {
    let state = &mut context.state;
    let begin = Begin { interaction: state.interaction.take(), next: state.next.take() };
    context.state = beginning(context.program(), context.request(), begin)?;
    context.secrets = Secrets::default();
    run::walk(context, 0).await?;
    context.state.errors = errors;
    Ok(())
}

/// Whether an execution has ended.
fn is_over(state: &State) -> bool {
    matches!(state.outcome, Some(Outcome::Finished { .. } | Outcome::Denied(_)))
}
