//! Flows and named conditions: the document of a version.

use std::collections::{BTreeMap, BTreeSet};

use engine::condition::Sandbox;
use engine::{Catalogue, Flows, Owned};
use store::blueprint_version;

use super::{Action, ApplyError, Run, SHIPPED, internal};

impl Run<'_> {
    /// The flows and conditions of all blueprints, with those of this one as it states them.
    pub(super) async fn write_flows(&mut self) -> Result<Flows, ApplyError> {
        let latest = blueprint_version::latest(self.unit).await?;
        let present: Flows = match blueprint_version::find(self.unit, latest).await? {
            Some(version) => serde_json::from_value(version.document.0).map_err(internal)?,
            None => Flows::default(),
        };
        let blueprint = self.blueprint;
        let takes_over = blueprint.name != SHIPPED && !blueprint.flows.is_empty();
        let flows = self.merge("flow", present.flows, &blueprint.flows, takes_over);
        let conditions =
            self.merge("condition", present.conditions, &blueprint.conditions, takes_over);
        let flows = Flows { flows, conditions };
        if self.refusals.is_empty() {
            // Each blueprint compiles by itself; this is about all of them together, as the engine
            // will have them: answers with one name and two types, for instance.
            let compiled =
                Catalogue::compile(latest + 1, &flows, self.registry, &Sandbox::default());
            if let Err(error) = compiled {
                self.refusals.push(format!("together with the other blueprints: {error}"));
            }
        }
        Ok(flows)
    }

    fn merge<T: Clone + PartialEq>(
        &mut self,
        kind: &'static str,
        mut all: BTreeMap<String, Owned<T>>,
        stated: &BTreeMap<String, T>,
        takes_over: bool,
    ) -> BTreeMap<String, Owned<T>> {
        let name = self.blueprint.name.clone();
        let yields = |owner: &str| owner == name || (takes_over && owner == SHIPPED);
        let leaving: BTreeSet<String> = all
            .iter()
            .filter(|(slug, owned)| yields(&owned.owner) && !stated.contains_key(*slug))
            .map(|(slug, _)| slug.clone())
            .collect();
        for slug in leaving {
            all.remove(&slug);
            self.change(Action::Delete, kind, &slug, Vec::new());
        }
        for (slug, object) in stated {
            let new = Owned { owner: name.clone(), object: object.clone() };
            match all.get(slug) {
                None => self.change(Action::Create, kind, slug, Vec::new()),
                Some(there) if !yields(&there.owner) => {
                    let owner = there.owner.clone();
                    self.owns(kind, slug, Some(&owner));
                    continue;
                }
                Some(there) if *there == new => continue,
                Some(_) => self.change(Action::Update, kind, slug, Vec::new()),
            }
            all.insert(slug.clone(), new);
        }
        all
    }
}
