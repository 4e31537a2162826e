//! A router on a free port of 127.0.0.1.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Browser;

/// Dropping it closes the port.
pub(crate) struct Site {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    server: JoinHandle<()>,
}

impl Site {
    /// Serves the router that `make` builds, once it is known under which address.
    pub(crate) async fn serve(make: impl AsyncFnOnce(&str) -> Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = make(&url).await;
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { url, server }
    }

    /// A browser that has never been here.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}
