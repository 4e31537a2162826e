//! What is measured: Flowgate as it is shipped, Flowgate with hashes that cost nothing (so that the rest
//! shows), and a bare axum that says hello (what HTTP itself costs).

use std::net::SocketAddr;

use engine::Passwords;
use flowgate::app::App;
use flowgate::config::Settings;
use flowgate::start::{self, Shutdown};
use store::Ambient;
use tokio::net::TcpListener;

/// Where the measured servers listen.
pub(crate) const ADDRESS: &str = "127.0.0.1:18080";

/// The blueprint of the measurement.
pub(crate) const BLUEPRINT: &str = include_str!("bench.yaml");

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

async fn listen() -> TcpListener {
    TcpListener::bind(ADDRESS.parse::<SocketAddr>().unwrap()).await.unwrap()
}

/// A bare axum.
pub(crate) fn hello() {
    runtime().block_on(async {
        let app = axum::Router::new().route("/", axum::routing::get(async || "hello"));
        axum::serve(listen().await, app).await.unwrap();
    });
}

/// Flowgate with `hashing` (`argon2id` or `none`) on `database`, with its files in `folder`.
pub(crate) fn flowgate(hashing: &str, database: &str, folder: &str) {
    runtime().block_on(async {
        std::fs::write(format!("{folder}/bench.yaml"), BLUEPRINT).unwrap();
        let settings = Settings::of([
            ("public-url", &*format!("http://{ADDRESS}")),
            ("listen", ADDRESS),
            ("database", database),
            ("data", folder),
            ("blueprints", folder),
            // All of the load comes from one address.
            ("rate-limit", "off"),
        ])
        .unwrap();
        let ambient = Ambient::system();
        let passwords = match hashing {
            "none" => Passwords::cheap(1, ambient.clone()),
            _ => Passwords::new(1, ambient.clone()),
        };
        let app = App::with_passwords(settings, ambient, passwords.unwrap()).await.unwrap();
        let (_trigger, shutdown) = Shutdown::new();
        start::serve(app, listen().await, shutdown).await.unwrap();
    });
}
