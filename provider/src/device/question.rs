//! Whether the person lets the device act for them (RFC 8628 §3.3). They are always asked, whatever
//! the client's consent says, with what is known of the device: somebody else may have sent them the
//! code (§5.4). Policies, demand and evidence are judged as for any other authorization.

use assurance::{Admitted, Decision, Demand, Explanation};
use serde_json::json;
use store::client::{Client, Consent};
use store::device_grant::{self, DeviceGrant};
use store::event::{self, NewEvent, Outcome};
use store::interaction::{self, Interaction};
use store::session::Session;
use store::user::User;
use store::{Id, Time, consent, standing};

use super::{Asked, grant_of};
use crate::authorize::waiting::{self, State, Waiting};
use crate::{Caller, Error, Provider, Result};

/// What is shown for an interaction that is about a device.
#[derive(Debug)]
pub enum Question {
    /// Ask the person; the answer goes to [`Provider::answer_device`].
    Ask(Box<DevicePage>),
    /// The person must sign in or prove more; the flow comes back to the interaction.
    SignIn {
        /// What waits.
        interaction: Id<Interaction>,
    },
    /// The device may act for the person.
    Allowed(Box<Client>),
    /// It may not: the person said no.
    Denied(Box<Client>),
    /// It may not: the policies that hold for the person don't let it, or what they ask for was not
    /// proven in spite of being asked for.
    Refused(Box<Explanation>),
    /// It was answered already, has expired, or belongs to another browser.
    Gone,
}

/// What the person is asked.
#[derive(Debug, Clone)]
pub struct DevicePage {
    /// What waits.
    pub interaction: Id<Interaction>,
    /// Who asks.
    pub client: Client,
    /// For what.
    pub scopes: Vec<String>,
    /// From which address.
    pub ip: Option<String>,
    /// With what; the device's own word.
    pub user_agent: String,
    /// When.
    pub asked_at: Time,
}

/// A grant whose code was entered in this browser.
struct Entered {
    waiting: Waiting,
    grant: DeviceGrant,
    client: Client,
    asked: Asked,
}

/// Somebody is there, and suffices or not.
enum Judgement {
    Admitted(Box<Admitted>),
    Missing(Explanation),
    Denied(Explanation),
}

impl Provider {
    /// What is shown to this browser for the device of an interaction.
    pub async fn device_question(
        &self,
        id: &Id<Interaction>,
        caller: &Caller<'_>,
    ) -> Result<Question> {
        self.decide(id, caller, None).await
    }

    /// Takes the person's answer.
    pub async fn answer_device(
        &self,
        id: &Id<Interaction>,
        caller: &Caller<'_>,
        allow: bool,
    ) -> Result<Question> {
        self.decide(id, caller, Some(allow)).await
    }

    async fn decide(
        &self,
        id: &Id<Interaction>,
        caller: &Caller<'_>,
        answer: Option<bool>,
    ) -> Result<Question> {
        let done = self.run_question(id, caller, answer).await;
        match done {
            // Another tab answered meanwhile.
            Err(Error::Store(store::Error::Stale)) => Ok(Question::Gone),
            done => done,
        }
    }

    async fn run_question(
        &self,
        id: &Id<Interaction>,
        caller: &Caller<'_>,
        answer: Option<bool>,
    ) -> Result<Question> {
        let now = self.store.ambient().now();
        let Some(mut entered) = self.entered(id, caller, now).await? else {
            return Ok(Question::Gone);
        };
        let Some((session, user)) = caller.session else {
            return self.prove_more(&entered, caller, None).await;
        };
        if answer == Some(false) {
            let event = caller.event("device_denied", Outcome::Failure, &entered.client);
            let denied = self.end(&entered, user, event).await?;
            return Ok(if denied {
                Question::Denied(entered.client.into())
            } else {
                Question::Gone
            });
        }
        match self.judge(&mut entered, session, user, now).await? {
            Judgement::Missing(why) => self.prove_more(&entered, caller, Some((user, why))).await,
            Judgement::Denied(why) => self.refuse_device(&entered, caller, user, why).await,
            Judgement::Admitted(admitted) => {
                let is_asked = entered.waiting.is_asked(session, &entered.grant.scopes);
                if answer.is_none() || !is_asked {
                    return self.show(entered, session).await;
                }
                let allowed = self.allow(&entered, caller, session, &admitted, now).await?;
                let client = entered.client.into();
                Ok(if allowed { Question::Allowed(client) } else { Question::Gone })
            }
        }
    }

    async fn entered(
        &self,
        id: &Id<Interaction>,
        caller: &Caller<'_>,
        now: Time,
    ) -> Result<Option<Entered>> {
        let Some((waiting, params)) = Waiting::find(self, id, caller.browser).await? else {
            return Ok(None);
        };
        let Some(grant) = grant_of(&params) else { return Ok(None) };
        let mut conn = self.store.read().await?;
        let Some((grant, client)) = device_grant::find(&mut conn, &grant, now).await? else {
            return Ok(None);
        };
        let asked = Asked::of(&grant)?;
        Ok(Some(Entered { waiting, grant, client, asked }))
    }

    /// Whether the person of this session is admitted. A level that they were asked for and did not
    /// reach is let go: it was a wish.
    async fn judge(
        &self,
        entered: &mut Entered,
        session: &Session,
        user: &User,
        now: Time,
    ) -> Result<Judgement> {
        let demand: Demand = entered.asked.demand.clone();
        let mut conn = self.store.read().await?;
        let standing = standing::of(&mut conn, user, Some(&entered.client), Some(demand)).await?;
        drop(conn);
        let (mut policies, enrolled) = (standing.policies, standing.enrolled);
        let mut decision = assurance::admit(&policies, &session.evidence, &enrolled, *now);
        if entered.waiting.is_after(session) && !matches!(decision, Decision::Admitted(_)) {
            policies.demand.acr = None;
            entered.asked.demand.acr = None;
            decision = assurance::admit(&policies, &session.evidence, &enrolled, *now);
        }
        Ok(match decision {
            Decision::Admitted(admitted) => Judgement::Admitted(admitted),
            Decision::Challenge(challenge) => Judgement::Missing(challenge.explanation),
            Decision::Enrol(enrol) => Judgement::Missing(enrol.explanation),
            Decision::Deny(deny) => Judgement::Denied(deny.explanation),
        })
    }

    /// Sends the person to the flows, unless they have been there often enough.
    async fn prove_more(
        &self,
        entered: &Entered,
        caller: &Caller<'_>,
        short: Option<(&User, Explanation)>,
    ) -> Result<Question> {
        let interaction = entered.waiting.id().clone();
        match (entered.waiting.fell_short(caller), short) {
            (Some(state), _) => {
                self.note(&interaction, state).await?;
                Ok(Question::SignIn { interaction })
            }
            (None, Some((user, why))) => self.refuse_device(entered, caller, user, why).await,
            (None, None) => Ok(Question::Gone),
        }
    }

    async fn show(&self, entered: Entered, session: &Session) -> Result<Question> {
        let Entered { waiting, grant, client, asked } = entered;
        let interaction = waiting.id().clone();
        self.note(&interaction, State::asking(session, &grant.scopes)).await?;
        Ok(Question::Ask(Box::new(DevicePage {
            interaction,
            client,
            scopes: grant.scopes.0,
            ip: asked.ip,
            user_agent: asked.user_agent,
            asked_at: grant.created_at,
        })))
    }

    async fn note(&self, id: &Id<Interaction>, state: State) -> Result<()> {
        let state = serde_json::to_value(state).map_err(Error::Encoding)?;
        let mut unit = self.store.write().await?;
        interaction::update_state(&mut unit, id, state).await?;
        Ok(unit.commit().await?)
    }

    async fn allow(
        &self,
        entered: &Entered,
        caller: &Caller<'_>,
        session: &Session,
        admitted: &Admitted,
        now: Time,
    ) -> Result<bool> {
        let Entered { waiting, grant, client, asked } = entered;
        let ambient = self.store.ambient();
        let mut event = caller.event("device_allowed", Outcome::Success, client);
        event.data = json!({
            "grant": grant.grant_id,
            "session": session.id,
            "scopes": grant.scopes,
            "acr": admitted.level(),
            "device": { "ip": asked.ip, "user_agent": asked.user_agent },
            "because": admitted.explanation().reasons.iter().map(|r| r.code).collect::<Vec<_>>(),
        });
        let data = asked.to_json()?;
        let mut unit = self.store.write().await?;
        let is_first = waiting::finish(&mut unit, Some(waiting), now).await?
            && device_grant::approve(&mut unit, &grant.grant_id, admitted, session, data, now)
                .await?;
        if !is_first {
            unit.rollback().await?;
            return Ok(false);
        }
        // Where each time is asked, nothing is remembered.
        if client.settings.consent != Consent::Always {
            consent::allow(&mut unit, &session.user_id, &client.id, &grant.scopes, now).await?;
        }
        event::create(&mut unit, ambient.id(), now, event).await?;
        unit.commit().await?;
        Ok(true)
    }

    async fn refuse_device(
        &self,
        entered: &Entered,
        caller: &Caller<'_>,
        user: &User,
        why: Explanation,
    ) -> Result<Question> {
        let reasons: Vec<_> = why.reasons.iter().map(|reason| reason.code).collect();
        let event = caller.denied(&entered.client, &reasons);
        let is_first = self.end(entered, user, event).await?;
        Ok(if is_first { Question::Refused(Box::new(why)) } else { Question::Gone })
    }

    /// Answers the device with no. Returns `false` when it had another answer before.
    async fn end(&self, entered: &Entered, user: &User, mut event: NewEvent) -> Result<bool> {
        let ambient = self.store.ambient();
        let now = ambient.now();
        let (asked, grant) = (&entered.asked, &entered.grant.grant_id);
        if let Some(data) = event.data.as_object_mut() {
            data.insert("grant".to_owned(), json!(grant));
            data.insert(
                "device".to_owned(),
                json!({ "ip": asked.ip, "user_agent": asked.user_agent }),
            );
        }
        let mut unit = self.store.write().await?;
        let is_first = waiting::finish(&mut unit, Some(&entered.waiting), now).await?
            && device_grant::deny(&mut unit, grant, &user.id, now).await?;
        if !is_first {
            unit.rollback().await?;
            return Ok(false);
        }
        event::create(&mut unit, ambient.id(), now, event).await?;
        unit.commit().await?;
        Ok(true)
    }
}
