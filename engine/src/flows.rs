//! The flows of a blueprint version: as kept, and compiled.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use store::{Store, blueprint_version};

use crate::condition::{Names, Sandbox};
use crate::definition::Flow;
use crate::program::Program;
use crate::registry::Registry;
use crate::{Error, Result};

/// All flows and named conditions of a version, with the blueprint that owns each: the document of
/// [`store::blueprint_version::BlueprintVersion`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flows {
    /// The flows, by slug.
    pub flows: BTreeMap<String, Owned<Flow>>,
    /// The named conditions.
    pub conditions: BTreeMap<String, Owned<String>>,
}

/// An object and the blueprint that states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owned<T> {
    /// The blueprint's name.
    pub owner: String,
    /// The object.
    #[serde(rename = "is")]
    pub object: T,
}

/// A version, compiled.
pub struct Catalogue {
    version: i64,
    /// The flows that no blueprint states.
    built_in: BTreeSet<String>,
    programs: BTreeMap<String, Arc<Program>>,
}

impl Catalogue {
    /// Compiles every flow of `flows`.
    ///
    /// # Errors
    /// When one does not compile: `blueprints` checks before it writes, so this is a damaged record or
    /// a stage kind that this program does not have.
    pub fn compile(
        version: i64,
        flows: &Flows,
        registry: &Registry,
        sandbox: &Sandbox,
    ) -> Result<Self> {
        let plain: BTreeMap<String, Flow> =
            flows.flows.iter().map(|(slug, owned)| (slug.clone(), owned.object.clone())).collect();
        let names = names(flows, registry, sandbox)?;
        let mut programs = BTreeMap::new();
        for (slug, flow) in &plain {
            let program = Program::compile(flow, &plain, registry, &names)
                .map_err(|error| Error::Internal(format!("flow `{slug}`: {error}")))?;
            programs.insert(slug.clone(), Arc::new(program));
        }
        Ok(Self { version, built_in: BTreeSet::new(), programs })
    }

    /// The version's number.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The flow with this slug.
    #[must_use]
    pub fn find(&self, slug: &str) -> Option<&Arc<Program>> {
        self.programs.get(slug)
    }

    /// The flows that blueprints state, by slug.
    pub fn stated(&self) -> impl Iterator<Item = &Arc<Program>> {
        self.programs.values().filter(|program| !self.built_in.contains(program.slug()))
    }
}

/// The names that conditions of these flows may use.
fn names(flows: &Flows, registry: &Registry, sandbox: &Sandbox) -> Result<Names> {
    let mut names = Names::new(sandbox);
    for owned in flows.flows.values() {
        each_stage(&owned.object.stages, &mut |stage| {
            if let Some(kind) = registry.find(&stage.kind) {
                for (name, of) in kind.answers(&stage.config) {
                    names = names.clone().with_answer(&name, of);
                }
            }
        });
    }
    let conditions =
        flows.conditions.iter().map(|(name, owned)| (name.as_str(), owned.object.as_str()));
    let (names, errors) = names.with_conditions(conditions);
    match errors.first() {
        None => Ok(names),
        Some(first) => Err(Error::Internal(format!("a named condition does not compile: {first}"))),
    }
}

fn each_stage(
    entries: &[crate::definition::Entry],
    visit: &mut impl FnMut(&crate::definition::StageEntry),
) {
    use crate::definition::Entry;
    for entry in entries {
        match entry {
            Entry::Stage(stage) => visit(stage),
            Entry::Branch(arms) => arms.iter().for_each(|arm| each_stage(&arm.stages, visit)),
            Entry::Include(_) => {}
        }
    }
}

/// The owner of the flows that are there whatever a blueprint states.
const BUILT_IN: &str = "flowgate";

/// So many versions are kept compiled: executions outlive an apply by an hour at most.
const KEPT: usize = 32;

/// The compiled versions of a process: the newest, and those that executions under way are pinned to.
pub(crate) struct Versions {
    store: Store,
    registry: Arc<Registry>,
    sandbox: Sandbox,
    /// The flows that are there whatever a version states, unless it states one of the same name.
    built_in: BTreeMap<String, Flow>,
    current: arc_swap::ArcSwap<Catalogue>,
    older: Mutex<HashMap<i64, Arc<Catalogue>>>,
}

impl Versions {
    pub(crate) fn new(
        store: Store,
        registry: Arc<Registry>,
        built_in: BTreeMap<String, Flow>,
    ) -> Self {
        let empty = Catalogue { version: 0, built_in: BTreeSet::new(), programs: BTreeMap::new() };
        Self {
            store,
            registry,
            sandbox: Sandbox::default(),
            built_in,
            current: arc_swap::ArcSwap::from_pointee(empty),
            older: Mutex::default(),
        }
    }

    pub(crate) fn current(&self) -> Arc<Catalogue> {
        self.current.load_full()
    }

    /// Takes up the newest version, if there is a newer one. Returns whether there was.
    pub(crate) async fn refresh(&self) -> Result<bool> {
        let mut conn = self.store.read().await?;
        let latest = blueprint_version::latest(&mut conn).await?;
        drop(conn);
        if latest == self.current.load().version {
            return Ok(false);
        }
        let catalogue = self.load(latest).await?;
        self.current.store(catalogue);
        Ok(true)
    }

    /// The version that an execution is pinned to.
    pub(crate) async fn at(&self, version: i64) -> Result<Arc<Catalogue>> {
        let current = self.current.load_full();
        if current.version == version {
            return Ok(current);
        }
        let kept = self.older.lock().unwrap_or_else(PoisonError::into_inner).get(&version).cloned();
        match kept {
            Some(catalogue) => Ok(catalogue),
            None => self.load(version).await,
        }
    }

    async fn load(&self, version: i64) -> Result<Arc<Catalogue>> {
        let mut conn = self.store.read().await?;
        let row = blueprint_version::find(&mut conn, version)
            .await?
            .ok_or_else(|| Error::Internal(format!("there is no blueprint version {version}")))?;
        let mut flows: Flows = serde_json::from_value(row.document.0)
            .map_err(|error| Error::Internal(format!("blueprint version {version}: {error}")))?;
        let mut built_in = BTreeSet::new();
        for (slug, flow) in &self.built_in {
            if !flows.flows.contains_key(slug) {
                built_in.insert(slug.clone());
            }
            let owned = || Owned { owner: BUILT_IN.to_owned(), object: flow.clone() };
            flows.flows.entry(slug.clone()).or_insert_with(owned);
        }
        let compiled = Catalogue::compile(version, &flows, &self.registry, &self.sandbox)?;
        let catalogue = Arc::new(Catalogue { built_in, ..compiled });
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        if older.len() >= KEPT
            && let Some(oldest) = older.keys().min().copied()
        {
            older.remove(&oldest);
        }
        older.insert(version, Arc::clone(&catalogue));
        Ok(catalogue)
    }
}
