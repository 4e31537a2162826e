//! Forgets what has expired. Nothing depends on it: whatever is read is checked for its expiry in the
//! same query.

use std::time::Duration;

use store::{
    Store, Unit, attempt, code, device, device_grant, execution, interaction, link, session, token,
};

use super::Shutdown;

const EVERY: Duration = Duration::from_mins(1);

/// So many executions are deleted at once: the one writer of an SQLite database has people waiting.
const BATCH: i64 = 500;

/// Runs until `shutdown`.
pub(super) async fn run(store: Store, mut shutdown: Shutdown) {
    while shutdown.sleep(EVERY).await {
        match tidy(&store).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "forgot what had expired"),
            Err(error) => tracing::warn!(%error, "what has expired cannot be deleted"),
        }
    }
}

/// Deletes everything that has expired, each kind in a unit of work of its own, so that nobody waits
/// long. Returns how many rows that were.
pub(super) async fn tidy(store: &Store) -> store::Result<usize> {
    let now = store.ambient().now();
    let mut rows = 0;
    loop {
        let batch =
            within(store, async |unit| execution::delete_expired(unit, now, BATCH).await).await?;
        rows += batch;
        if batch < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            break;
        }
    }
    rows += within(store, async |unit| link::delete_expired(unit, now).await).await?;
    rows += within(store, async |unit| interaction::delete_expired(unit, now).await).await?;
    // Codes, device grants and tokens go with their session, so they are first.
    rows += within(store, async |unit| token::delete_expired(unit, now).await).await?;
    rows += within(store, async |unit| code::delete_expired(unit, now).await).await?;
    rows += within(store, async |unit| device_grant::delete_expired(unit, now).await).await?;
    rows += within(store, async |unit| session::delete_expired(unit, now).await).await?;
    rows += within(store, async |unit| device::delete_expired(unit, now).await).await?;
    rows += within(store, async |unit| attempt::delete_stale(unit, now).await).await?;
    Ok(rows)
}

async fn within(
    store: &Store,
    work: impl AsyncFnOnce(&mut Unit) -> store::Result<usize>,
) -> store::Result<usize> {
    let mut unit = store.write().await?;
    let rows = work(&mut unit).await?;
    if rows == 0 {
        unit.rollback().await?;
    } else {
        unit.commit().await?;
    }
    Ok(rows)
}
