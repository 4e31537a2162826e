//! What a stage sees and may do while it runs; `facts.rs` is what conditions see.

mod facts;
mod permit;

use assurance::{Admitted, Decision, Evidence, Method, Proof};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::credential::Credential;
use store::device::{self, NewDevice};
use store::event::{NewEvent, Outcome};
use store::execution::Execution;
use store::organisation::{self, Membership, Organisation};
use store::session::NewSession;
use store::standing::{self, Standing};
use store::static_code::CodeHash;
use store::user::{self, NewUser, User};
use store::{Document, Id, Time, client};

pub use permit::{ForChange, Permit};

use crate::definition::Purpose;
use crate::effect::Effect;
use crate::program::Program;
use crate::request::Request;
use crate::services::{MailDraft, Services};
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

    /// What this stage kept for itself.
    #[must_use]
    pub fn scratch<T: DeserializeOwned>(&self) -> Option<T> {
        let value = self.state.scratch.get(self.stage_id())?;
        serde_json::from_value(value.clone()).ok()
    }

    /// Keeps something for this stage alone.
    pub fn set_scratch<T: Serialize>(&mut self, value: &T) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.state.scratch.insert(self.stage_id().to_owned(), value);
    }

    /// What this stage keeps under `name`, for stages that do several things.
    #[must_use]
    pub fn scratch_of<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.state.scratch.get(&self.place(name))?.clone()).ok()
    }

    /// Keeps something for this stage under `name`.
    pub fn set_scratch_of<T: Serialize>(&mut self, name: &str, value: &T) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.state.scratch.insert(self.place(name), value);
    }

    /// What this stage keeps sealed under `name`: forgotten when the stage is passed.
    #[must_use]
    pub fn secret<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.secrets.kept.get(&self.place(name))?.clone()).ok()
    }

    /// Keeps something sealed for this stage under `name`: what is read with [`Context::secret`] is
    /// bound to this execution and its browser.
    pub fn set_secret<T: Serialize>(&mut self, name: &str, value: &T) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.secrets.kept.insert(self.place(name), value);
    }

    /// Forgets what is sealed under `name`.
    pub fn forget_secret(&mut self, name: &str) {
        let place = self.place(name);
        self.secrets.kept.remove(&place);
    }

    /// Forgets everything that this stage keeps sealed.
    pub(crate) fn forget_kept(&mut self) {
        let place = self.place("");
        self.secrets.kept.retain(|name, _| !name.starts_with(&place));
    }

    fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.stage_id())
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
        let language = self.person.as_ref().and_then(|person| person.language.clone());
        let language = language.unwrap_or_else(|| self.request.language.clone());
        let draft = MailDraft { template, to, language: &language, data };
        let message = self.services.mailroom.compose(&draft)?;
        self.push(Effect::SendMail(message));
        Ok(())
    }

    /// Lets the person join the organisations that claim the domain of their verified address. From
    /// here on those organisations' policies hold, though the membership is written with this answer.
    pub async fn join_by_domain(&mut self) -> Result<()> {
        let now = self.now;
        let Some(person) = self.person().await? else { return Ok(()) };
        let (Some(email), Some(_)) = (&person.email, person.email_verified_at) else {
            return Ok(());
        };
        let Some((_, domain)) = email.rsplit_once('@') else { return Ok(()) };
        let (id, domain) = (person.id.clone(), user::key(domain));
        let mut conn = self.services.store.read().await?;
        for organisation in organisation::claiming(&mut conn, &domain, &id).await? {
            if self.joining.iter().any(|(joined, _)| joined.id == organisation.id) {
                continue;
            }
            self.effects.push(Effect::Join(Membership {
                user_id: id.clone(),
                organisation_id: organisation.id.clone(),
                role: "member".to_owned(),
                joined_at: now,
            }));
            self.joining.push((organisation, now));
        }
        Ok(())
    }

    /// The policies that hold for the person here and now, and the factors they have; with the demand
    /// and the organisation of the relying party that is waiting.
    ///
    /// # Errors
    /// When nobody was identified.
    pub async fn standing(&mut self) -> Result<Standing> {
        let interaction = self.state.interaction.clone();
        let Some(person) = self.person().await?.cloned() else {
            // Somebody was, and everything that they had proven has ended since.
            return Err(match &self.state.user {
                Some(_) => Error::UnknownExecution,
                None => Error::Internal("nobody was identified".to_owned()),
            });
        };
        let mut conn = self.services.store.read().await?;
        let (client, demand) = match interaction {
            Some(interaction) => {
                let id = Id::from(interaction.client.id);
                // A client that is gone by now admits nobody.
                let client = client::find(&mut conn, &id).await?.ok_or(Error::UnknownExecution)?;
                (Some(client), interaction.demand)
            }
            None => (None, None),
        };
        let mut standing = standing::of(&mut conn, &person, client.as_ref(), demand).await?;
        for (organisation, joined_at) in &self.joining {
            standing.join(organisation, *joined_at);
        }
        for credential in &self.binding {
            standing.bind(credential);
        }
        Ok(standing)
    }

    /// What `assurance` says of the person with the evidence of this execution.
    ///
    /// # Errors
    /// When nobody was identified.
    pub async fn admit(&mut self) -> Result<Decision> {
        let standing = self.standing().await?;
        let now = self.now.into();
        Ok(assurance::admit(&standing.policies, &self.state.evidence, &standing.enrolled, now))
    }

    /// Whether, by the same rules, the person may change what they sign in with. In a flow of somebody who is signed in
    /// already the evidence is as old as the session, so there it must be recent (`recent` of the
    /// policies): whoever finds the browser open must not take the account over.
    ///
    /// # Errors
    /// When nobody was identified.
    pub async fn admit_for_change(&mut self) -> Result<ForChange> {
        let mut standing = self.standing().await?;
        if self.program.purpose().needs_session() {
            standing.policies.demand.sensitive = true;
        }
        let now = self.now.into();
        Ok(assurance::admit(&standing.policies, &self.shown(), &standing.enrolled, now).into())
    }

    /// What was shown for a change of what the person signs in with. Where they are brought back, the
    /// link to their mailbox stands for the password that they lost, and for that alone: no mailbox is
    /// counted a second time as a second factor, and no remembered device in the place of one (A-223,
    /// NIST SP 800-63B-4 §4.2.2.2). What a session is made of stays as it was shown.
    fn shown(&self) -> Evidence {
        if self.program.purpose() != Purpose::Recovery {
            return self.state.evidence.clone();
        }
        let mut shown = Evidence::new();
        for proof in self.state.evidence.proofs() {
            let method = match &proof.method {
                Method::Email { .. } => Method::Password,
                other => other.clone(),
            };
            shown.record(Proof { method, at: proof.at });
        }
        shown
    }

    /// Binds a factor to the person, with this answer. From here on it counts, the owner is told by
    /// mail, and it is in the audit trail.
    ///
    /// # Errors
    /// When there is nobody, or the mail cannot be worded.
    pub async fn bind(&mut self, credential: Credential) -> Result<()> {
        self.note_binding("factor_added", &credential).await?;
        self.push(Effect::BindCredential { credential });
        Ok(())
    }

    /// Gives the person these recovery codes instead of any other, as [`Context::bind`] binds.
    ///
    /// # Errors
    /// As [`Context::bind`].
    pub async fn replace_static_codes(
        &mut self,
        credential: Credential,
        hashes: Vec<CodeHash>,
    ) -> Result<()> {
        self.note_binding("recovery_codes_made", &credential).await?;
        self.push(Effect::ReplaceStaticCodes { credential, hashes });
        Ok(())
    }

    async fn note_binding(&mut self, mail: &'static str, credential: &Credential) -> Result<()> {
        let person = self.person().await?.filter(|person| person.id == credential.user_id);
        let person =
            person.ok_or_else(|| Error::Internal("a factor for another person".to_owned()))?;
        let (email, name) = (person.email.clone(), person.display_name().to_owned());
        // What is bound along with another factor is no news beside that one.
        if let Some(email) = email.filter(|_| self.binding.is_empty()) {
            let data = serde_json::json!({
                "name": name,
                "factor": credential.kind,
                "device": credential.name,
                "when": self.now,
                "ip": self.request.ip,
                "link": format!("{}/account/security", self.services.public_url),
            });
            self.mail(mail, &email, data)?;
        }
        let data = serde_json::json!({ "credential": credential.id, "factor": credential.kind });
        self.record_change(mail, data);
        self.binding.push(credential.clone());
        Ok(())
    }

    /// Counts the browser as remembered if it is: the policies say what that is worth.
    pub async fn recognise_device(&mut self) -> Result<()> {
        let Some(token) = &self.request.device else { return Ok(()) };
        if self.state.evidence.remembered().is_some() {
            return Ok(());
        }
        let Some(user) = self.person().await?.map(|person| person.id.clone()) else {
            return Ok(());
        };
        let mut conn = self.services.store.read().await?;
        let Some(device) = device::find(&mut conn, &user, token, self.now).await? else {
            return Ok(());
        };
        if let Some(remembered) = device.remembered() {
            self.state.evidence.remember(remembered);
            self.push(Effect::TouchDevice(device.id));
        }
        Ok(())
    }

    /// Remembers the browser for `lasts`, since `factor` was passed on it. It gets a new secret: one
    /// that it brought along may have been planted.
    ///
    /// # Errors
    /// When nobody was identified.
    pub async fn remember_device(
        &mut self,
        factor: assurance::Factor,
        lasts: chrono::Duration,
    ) -> Result<()> {
        let user = self.person().await?.map(|person| person.id.clone());
        let user_id = user.ok_or_else(|| Error::Internal("nobody was identified".to_owned()))?;
        let ambient = self.services.ambient();
        let (id, token) = (ambient.id(), ambient.token());
        self.record_change("device_remembered", serde_json::json!({ "device": id }));
        self.push(Effect::RememberDevice(NewDevice {
            id,
            user_id,
            token_hash: store::token(&token),
            security_epoch: self.state.security_epoch,
            factor,
            proven_at: self.now,
            ip: self.request.ip.map(|ip| ip.to_string()),
            user_agent: Some(self.request.user_agent.clone()),
            lasts,
        }));
        self.secrets.device_token = Some(token);
        Ok(())
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

    /// Makes a session for whom `admitted` lets in, `lasts` long. The browser's earlier session ends:
    /// what is proven anew gets a new secret. In a flow that runs within a session it is that one
    /// which goes on, with what was proven since and a new secret: proving more makes no session.
    pub fn sign_in(&mut self, admitted: Box<Admitted>, lasts: chrono::Duration, persistent: bool) {
        if self.program.purpose().needs_session() {
            self.refresh_session(admitted);
            return;
        }
        self.end_session();
        let ambient = self.services.ambient();
        let (id, token) = (ambient.id(), ambient.token());
        let data = serde_json::json!({
            "session": id,
            "acr": admitted.level().as_str(),
            "amr": admitted.amr(),
            "explanation": admitted.explanation(),
        });
        self.record_change("login", data);
        let new = NewSession {
            id: id.clone(),
            token_hash: store::token(&token),
            security_epoch: self.state.security_epoch,
            lasts,
            persistent,
            ip: self.request.ip.map(|ip| ip.to_string()),
            user_agent: Some(self.request.user_agent.clone()),
        };
        self.push(Effect::IssueSession { admitted, new });
        self.secrets.session_token = Some(token);
        self.signed_in = Some(SignedIn { id });
    }

    fn refresh_session(&mut self, admitted: Box<Admitted>) {
        let Some((session, _)) = &self.request.session else { return };
        if self.request.is_delegated {
            return;
        }
        let (id, old) = (session.id.clone(), session.token_hash.clone());
        let token = self.services.ambient().token();
        let data = serde_json::json!({
            "session": id,
            "acr": admitted.level().as_str(),
            "amr": admitted.amr(),
            "explanation": admitted.explanation(),
        });
        self.record_change("step_up", data);
        self.push(Effect::RefreshSession {
            admitted,
            id: id.clone(),
            old,
            token_hash: store::token(&token),
            security_epoch: self.state.security_epoch,
        });
        self.secrets.session_token = Some(token);
        self.signed_in = Some(SignedIn { id });
    }

    /// Ends the browser's session.
    pub fn sign_out(&mut self) {
        self.end_session();
        self.signed_out = true;
        self.record_change("logout", Value::Null);
    }

    fn end_session(&mut self) {
        if let Some((session, _)) = &self.request.session {
            self.effects.push(Effect::EndSession(session.id.clone()));
        }
    }

    /// Gives the person for whom `permit` speaks the password whose hash is `phc`: it takes somebody
    /// who could come in with what is proven here to change what they come in with. Everything that
    /// was issued before ends, and the owner is told.
    ///
    /// # Errors
    /// When it speaks for somebody else.
    pub async fn set_password(&mut self, permit: &Permit, phc: &str) -> Result<()> {
        let person = self.person().await?.filter(|person| person.id == *permit.subject());
        let person = person.ok_or_else(|| Error::Internal("a permit for another person".into()))?;
        let (id, email, name) =
            (person.id.clone(), person.email.clone(), person.display_name().to_owned());
        let new = self.password_credential(&id, phc);
        // What this flow itself ends, it survives.
        self.state.security_epoch += 1;
        let security_epoch = self.state.security_epoch;
        if let Some(person) = &mut self.person {
            person.security_epoch = security_epoch;
        }
        self.push(Effect::SetPassword { credential: new, security_epoch });
        // Whoever chose it knows it.
        self.prove(Method::Password);
        if let Some(email) = email {
            self.mail("password_changed", &email, serde_json::json!({ "name": name }))?;
        }
        self.record_change("password_changed", Value::Null);
        Ok(())
    }

    /// Gives the person for whom `permit` speaks another address, which this flow has proven. What
    /// was issued before ends, and both addresses are told.
    ///
    /// # Errors
    /// When it speaks for somebody else, or the address is unproven.
    pub async fn set_email(&mut self, permit: &Permit, address: &str) -> Result<()> {
        let key = user::key(address);
        let is_proven = self.state.evidence.proofs().iter().any(
            |proof| matches!(&proof.method, Method::Email { address } if user::key(address) == key),
        );
        let person = self.person().await?.filter(|person| person.id == *permit.subject());
        let person = person.filter(|_| is_proven);
        let person = person.ok_or_else(|| Error::Internal("no right to this address".into()))?;
        let (id, old, name) =
            (person.id.clone(), person.email.clone(), person.display_name().to_owned());
        self.state.security_epoch += 1;
        let (security_epoch, now) = (self.state.security_epoch, self.now);
        if let Some(person) = &mut self.person {
            person.security_epoch = security_epoch;
            person.email_verified_at = Some(now);
        }
        let effect = Effect::ChangeEmail { id, address: address.to_owned(), security_epoch };
        self.push(effect);
        let data = serde_json::json!({
            "name": name,
            "when": now,
            "ip": self.request.ip,
            "link": format!("{}/account/security", self.services.public_url),
        });
        for to in old.iter().map(String::as_str).chain([address]) {
            self.mail("address_changed", to, data.clone())?;
        }
        self.record_change("address_changed", Value::Null);
        Ok(())
    }

    /// Deletes the person for whom `permit` speaks, and ends the browser's session with them.
    ///
    /// # Errors
    /// When it speaks for somebody else.
    pub async fn delete_person(&mut self, permit: &Permit) -> Result<()> {
        let person = self.person().await?.filter(|person| person.id == *permit.subject());
        let person = person.ok_or_else(|| Error::Internal("a permit for another person".into()))?;
        let (id, email, name) =
            (person.id.clone(), person.email.clone(), person.display_name().to_owned());
        if let Some(email) = email {
            let link = format!("{}/", self.services.public_url);
            let data = serde_json::json!({ "name": name, "link": link });
            self.mail("account_deleted", &email, data)?;
        }
        self.record_change("user_deleted", Value::Null);
        self.push(Effect::DeleteUser(id));
        self.signed_out = true;
        Ok(())
    }

    /// Makes a person, whom the flow is about from here on, with the password whose hash is `phc`.
    ///
    /// # Errors
    /// When the flow is about somebody already.
    pub fn create_person(&mut self, new: NewUser, phc: Option<&str>) -> Result<()> {
        if self.state.user.is_some() {
            return Err(Error::Internal("the flow is about somebody already".to_owned()));
        }
        let id = self.services.ambient().id();
        let person = User::new(id, new, self.now);
        self.state.user = Some(person.id.clone());
        self.state.security_epoch = person.security_epoch;
        let credential = phc.map(|phc| self.password_credential(&person.id, phc));
        self.push(Effect::CreateUser { person: Box::new(person.clone()) });
        if let Some(credential) = credential {
            self.push(Effect::BindCredential { credential });
            // Whoever chose it knows it; by itself that says nothing of who they are.
            if !self.state.evidence.is_empty() {
                self.prove(Method::Password);
            }
        }
        self.person = Some(person);
        self.record_change("user_created", Value::Null);
        Ok(())
    }

    /// Notes, for the rest of this request, that the person proved their address.
    pub(crate) fn email_verified(&mut self, address: &str) {
        let now = self.now;
        if let Some(person) = &mut self.person
            && person.email.as_deref().is_some_and(|email| user::key(email) == user::key(address))
        {
            person.email_verified_at = Some(now);
        }
    }

    fn password_credential(&self, user: &Id<User>, phc: &str) -> Credential {
        Credential {
            id: self.services.ambient().id(),
            user_id: user.clone(),
            kind: "password".to_owned(),
            name: String::new(),
            unique_key: Some(format!("password:{user}")),
            data: Document(serde_json::json!({ "phc": phc })),
            sealed: None,
            confirmed_at: Some(self.now),
            created_at: self.now,
            last_used_at: None,
            counter: -1,
        }
    }
}
