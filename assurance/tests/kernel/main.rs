//! The admission kernel from outside: each row of its table, its claims, its explanations, the
//! laws of its join, and a second, naive implementation that must agree with it on every case.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod agreement;
mod arbitrary;
mod claims;
mod explanations;
mod factors;
mod fixtures;
mod laws;
mod naive;
mod organisations;
mod reach;
mod remedies;
mod requests;
mod social;
mod time;
mod wire;
