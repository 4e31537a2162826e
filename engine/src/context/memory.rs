//! What a stage keeps for itself from one answer to the next: in the state, or sealed.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Context;

impl Context<'_> {
    /// What this stage kept for itself.
    #[must_use]
    pub fn scratch<T: DeserializeOwned>(&self) -> Option<T> {
        let value = self.state.scratch.get(self.stage_id())?;
        serde_json::from_value(value.clone()).ok()
    }

    /// Keeps something for this stage alone.
    pub fn set_scratch<T: Serialize>(&mut self, value: &T) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.state.scratch.insert(self.stage_id().to_owned(), value);
    }

    /// What this stage keeps under `name`, for stages that do several things.
    #[must_use]
    pub fn scratch_of<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.state.scratch.get(&self.place(name))?.clone()).ok()
    }

    /// Keeps something for this stage under `name`.
    pub fn set_scratch_of<T: Serialize>(&mut self, name: &str, value: &T) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.state.scratch.insert(self.place(name), value);
    }

    /// What this stage keeps sealed under `name`: forgotten when the stage is passed.
    #[must_use]
    pub fn secret<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.secrets.kept.get(&self.place(name))?.clone()).ok()
    }

    /// Keeps something sealed for this stage under `name`: what is read with [`Context::secret`] is
    /// bound to this execution and its browser.
    pub fn set_secret<T: Serialize>(&mut self, name: &str, value: &T) {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.secrets.kept.insert(self.place(name), value);
    }

    /// Forgets what is sealed under `name`.
    pub fn forget_secret(&mut self, name: &str) {
        let place = self.place(name);
        self.secrets.kept.remove(&place);
    }

    /// Forgets everything that this stage keeps sealed.
    pub(crate) fn forget_kept(&mut self) {
        let place = self.place("");
        self.secrets.kept.retain(|name, _| !name.starts_with(&place));
    }

    fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.stage_id())
    }
}
