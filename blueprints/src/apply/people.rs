//! People. One who is missing is made; of one who is there only `admin` and `organisations` follow
//! the blueprint, so that applying again never gives back an old password, address or name.

use std::collections::{BTreeMap, BTreeSet};

use engine::Passwords;
use store::credential::{self, Credential};
use store::organisation::{self, Membership};
use store::user::{self, Login, NewUser, User};
use store::{Document, Id, Store};
use zeroize::Zeroizing;

use super::{Action, ApplyError, Run, differing};
use crate::Compiled;
use crate::model;

/// The role of members whom a blueprint states.
const MEMBER: &str = "member";

/// The password hashes of the people who are not there yet, by user name.
pub(super) async fn hash_new(
    store: &Store,
    passwords: &Passwords,
    blueprint: &Compiled,
) -> Result<BTreeMap<String, String>, ApplyError> {
    let mut new = Vec::new();
    let mut conn = store.read().await?;
    for (name, stated) in &blueprint.users {
        if user::find_by_login(&mut conn, name, &[Login::Username]).await?.is_none() {
            new.push((name, stated));
        }
    }
    drop(conn);
    let mut hashes = BTreeMap::new();
    for (name, stated) in new {
        if let Some(password) = &stated.password {
            hashes.insert(name.clone(), passwords.hash(password.reveal()).await?);
        } else if let Some(hash) = &stated.password_hash {
            // Compared with anything, to learn whether it can be compared with at all.
            if passwords.verify("", Some(hash.reveal())).await.is_err() {
                let message = format!("the `password_hash` of `{name}` cannot be used");
                return Err(ApplyError::Refused(vec![message]));
            }
            hashes.insert(name.clone(), hash.reveal().to_owned());
        }
    }
    Ok(hashes)
}

impl Run<'_> {
    /// Makes, changes and deletes people and their memberships.
    pub(super) async fn write_people(
        &mut self,
        hashes: &BTreeMap<String, String>,
    ) -> Result<(), ApplyError> {
        let before = user::count_admins(self.unit).await?;
        for (name, stated) in &self.blueprint.users {
            match user::find_by_login(self.unit, name, &[Login::Username]).await? {
                None => self.create_person(name, stated, hashes.get(name)).await?,
                Some(there) if self.owns("person", name, there.owner.as_deref()) => {
                    self.update_person(&there, name, stated).await?;
                }
                Some(_) => {}
            }
        }
        let stated: BTreeSet<String> =
            self.blueprint.users.keys().map(|name| user::key(name)).collect();
        for there in user::owned_by(self.unit, &self.blueprint.name).await? {
            let name = there.username.clone().unwrap_or_default();
            if !stated.contains(&user::key(&name)) {
                user::delete(self.unit, &there.id).await?;
                self.change(Action::Delete, "person", &name, Vec::new());
            }
        }
        if before > 0 && user::count_admins(self.unit).await? == 0 {
            self.refusals.push("no administrator would be left".to_owned());
        }
        Ok(())
    }

    async fn create_person(
        &mut self,
        name: &str,
        stated: &model::User,
        hash: Option<&String>,
    ) -> Result<(), ApplyError> {
        if let Some(email) = &stated.email
            && user::find_by_login(self.unit, email, &[Login::Email]).await?.is_some()
        {
            self.refusals.push(format!("the address of `{name}` belongs to another person"));
            return Ok(());
        }
        let wants_password = stated.password.is_some() || stated.password_hash.is_some();
        if wants_password && hash.is_none() {
            // The person was there when the hashes were made, and is not any more.
            return Err(store::Error::Stale.into());
        }
        let new = NewUser {
            username: Some(name.to_owned()),
            email: stated.email.clone(),
            email_verified_at: stated.verified.then_some(self.now),
            name: stated.name.clone().unwrap_or_default(),
            language: stated.language.clone(),
            admin: stated.admin,
            owner: Some(self.blueprint.name.clone()),
            ..NewUser::default()
        };
        let person = User::new(self.store.ambient().id(), new, self.now);
        user::create(self.unit, &person).await?;
        if let Some(phc) = hash {
            let password = self.password(&person.id, phc);
            credential::create(self.unit, &password).await?;
        }
        if let Some(secret) = &stated.factors.totp {
            let app = self.authenticator(&person.id, secret.reveal())?;
            credential::create(self.unit, &app).await?;
        }
        self.change(Action::Create, "person", name, Vec::new());
        self.write_memberships(&person, &stated.organisations).await?;
        Ok(())
    }

    fn password(&self, person: &Id<User>, phc: &str) -> Credential {
        Credential {
            id: self.store.ambient().id(),
            user_id: person.clone(),
            kind: "password".to_owned(),
            name: String::new(),
            unique_key: Some(format!("password:{person}")),
            data: Document(serde_json::json!({ "phc": phc })),
            sealed: None,
            confirmed_at: Some(self.now),
            created_at: self.now,
            last_used_at: None,
            counter: -1,
        }
    }

    fn authenticator(&self, person: &Id<User>, secret: &str) -> Result<Credential, ApplyError> {
        let ambient = self.store.ambient();
        let id = ambient.id();
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes());
        // The check has read it before.
        let bytes = Zeroizing::new(bytes.map_err(|_| store::Error::Stale)?);
        let sealed = self.store.sealer().seal(ambient, &credential::place(&id), &bytes)?;
        Ok(Credential {
            id,
            user_id: person.clone(),
            kind: "totp".to_owned(),
            name: "Authenticator".to_owned(),
            unique_key: None,
            data: Document(serde_json::json!({ "digits": 6, "period": 30 })),
            sealed: Some(sealed),
            confirmed_at: Some(self.now),
            created_at: self.now,
            last_used_at: None,
            counter: -1,
        })
    }

    async fn update_person(
        &mut self,
        there: &User,
        name: &str,
        stated: &model::User,
    ) -> Result<(), ApplyError> {
        if there.admin != stated.admin {
            let owner = Some(self.blueprint.name.as_str());
            user::update_stated(self.unit, &there.id, owner, stated.admin, self.now).await?;
        }
        let is_same = !self.write_memberships(there, &stated.organisations).await?;
        let keys = differing(&[("admin", there.admin == stated.admin), ("organisations", is_same)]);
        if !keys.is_empty() {
            self.change(Action::Update, "person", name, keys);
        }
        Ok(())
    }

    /// Adds and removes memberships in the organisations of this blueprint. Those in others stay,
    /// and so do those that the person has by a domain: they would only come back, with their
    /// grace begun anew. Returns whether anything changed.
    async fn write_memberships(
        &mut self,
        person: &User,
        stated: &[String],
    ) -> Result<bool, ApplyError> {
        let present = organisation::of_user(self.unit, &person.id).await?;
        let mut is_changed = false;
        for slug in stated {
            let Some(organisation) = self.organisations.get(slug) else { continue };
            if present.iter().any(|(there, _)| there.id == organisation.id) {
                continue;
            }
            let membership = Membership {
                user_id: person.id.clone(),
                organisation_id: organisation.id.clone(),
                role: MEMBER.to_owned(),
                joined_at: self.now,
            };
            organisation::join(self.unit, &membership).await?;
            is_changed = true;
        }
        for (there, membership) in present {
            let is_ours = self.organisations.contains_key(&there.slug);
            let is_stated = stated.contains(&there.slug);
            if is_ours
                && !is_stated
                && membership.role == MEMBER
                && !joins_by_domain(person, &there)
            {
                organisation::leave(self.unit, &person.id, &there.id).await?;
                is_changed = true;
            }
        }
        Ok(is_changed)
    }
}

/// Whether the person would join at the next sign-in.
fn joins_by_domain(person: &User, organisation: &organisation::Organisation) -> bool {
    let domain = person
        .email
        .as_deref()
        .filter(|_| person.email_verified_at.is_some())
        .and_then(|email| email.rsplit_once('@'))
        .map(|(_, domain)| user::key(domain));
    organisation.join_by_domain
        && organisation.domains.iter().any(|claimed| Some(user::key(claimed)) == domain)
}
