//! Texts to values. Each error is the middle of a sentence that names the setting before and the
//! place behind; none repeats a value that may be secret.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use assurance::Span;
use ipnet::IpNet;
use lettre::Address;
use lettre::message::Mailbox;
use store::Database;
use url::{Host, Url};

use super::LogFormat;
use super::layers::Given;

/// More threads than any machine is glad of.
const MAX_THREADS: usize = 1024;

pub(super) fn address(given: &Given) -> Result<SocketAddr, String> {
    let text = given.text.as_str();
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let address = local.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    address.or_else(|| text.parse().ok()).ok_or_else(|| {
        format!("`{text}` must be an IP address or `localhost`, and a port, such as 127.0.0.1:8080")
    })
}

/// An origin (RFC 6454): what cookies, issuer and links hang on.
pub(super) fn origin(given: &Given) -> Result<String, String> {
    let url = Url::parse(&given.text)
        .map_err(|error| format!("must be a URL such as https://id.example.org: {error}"))?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_plain {
        return Err(
            "must be a scheme, a host and perhaps a port, and nothing behind or before".to_owned()
        );
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(format!(
                "`{}` must begin with https://: http is for loopback alone",
                given.text
            ));
        }
        scheme => return Err(format!("must begin with https://, not {scheme}:")),
    }
    Ok(url.origin().ascii_serialization())
}

/// Whether a URL leads to this machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // Of a scheme that the URL standard does not know, an address is a domain too.
        Some(Host::Domain(name)) => {
            let name = name.to_ascii_lowercase();
            name == "localhost"
                || name.ends_with(".localhost")
                || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

pub(super) fn database(given: &Given) -> Result<Database, String> {
    match Database::parse(&given.text).map_err(|error| error.to_string())? {
        Database::Sqlite(path) => Ok(Database::Sqlite(given.resolve(&path))),
        postgres @ Database::Postgres(_) => Ok(postgres),
    }
}

pub(super) fn networks(given: &Given) -> Result<Vec<IpNet>, String> {
    let texts = given.text.split(',').map(str::trim).filter(|text| !text.is_empty());
    let network = |text: &str| {
        let address = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
        let network = text.parse().ok().or_else(address);
        network.ok_or_else(|| {
            format!("`{text}` must be a network or an address, such as 10.0.0.0/8 or ::1")
        })
    };
    texts.map(network).collect()
}

pub(super) fn mailbox(given: &Given) -> Result<Mailbox, String> {
    given.text.parse().map_err(|error| {
        format!("`{}` must be an address, such as Acme <login@acme.example>: {error}", given.text)
    })
}

/// The sender where none is stated; `None` where the public URL's host can be no mail domain.
pub(super) fn sender_at(public_url: &str) -> Option<Mailbox> {
    let url = Url::parse(public_url).ok()?;
    let domain = match url.host()? {
        Host::Domain(name) => name,
        Host::Ipv4(_) | Host::Ipv6(_) => "localhost",
    };
    let address = Address::new("no-reply", domain).ok()?;
    Some(Mailbox::new(Some("Flowgate".to_owned()), address))
}

pub(super) fn log_format(given: &Given) -> Result<LogFormat, String> {
    match given.text.as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("`{other}` must be `text` or `json`")),
    }
}

pub(super) fn filter(given: &Given) -> Result<String, String> {
    match crate::logs::check(&given.text) {
        Ok(()) => Ok(given.text.clone()),
        Err(error) => Err(format!("`{}` is no filter: {error}", given.text)),
    }
}

pub(super) fn threads(given: &Given) -> Result<usize, String> {
    let number = given.text.parse().ok().filter(|number| (1..=MAX_THREADS).contains(number));
    number.ok_or_else(|| format!("`{}` must be a whole number from 1 to {MAX_THREADS}", given.text))
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The least and the most that budgets are multiplied by.
const FACTORS: std::ops::RangeInclusive<f64> = 0.1..=1000.0;

/// `on`, `off`, or a number to multiply by.
pub(super) fn factor(given: &Given) -> Result<Option<f64>, String> {
    let number = match given.text.as_str() {
        "off" => return Ok(None),
        "on" => Some(1.0),
        text => text.parse().ok().filter(|number| FACTORS.contains(number)),
    };
    number.map(Some).ok_or_else(|| {
        let (least, most) = (FACTORS.start(), FACTORS.end());
        format!("`{}` must be `on`, `off`, or a number from {least} to {most}", given.text)
    })
}

pub(super) fn span(given: &Given) -> Result<Span, String> {
    given.text.parse().map_err(|error| format!("`{}`: {error}", given.text))
}

/// The shape of a language tag (RFC 5646 §2.1); whether there is such a language, the texts say.
pub(super) fn language(given: &Given) -> Result<String, String> {
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if given.text.split('-').all(is_part) {
        Ok(given.text.clone())
    } else {
        Err(format!("`{}` must be a language tag, such as en or pt-BR", given.text))
    }
}

/// The first line of a small file that holds a secret.
pub(super) fn secret(path: &Path) -> Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{} {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(|e| failed(&format!("cannot be read: {e}")))?;
    if !metadata.is_file() || metadata.len() > 4096 {
        return Err(failed(&"is no file of at most 4 KiB"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| failed(&format!("cannot be read: {error}")))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(failed(&"is empty")),
        secret if secret.contains(char::is_control) => Err(failed(&"must hold one line")),
        secret => Ok(secret.to_owned()),
    }
}
