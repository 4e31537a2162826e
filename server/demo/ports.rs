//! Addresses on this machine. A taken port is stepped over, so that the demo starts beside whatever
//! else runs here.

use std::io::{Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

/// How many ports are tried before giving up.
const TRIES: u16 = 100;

/// Listens on `first`, or on the next port that is free; never anywhere but on loopback. Port 0
/// stands for any.
pub(super) async fn listen(first: u16) -> std::io::Result<TcpListener> {
    for port in first..=first.saturating_add(TRIES) {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Err(error) if is_unavailable(&error) => {}
            result => return result,
        }
    }
    let last = first.saturating_add(TRIES);
    let message = format!("no port from {first} to {last} is free: choose another with --port");
    Err(Error::new(ErrorKind::AddrInUse, message))
}

/// Taken by another program, or reserved by the system.
fn is_unavailable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied)
}

/// `http://127.0.0.1:8080`, as browsers write it.
pub(super) fn origin(listener: &TcpListener) -> std::io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_stepped_over() {
        let first = listen(0).await.unwrap();
        let taken = first.local_addr().unwrap();
        let second = listen(taken.port()).await.unwrap();
        let found = second.local_addr().unwrap();
        assert!(found.port() > taken.port(), "{found}");
        assert_eq!(origin(&second).unwrap(), format!("http://127.0.0.1:{}", found.port()));
    }
}
