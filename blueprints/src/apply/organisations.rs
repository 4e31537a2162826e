//! Organisations.

use assurance::{Policy, Span};
use store::organisation::{self, Organisation};
use store::{Document, client, user};

use super::{Action, ApplyError, Run, differing};
use crate::model::{self, Join};

impl Run<'_> {
    /// Makes and changes organisations. Returns those that left the blueprint.
    pub(super) async fn write_organisations(&mut self) -> Result<Vec<Organisation>, ApplyError> {
        let present = organisation::all(self.unit).await?;
        self.refuse_shared_domains(&present);
        for (slug, stated) in &self.blueprint.organisations {
            match present.iter().find(|organisation| organisation.slug == *slug) {
                None => self.create_organisation(slug, stated).await?,
                Some(there) if self.owns("organisation", slug, there.owner.as_deref()) => {
                    self.update_organisation(there, stated).await?;
                }
                Some(_) => {}
            }
        }
        let name = Some(self.blueprint.name.as_str());
        let leaves = |organisation: &Organisation| {
            organisation.owner.as_deref() == name
                && !self.blueprint.organisations.contains_key(&organisation.slug)
        };
        Ok(present.into_iter().filter(leaves).collect())
    }

    async fn create_organisation(
        &mut self,
        slug: &str,
        stated: &model::Organisation,
    ) -> Result<(), ApplyError> {
        let organisation = Organisation {
            id: self.store.ambient().id(),
            slug: slug.to_owned(),
            name: stated.name.clone().unwrap_or_else(|| slug.to_owned()),
            colour: stated.colour.clone(),
            logo: stated.logo.clone(),
            domains: Document(stated.domains.clone()),
            join_by_domain: stated.join == Join::Domain,
            policy: Document(stated.policy.clone()),
            policy_since: self.now,
            owner: Some(self.blueprint.name.clone()),
            created_at: self.now,
            updated_at: self.now,
        };
        organisation::create(self.unit, &organisation).await?;
        self.change(Action::Create, "organisation", slug, Vec::new());
        self.organisations.insert(slug.to_owned(), organisation);
        Ok(())
    }

    async fn update_organisation(
        &mut self,
        there: &Organisation,
        stated: &model::Organisation,
    ) -> Result<(), ApplyError> {
        let since = if is_same_demand(&there.policy, &stated.policy) {
            there.policy_since
        } else {
            self.now
        };
        let organisation = Organisation {
            name: stated.name.clone().unwrap_or_else(|| there.slug.clone()),
            colour: stated.colour.clone(),
            logo: stated.logo.clone(),
            domains: Document(stated.domains.clone()),
            join_by_domain: stated.join == Join::Domain,
            policy: Document(stated.policy.clone()),
            policy_since: since,
            updated_at: self.now,
            ..there.clone()
        };
        let keys = differing(&[
            ("name", organisation.name == there.name),
            ("colour", organisation.colour == there.colour),
            ("logo", organisation.logo == there.logo),
            ("domains", organisation.domains == there.domains),
            ("join", organisation.join_by_domain == there.join_by_domain),
            ("policy", organisation.policy == there.policy),
        ]);
        if keys.is_empty() {
            self.organisations.insert(there.slug.clone(), there.clone());
            return Ok(());
        }
        organisation::update(self.unit, &organisation).await?;
        self.change(Action::Update, "organisation", &there.slug, keys);
        self.organisations.insert(there.slug.clone(), organisation);
        Ok(())
    }

    /// Deletes organisations to which nothing refers any more.
    pub(super) async fn delete_organisations(
        &mut self,
        leaving: Vec<Organisation>,
    ) -> Result<(), ApplyError> {
        let clients = if leaving.is_empty() { Vec::new() } else { client::all(self.unit).await? };
        for organisation in leaving {
            // Without its organisation a client would ask for less than it did.
            let held = clients
                .iter()
                .find(|client| client.organisation_id.as_ref() == Some(&organisation.id));
            if let Some(client) = held {
                self.refusals.push(format!(
                    "the organisation `{}` cannot be deleted: the client `{}` belongs to it",
                    organisation.slug, client.id
                ));
                continue;
            }
            organisation::delete(self.unit, &organisation.id).await?;
            self.change(Action::Delete, "organisation", &organisation.slug, Vec::new());
        }
        Ok(())
    }

    /// Whoever has an address in a domain joins its organisation, so it has one.
    fn refuse_shared_domains(&mut self, present: &[Organisation]) {
        let others = present
            .iter()
            .filter(|organisation| organisation.owner.as_deref() != Some(&self.blueprint.name));
        for other in others {
            for (slug, stated) in &self.blueprint.organisations {
                let shared = stated.domains.iter().find(|domain| {
                    other.domains.iter().any(|taken| user::key(taken) == user::key(domain))
                });
                if let Some(domain) = shared
                    && other.slug != *slug
                {
                    self.refusals.push(format!(
                        "the domain `{domain}` of the organisation `{slug}` belongs to the organisation `{}`",
                        other.slug
                    ));
                }
            }
        }
    }
}

/// Whether two policies ask for the same factors of the same people. Only when that changes does
/// grace begin anew: a longer session must not give everybody another week without a factor.
fn is_same_demand(one: &Policy, other: &Policy) -> bool {
    let demand = |policy: &Policy| Policy {
        grace: Span::ZERO,
        recent: Span::ZERO,
        remember_device: Span::ZERO,
        session: None,
        ..policy.clone()
    };
    demand(one) == demand(other)
}
