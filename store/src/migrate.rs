//! Makes and migrates the tables at start, one process at a time.

use std::path::Path;

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel_async::{
    AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::conn::{open_sqlite, path_text};
use crate::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The advisory lock under which PostgreSQL's tables are migrated ("flow" in ASCII).
const LOCK: i64 = 0x666c_6f77;

/// Migrates an SQLite file, making it and its folder if need be. The write lock of the file is the lock.
pub(crate) fn sqlite(path: &Path) -> Result<()> {
    let setup = |what: &dyn std::fmt::Display| {
        Error::Setup(format!("the database {}: {what}", path.display()))
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| setup(&error))?;
    }
    let mut conn = open_sqlite(path_text(path)?).map_err(|error| setup(&error))?;
    AnsiTransactionManager::begin_transaction_sql(&mut conn, "BEGIN IMMEDIATE")
        .map_err(|error| setup(&error))?;
    run(&mut conn).map_err(|error| setup(&error))?;
    AnsiTransactionManager::commit_transaction(&mut conn).map_err(|error| setup(&error))
}

/// Migrates a PostgreSQL schema under an advisory lock.
pub(crate) async fn postgres(url: &str) -> Result<()> {
    let setup = |what: &dyn std::fmt::Display| Error::Setup(format!("the database: {what}"));
    let mut conn = AsyncPgConnection::establish(url).await.map_err(|error| setup(&error))?;
    conn.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))
        .await
        .map_err(|error| setup(&error))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let done = run(&mut harness).map_err(|error| setup(&error));
    let unlock = format!("SELECT pg_advisory_unlock({LOCK})");
    harness.into_inner().batch_execute(&unlock).await.map_err(|error| setup(&error))?;
    done
}

fn run<DB: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<DB>,
) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
    harness.run_pending_migrations(MIGRATIONS)?;
    Ok(())
}
