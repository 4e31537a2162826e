//! A store to test with.

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

use crate::user::{NewUser, User};
use crate::{Ambient, Database, Sealer, SecretKey, Store, user};

/// A store on a database of its own, which lives as long as this.
pub(super) struct TestStore {
    pub(super) store: Store,
    _folder: tempfile::TempDir,
}

pub(super) async fn open() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let ambient = Ambient::system();
    let database = match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => postgres_schema(&url, &ambient).await,
        Err(_) => Database::Sqlite(folder.path().join("test.db")),
    };
    let sealer = Sealer::new(&SecretKey::new([7; 32])).unwrap();
    let store = Store::open(&database, sealer, ambient).await.unwrap();
    TestStore { store, _folder: folder }
}

async fn postgres_schema(url: &str, ambient: &Ambient) -> Database {
    let name = format!("t_{}", data_encoding::HEXLOWER.encode(&ambient.bytes::<8>()));
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    conn.batch_execute(&format!("CREATE SCHEMA {name}")).await.unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    Database::Postgres(format!("{url}{joint}options=-csearch_path%3D{name}"))
}

/// A person, written.
pub(super) async fn person(store: &Store, email: &str) -> User {
    let now = store.ambient().now();
    let new = NewUser { email: Some(email.to_owned()), ..NewUser::default() };
    let person = User::new(store.ambient().id(), new, now);
    let mut unit = store.write().await.unwrap();
    user::create(&mut unit, &person).await.unwrap();
    unit.commit().await.unwrap();
    person
}
