//! From settings to a server that answers, and back: [`run`] is the whole life of `flowgate serve`,
//! [`serve`] and [`jobs`] are its two halves, which the demo and the tests use on their own.
//!
//! To add a job, write an `async fn run(.., shutdown)` that returns when it is told to stop, and add
//! a line in [`jobs`].

pub(crate) mod blueprint;
mod error;
mod janitor;
mod refresh;
mod shutdown;
#[cfg(test)]
mod tests;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use store::Ambient;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::app::App;
use crate::config::Settings;
use crate::mail;

pub use error::StartError;
pub use shutdown::{Shutdown, Trigger, signalled};

/// How long requests under way may take to finish once it is time to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How long jobs may take to stop.
const JOBS_STOP: Duration = Duration::from_secs(10);

/// Serves until a signal comes.
///
/// # Errors
/// When the start fails, or a background job does.
pub fn run(settings: Settings) -> Result<(), StartError> {
    let runtime = runtime(settings.workers)?;
    let result = runtime.block_on(live(settings));
    // Whatever still holds a thread has had its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// A runtime with so many worker threads.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime(workers: usize) -> Result<Runtime, StartError> {
    Ok(Builder::new_multi_thread().worker_threads(workers).enable_all().build()?)
}

async fn live(settings: Settings) -> Result<(), StartError> {
    let first = signalled()?;
    let listener = listen(&settings).await?;
    let address = listener.local_addr()?;
    let settings = settings.bound_to(address);
    announce_risks(&settings);
    let app = App::open(settings, Ambient::system()).await?;
    let (trigger, shutdown) = Shutdown::new();
    let mut jobs = jobs(&app, &shutdown);
    let mut serving = tokio::spawn(serve(Arc::clone(&app), listener, shutdown));
    tracing::info!(%address, public_url = app.settings.public_url, "ready");

    let mut result = Ok(());
    tokio::select! {
        signal = first => tracing::info!(signal, "stopping"),
        ended = &mut serving => result = flatten(ended),
        // Jobs return only when told to stop: this one panicked. Better to be started anew by whoever
        // looks after the process than to send no mail for a month.
        _ = jobs.join_next() => result = Err(StartError::Job),
    }
    trigger.stop();
    let second = signalled()?;
    tokio::select! {
        () = drain(&mut serving, jobs) => {}
        signal = second => tracing::warn!(signal, "stopping at once"),
    }
    tracing::info!("stopped");
    result
}

/// Waits for what is under way.
async fn drain(serving: &mut JoinHandle<std::io::Result<()>>, jobs: JoinSet<()>) {
    if !serving.is_finished()
        && let Ok(Err(error)) = serving.await
    {
        tracing::warn!(%error, "the socket failed while stopping");
    }
    stop(jobs).await;
}

fn flatten(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), StartError> {
    Ok(ended.map_err(std::io::Error::other)??)
}

/// Listens where the settings say.
///
/// # Errors
/// When the address is taken or not this machine's.
pub async fn listen(settings: &Settings) -> Result<TcpListener, StartError> {
    let address = settings.listen;
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn announce_risks(settings: &Settings) {
    for note in &settings.notes {
        tracing::warn!("{note}");
    }
    if settings.relying_party().is_none() {
        tracing::warn!(
            public_url = settings.public_url,
            "there are no passkeys: this public URL has no domain; state one, or --webauthn-rp-id"
        );
    }
    if settings.is_exposed_without_url() {
        tracing::warn!(
            listen = %settings.listen,
            public_url = settings.public_url,
            "others can connect, but no --public-url says how they reach this: only this machine can sign in"
        );
    }
}

/// Answers requests until `shutdown`, then finishes those under way, for ten seconds at most.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: Shutdown,
) -> std::io::Result<()> {
    // A small answer is sent at once, not held back for more (RFC 896) until the last was confirmed.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = crate::http::router(app);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let (mut asked, mut waiting) = (shutdown.clone(), shutdown);
    let serving = axum::serve(listener, service)
        .with_graceful_shutdown(async move { asked.requested().await });
    let overtime = async {
        waiting.requested().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = serving.into_future() => result,
        () = overtime => {
            tracing::warn!(seconds = DRAIN.as_secs(), "gave up on requests that did not finish");
            Ok(())
        }
    }
}

/// Starts the background jobs. Each returns soon after `shutdown`; dropping the set ends them at once.
pub fn jobs(app: &Arc<App>, shutdown: &Shutdown) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(refresh::run(Arc::clone(app), shutdown.clone()));
    jobs.spawn(janitor::run(app.store.clone(), shutdown.clone()));
    if let Some(sender) = &app.sender {
        jobs.spawn(mail::worker::run(app.store.clone(), sender.clone(), shutdown.clone()));
    } else {
        tracing::warn!("no --smtp-url: mail is kept in the outbox and not sent");
    }
    if let Some(texts) = &app.texts {
        jobs.spawn(mail::worker::run(app.store.clone(), texts.clone(), shutdown.clone()));
    }
    if let Some(watched) = app.watched.clone().filter(|_| app.settings.watches_blueprints) {
        jobs.spawn(watch::run(Arc::clone(app), watched, shutdown.clone()));
    }
    jobs
}

/// Waits until jobs that were told to stop have stopped, and ends those that do not.
pub async fn stop(mut jobs: JoinSet<()>) {
    let stopped = timeout(JOBS_STOP, async { while jobs.join_next().await.is_some() {} }).await;
    if stopped.is_err() {
        tracing::warn!("gave up on background jobs that did not stop");
    }
}
