//! Everything that is kept: the only crate that knows Diesel, SQLite and PostgreSQL.
//!
//! `conn.rs` holds the pool, the units of work and the `on!` macro; one file per entity holds its
//! row and its queries. To add an entity: a table in a new folder of `migrations/`, its `table!` in
//! `schema.rs`, and a file here whose reading functions take `&mut Conn` and whose writing
//! functions take `&mut Unit`, so that nothing is written outside a transaction.

mod ambient;
mod conn;
mod document;
mod error;
mod hash;
mod id;
mod migrate;
mod schema;
mod seal;
#[cfg(test)]
mod tests;
mod time;
mod user_code;

pub mod attempt;
pub mod blueprint_version;
pub mod client;
pub mod code;
pub mod consent;
pub mod credential;
pub mod device;
pub mod device_grant;
pub mod event;
pub mod execution;
pub mod interaction;
pub mod link;
pub mod mail;
pub mod organisation;
pub mod quota;
pub mod session;
pub mod signing_key;
pub mod standing;
pub mod static_code;
pub mod token;
pub mod user;

pub use ambient::{Ambient, Clock, OsRandom, Random, SystemClock};
pub use conn::{Conn, Database, Store, Unit};
pub use document::Document;
pub use error::Error;
pub use hash::{TokenHash, token};
pub use id::Id;
pub use seal::{Sealed, Sealer, SecretKey};
pub use time::Time;
pub use user_code::UserCode;

/// What a function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Exactly one row, or what was read is no longer so.
fn one(rows: usize) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::Stale) }
}
