//! The provider from outside: what a relying party and a browser see. One file for each endpoint;
//! `harness.rs` is a provider on a temporary database, with a clock that tests set.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authorize;
mod consent;
mod device;
mod harness;
mod keys;
mod logout;
mod sessions;
mod token;
mod userinfo;
