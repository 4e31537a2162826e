//! Factors and their set-ups.

use super::super::caller::Settled;
use super::super::factors::Naming;
use super::super::login::Nothing;
use super::super::{otp, passkeys, recovery_codes, set_up, totp};
use super::operation::{
    DENIED, FORMAT, LAST_FACTOR, LOCKED, NOT_FOUND, OVER, OVERTAKEN, Operation, PAGE_NEEDED,
    Refusal, USED, WRONG, of,
};
use crate::account::factors::{Bound, Factors};

const FACTORS: &str = "Factors";
const TOTP: &str = "Authenticator apps";
const CODES: &str = "Recovery codes";
const PASSKEYS: &str = "Passkeys";
const OTP: &str = "Codes by mail and text message";

const TOO_MANY: Refusal =
    Refusal::new(409, "answer_refused", "The person has as many as one may: `factor.too_many`.");
const BAD_NAME: Refusal =
    Refusal::new(400, "bad_request", "A name is one line of 1 to 64 visible characters.");

/// `GET /api/v1/me/factors`
pub(in super::super::super) const LIST: Operation =
    Operation::new(FACTORS, "What the person proves with")
        .gives("Oldest first; nothing of it is secret.", of::<Factors>);

/// `PATCH /api/v1/me/factors/{id}`
pub(in super::super::super) const RENAME: Operation =
    Operation::new(FACTORS, "Give a factor another name")
        .takes(of::<Naming>, r#"{"name": "My phone"}"#)
        .gives("The factor.", of::<Bound>)
        .refuses(&[BAD_NAME, NOT_FOUND]);

/// `DELETE /api/v1/me/factors/{id}`
pub(in super::super::super) const DELETE: Operation = Operation::new(FACTORS, "Delete a factor")
    .says(
        "Other sessions, tokens and remembered devices end with it, and the owner is told by mail. \
         The last factor stays where an organisation demands one.",
    )
    .gives_nothing("It is gone.")
    .refuses(&[NOT_FOUND, LAST_FACTOR]);

/// `POST /api/v1/me/totp`
pub(in super::super::super) const TOTP_START: Operation =
    Operation::new(TOTP, "Begin to set up an authenticator app")
        .says("It counts for nothing until a code came back. The secret is shown here alone.")
        .takes(of::<Nothing>, "{}")
        .gives("The secret, its URI, and a QR code.", of::<totp::SetUp>)
        .refuses(&[DENIED, PAGE_NEEDED]);

/// `POST /api/v1/me/totp/confirm`
pub(in super::super::super) const TOTP_CONFIRM: Operation = Operation::new(
    TOTP,
    "Confirm it with its first code",
)
.takes(
    of::<totp::Confirmation>,
    r#"{"setup": "0190a9c5-3d0e-7d7e-8f6a-3a8f4d3c2b1a", "code": "123456", "name": "Phone"}"#,
)
.gives("The factor; with the first one, recovery codes.", of::<Settled<set_up::Confirmed>>)
.refuses(&[WRONG, OVERTAKEN, TOO_MANY, OVER, FORMAT]);

/// `POST /api/v1/me/totp/disable`
pub(in super::super::super) const TOTP_DISABLE: Operation = Operation::new(
    TOTP,
    "Disable the authenticator app",
)
.says(
    "With a code where one was confirmed. Where none was, what is pending is abandoned, and no \
     code is needed.",
)
.takes(of::<totp::Disabling>, r#"{"code": "123456"}"#)
.gives("What is gone.", of::<Settled<totp::Disabled>>)
.refuses(&[
    WRONG,
    NOT_FOUND,
    USED,
    LAST_FACTOR,
    Refusal::new(409, "several_factors", "There are several: name one by `factor`."),
    FORMAT,
    LOCKED,
]);

/// `GET /api/v1/me/recovery-codes`
pub(in super::super::super) const CODES_SHOW: Operation =
    Operation::new(CODES, "How many are left").gives("How many.", of::<recovery_codes::Remaining>);

/// `POST /api/v1/me/recovery-codes`
pub(in super::super::super) const CODES_REPLACE: Operation = Operation::new(CODES, "Make new ones")
    .says("The old ones are dead from then on. They are shown here alone.")
    .takes(of::<Nothing>, "{}")
    .gives("The codes.", of::<Settled<recovery_codes::NewSet>>)
    .refuses(&[DENIED, PAGE_NEEDED]);

/// `GET /api/v1/me/passkeys`
pub(in super::super::super) const PASSKEYS_LIST: Operation =
    Operation::new(PASSKEYS, "The person's passkeys and security keys")
        .gives("Oldest first.", of::<passkeys::Passkeys>);

/// `POST /api/v1/me/passkeys`
pub(in super::super::super) const PASSKEYS_START: Operation =
    Operation::new(PASSKEYS, "Begin to register one")
        .takes(of::<Nothing>, "{}")
        .gives("For `navigator.credentials.create()`.", of::<passkeys::SetUp>)
        .refuses(&[DENIED, PAGE_NEEDED]);

/// `POST /api/v1/me/passkeys/finish`
pub(in super::super::super) const PASSKEYS_FINISH: Operation =
    Operation::new(PASSKEYS, "Register what the authenticator made")
        .takes(
            of::<passkeys::Registration>,
            r#"{"setup": "0190a9c5-3d0e-7d7e-8f6a-3a8f4d3c2b1a", "credential": {"id": "…"}, "name": "Laptop"}"#,
        )
        .gives("The factor; with the first one, recovery codes.", of::<Settled<set_up::Confirmed>>)
        .refuses(&[WRONG, USED, OVERTAKEN, TOO_MANY, OVER, FORMAT]);

/// `PATCH /api/v1/me/passkeys/{id}`
pub(in super::super::super) const PASSKEYS_RENAME: Operation =
    Operation::new(PASSKEYS, "Give one another name")
        .takes(of::<Naming>, r#"{"name": "My laptop"}"#)
        .gives("The passkey.", of::<Bound>)
        .refuses(&[BAD_NAME, NOT_FOUND]);

/// `DELETE /api/v1/me/passkeys/{id}`
pub(in super::super::super) const PASSKEYS_DELETE: Operation =
    Operation::new(PASSKEYS, "Delete one")
        .gives_nothing("It is gone.")
        .refuses(&[NOT_FOUND, LAST_FACTOR]);

/// `POST /api/v1/me/otp`
pub(in super::super::super) const OTP_START: Operation =
    Operation::new(OTP, "Register a mailbox or a number")
        .says("A code is sent there. It counts for nothing until that came back.")
        .takes(of::<otp::Destination>, r#"{"channel": "sms", "to": "+44 7700 900123"}"#)
        .gives("Where it went.", of::<otp::UnderWay>)
        .refuses(&[DENIED, PAGE_NEEDED, TOO_MANY, FORMAT, LOCKED]);

/// `POST /api/v1/me/otp/resend`
pub(in super::super::super) const OTP_RESEND: Operation =
    Operation::new(OTP, "Have another code sent")
        .takes(of::<otp::Waiting>, r#"{"setup": "0190a9c5-3d0e-7d7e-8f6a-3a8f4d3c2b1a"}"#)
        .gives("Where it went.", of::<otp::UnderWay>)
        .refuses(&[OVER, OVERTAKEN, LOCKED]);

/// `POST /api/v1/me/otp/confirm`
pub(in super::super::super) const OTP_CONFIRM: Operation =
    Operation::new(OTP, "Confirm it with the code")
        .takes(
            of::<otp::Confirmation>,
            r#"{"setup": "0190a9c5-3d0e-7d7e-8f6a-3a8f4d3c2b1a", "code": "123456"}"#,
        )
        .gives("The factor; with the first one, recovery codes.", of::<Settled<set_up::Confirmed>>)
        .refuses(&[WRONG, OVERTAKEN, OVER, FORMAT, LOCKED]);
