//! The word to stop: said once, heard by everything that runs.

use std::io;
use std::time::Duration;

use tokio::sync::watch;

/// Says it. Dropping it says it too.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// Hears it. A clone hears the same.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// One who says it, and one who hears it.
    pub fn new() -> (Trigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (Trigger(sender), Self(receiver))
    }

    /// Waits until it is said.
    pub async fn requested(&mut self) {
        // Whoever could say it is gone: that says it.
        let _ = self.0.wait_for(|is_requested| *is_requested).await;
    }

    /// Waits for `time`. Returns whether to go on: not once it is said.
    pub async fn sleep(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.requested()).await.is_err()
    }
}

impl Trigger {
    /// Says it.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Waits for SIGTERM (what service managers send) or SIGINT (what Ctrl-C sends). From the call on,
/// neither ends the process by itself.
///
/// # Errors
/// When the system refuses to tell of signals.
pub fn signalled() -> io::Result<impl Future<Output = &'static str>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            // Without a signal to wait for, only the process manager can end it.
            Err(_) => std::future::pending().await,
        }
    })
}
