//! What a flow changes of a person and of what they sign in with.

use assurance::Method;
use serde_json::Value;
use store::credential::Credential;
use store::static_code::CodeHash;
use store::user::{self, NewUser, User};
use store::{Document, Id};

use super::{Context, Permit};
use crate::effect::Effect;
use crate::{Error, Result};

impl Context<'_> {
    /// Binds a factor to the person, with this answer. From here on it counts, the owner is told by
    /// mail, and it is in the audit trail.
    ///
    /// # Errors
    /// When there is nobody, or the mail cannot be worded.
    pub async fn bind(&mut self, credential: Credential) -> Result<()> {
        self.note_binding("factor_added", &credential).await?;
        let security_epoch = self.state.security_epoch;
        self.push(Effect::BindCredential { credential, security_epoch });
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
        let security_epoch = self.state.security_epoch;
        self.push(Effect::ReplaceStaticCodes { credential, hashes, security_epoch });
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
            "new": address,
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
            let security_epoch = self.state.security_epoch;
            self.push(Effect::BindCredential { credential, security_epoch });
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
