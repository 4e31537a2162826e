//! Takes up a flow where a mailed link belongs.
//!
//! A link stands for a mailbox, not for a browser. In the browser that asked for it the flow goes on
//! where it was; in any other one a new execution begins behind the stage that sent it, and takes
//! nothing over but the person and the address: whoever began the first one learns nothing and gains
//! nothing from the click, and what they typed does not become the clicker's.

use store::execution;
use store::link::{self, Link};
use store::user::{self, User};

use super::{Engine, Loaded, run, save};
use crate::condition::Answer;
use crate::context::Context;
use crate::request::Request;
use crate::state::Secrets;
use crate::view::View;
use crate::{Error, Result};

impl Engine {
    /// Whether a link could still be used; looking uses nothing. Links of a flow that was taken away
    /// are dead: nobody enrols by mail from the days when anybody could.
    ///
    /// # Errors
    /// [`Error::UnknownLink`].
    pub async fn find_link(&self, slug: &str, token: &str) -> Result<Link> {
        self.versions.current().find(slug).ok_or(Error::UnknownLink)?;
        let now = self.services.ambient().now();
        let mut conn = self.services.store.read().await?;
        let found = link::find(&mut conn, &store::token(token), now).await?;
        found.filter(|link| link.flow == slug).ok_or(Error::UnknownLink)
    }

    /// Uses a link and walks on from the stage that sent it.
    ///
    /// # Errors
    /// [`Error::UnknownLink`] when it is unknown, expired or used; of twenty at once one wins.
    /// [`Error::SessionNeeded`] when the flow is for people who are signed in, and nobody is.
    pub async fn open_link(&self, slug: &str, token: &str, request: &Request) -> Result<View> {
        let link = self.find_link(slug, token).await?;
        let catalogue = self.versions.at(link.version).await?;
        let program = catalogue.find(slug).ok_or(Error::UnknownLink)?;
        if program.purpose().needs_session() {
            let (_, user) = request.session.as_ref().ok_or(Error::SessionNeeded)?;
            if link.user_id.as_ref() != Some(&user.id) {
                return Err(Error::UnknownLink);
            }
        }
        // Claimed before anything is worked out: whatever fails later, it was used.
        let now = self.services.ambient().now();
        let mut unit = self.services.store.write().await?;
        let claimed = link::claim(&mut unit, &store::token(token), now).await?;
        let link = claimed.ok_or(Error::UnknownLink)?;
        unit.commit().await?;

        let own = self.own(&link, request).await?;
        let position = program.position_of(&link.stage).ok_or(Error::UnknownLink)?;
        let person = match &link.user_id {
            Some(id) => {
                let mut conn = self.services.store.read().await?;
                let person = user::find(&mut conn, id).await?.filter(User::is_active);
                Some(person.ok_or(Error::UnknownLink)?)
            }
            None => None,
        };
        let (id, state, secrets) = if let Some(own) = &own {
            (own.row.id.clone(), own.state.clone(), own.secrets.clone())
        } else {
            let state = super::beginning(program, request, super::Begin::default())?;
            (self.services.ambient().id(), state, Secrets::default())
        };
        let mut context =
            Context::new(&self.services, request, program, id, link.version, state, secrets);
        take_over(&mut context, &link, person)?;
        run::walk(&mut context, position + 1).await?;
        match own {
            Some(Loaded { row, state, secrets, .. }) => {
                save::advance(context, &row, (state, secrets)).await
            }
            // The address was taken while the link was under way.
            None => match save::create(context).await {
                Err(Error::Store(store::Error::Conflict(_))) => Err(Error::UnknownLink),
                created => created,
            },
        }
    }

    /// The execution that asked for the link, if this browser began it and it still waits for it.
    async fn own(&self, link: &Link, request: &Request) -> Result<Option<Loaded>> {
        let now = self.services.ambient().now();
        let mut conn = self.services.store.read().await?;
        let row = execution::find(&mut conn, &link.execution_id, &request.browser, now).await?;
        drop(conn);
        let Some(row) = row.filter(|row| row.finished_at.is_none()) else { return Ok(None) };
        let loaded = self.understand(row, request).await?;
        let at = loaded.program.position_of(&link.stage);
        let waits = at == Some(loaded.state.position) && loaded.state.user == link.user_id;
        Ok(waits.then_some(loaded))
    }
}

fn take_over(context: &mut Context<'_>, link: &Link, person: Option<User>) -> Result<()> {
    if let Some(person) = person {
        context.set_person(person)?;
    }
    let state = context.state_mut();
    state.errors.clear();
    state.login.get_or_insert_with(|| link.address.clone());
    state.answers.insert("email".to_owned(), Answer::Text(link.address.clone()));
    context.prove(assurance::Method::Email { address: link.address.clone() });
    // A link that an administrator handed over shows nothing of the mailbox; one to an address that
    // the person wants to have proves it, but it is not theirs yet.
    let key = user::key(&link.address);
    let is_theirs = |person: &User| person.email.as_deref().map(user::key) == Some(key);
    let is_own = link.is_mailed() && context.person_now().is_some_and(is_theirs);
    if let Some(id) = link.user_id.as_ref().filter(|_| is_own) {
        let effect = crate::Effect::VerifyEmail { id: id.clone(), address: link.address.clone() };
        context.push(effect);
        context.email_verified(&link.address);
    }
    let data = serde_json::json!({ "flow": link.flow, "stage": link.stage });
    context.record("link_used", store::event::Outcome::Success, data);
    Ok(())
}
