//! The tests of the whole: one binary, so that it links once.
//!
//! `harness/` is what they stand on. `flows/`, `stages/` and `provider/` mirror what they test and
//! run against the app, on SQLite or, with `TEST_DATABASE_URL`, on a PostgreSQL schema of their own.
//! `cli/` runs commands of the product binary.
//! `browser/` drives real Chromium against the product binary, and `demo/` runs it without a browser.
//! `rules/` checks what a reader can't.
//! To add a test: a function in the file that mirrors what it tests, on
//! `#[tokio::test(flavor = "multi_thread")]`; a new file is one `mod` line in its folder's `mod.rs`.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod api;
mod browser;
mod cli;
mod demo;
mod flows;
mod harness;
mod independent;
mod provider;
mod rules;
mod stages;

/// The blueprint of the tests that need none of their own, and what they must know of it.
const ACME: &str = include_str!("blueprints/acme.yaml");
const ADA: &str = "ada@acme.example";
const PASSWORD: &str = "seven green lanterns";
const WIKI_SECRET: &str = "a-secret-that-only-wiki-knows-0123456789";
