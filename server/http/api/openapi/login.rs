//! Signing in.

use super::super::login::{
    Asked, Beginning, Choice, Credentials, Done, NeedsMfa, Nothing, Passkey, Verification, Waiting,
};
use super::operation::{
    DENIED, FORMAT, LOCKED, NOTHING_WAITS, OVERTAKEN, Operation, PAGE_NEEDED, Refusal, USED, WRONG,
    of,
};

const TAG: &str = "Signing in";

/// `POST /api/v1/login`
pub(in super::super::super) const START: Operation = Operation::new(
    TAG,
    "Sign in with a name and a password",
)
.says(
    "Where nothing more is asked for, the person is signed in: a browser gets its session's \
     cookie, an app (`?client=native`) `session.token`. Else `status` is `needs_mfa`, and \
     what waits is kept for ten minutes, in a cookie or by `login` and `token`; it opens \
     nothing but the endpoints below.",
)
.asks(of::<Beginning>)
.takes(of::<Credentials>, r#"{"login": "ada@acme.example", "password": "a long password of hers"}"#)
.gives("Signed in: the person.", of::<Done>)
.gives("A second factor is asked for.", of::<NeedsMfa>)
.refuses(&[
    Refusal::new(
        401,
        "answer_refused",
        "The name or the password is wrong: `password.wrong`, the same for both.",
    ),
    DENIED,
    PAGE_NEEDED,
    FORMAT,
    LOCKED,
]);

/// `GET /api/v1/login`
pub(in super::super::super) const SHOW: Operation =
    Operation::new(TAG, "What the sign-in that waits asks for")
        .asks(of::<Waiting>)
        .gives("What is asked for.", of::<NeedsMfa>)
        .refuses(&[NOTHING_WAITS]);

/// `POST /api/v1/login/factor`
pub(in super::super::super) const CHOOSE: Operation = Operation::new(TAG, "Choose another way")
    .says(
        "One of `factors`. A factor that is sent (`email`, `sms`) is sent when it is chosen, and \
         again when it is chosen again.",
    )
    .takes(of::<Choice>, r#"{"factor": "static"}"#)
    .gives("What is asked for now.", of::<NeedsMfa>)
    .refuses(&[
        Refusal::new(400, "factor_not_offered", "It is none of `factors`."),
        NOTHING_WAITS,
        OVERTAKEN,
        LOCKED,
    ]);

/// `POST /api/v1/login/verify`
pub(in super::super::super) const VERIFY: Operation = Operation::new(TAG, "Show the second factor")
    .says(
        "With `code` for `totp`, `static`, `email` and `sms`, `credential` for `webauthn`. Five \
         wrong ones end the sign-in, and lock the factor for a while.",
    )
    .takes(of::<Verification>, r#"{"code": "123456"}"#)
    .gives("Signed in: the person.", of::<Done>)
    .gives("Yet another factor is asked for.", of::<NeedsMfa>)
    .refuses(&[
        WRONG,
        Refusal::new(401, "answer_refused", "Too many tries: the sign-in is over."),
        NOTHING_WAITS,
        DENIED,
        USED,
        OVERTAKEN,
        FORMAT,
        LOCKED,
    ]);

/// `POST /api/v1/login/passkey`
pub(in super::super::super) const PASSKEY: Operation =
    Operation::new(TAG, "Sign in with a passkey alone")
        .asks(of::<Beginning>)
        .takes(of::<Nothing>, "{}")
        .gives("For `navigator.credentials.get()`.", of::<Asked>)
        .refuses(&[DENIED]);

/// `POST /api/v1/login/passkey/finish`
pub(in super::super::super) const FINISH_PASSKEY: Operation =
    Operation::new(TAG, "Show the passkey")
        .takes(of::<Passkey>, r#"{"credential": {"id": "…", "type": "public-key"}}"#)
        .gives("Signed in: the person.", of::<Done>)
        .gives("A further factor is asked for.", of::<NeedsMfa>)
        .refuses(&[WRONG, NOTHING_WAITS, DENIED, OVERTAKEN]);
