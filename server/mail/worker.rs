//! Takes messages that are due and sends them, a few at once: one worker for each way out. Several
//! processes may do so side by side: each message is lent to one of them.

use std::time::Duration;

use store::mail::{self, Channel, Mail, Message};
use store::{Store, Time};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::sender::Failure;
use crate::start::Shutdown;

/// So many messages are sent at the same time.
pub(super) const AT_ONCE: u32 = 4;

const EVERY: Duration = Duration::from_millis(500);

/// Each further pause is four times as long, up to so long.
const LONGEST_PAUSE: chrono::Duration = chrono::Duration::hours(6);

/// How long messages under way may take once it is time to stop.
const FINISH: Duration = Duration::from_secs(5);

/// A way out of the outbox.
pub(crate) trait Carrier: Clone + Send + Sync + 'static {
    /// What it takes.
    const CHANNEL: Channel;
    /// A message whose carrier died is due again after this time. Longer than a sending may take.
    const LEASE: chrono::Duration;
    /// After this many failures a message is given up.
    const ATTEMPTS: i64;
    /// The pause after the first failure.
    const FIRST_PAUSE: chrono::Duration;

    /// Where it takes messages: host and port, for the log.
    fn server(&self) -> &str;

    /// Takes one there.
    fn carry(
        &self,
        mail: &Mail,
        message: &Message,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Runs until `shutdown`.
pub(crate) async fn run<C: Carrier>(store: Store, carrier: C, mut shutdown: Shutdown) {
    tracing::info!(server = carrier.server(), channel = ?C::CHANNEL, "sending messages");
    let mut sending = JoinSet::new();
    loop {
        while sending.len() < AT_ONCE as usize {
            match claim::<C>(&store).await {
                Ok(Some(mail)) => {
                    let (store, carrier) = (store.clone(), carrier.clone());
                    sending.spawn(async move { deliver(&store, &carrier, mail).await });
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

async fn claim<C: Carrier>(store: &Store) -> store::Result<Option<Mail>> {
    let mut unit = store.write().await?;
    let now = store.ambient().now();
    let claimed = mail::claim_due(&mut unit, C::CHANNEL, now, C::LEASE).await?;
    if claimed.is_some() {
        unit.commit().await?;
    } else {
        unit.rollback().await?;
    }
    Ok(claimed)
}

/// Sends one message and notes what came of it.
async fn deliver<C: Carrier>(store: &Store, carrier: &C, mail: Mail) {
    let opened = mail.open(store.sealer());
    let until = opened.as_ref().ok().and_then(|message| message.until);
    let is_over = |now: Time| until.is_some_and(|until| now >= until);
    let result = match opened {
        Ok(_) if is_over(store.ambient().now()) => Err(Failure::lasting(&"it came too late")),
        Ok(message) => carrier.carry(&mail, &message).await,
        Err(error) => Err(Failure::lasting(&error)),
    };
    let next = match &result {
        Ok(()) => None,
        Err(failure) => pause::<C>(&mail, failure)
            .map(|pause| store.ambient().now().plus(pause))
            .filter(|next| !is_over(*next)),
    };
    // Whom it was for and what it says is in no log.
    match &result {
        Ok(()) => {
            tracing::info!(mail = %mail.id, channel = ?C::CHANNEL, attempts = mail.attempts, "message sent");
        }
        Err(failure) => tracing::warn!(
            mail = %mail.id,
            channel = ?C::CHANNEL,
            attempts = mail.attempts,
            reason = failure.reason,
            gives_up = next.is_none(),
            "message not sent"
        ),
    }
    // Noting it matters more than time: what is not noted is sent again.
    for pause in [1, 2, 4, 8, 0] {
        match note(store, &mail, &result, next).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(mail = %mail.id, %error, "cannot note what came of a message");
            }
        }
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
}

async fn note(
    store: &Store,
    mail: &Mail,
    result: &Result<(), Failure>,
    next: Option<Time>,
) -> store::Result<()> {
    let now = store.ambient().now();
    let mut unit = store.write().await?;
    match result {
        Ok(()) => mail::sent(&mut unit, &mail.id, now).await?,
        Err(failure) => mail::failed(&mut unit, &mail.id, &failure.reason, next).await?,
    }
    unit.commit().await
}

/// How long to wait for the next attempt; `None` when there is to be none.
pub(super) fn pause<C: Carrier>(mail: &Mail, failure: &Failure) -> Option<chrono::Duration> {
    if failure.is_final || mail.attempts >= C::ATTEMPTS {
        return None;
    }
    let doublings = u32::try_from(mail.attempts.saturating_sub(1)).unwrap_or(0).min(12) * 2;
    let pause = C::FIRST_PAUSE.checked_mul(1 << doublings).unwrap_or(LONGEST_PAUSE);
    Some(pause.min(LONGEST_PAUSE))
}
