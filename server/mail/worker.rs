//! Takes mails that are due and sends them, a few at once. Several processes may do so side by side:
//! each mail is lent to one of them.

use std::time::Duration;

use store::Store;
use store::mail::{self, MAX_ATTEMPTS, Mail};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::sender::{Failure, Sender};
use crate::start::Shutdown;

/// So many mails are sent at the same time.
pub(super) const AT_ONCE: u32 = 4;

const EVERY: Duration = Duration::from_millis(500);

/// A mail whose sender died is due again after this time. Longer than a sending may take.
const LEASE_SECONDS: i64 = 180;

/// The first pause after a failure; each further one is four times as long.
const FIRST_PAUSE_SECONDS: i64 = 30;
const LONGEST_PAUSE_SECONDS: i64 = 6 * 60 * 60;

/// How long mails under way may take once it is time to stop.
const FINISH: Duration = Duration::from_secs(5);

/// Runs until `shutdown`.
pub(crate) async fn run(store: Store, sender: Sender, mut shutdown: Shutdown) {
    tracing::info!(server = sender.server(), "sending mail");
    let mut sending = JoinSet::new();
    loop {
        while sending.len() < AT_ONCE as usize {
            match claim(&store).await {
                Ok(Some(mail)) => {
                    let (store, sender) = (store.clone(), sender.clone());
                    sending.spawn(async move { deliver(&store, &sender, mail).await });
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read");
                    break;
                }
            }
        }
        tokio::select! {
            is_on = shutdown.sleep(EVERY) => {
                if !is_on {
                    break;
                }
            }
            Some(_) = sending.join_next() => {}
        }
    }
    // What does not finish was lent, and is due again.
    let _ = timeout(FINISH, async { while sending.join_next().await.is_some() {} }).await;
}

async fn claim(store: &Store) -> store::Result<Option<Mail>> {
    let mut unit = store.write().await?;
    let lease = chrono::Duration::seconds(LEASE_SECONDS);
    let claimed = mail::claim_due(&mut unit, store.ambient().now(), lease).await?;
    if claimed.is_some() {
        unit.commit().await?;
    } else {
        unit.rollback().await?;
    }
    Ok(claimed)
}

/// Sends one mail and notes what came of it.
async fn deliver(store: &Store, sender: &Sender, mail: Mail) {
    let result = match mail.open(store.sealer()) {
        Ok(message) => sender.send(&mail, &message).await,
        Err(error) => Err(Failure::lasting(&error)),
    };
    // Whom it was for and what it says is in no log.
    match &result {
        Ok(()) => tracing::info!(mail = %mail.id, attempts = mail.attempts, "mail sent"),
        Err(failure) => tracing::warn!(
            mail = %mail.id,
            attempts = mail.attempts,
            reason = failure.reason,
            gives_up = next_attempt(&mail, failure).is_none(),
            "mail not sent"
        ),
    }
    // Noting it matters more than time: what is not noted is sent again.
    for pause in [1, 2, 4, 8, 0] {
        match note(store, &mail, &result).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(mail = %mail.id, %error, "cannot note what came of a mail");
            }
        }
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
}

async fn note(store: &Store, mail: &Mail, result: &Result<(), Failure>) -> store::Result<()> {
    let now = store.ambient().now();
    let mut unit = store.write().await?;
    match result {
        Ok(()) => mail::sent(&mut unit, &mail.id, now).await?,
        Err(failure) => {
            let next = next_attempt(mail, failure).map(|pause| now.plus(pause));
            mail::failed(&mut unit, &mail.id, &failure.reason, next).await?;
        }
    }
    unit.commit().await
}

/// How long to wait for the next attempt; `None` when there is to be none.
pub(super) fn next_attempt(mail: &Mail, failure: &Failure) -> Option<chrono::Duration> {
    if failure.is_final || mail.attempts >= MAX_ATTEMPTS {
        return None;
    }
    let doublings = u32::try_from(mail.attempts.saturating_sub(1)).unwrap_or(0).min(12) * 2;
    let pause = FIRST_PAUSE_SECONDS.saturating_mul(1 << doublings);
    Some(chrono::Duration::seconds(pause.min(LONGEST_PAUSE_SECONDS)))
}
