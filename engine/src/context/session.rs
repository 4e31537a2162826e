//! Sessions and remembered devices, as stages make and end them.

use assurance::Admitted;
use serde_json::Value;
use store::device::{self, NewDevice};
use store::session::NewSession;

use super::{Context, SignedIn};
use crate::effect::Effect;
use crate::{Error, Result};

impl Context<'_> {
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
}
