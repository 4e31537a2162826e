//! The account beside its factors.

use schemars::JsonSchema;

use super::super::caller::Settled;
use super::super::me::Me;
use super::super::password;
use super::operation::{
    FORMAT, LOCKED, NOT_FOUND, OVERTAKEN, Operation, PAGE_NEEDED, Refusal, WRONG, of,
};
use crate::account::activity::Activity;
use crate::account::apps::Connected;
use crate::account::devices::Remembered;
use crate::account::profile::Change;
use crate::account::sessions::Place;

const ACCOUNT: &str = "The account";
const SESSIONS: &str = "Sessions, devices and apps";

/// The person's sessions.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Sessions {
    sessions: Vec<Place>,
}

/// The person's remembered devices.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Devices {
    devices: Vec<Remembered>,
}

/// The apps that the person allowed something.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Apps {
    apps: Vec<Connected>,
}

/// How many sessions were ended.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Ended {
    ended: usize,
}

/// How many devices were forgotten.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Forgotten {
    forgotten: usize,
}

/// Where the list goes on.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is its schema that counts")]
struct Before {
    /// The `next` of the page before.
    before: Option<String>,
}

/// `GET /api/v1/me`
pub(in super::super::super) const ME: Operation =
    Operation::new(ACCOUNT, "Who is signed in").gives("The person and the session.", of::<Me>);

/// `PATCH /api/v1/me`
pub(in super::super::super) const UPDATE: Operation =
    Operation::new(ACCOUNT, "Change the name or the language")
        .says("What is left out stays; an empty text takes it away.")
        .takes(of::<Change>, r#"{"name": "Ada Lovelace", "language": "de"}"#)
        .gives_nothing("It is changed.")
        .refuses(&[Refusal::new(400, "bad_request", "The name or the language cannot be kept.")]);

/// `POST /api/v1/me/password`
pub(in super::super::super) const PASSWORD: Operation =
    Operation::new(ACCOUNT, "Change the password")
        .says("Other sessions, tokens and remembered devices end with it; this session goes on.")
        .takes(
            of::<password::Change>,
            r#"{"current": "a long password of hers", "new": "a longer password of hers"}"#,
        )
        .gives("It holds.", of::<Settled<password::Changed>>)
        .refuses(&[
            WRONG,
            Refusal::new(403, "browser_needed", "An access token changes no password."),
            PAGE_NEEDED,
            FORMAT,
            LOCKED,
        ]);

/// `GET /api/v1/me/activity`
pub(in super::super::super) const ACTIVITY: Operation =
    Operation::new(ACCOUNT, "What happened to the account")
        .asks(of::<Before>)
        .gives("50 events, newest first.", of::<Activity>)
        .refuses(&[NOT_FOUND]);

/// `GET /api/v1/me/sessions`
pub(in super::super::super) const SESSIONS_LIST: Operation =
    Operation::new(SESSIONS, "The person's sessions")
        .gives("This one, then the one used last first.", of::<Sessions>);

/// `DELETE /api/v1/me/sessions`
pub(in super::super::super) const SESSIONS_END: Operation =
    Operation::new(SESSIONS, "End all other sessions").gives("How many.", of::<Ended>);

/// `DELETE /api/v1/me/sessions/{id}`
pub(in super::super::super) const SESSION_END: Operation =
    Operation::new(SESSIONS, "End a session").gives_nothing("It is over.").refuses(&[NOT_FOUND]);

/// `GET /api/v1/me/devices`
pub(in super::super::super) const DEVICES_LIST: Operation =
    Operation::new(SESSIONS, "Browsers that are remembered")
        .gives("The one used last first.", of::<Devices>);

/// `DELETE /api/v1/me/devices`
pub(in super::super::super) const DEVICES_FORGET: Operation =
    Operation::new(SESSIONS, "Forget them all").gives("How many.", of::<Forgotten>);

/// `DELETE /api/v1/me/devices/{id}`
pub(in super::super::super) const DEVICE_FORGET: Operation =
    Operation::new(SESSIONS, "Forget one").gives_nothing("It is forgotten.").refuses(&[NOT_FOUND]);

/// `GET /api/v1/me/apps`
pub(in super::super::super) const APPS_LIST: Operation =
    Operation::new(SESSIONS, "The apps that the person allowed something")
        .gives("By name.", of::<Apps>);

/// `DELETE /api/v1/me/apps/{client}`
pub(in super::super::super) const APP_DISCONNECT: Operation =
    Operation::new(SESSIONS, "Take it back")
        .gives_nothing("The app's tokens are dead.")
        .refuses(&[NOT_FOUND, OVERTAKEN]);
