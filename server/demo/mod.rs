//! `flowgate demo`: an identity provider, the sample app `wiki` and the `outbox` on this machine,
//! with people and organisations from one blueprint that is edited while it runs. Nothing to set
//! up, nothing left behind. What it shows is stated in `flows/demo.yaml`; to add a site, give it a
//! `Site`, a port in `Sockets` and a line in `greeting.rs`.

mod greeting;
mod home;
mod outbox;
mod ports;
mod site;
#[cfg(test)]
mod tests;
mod wiki;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use blueprints::{Compiled, Options};
use store::Ambient;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::greeting::Greeting;
use self::home::Home;
use self::outbox::Outbox;
use self::site::Site;
use self::wiki::{Neighbours, Wiki};
use crate::app::App;
use crate::config::{LogFormat, Settings};
use crate::logs;
use crate::start::{self, Shutdown, StartError};

/// What goes wrong, and what came of saving the blueprint; not that mails stay in the outbox, which
/// is what it is for.
const LOG: &str = "warn,flowgate::start=error,flowgate::start::blueprint=info";

/// What `flowgate demo` can be told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep the data in this folder and go on with it the next time; without it the data is deleted
    /// at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The identity provider's port; Wiki and the outbox take the next ones, and a taken port is
    /// stepped over
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    /// Don't apply the blueprint again when it is saved
    #[arg(long)]
    no_watch: bool,
}

/// Shows the demo until Ctrl-C.
///
/// # Errors
/// When it cannot start: above all when the blueprint has a mistake.
pub fn run(args: Args) -> Result<(), StartError> {
    logs::init(LOG, LogFormat::Text);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = start::runtime(workers)?;
    let result = runtime.block_on(live(args));
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

async fn live(args: Args) -> Result<(), StartError> {
    // From here on Ctrl-C ends the demo, not the process: what was made is deleted.
    let signalled = start::signalled()?;
    let home = Home::open(args.data.as_deref(), &std::env::current_dir()?)?;
    let result = show(&args, &home, signalled).await;
    let closed = home.close();
    result.and(closed.map_err(StartError::from))
}

async fn show(
    args: &Args,
    home: &Home,
    signalled: impl Future<Output = &'static str>,
) -> Result<(), StartError> {
    let sockets = Sockets::open(args.port).await?;
    let secret = Ambient::system().token();
    let vars = vars(&sockets.wiki.origin, &secret);
    let applied = check(&home.blueprint, &vars)?;
    let mut settings = settings(home, vars)?.bound_to(sockets.provider.listener.local_addr()?);
    settings.watches_blueprints = !args.no_watch;
    let app = App::open(settings, Ambient::system()).await?;

    let greeting = Greeting {
        issuer: &sockets.provider.origin,
        wiki: &sockets.wiki.origin,
        outbox: &sockets.outbox.origin,
        blueprint: &home.blueprint,
        is_watched: !args.no_watch,
        data: &home.data,
        is_temporary: home.is_temporary(),
        applied: &applied,
    };
    let greeting = greeting.text();
    let (trigger, shutdown) = Shutdown::new();
    let jobs = start::jobs(&app, &shutdown);
    let mut serving = sockets.serve(&app, &secret, &shutdown)?;
    say(&greeting);

    let mut result = Ok(());
    tokio::select! {
        _ = signalled => {}
        Some(ended) = serving.join_next() => result = flatten(ended),
    }
    trigger.stop();
    while let Some(ended) = serving.join_next().await {
        result = result.and(flatten(ended));
    }
    start::stop(jobs).await;
    result
}

type Served = Result<std::io::Result<()>, tokio::task::JoinError>;

fn flatten(ended: Served) -> Result<(), StartError> {
    Ok(ended.map_err(std::io::Error::other)??)
}

/// A port of this machine, and its origin.
struct Socket {
    listener: TcpListener,
    origin: String,
}

impl Socket {
    async fn open(first: u16) -> std::io::Result<Self> {
        let listener = ports::listen(first).await?;
        Ok(Self { origin: ports::origin(&listener)?, listener })
    }

    /// The port behind this one.
    fn next(&self) -> std::io::Result<u16> {
        Ok(self.listener.local_addr()?.port().saturating_add(1))
    }
}

/// Where the demo answers.
struct Sockets {
    provider: Socket,
    wiki: Socket,
    outbox: Socket,
}

impl Sockets {
    async fn open(first: u16) -> std::io::Result<Self> {
        let provider = Socket::open(first).await?;
        let wiki = Socket::open(provider.next()?).await?;
        let outbox = Socket::open(wiki.next()?).await?;
        Ok(Self { provider, wiki, outbox })
    }

    /// Answers on all of them until `shutdown`.
    fn serve(
        self,
        app: &Arc<App>,
        secret: &str,
        shutdown: &Shutdown,
    ) -> Result<JoinSet<std::io::Result<()>>, StartError> {
        let Self { provider, wiki, outbox } = self;
        let site = |socket: &Socket, targets: &[&str]| {
            let (renderer, ambient) = (Arc::clone(&app.renderer), app.store.ambient().clone());
            Arc::new(Site::new(renderer, ambient, &socket.origin, targets))
        };
        let neighbours =
            Neighbours { issuer: provider.origin.clone(), outbox: format!("{}/", outbox.origin) };
        let wiki_site = site(&wiki, &[&provider.origin]);
        let wiki_app = Wiki::new(wiki_site, neighbours, secret.to_owned());
        let wiki_app = wiki_app.map_err(std::io::Error::other)?;
        let from = app.settings.mail_from.to_string();
        let outbox_app = Outbox::new(site(&outbox, &[]), app.store.clone(), &from);

        let mut serving = JoinSet::new();
        serving.spawn(start::serve(Arc::clone(app), provider.listener, shutdown.clone()));
        serving.spawn(serve(wiki.listener, wiki_app.into_router(), shutdown.clone()));
        serving.spawn(serve(outbox.listener, outbox_app.into_router(), shutdown.clone()));
        Ok(serving)
    }
}

async fn serve(
    listener: TcpListener,
    router: Router,
    mut shutdown: Shutdown,
) -> std::io::Result<()> {
    let requested = async move { shutdown.requested().await };
    axum::serve(listener, router).with_graceful_shutdown(requested).await
}

/// What the blueprint cannot know: Wiki's addresses, and the secret that it shares with Flowgate.
fn vars(wiki: &str, secret: &str) -> BTreeMap<String, String> {
    let vars = [
        ("wiki", wiki::home_uri(wiki)),
        ("wiki_callback", wiki::redirect_uri(wiki)),
        ("wiki_secret", secret.to_owned()),
    ];
    vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Reads the blueprint for the greeting, and before anything is begun that a mistake would end.
fn check(path: &Path, vars: &BTreeMap<String, String>) -> Result<Compiled, StartError> {
    let registry = stages::registry();
    let options = Options { vars: vars.clone(), ..Options::for_apply(&registry) };
    let checked = blueprints::check(&[path.to_owned()], &options);
    Ok(start::blueprint::accepted(checked)?.0)
}

fn settings(home: &Home, vars: BTreeMap<String, String>) -> Result<Settings, StartError> {
    let mut settings = Settings::of([
        ("data", home.data.to_string_lossy()),
        ("blueprints", home.blueprint.to_string_lossy()),
        ("sms-provider", "outbox".into()),
    ])?;
    settings.blueprint_vars = vars;
    Ok(settings)
}

/// Whoever closed the terminal reads it no more.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
