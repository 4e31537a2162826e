//! A database of one test's own: an SQLite file in a temporary folder or, with `TEST_DATABASE_URL`,
//! a PostgreSQL schema.

use store::Ambient;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// Deletes itself when dropped.
pub(crate) struct TestDatabase {
    url: String,
    home: Home,
}

enum Home {
    Sqlite { _folder: TempDir },
    Postgres { server: String, schema: String },
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        match std::env::var("TEST_DATABASE_URL") {
            Ok(server) if !server.is_empty() => Self::postgres(server).await,
            _ => Self::sqlite(),
        }
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("flowgate.db").to_str().unwrap().to_owned();
        Self { url, home: Home::Sqlite { _folder: folder } }
    }

    async fn postgres(server: String) -> Self {
        let name = data_encoding::HEXLOWER.encode(&Ambient::system().bytes::<8>());
        let schema = format!("t_{name}");
        execute(&server, &format!("CREATE SCHEMA {schema}")).await;
        let separator = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{separator}options=-csearch_path%3D{schema}");
        Self { url, home: Home::Postgres { server, schema } }
    }

    /// Everything in it, as whoever steals it reads it.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        match &self.home {
            Home::Sqlite { .. } => {
                // What was written last stands beside the file.
                let files = [self.url.clone(), format!("{}-wal", self.url)];
                files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
            }
            Home::Postgres { server, schema } => dump_schema(server, schema).await,
        }
    }

    /// As `--database` takes it: a path or a `postgres://` URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Home::Postgres { server, schema } = &self.home else { return };
        // Connections of a pool that is being dropped may still hold locks for a moment.
        let statement = format!("SET lock_timeout = '5s'; DROP SCHEMA {schema} CASCADE");
        // Its own thread and runtime: a drop cannot wait on the runtime that it runs on.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(execute(server, &statement));
            });
        });
    }
}

/// Each row of each table as text; bytes are in hex.
async fn dump_schema(server: &str, schema: &str) -> Vec<u8> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = $1";
    let mut all = Vec::new();
    for table in client.query(tables, &[&schema]).await.unwrap() {
        let name: String = table.get(0);
        let rows = format!("SELECT t::text FROM {schema}.{name} t");
        for row in client.query(&rows, &[]).await.unwrap() {
            all.extend(row.get::<_, String>(0).into_bytes());
            all.push(b'\n');
        }
    }
    drop(client);
    connection.await.unwrap().unwrap();
    all
}

async fn execute(server: &str, statements: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls)
        .await
        .unwrap_or_else(|error| panic!("TEST_DATABASE_URL cannot be reached: {error}"));
    let connection = tokio::spawn(connection);
    client.batch_execute(statements).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}
