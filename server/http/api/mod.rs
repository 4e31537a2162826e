//! The API under `/api/v1`: what pages do, for programs. Answers and errors are JSON, errors as
//! problem documents (RFC 9457).
//!
//! Whatever makes a session or binds a credential drives a flow (`drive.rs`); `caller.rs` is who
//! drives, `question.rs` what they are asked, `problem.rs` what they are told. To add an endpoint: its
//! handler in the file of its subject, its line in `routes.rs`, and there its
//! operation.

pub(super) mod account;
mod caller;
mod drive;
pub(super) mod factors;
pub(super) mod flow;
pub(super) mod login;
pub(super) mod me;
pub(super) mod openapi;
pub(super) mod otp;
pub(super) mod passkeys;
pub(super) mod password;
pub(super) mod problem;
mod question;
pub(super) mod recovery_codes;
pub(super) mod routes;
mod set_up;
pub(super) mod step_up;
pub(super) mod totp;
mod unambiguous;
