//! `blueprint apply`: makes the database say what the blueprint says, in one transaction.
//!
//! Each kind of object has a file that compares what is stated with what is there and writes only
//! the difference, so that applying twice changes nothing the second time, and an apply repairs
//! what was changed behind its back. What belongs to another blueprint, or to none, is refused and
//! never taken over. Whatever leaves the blueprint is deleted. To add a kind of object, add a file
//! with a function on [`Run`] and call it in [`Run::all`].

mod clients;
mod flows;
mod organisations;
mod people;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use engine::{Passwords, Registry};
use serde::Serialize;
use store::blueprint_version::{self, BlueprintVersion};
use store::event::{self, NewEvent, Outcome};
use store::organisation::Organisation;
use store::{Document, Id, Store, Time, Unit};

use crate::Compiled;

/// The name of the blueprint that Flowgate ships. Its flows stand until somebody applies flows of
/// their own; then all of them leave, so that no flow is there that nobody asked for.
pub const SHIPPED: &str = "flowgate-default";

/// Who applies, and why.
#[derive(Debug, Clone, Copy)]
pub struct Apply<'a> {
    /// Who, for the history: `command line`, `serve`, a person's name.
    pub actor: &'a str,
    /// Why, for the history.
    pub message: Option<&'a str>,
    /// The stage kinds of this program.
    pub registry: &'a Registry,
}

/// What an apply did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The version that now holds.
    pub version: i64,
    /// Whether anything was changed; if not, the version is the one that held before.
    pub changed: bool,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What was done.
    pub action: Action,
    /// `organisation`, `client`, `person`, `flow` or `condition`.
    pub kind: &'static str,
    /// Its name in the blueprint.
    pub name: String,
    /// The keys that differ, for an update; never their values.
    pub keys: Vec<&'static str>,
}

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Create,
    /// It is different.
    Update,
    /// It left the blueprint.
    Delete,
}

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A secret was missing when the blueprint was checked.
    #[error("the blueprint was checked without all its secrets and cannot be applied")]
    Incomplete,
    /// It does not fit what is there; every reason.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// A password could not be hashed.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The database failed, or another apply was first.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Applies a blueprint: everything or nothing.
///
/// # Errors
/// [`ApplyError::Refused`] with every reason when an object belongs to another blueprint, or the
/// last administrator would be locked out; [`store::Error::Conflict`] when another apply was first.
pub async fn apply(
    store: &Store,
    passwords: &Passwords,
    blueprint: &Compiled,
    request: Apply<'_>,
) -> Result<Applied, ApplyError> {
    if !blueprint.is_complete {
        return Err(ApplyError::Incomplete);
    }
    // Hashing takes long, so it is done before the transaction begins.
    let hashes = people::hash_new(store, passwords, blueprint).await?;
    let mut unit = store.write().await?;
    let mut run = Run {
        store,
        unit: &mut unit,
        blueprint,
        registry: request.registry,
        now: store.ambient().now(),
        changes: Vec::new(),
        refusals: Vec::new(),
        organisations: BTreeMap::new(),
    };
    let flows = run.all(&hashes).await?;
    let Run { changes, refusals, now, .. } = run;
    if !refusals.is_empty() {
        unit.rollback().await?;
        return Err(ApplyError::Refused(refusals));
    }
    let latest = blueprint_version::latest(&mut unit).await?;
    if changes.is_empty() && latest > 0 {
        unit.rollback().await?;
        return Ok(Applied { version: latest, changed: false, changes });
    }
    let version = latest + 1;
    let document = serde_json::to_value(&flows).map_err(internal)?;
    let written = BlueprintVersion {
        version,
        owner: blueprint.name.clone(),
        digest: digest(store, &document),
        actor: request.actor.to_owned(),
        message: request.message.map(str::to_owned),
        document: Document(document),
        created_at: now,
    };
    blueprint_version::create(&mut unit, &written).await?;
    let mut new = NewEvent::new("blueprint_applied", Outcome::Success);
    new.data = serde_json::json!({
        "blueprint": blueprint.name,
        "version": version,
        "actor": request.actor,
        "changes": changes,
    });
    event::create(&mut unit, store.ambient().id(), now, new).await?;
    unit.commit().await?;
    Ok(Applied { version, changed: true, changes })
}

/// The digest of a version's flows and conditions, keyed like every hash in the database.
fn digest(store: &Store, document: &serde_json::Value) -> String {
    let mac = store.sealer().mac("blueprint digest", document.to_string().as_bytes());
    data_encoding::HEXLOWER.encode(&mac)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn internal(error: impl ToString) -> ApplyError {
    ApplyError::Engine(engine::Error::Internal(error.to_string()))
}

/// One apply under way.
struct Run<'a> {
    store: &'a Store,
    unit: &'a mut Unit,
    blueprint: &'a Compiled,
    registry: &'a Registry,
    now: Time,
    changes: Vec<Change>,
    refusals: Vec<String>,
    /// The organisations of the blueprint as they are now in the database.
    organisations: BTreeMap<String, Organisation>,
}

impl Run<'_> {
    /// Everything, in an order in which whatever is referred to is there, and whatever is deleted
    /// is not referred to any more.
    async fn all(
        &mut self,
        hashes: &BTreeMap<String, String>,
    ) -> Result<engine::Flows, ApplyError> {
        let leaving = self.write_organisations().await?;
        self.write_clients().await?;
        self.write_people(hashes).await?;
        self.delete_organisations(leaving).await?;
        self.write_flows().await
    }

    fn change(&mut self, action: Action, kind: &'static str, name: &str, keys: Vec<&'static str>) {
        self.changes.push(Change { action, kind, name: name.to_owned(), keys });
    }

    /// Whether an object that is there is this blueprint's; if not, that is a reason to refuse.
    fn owns(&mut self, kind: &str, name: &str, owner: Option<&str>) -> bool {
        match owner {
            Some(owner) if owner == self.blueprint.name => return true,
            Some(owner) => {
                self.refusals.push(format!("the {kind} `{name}` belongs to the blueprint `{owner}`"));
            }
            None => self.refusals.push(format!(
                "the {kind} `{name}` is there already and belongs to no blueprint: give yours another name, or delete that one first"
            )),
        }
        false
    }

    fn organisation_id(&self, name: Option<&str>) -> Option<Id<Organisation>> {
        self.organisations.get(name?).map(|organisation| organisation.id.clone())
    }
}

/// The keys for which the comparison came out as different.
fn differing(compared: &[(&'static str, bool)]) -> Vec<&'static str> {
    compared.iter().filter(|(_, is_same)| !is_same).map(|(key, _)| *key).collect()
}

/// The names that are in one list and not in the other.
fn missing<'a>(all: impl Iterator<Item = &'a str>, stated: &BTreeSet<&str>) -> Vec<&'a str> {
    all.filter(|name| !stated.contains(name)).collect()
}
