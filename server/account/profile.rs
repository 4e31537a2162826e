//! What a person is called, and the language in which they are written to.

use serde_json::json;
use store::user;

use super::{Actor, Error, Result, name};

/// The longest name of a person, in characters.
pub(crate) const LONGEST_NAME: usize = 200;

/// What to change; what is `None` stays.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// The name; empty for none.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// The language (BCP 47); empty for none.
    #[serde(default)]
    pub(crate) language: Option<String>,
}

/// Changes the person's own details. Returns whether anything is other than it was.
pub(crate) async fn update(actor: &Actor<'_>, change: Change) -> Result<bool> {
    let new_name = match change.name.as_deref().map(str::trim) {
        None => actor.user.name.clone(),
        Some("") => String::new(),
        Some(given) => name(given, LONGEST_NAME)?,
    };
    let new_language = match change.language.as_deref() {
        None => actor.user.language.clone(),
        Some("") => None,
        Some(tag) => Some(language(actor, tag)?),
    };
    if new_name == actor.user.name && new_language == actor.user.language {
        return Ok(false);
    }
    let mut unit = actor.app.store.write().await?;
    let language = new_language.as_deref();
    user::update_settings(&mut unit, &actor.user.id, &new_name, language, actor.now()).await?;
    actor.record(&mut unit, "profile_changed", json!({})).await?;
    unit.commit().await?;
    Ok(true)
}

/// One of the languages that there are, as it is spelt here.
fn language(actor: &Actor<'_>, tag: &str) -> Result<String> {
    let found = actor.app.renderer.locales().all().iter().find(|l| l.lang().as_str() == tag);
    found.map(|locale| locale.lang().to_string()).ok_or(Error::Language)
}
