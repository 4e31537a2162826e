//! Which blueprint a server runs on: the operator's, applied at start and on change, or else the
//! shipped one, until somebody applies another.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blueprints::{
    Applied, Apply, ApplyError, Checked, Compiled, Diagnostic, Options, SHIPPED, Severity, Source,
};
use engine::definition::Flow;
use engine::{Engine, Flows, Passwords, Registry};
use store::{Store, blueprint_version};

use super::StartError;
use super::watch::Snapshot;
use crate::config::Settings;

/// The shipped flows.
const DEFAULT: &str = include_str!("../../flows/default.yaml");
const DEFAULT_NAME: &str = "flows/default.yaml";

/// The flows of the account page and the API.
const ACCOUNT: &str = include_str!("../../flows/account.yaml");
const ACCOUNT_NAME: &str = "flows/account.yaml";

/// Who applies the shipped flows.
const PROGRAM: &str = "flowgate";

/// Who applies the folder that a server watches.
const SERVER: &str = "serve";

/// So often an apply is tried that others come before.
const TRIES: u32 = 3;

/// Values for `!var`.
pub(crate) type Vars = BTreeMap<String, String>;

/// A folder of blueprints, as it was when it was applied.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) path: PathBuf,
    pub(crate) vars: Vars,
    pub(crate) seen: Snapshot,
}

/// What came of an apply.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The blueprint's name.
    pub(crate) name: String,
    /// What was done.
    pub(crate) applied: Applied,
    /// Warnings.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Applies the blueprints of the settings, and the shipped one where there are no other flows.
pub(crate) async fn apply_at_start(
    settings: &Settings,
    engine: &Engine,
) -> Result<Option<Watched>, StartError> {
    let Some(path) = settings.blueprints.clone() else {
        apply_shipped(engine).await?;
        return Ok(None);
    };
    // Looked at before it is read: what changes meanwhile is seen as a change.
    let seen = Snapshot::take(&path);
    let vars = settings.blueprint_vars.clone();
    tell(&apply_path(&path, &vars, engine).await?);
    Ok(Some(Watched { path, vars, seen }))
}

/// Applies a file or folder of the operator's.
pub(crate) async fn apply_path(
    path: &Path,
    vars: &Vars,
    engine: &Engine,
) -> Result<Outcome, StartError> {
    let (paths, vars) = (vec![path.to_owned()], vars.clone());
    let registry = Arc::clone(engine.registry());
    let checked = checking(move || {
        let options = Options { vars, ..Options::for_apply(&registry) };
        blueprints::check(&paths, &options)
    });
    let checked = accepted(checked.await?)?;
    let services = engine.services();
    let request = request(engine, SERVER);
    let outcome = write(&services.store, &services.passwords, checked, request).await?;
    // One that states organisations and clients alone leaves the flows to us.
    apply_shipped(engine).await?;
    Ok(outcome)
}

/// Applies the shipped flows where there are none, or those that an older program shipped. Whoever
/// applied flows of their own, or the shipped ones by hand, decides from then on.
async fn apply_shipped(engine: &Engine) -> Result<(), StartError> {
    let services = engine.services();
    if !wants_shipped(&services.store).await? {
        return Ok(());
    }
    let registry = Arc::clone(engine.registry());
    let checked = checking(move || {
        let source = Source::submitted(DEFAULT_NAME, DEFAULT);
        blueprints::check_sources([source], &Options::for_apply(&registry))
    });
    let checked = accepted(checked.await?)?;
    let request = request(engine, PROGRAM);
    let outcome = write(&services.store, &services.passwords, checked, request).await?;
    if outcome.applied.changed {
        tell(&outcome);
    }
    Ok(())
}

/// The flows that are there whatever a blueprint states.
pub(crate) fn built_in(registry: &Registry) -> Result<BTreeMap<String, Flow>, StartError> {
    let source = Source::submitted(ACCOUNT_NAME, ACCOUNT);
    let checked = blueprints::check_sources([source], &Options::for_apply(registry));
    Ok(accepted(checked)?.0.flows)
}

async fn wants_shipped(store: &Store) -> Result<bool, StartError> {
    let mut conn = store.read().await?;
    let latest = blueprint_version::latest(&mut conn).await?;
    let Some(present) = blueprint_version::find(&mut conn, latest).await? else {
        return Ok(true);
    };
    let present: Flows = serde_json::from_value(present.document.0)
        .map_err(|error| engine::Error::Internal(format!("blueprint version {latest}: {error}")))?;
    if present.flows.is_empty() {
        return Ok(true);
    }
    let is_shipped = present.flows.values().any(|flow| flow.owner == SHIPPED);
    let shipped = blueprint_version::latest_of(&mut conn, SHIPPED).await?;
    Ok(is_shipped && shipped.is_some_and(|version| version.actor == PROGRAM))
}

fn request<'a>(engine: &'a Engine, actor: &'a str) -> Apply<'a> {
    Apply { actor, message: None, registry: engine.registry() }
}

/// A check reads files and compiles for some milliseconds: not on a thread that answers requests.
async fn checking(check: impl FnOnce() -> Checked + Send + 'static) -> Result<Checked, StartError> {
    let checked = tokio::task::spawn_blocking(check).await;
    checked.map_err(|error| StartError::System(std::io::Error::other(error)))
}

/// The blueprint and its warnings, unless it has a mistake.
pub(crate) fn accepted(checked: Checked) -> Result<(Compiled, Vec<Diagnostic>), StartError> {
    match checked.blueprint {
        Some(blueprint) => Ok((blueprint, checked.diagnostics)),
        None => Err(StartError::Blueprint(checked.diagnostics)),
    }
}

/// Applies a checked blueprint. When another process was quicker, ours comes after.
pub(crate) async fn write(
    store: &Store,
    passwords: &Passwords,
    (blueprint, diagnostics): (Compiled, Vec<Diagnostic>),
    request: Apply<'_>,
) -> Result<Outcome, StartError> {
    let name = blueprint.name.clone();
    let mut tries = 1;
    loop {
        let applied = blueprints::apply(store, passwords, &blueprint, request).await;
        match applied {
            Err(ApplyError::Store(store::Error::Conflict(_))) if tries < TRIES => tries += 1,
            applied => return Ok(Outcome { name, applied: applied?, diagnostics }),
        }
    }
}

/// Logs what was applied.
pub(super) fn tell(outcome: &Outcome) {
    log(&outcome.diagnostics);
    let (blueprint, version) = (&outcome.name, outcome.applied.version);
    if outcome.applied.changed {
        tracing::info!(blueprint, version, "applied the blueprint");
    } else {
        tracing::info!(blueprint, version, "the blueprint is as it was applied before");
    }
}

/// Shows findings: whoever sits at a terminal sees the lines that they are about, a log has each on a
/// line of its own.
pub(super) fn log(diagnostics: &[Diagnostic]) {
    let mut terminal = std::io::stderr().lock();
    if terminal.is_terminal() && !diagnostics.is_empty() {
        let is_coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let text = blueprints::render_text(diagnostics, is_coloured);
        let _ = writeln!(terminal, "\n{}\n", text.trim_end());
        return;
    }
    drop(terminal);
    for found in diagnostics {
        let place = format!("{}:{}:{}", found.file, found.line, found.column);
        let code = found.code.as_str();
        let path = found.path.as_str();
        let hint = found.suggestion.as_deref().unwrap_or_default();
        let message = found.message.as_str();
        match found.severity {
            Severity::Error => tracing::error!(place, code, path, hint, "{message}"),
            Severity::Warning => tracing::warn!(place, code, path, hint, "{message}"),
        }
    }
}
