//! Takes up what other processes, or the command line, wrote: a newer blueprint version, other
//! signing keys.

use std::sync::Arc;
use std::time::Duration;

use super::Shutdown;
use crate::app::App;

const FLOWS: Duration = Duration::from_millis(500);

/// So many rounds of [`FLOWS`] pass between two looks at the signing keys.
const KEYS: u32 = 120;

/// Runs until `shutdown`.
pub(super) async fn run(app: Arc<App>, mut shutdown: Shutdown) {
    let mut round = 0_u32;
    let mut failed: Option<String> = None;
    while shutdown.sleep(FLOWS).await {
        round = round.wrapping_add(1);
        match app.engine.refresh().await {
            Ok(is_newer) => {
                if failed.take().is_some() {
                    tracing::info!("the flows can be read again");
                }
                if is_newer {
                    let version = app.engine.catalogue().version();
                    tracing::info!(version, "took up a newer blueprint version");
                    if let Err(error) = app.provider.reload_clients().await {
                        tracing::error!(%error, "the clients cannot be read");
                    }
                }
            }
            Err(error) => {
                // Twice a second is no place to repeat oneself.
                let error = error.to_string();
                if failed.as_ref() != Some(&error) {
                    tracing::error!(error, "the flows cannot be read; the present ones stay");
                    failed = Some(error);
                }
            }
        }
        if round.is_multiple_of(KEYS)
            && let Err(error) = app.provider.reload_keys().await
        {
            tracing::error!(%error, "the signing keys cannot be read; the present ones stay");
        }
    }
}
