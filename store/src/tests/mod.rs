//! Tests of what only the store can show: races, crashes, seals. They run on a temporary SQLite file,
//! or with `TEST_DATABASE_URL` in a PostgreSQL schema of their own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attempts;
mod device_grants;
mod devices;
mod events;
mod issued;
mod links;
mod quotas;
mod races;
mod sealing;
mod sessions;
mod standing;
mod static_codes;
mod support;
