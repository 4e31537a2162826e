//! Links that an administrator hands over: they lead into the flow that brings people back, behind
//! the stage that would have mailed one, and are good once.

use chrono::{Duration, SecondsFormat};
use engine::condition::Sandbox;
use engine::definition::Purpose;
use engine::{Catalogue, Flows};
use serde_json::{Value, json};
use store::link::{self, Link};
use store::user::User;
use store::{Id, Time, Unit, blueprint_version};

use super::local::{Local, refused};
use super::{say, warn};
use crate::start::StartError;

/// The kind of the stage whose links these are.
const LINK_STAGE: &str = "email_link";

/// The slug that is taken where several flows are for recovery.
const USUAL_FLOW: &str = "recovery";

/// A link that stands for a person.
pub(super) struct Handed {
    url: String,
    flow: String,
    expires_at: Time,
}

impl Local {
    /// The newest flows.
    pub(super) async fn catalogue(&self) -> Result<Catalogue, StartError> {
        let mut conn = self.store.read().await?;
        let version = blueprint_version::latest(&mut conn).await?;
        let flows = match blueprint_version::find(&mut conn, version).await? {
            Some(row) => serde_json::from_value(row.document.0).map_err(|error| {
                engine::Error::Internal(format!("blueprint version {version}: {error}"))
            })?,
            None => Flows::default(),
        };
        Ok(Catalogue::compile(version, &flows, &stages::registry(), &Sandbox::default())?)
    }

    /// The flow, and the stage of it, whose link lets a person back in.
    pub(super) async fn way_back(&self) -> Result<(Catalogue, String, String), StartError> {
        let catalogue = self.catalogue().await?;
        let mut found: Vec<(String, String)> = catalogue
            .stated()
            .filter(|flow| flow.purpose() == Purpose::Recovery)
            .filter_map(|flow| {
                let stage = flow.stages_of(LINK_STAGE).next()?;
                Some((flow.slug().to_owned(), stage.to_owned()))
            })
            .collect();
        found.sort_by_key(|(slug, _)| (slug != USUAL_FLOW, slug.clone()));
        let (flow, stage) = found.into_iter().next().ok_or_else(|| {
            refused(
                "no flow with `use: recovery` has the stage `email_link`, so no link can lead into \
                 it; apply a blueprint that has one with: flowgate blueprint apply PATH",
            )
        })?;
        Ok((catalogue, flow, stage))
    }

    /// Makes a link that stands for `person` in the recovery flow: good once, dead with any other
    /// made for them, and never a sign-in by itself, since the flow's gate asks for their factors.
    pub(super) async fn hand_link(
        &self,
        unit: &mut Unit,
        (catalogue, flow, stage): (&Catalogue, &str, &str),
        person: &User,
        lasts: Duration,
    ) -> Result<Handed, StartError> {
        let Some(address) = person.email.clone() else {
            return Err(refused("this person has no address, and a link stands for one"));
        };
        let (now, token) = (self.now(), self.store.ambient().token());
        let expires_at = now.plus(lasts);
        let link = Link {
            token_hash: store::token(&token),
            flow: flow.to_owned(),
            version: catalogue.version(),
            stage: stage.to_owned(),
            user_id: Some(person.id.clone()),
            address,
            execution_id: Id::from(link::BY_ADMINISTRATOR),
            security_epoch: person.security_epoch,
            created_at: now,
            expires_at,
            used_at: None,
        };
        link::create(unit, &link).await?;
        let data = json!({ "flow": flow, "expires_at": expires_at });
        self.record(unit, "recovery_link_created", person, data).await?;
        if !self.settings.has_public_url() {
            let url = &self.settings.public_url;
            warn(&format!("no --public-url is stated, so the link begins with {url}"));
        }
        let url = format!("{}/flow/{flow}?link={token}", self.settings.public_url);
        Ok(Handed { url, flow: flow.to_owned(), expires_at })
    }
}

impl Handed {
    pub(super) fn json(&self) -> Value {
        json!({ "url": self.url, "flow": self.flow, "expires_at": self.expires_at })
    }

    /// The link alone goes where results go, so that a script can take it.
    pub(super) fn tell(&self) {
        say(&self.url);
        let until = self.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        warn(&format!(
            "good once, until {until}; hand it over where nobody else reads it. It is no sign-in: \
             whoever opens it is asked for the second factors of this person"
        ));
    }
}
