//! The blueprint language: YAML that says what an identity provider is, read with every mistake at
//! its place.
//!
//! - `read/`: files → a tree that knows where each value stands; tags.
//! - `model/`: the objects of the language as Rust types; their docstrings are its reference.
//! - `validate/`: a tree against the schema of those types.
//! - `flow/`: stages, branches, includes; what can be reached.
//! - `check/`: all of that in order, and the rules about objects together.
//! - `apply/`: what a checked blueprint states, written to the database.
//! - `schema.rs`: the schema for editors. `diagnostic.rs`: findings and their renderings.
//!
//! To add a key, add a field in `model/`; to add a rule, a function in `check/objects.rs`; to add a
//! stage, nothing here: its configuration type is its piece of the language.
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

mod apply;
mod check;
mod compiled;
mod diagnostic;
#[cfg(test)]
mod fixture;
mod flow;
pub mod model;
mod path;
mod read;
mod reference;
mod schema;
mod suggest;
mod validate;

pub use apply::{Action, Applied, Apply, ApplyError, Change, SHIPPED, apply};
pub use check::{Checked, Environment, Options, check, check_sources};
pub use compiled::Compiled;
pub use diagnostic::{
    Code, Diagnostic, MAX_DIAGNOSTICS, Related, Severity, render_json, render_text,
};
pub use read::{Origin, Source};
pub use reference::reference;
pub use schema::{schema, schema_text};
