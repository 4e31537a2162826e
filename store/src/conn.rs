//! The pool, the units of work and the `on!` macro.
//!
//! Reading borrows a [`Conn`]; writing needs a [`Unit`], which is one transaction: [`Unit::commit`]
//! keeps it, dropping it takes its connection out of the pool, which rolls it back.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::AnsiTransactionManager as SyncAnsi;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, bb8,
};
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager as _};
use futures::future::{BoxFuture, FutureExt as _};

use crate::{Ambient, Error, Result, Sealer, migrate};

/// How long a request waits for a connection before it is told to try again.
const WAIT: Duration = Duration::from_secs(5);

/// Readers beside the one writer of an SQLite database.
const SQLITE_READERS: u32 = 4;

/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;

/// Runs a query on whichever database stands behind `$conn`, compiling it once for each.
macro_rules! on {
    ($conn:expr, |$c:ident| $query:expr) => {
        match &mut $conn.0 {
            $crate::conn::Backend::Sqlite($c) => $query.await,
            $crate::conn::Backend::Postgres(boxed) => {
                let $c = &mut **boxed;
                $query.await
            }
        }
    };
}
pub(crate) use on;

/// Which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(String),
}

impl Database {
    /// Reads `postgres://…`, `postgresql://…`, `sqlite:PATH` or a bare path.
    ///
    /// # Errors
    /// When the text has another scheme.
    pub fn parse(text: &str) -> Result<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
        match path.unwrap_or(text) {
            "" => {
                Err(Error::Setup("the database is empty: give a path or a postgres:// URL".into()))
            }
            path if path.contains("://") => Err(Error::Setup(
                "the database must be a path, sqlite:PATH or a postgres:// URL".into(),
            )),
            path => Ok(Self::Sqlite(PathBuf::from(path))),
        }
    }
}

/// SQLite answers in microseconds, so its statements run where they are awaited; only what may wait
/// for the disk or for another writer ([`wait`]) gives the worker thread away. Nothing is ever left
/// running when a request is dropped.
pub(crate) struct Inline;

impl SpawnBlocking for Inline {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, std::result::Result<R, Box<dyn std::error::Error + Send + Sync + 'static>>>
    {
        std::future::ready(Ok(task())).boxed()
    }

    fn get_runtime() -> Self {
        Self
    }
}

type Sqlite = SyncConnectionWrapper<SqliteConnection, Inline>;

enum Pool {
    Sqlite { readers: bb8::Pool<Sqlite>, writer: bb8::Pool<Sqlite> },
    Postgres(bb8::Pool<AsyncPgConnection>),
}

pub(crate) enum Backend {
    Sqlite(bb8::PooledConnection<'static, Sqlite>),
    Postgres(Box<bb8::PooledConnection<'static, AsyncPgConnection>>),
}

/// A connection to read with.
pub struct Conn(pub(crate) Backend);

/// A unit of work: one write transaction, all or nothing. It never spans a password hash or the network.
pub struct Unit(Conn);

impl Deref for Unit {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Unit {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// The store of a process. Cheap to clone.
#[derive(Clone)]
pub struct Store(std::sync::Arc<Inner>);

struct Inner {
    pool: Pool,
    sealer: Sealer,
    ambient: Ambient,
}

impl Store {
    /// Opens the database, makes or migrates its tables, and fills the pool.
    ///
    /// # Errors
    /// When the database cannot be reached, is newer than this program, or a migration fails.
    pub async fn open(database: &Database, sealer: Sealer, ambient: Ambient) -> Result<Self> {
        let pool = match database {
            Database::Sqlite(path) => {
                migrate::sqlite(path)?;
                let url = path_text(path)?;
                Pool::Sqlite {
                    readers: sqlite_pool(url, SQLITE_READERS).await?,
                    writer: sqlite_pool(url, 1).await?,
                }
            }
            Database::Postgres(url) => {
                migrate::postgres(url).await?;
                let mut config = ManagerConfig::default();
                config.recycling_method = RecyclingMethod::Fast;
                let manager = AsyncDieselConnectionManager::new_with_config(url, config);
                let pool = bb8::Pool::builder()
                    .max_size(POSTGRES_CONNECTIONS)
                    .connection_timeout(WAIT)
                    .build(manager)
                    .await
                    .map_err(unavailable)?;
                Pool::Postgres(pool)
            }
        };
        Ok(Self(std::sync::Arc::new(Inner { pool, sealer, ambient })))
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is free in time.
    pub async fn read(&self) -> Result<Conn> {
        let backend = match &self.0.pool {
            Pool::Sqlite { readers, .. } => {
                Backend::Sqlite(readers.get_owned().await.map_err(unavailable)?)
            }
            Pool::Postgres(pool) => {
                Backend::Postgres(Box::new(pool.get_owned().await.map_err(unavailable)?))
            }
        };
        Ok(Conn(backend))
    }

    /// Begins a unit of work. SQLite's takes the write lock at once, so that what it reads cannot
    /// change before it writes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection or lock is free in time.
    pub async fn write(&self) -> Result<Unit> {
        let backend = match &self.0.pool {
            Pool::Sqlite { writer, .. } => {
                let mut conn = writer.get_owned().await.map_err(unavailable)?;
                conn.spawn_blocking(|c| {
                    wait(|| SyncAnsi::begin_transaction_sql(c, "BEGIN IMMEDIATE"))
                })
                .await?;
                Backend::Sqlite(conn)
            }
            Pool::Postgres(pool) => {
                let mut conn = pool.get_owned().await.map_err(unavailable)?;
                AnsiTransactionManager::begin_transaction(&mut *conn).await?;
                Backend::Postgres(Box::new(conn))
            }
        };
        Ok(Unit(Conn(backend)))
    }

    /// The clock and the generator.
    #[must_use]
    pub fn ambient(&self) -> &Ambient {
        &self.0.ambient
    }

    /// Seals and opens secrets.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }
}

impl Unit {
    /// Keeps everything that was written. When this returns, it is on the disk.
    pub async fn commit(self) -> Result<()> {
        match self.0.0 {
            Backend::Sqlite(mut conn) => {
                conn.spawn_blocking(|c| {
                    wait(|| {
                        <SyncAnsi as diesel::connection::TransactionManager<_>>::commit_transaction(
                            c,
                        )
                    })
                })
                .await?;
            }
            Backend::Postgres(mut conn) => {
                AnsiTransactionManager::commit_transaction(&mut **conn).await?;
            }
        }
        Ok(())
    }

    /// Undoes everything that was written and gives the connection back to the pool; quicker than a
    /// drop, for refusals that are part of ordinary life.
    pub async fn rollback(self) -> Result<()> {
        match self.0.0 {
            Backend::Sqlite(mut conn) => {
                conn.spawn_blocking(|c| {
                    <SyncAnsi as diesel::connection::TransactionManager<_>>::rollback_transaction(c)
                })
                .await?;
            }
            Backend::Postgres(mut conn) => {
                AnsiTransactionManager::rollback_transaction(&mut **conn).await?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// Opens one SQLite connection with the settings every one of them has.
pub(crate) fn open_sqlite(url: &str) -> diesel::ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(url)?;
    // FULL: an answered commit survives a power cut, not only a crash of the process.
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;",
    )
    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Gives the worker thread away while `task` may wait, where the runtime has others.
fn wait<R>(task: impl FnOnce() -> R) -> R {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(task),
        _ => task(),
    }
}

async fn sqlite_pool(url: &str, size: u32) -> Result<bb8::Pool<Sqlite>> {
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(|url| {
        let opened = open_sqlite(url).map(|conn| Sqlite::with_runtime(conn, Inline));
        std::future::ready(opened).boxed()
    });
    bb8::Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .max_lifetime(None)
        .idle_timeout(None)
        .connection_timeout(WAIT)
        .build(AsyncDieselConnectionManager::new_with_config(url, config))
        .await
        .map_err(unavailable)
}

pub(crate) fn path_text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::Setup(format!("the path {} is not UTF-8", path.display())))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unavailable(error: impl ToString) -> Error {
    Error::Unavailable(error.to_string())
}
