//! What holds for the person here and now, and what `assurance` says of what they showed.

use assurance::{Decision, Evidence, Factor, Method, Proof};
use store::organisation::{self, Membership};
use store::standing::{self, Standing};
use store::{Id, client, user};

use super::{Context, ForChange};
use crate::definition::Purpose;
use crate::effect::Effect;
use crate::{Error, Result};

impl Context<'_> {
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

    /// Whether the person may go on here by the same rules: in a flow of somebody who is signed in
    /// already the evidence is as old as the session, so there it must be recent (`recent` of the
    /// policies), since whoever finds the browser open must not take the account over.
    ///
    /// # Errors
    /// When nobody was identified.
    pub async fn admit_here(&mut self) -> Result<ForChange> {
        self.admit_with(self.shown()).await
    }

    /// Whether the person may change what they sign in with: as [`Context::admit_here`], but by what
    /// was shown alone. A remembered browser spares a question; it is no proof, and whoever sits at it
    /// must not bind a factor of their own (NIST SP 800-63B-4 §4.1.2.1).
    ///
    /// # Errors
    /// When nobody was identified.
    pub async fn admit_for_change(&mut self) -> Result<ForChange> {
        let mut mailboxes: Vec<String> = Vec::new();
        for enrolled in self.standing().await?.enrolled.factors() {
            if enrolled.factor == Factor::Email {
                mailboxes.push(user::key(&enrolled.credential));
            }
        }
        let own = self.person().await?.and_then(|person| person.email.as_deref().map(user::key));
        mailboxes.extend(own);
        // A mailbox that somebody wants to have shows nothing of who they are.
        let is_theirs = |proof: &&Proof| match &proof.method {
            Method::Email { address } => mailboxes.contains(&user::key(address)),
            _ => true,
        };
        let shown = self.shown().proofs().iter().filter(is_theirs).cloned().collect();
        self.admit_with(shown).await
    }

    async fn admit_with(&mut self, shown: Evidence) -> Result<ForChange> {
        let mut standing = self.standing().await?;
        if self.program.purpose().needs_session() {
            standing.policies.demand.sensitive = true;
        }
        let now = self.now.into();
        Ok(assurance::admit(&standing.policies, &shown, &standing.enrolled, now).into())
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
}
