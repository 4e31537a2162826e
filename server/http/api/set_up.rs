//! Binding a factor: begun with one request, confirmed with another. What is pending waits sealed in an
//! execution, which `setup` names, and is shown by the first answer alone.

use assurance::{Decision, Factor};
use axum::response::Response;
use engine::View;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::account::actor;
use super::super::failure::Failure;
use super::super::guard::{self, SignedIn};
use super::drive::{Drive, asked};
use crate::account::factors::{self, Bound};

/// The flow in which whoever must have a factor sets up the first one.
const STEP_UP: &str = "step-up";

/// A factor that was bound.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ConfirmedFactor")]
pub(super) struct Confirmed {
    factor: Option<Bound>,
    /// The person's first recovery codes, which come with their first other factor: shown here and
    /// never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// Begins a set-up by its flow, or, for somebody who must have a factor and has none, by that of the
/// step-up, whose gate has it set up in place.
pub(super) async fn begin(
    drive: &Drive,
    signed_in: &SignedIn,
    flow: &str,
    factor: Factor,
) -> Result<View, Failure> {
    let (decision, _) = guard::judge(&drive.app, signed_in).await?;
    if !matches!(decision, Decision::Enrol(_)) {
        return drive.begin(flow).await;
    }
    let view = drive.begin(STEP_UP).await?;
    drive.expect(&view, "enrol")?;
    drive.answer(view, json!({ "choose": factor })).await
}

/// The set-up that waits, at `component`.
pub(super) async fn resume(
    drive: &Drive,
    setup: &str,
    flow: &str,
    component: &str,
) -> Result<View, Failure> {
    let view = drive.resume(setup, &[flow, STEP_UP]).await?;
    drive.expect(&view, component).map_err(|_| Failure::Expired)?;
    Ok(view)
}

/// Confirms the set-up with `answer`: the factor, and the recovery codes that came with it.
pub(super) async fn confirm(
    drive: &Drive,
    signed_in: &SignedIn,
    view: View,
    answer: Value,
) -> Result<Response, Failure> {
    let actor = actor(&drive.app, signed_in);
    let before = factors::list(&actor).await?.factors;
    let view = drive.answer(view, answer).await?;
    let (view, recovery_codes) = take_codes(drive, view).await?;
    let finished = drive.finished(&view)?;
    let mut after = factors::list(&actor).await?.factors;
    after.retain(|bound| before.iter().all(|known| known.id != bound.id));
    let body = Confirmed { factor: after.pop(), recovery_codes };
    Ok(drive.caller.settle(&drive.app, finished, json!(body)))
}

/// Takes the recovery codes that are shown, if any are: whoever gets them by JSON has saved them.
pub(super) async fn take_codes(
    drive: &Drive,
    view: View,
) -> Result<(View, Option<Vec<String>>), Failure> {
    let is_shown = asked(&view).is_some_and(|challenge| challenge.component == "static_setup");
    if !is_shown {
        return Ok((view, None));
    }
    let codes = drive.expect(&view, "static_setup")?["codes"].clone();
    let codes: Vec<String> = serde_json::from_value(codes)
        .map_err(|error| Failure::Internal(format!("recovery codes: {error}").into()))?;
    let view = drive.answer(view, json!({ "saved": true })).await?;
    Ok((view, Some(codes)))
}

/// A text of a component's data.
pub(super) fn text(data: &Value, name: &str) -> String {
    data[name].as_str().unwrap_or_default().to_owned()
}
