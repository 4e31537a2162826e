//! Codes by mail and by text message: a mailbox or a number is bound once a code that was sent there
//! came back.

use std::sync::Arc;

use assurance::Factor;
use axum::extract::State;
use axum::response::Response;
use engine::View;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::failure::Failure;
use super::super::guard::SignedIn;
use super::drive::{Drive, asked};
use super::set_up;
use super::unambiguous::Json;
use crate::app::App;

/// How codes are sent.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CodeChannel")]
enum Channel {
    Email,
    Sms,
}

/// Where codes are to go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CodeDestination")]
pub(in super::super) struct Destination {
    channel: Channel,
    /// The address, or the number with its country code.
    to: String,
}

/// The set-up that waits for its code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CodeWaiting")]
pub(in super::super) struct Waiting {
    setup: String,
}

/// The code that was sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CodeConfirmation")]
pub(in super::super) struct Confirmation {
    setup: String,
    code: String,
}

/// A code is under way.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CodeSent")]
pub(super) struct UnderWay {
    /// The set-up, for `confirm` and `resend`.
    setup: String,
    /// Where it went, not quite in full.
    sent_to: String,
    /// Seconds until another may be asked for.
    resend_in: i64,
}

impl Channel {
    const ALL: [Self; 2] = [Self::Email, Self::Sms];

    const fn factor(self) -> Factor {
        match self {
            Self::Email => Factor::Email,
            Self::Sms => Factor::Sms,
        }
    }

    const fn flow(self) -> &'static str {
        match self {
            Self::Email => "set-up-email-code",
            Self::Sms => "set-up-sms-code",
        }
    }

    const fn component(self) -> &'static str {
        match self {
            Self::Email => "email_otp_setup",
            Self::Sms => "sms_otp_setup",
        }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::Email => "address",
            Self::Sms => "number",
        }
    }
}

/// `POST /api/v1/me/otp`
pub(in super::super) async fn start(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Destination>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let channel = sent.channel;
    let view = set_up::begin(&drive, &signed_in, channel.flow(), channel.factor()).await?;
    drive.expect(&view, channel.component())?;
    let mut answer = json!({});
    answer[channel.field()] = json!(sent.to);
    let view = drive.answer(view, answer).await?;
    under_way(&drive, &view, channel)
}

/// `POST /api/v1/me/otp/resend`
pub(in super::super) async fn resend(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Waiting>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let (view, channel) = waiting(&drive, &sent.setup).await?;
    let view = drive.answer(view, json!({ "action": "resend" })).await?;
    under_way(&drive, &view, channel)
}

/// `POST /api/v1/me/otp/confirm`
pub(in super::super) async fn confirm(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<Confirmation>,
) -> Result<Response, Failure> {
    let drive = Drive::of(&app, &signed_in);
    let (view, _) = waiting(&drive, &sent.setup).await?;
    set_up::confirm(&drive, &signed_in, view, json!({ "code": sent.code })).await
}

/// The set-up that waits for a code, and how that was sent.
async fn waiting(drive: &Drive, setup: &str) -> Result<(View, Channel), Failure> {
    let [email, sms] = Channel::ALL;
    let view = drive.resume(setup, &[email.flow(), sms.flow(), "step-up"]).await?;
    let challenge = asked(&view).ok_or(Failure::Expired)?;
    let is_it = |channel: &Channel| channel.component() == challenge.component;
    let channel = Channel::ALL.into_iter().find(is_it).ok_or(Failure::Expired)?;
    if challenge.data["phase"] == "confirm" { Ok((view, channel)) } else { Err(Failure::Expired) }
}

fn under_way(drive: &Drive, view: &View, channel: Channel) -> Result<Response, Failure> {
    let data = drive.expect(view, channel.component())?;
    let body = UnderWay {
        setup: view.execution.to_string(),
        sent_to: set_up::text(data, "sent_to"),
        resend_in: data["resend_in"].as_i64().unwrap_or_default(),
    };
    Ok(drive.caller.respond(&drive.app, json!(body)))
}
