//! The address of a server: its issuer.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::config::is_loopback;

/// An address whose scheme is https, or http to this machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Server(Url);

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: Url =
            text.parse().map_err(|error| format!("{error}, as in https://id.example"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err("http is for this machine alone: use https".to_owned()),
            _ => return Err("must begin with https://".to_owned()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must have no user name or password".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() || url.path() != "/" {
            return Err("must have no path and no query".to_owned());
        }
        Ok(Self(url))
    }
}

impl Server {
    /// An address on it. `path` begins with a slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// Whether it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether an address that the server named is its own.
    pub(super) fn has(&self, address: &str) -> bool {
        address.parse::<Url>().is_ok_and(|url| url.origin() == self.0.origin())
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn a_server_is_spoken_to_by_https_or_on_this_machine() {
        for (given, kept) in [
            ("https://id.example", "https://id.example"),
            ("https://ID.example/", "https://id.example"),
            ("https://id.example:8443", "https://id.example:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            let server = given.parse::<Server>();
            assert_eq!(server.map(|server| server.to_string()).as_deref(), Ok(kept));
        }
        for bad in [
            "",
            "id.example",
            "http://id.example",
            "http://127.0.0.1.evil.example",
            "ftp://id.example",
            "https://ada@id.example",
            "https://id.example/path",
            "https://id.example?x",
            "https://id.example#x",
        ] {
            assert!(bad.parse::<Server>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_elsewhere_is_not_the_servers() {
        let server: Result<Server, _> = "https://id.example".parse();
        let Ok(server) = server else { return assert!(server.is_ok()) };
        assert!(server.has("https://id.example/device?user_code=X"));
        for other in
            ["https://evil.example/device", "http://id.example/", "javascript:1", "/device"]
        {
            assert!(!server.has(other), "{other}");
        }
    }
}
