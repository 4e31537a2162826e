//! What conditions see of a context: names and values, and nothing that can be changed.

use store::organisation;

use super::Context;
use crate::Result;
use crate::condition::{
    AssuranceFacts, DeviceFacts, Facts, OrganisationFacts, RequestFacts, UserFacts,
};

impl Context<'_> {
    /// What conditions may read.
    pub async fn facts(&mut self) -> Result<Facts> {
        let standing = match self.person().await? {
            Some(_) => Some(self.standing().await?),
            None => None,
        };
        let mut facts = Facts::at(self.now.into());
        if let (Some(person), Some(standing)) = (&self.person, standing) {
            facts.user = Some(UserFacts {
                id: person.id.to_string(),
                username: person.username.clone(),
                email: person.email.clone(),
                email_verified: person.email_verified_at.is_some(),
                name: person.name.clone(),
                language: person.language.clone(),
                organisations: standing.organisations.iter().map(|o| o.slug.clone()).collect(),
                admin: person.admin,
                created_at: person.created_at.into(),
            });
            // In whose name the flow runs: the client's organisation, or the person's only one.
            let client =
                self.state.interaction.as_ref().and_then(|i| i.client.organisation.clone());
            let own = match standing.organisations.as_slice() {
                [only] => Some(only.slug.clone()),
                _ => None,
            };
            let slug = client.or(own);
            if let Some(slug) = slug {
                let mut conn = self.services.store.read().await?;
                facts.organisation = organisation::find(&mut conn, &slug)
                    .await?
                    .map(|o| OrganisationFacts { slug: o.slug, name: o.name });
            }
            facts.enrolled = standing
                .enrolled
                .factors()
                .iter()
                .map(|enrolled| enrolled.factor.as_str().to_owned())
                .collect();
        }
        facts.client = self.state.interaction.as_ref().map(|i| i.client.clone());
        facts.request = RequestFacts {
            ip: self.request.ip,
            user_agent: self.request.user_agent.clone(),
            language: self.request.language.clone(),
        };
        facts.device = DeviceFacts::default();
        facts.answers.clone_from(&self.state.answers);
        let evidence = &self.state.evidence;
        facts.proven = evidence.proofs().iter().map(|proof| proven_name(&proof.method)).collect();
        let level = assurance::level_of(evidence);
        facts.assurance = AssuranceFacts {
            mfa: level >= assurance::Acr::Aal2,
            phishing_resistant: level >= assurance::Acr::Phr,
            acr: level.as_str().to_owned(),
            amr: assurance::amr_of(evidence, level)
                .iter()
                .map(|value| value.as_str().to_owned())
                .collect(),
        };
        facts.session = self.signed_in.is_some();
        Ok(facts)
    }
}

/// The name by which conditions call a proof.
fn proven_name(method: &assurance::Method) -> String {
    method.factor().map_or("social", assurance::Factor::as_str).to_owned()
}
