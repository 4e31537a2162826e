//! The API under `/api/v1`: what pages do, for programs. Answers and errors are JSON, errors as
//! problem documents (RFC 9457).

pub(super) mod flow;
pub(super) mod me;
pub(super) mod step_up;
mod unambiguous;
