//! What a stage sees and may do while it runs. Here: the request, the person, the audit trail and
//! mail; `memory.rs` what a stage keeps, `judge.rs` what `assurance` says, `change.rs` and `session.rs`
//! what a flow changes, `permit.rs` the leave to do so, `facts.rs` what conditions see.

mod change;
mod facts;
mod judge;
mod memory;
mod permit;
mod session;

use assurance::{Method, Proof};
use serde_json::Value;
use store::credential::Credential;
use store::event::{NewEvent, Outcome};
use store::execution::Execution;
use store::mail::{self, Message};
use store::organisation::Organisation;
use store::user::{self, User};
use store::{Id, Time};

pub use permit::{ForChange, Permit};

use crate::effect::Effect;
use crate::program::Program;
use crate::request::Request;
use crate::services::{MailDraft, Services};
use crate::stage::FieldError;
use crate::state::{Secrets, State};
use crate::{Error, Result};

/// One request's hold on one execution.
pub struct Context<'a> {
    services: &'a Services,
    request: &'a Request,
    program: &'a Program,
    execution: Id<Execution>,
    version: i64,
    now: Time,
    pub(crate) stage: usize,
    pub(crate) state: State,
    pub(crate) secrets: Secrets,
    pub(crate) effects: Vec<Effect>,
    pub(crate) signed_in: Option<SignedIn>,
    pub(crate) signed_out: bool,
    /// What to say of an answer that was not compared with anything.
    pub(crate) refused: Option<Vec<FieldError>>,
    person: Option<User>,
    joining: Vec<(Organisation, Time)>,
    binding: Vec<Credential>,
}

/// A session that this request makes.
pub(crate) struct SignedIn {
    pub(crate) id: Id<store::session::Session>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        services: &'a Services,
        request: &'a Request,
        program: &'a Program,
        execution: Id<Execution>,
        version: i64,
        state: State,
        secrets: Secrets,
    ) -> Self {
        Self {
            services,
            request,
            program,
            execution,
            version,
            now: services.ambient().now(),
            stage: 0,
            state,
            secrets,
            effects: Vec::new(),
            signed_in: None,
            signed_out: false,
            refused: None,
            person: None,
            joining: Vec::new(),
            binding: Vec::new(),
        }
    }

    /// The moment of this request.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// The means.
    #[must_use]
    pub fn services(&self) -> &'a Services {
        self.services
    }

    /// Who is asking.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.request
    }

    /// The flow.
    #[must_use]
    pub fn program(&self) -> &'a Program {
        self.program
    }

    /// The execution.
    #[must_use]
    pub fn execution(&self) -> &Id<Execution> {
        &self.execution
    }

    /// The blueprint version that the execution is pinned to.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// This stage's id.
    #[must_use]
    pub fn stage_id(&self) -> &str {
        self.program.stages.get(self.stage).map_or("", |placed| placed.id.as_str())
    }

    /// This stage's kind.
    #[must_use]
    pub fn stage_kind(&self) -> &'static str {
        self.program.stages.get(self.stage).map_or("", |placed| placed.kind)
    }

    /// What is remembered.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What is remembered, to be changed. The person is set with [`Context::set_person`].
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// The path of another flow, which takes the relying party's request along.
    #[must_use]
    pub fn flow_path(&self, slug: &str) -> String {
        match &self.state.interaction {
            Some(interaction) => format!("/flow/{slug}?interaction={}", interaction.id),
            None => format!("/flow/{slug}"),
        }
    }

    /// What is remembered under seal.
    pub fn secrets_mut(&mut self) -> &mut Secrets {
        &mut self.secrets
    }

    /// Whom the flow is about, as the store has them now. Somebody who was disabled or deleted since,
    /// or whose password was changed elsewhere, is nobody.
    pub async fn person(&mut self) -> Result<Option<&User>> {
        let Some(id) = &self.state.user else { return Ok(None) };
        if self.person.as_ref().is_none_or(|person| person.id != *id) {
            let epoch = self.state.security_epoch;
            let mut conn = self.services.store.read().await?;
            let found = user::find(&mut conn, id).await?;
            self.person = found.filter(|it| it.is_active() && it.security_epoch == epoch);
        }
        Ok(self.person.as_ref())
    }

    /// Whom the flow is about, as far as this request has looked.
    pub(crate) fn person_now(&self) -> Option<&User> {
        self.person.as_ref()
    }

    /// Says whom the flow is about.
    ///
    /// # Errors
    /// When it is about somebody else already: that never changes within an execution. Or
    /// [`Error::Stale`] when everything that the person proved before has ended since.
    pub fn set_person(&mut self, person: User) -> Result<()> {
        match &self.state.user {
            Some(id) if *id != person.id => {
                return Err(Error::Internal("the person of an execution cannot change".to_owned()));
            }
            Some(_) if self.state.security_epoch != person.security_epoch => {
                return Err(Error::Stale);
            }
            _ => {}
        }
        self.state.user = Some(person.id.clone());
        self.state.security_epoch = person.security_epoch;
        self.person = Some(person);
        Ok(())
    }

    /// Takes note of a proof, now.
    pub fn prove(&mut self, method: Method) {
        self.state.evidence.record(Proof { method, at: self.now.into() });
    }

    /// Hands over a change, to be made with this answer.
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Writes to the audit trail, with this answer.
    pub fn record(&mut self, kind: &'static str, outcome: Outcome, data: Value) {
        let event = self.event(kind, outcome, data);
        self.push(Effect::Record(event));
    }

    /// Writes to the audit trail what the changes of this answer do, unless they are not made.
    fn record_change(&mut self, kind: &'static str, data: Value) {
        let event = self.event(kind, Outcome::Success, data);
        self.push(Effect::RecordChange(event));
    }

    /// An event with everything that is known of this request.
    #[must_use]
    pub fn event(&self, kind: &'static str, outcome: Outcome, data: Value) -> NewEvent {
        NewEvent {
            actor_id: self.request.session.as_ref().map(|(_, user)| user.id.clone()),
            user_id: self.state.user.clone(),
            client_id: self.state.interaction.as_ref().map(|i| i.client.id.clone()),
            ip: self.request.ip.map(|ip| ip.to_string()),
            request_id: Some(self.request.request_id.clone()),
            data,
            ..NewEvent::new(kind, outcome)
        }
    }

    /// Hands over a mail, to be sent if this answer is taken.
    ///
    /// # Errors
    /// When it cannot be worded.
    pub fn mail(&mut self, template: &'static str, to: &str, data: Value) -> Result<()> {
        let message = self.compose(template, to, data)?;
        self.push(Effect::SendMail(message));
        Ok(())
    }

    /// Sends a mail whatever becomes of this answer: a warning that whoever is warned of must not be
    /// able to hold back, by sending two answers at once.
    ///
    /// # Errors
    /// When it cannot be worded or kept.
    pub async fn warn(&self, template: &'static str, to: &str, data: Value) -> Result<()> {
        let message = self.compose(template, to, data)?;
        let store = &self.services.store;
        let mut unit = store.write().await?;
        mail::create(&mut unit, store.ambient(), store.sealer(), &message).await?;
        unit.commit().await?;
        Ok(())
    }

    fn compose(&self, template: &'static str, to: &str, data: Value) -> Result<Message> {
        let language = self.person.as_ref().and_then(|person| person.language.clone());
        let language = language.unwrap_or_else(|| self.request.language.clone());
        let draft = MailDraft { template, to, language: &language, data };
        self.services.mailroom.compose(&draft)
    }

    /// Drops what an answer wanted that lost a race.
    pub(crate) fn lose(&mut self) {
        self.effects.clear();
        self.binding.clear();
        self.joining.clear();
        self.signed_in = None;
        self.signed_out = false;
        self.person = None;
        self.record("answer_spent", Outcome::Failure, Value::Null);
    }
}
