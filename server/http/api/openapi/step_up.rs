//! Proving again.

use super::super::caller::Settled;
use super::super::step_up::{Choice, NeedsProof, Status, Verification};
use super::super::totp::Code;
use super::operation::{
    DENIED, FORMAT, LOCKED, NO_FACTOR, OVER, OVERTAKEN, Operation, PAGE_NEEDED, Refusal, USED,
    WRONG, of,
};

const TAG: &str = "Proving again";

const IN_BROWSER: Refusal = Refusal::new(
    401,
    "insufficient_user_authentication",
    "An access token cannot renew its session: send the person to /oauth/authorize with the \
     `acr_values` and `max_age` that are given (RFC 9470).",
);

/// `GET /api/v1/me/step-up`
pub(in super::super::super) const SHOW: Operation =
    Operation::new(TAG, "Whether a sensitive act would be let through now")
        .gives("Until when, and with which factors it would be.", of::<Status>);

/// `POST /api/v1/me/step-up`
pub(in super::super::super) const START: Operation = Operation::new(TAG, "Ask for a proof")
    .says(
        "Without `factor`, for whichever the policies ask for; nothing where nothing is missing. \
         With one, for that, whatever was shown before: a code is sent. With `step_up`, for \
         another factor within it, or for another code.",
    )
    .takes(of::<Choice>, r#"{"factor": "email"}"#)
    .gives("A factor is asked for.", of::<NeedsProof>)
    .gives("Nothing is missing.", of::<Status>)
    .refuses(&[IN_BROWSER, DENIED, NO_FACTOR, PAGE_NEEDED, OVER, LOCKED]);

/// `POST /api/v1/me/step-up/verify`
pub(in super::super::super) const VERIFY: Operation =
    Operation::new(TAG, "Show the factor")
        .says(
            "The session goes on, with a new secret: in its cookie, or as `session.token`. A code of an \
             authenticator app, a recovery code and the password need no `step_up`.",
        )
        .takes(of::<Verification>, r#"{"code": "123456"}"#)
        .gives("It is recent now.", of::<Settled<Status>>)
        .gives("A further factor is asked for.", of::<NeedsProof>)
        .refuses(&[WRONG, IN_BROWSER, DENIED, NO_FACTOR, USED, OVERTAKEN, PAGE_NEEDED, OVER, FORMAT, LOCKED]);

/// `POST /api/v1/me/totp/verify`
pub(in super::super::super) const TOTP: Operation =
    Operation::new(TAG, "Show a code of the authenticator app")
        .takes(of::<Code>, r#"{"code": "123456"}"#)
        .gives("It is recent now.", of::<Settled<Status>>)
        .gives("A further factor is asked for.", of::<NeedsProof>)
        .refuses(&[WRONG, IN_BROWSER, NO_FACTOR, USED, PAGE_NEEDED, FORMAT, LOCKED]);
