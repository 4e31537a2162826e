//! Redirect URIs are compared byte for byte with the registered ones; nothing is parsed, decoded or
//! normalised (RFC 9700 §2.1).

use store::client::Kind;

/// Why `uri` cannot be a redirect URI, or `None` if it can. Asked when a client is registered, and
/// again whenever one is used.
///
/// `https`; `http` only to this machine (RFC 9700 §2.6); and schemes of native applications, which
/// must have a dot (RFC 8252 §7.1), so that `javascript:` and its kin cannot be among them.
#[must_use]
pub fn problem(uri: &str) -> Option<&'static str> {
    if uri.len() > 2048 {
        return Some("is longer than 2048 bytes");
    }
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if !uri.bytes().all(is_plain) {
        return Some("has a character that a URI cannot have (RFC 3986 §2)");
    }
    if uri.contains('#') {
        return Some("has a fragment (RFC 6749 §3.1.2)");
    }
    if let Some(rest) = uri.strip_prefix("https://") {
        return authority_problem(authority(rest));
    }
    if let Some(rest) = uri.strip_prefix("http://") {
        let host = host(authority(rest));
        let is_loopback = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
        return authority_problem(authority(rest)).or_else(|| {
            (!is_loopback).then_some("is http to another machine (RFC 9700 §2.6): use https")
        });
    }
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Some("has no scheme");
    };
    let is_name = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
    if !is_name || !scheme.contains('.') || !rest.starts_with('/') {
        return Some(
            "must begin with https://, or with the reverse domain name of a native application, as com.example.app:/ (RFC 8252 §7.1)",
        );
    }
    None
}

/// Whether the client may be answered at `sent`: it equals a registered URI byte for byte. For a
/// public client alone the port of a loopback address is free (RFC 8252 §7.3).
#[must_use]
pub(crate) fn is_registered(registered: &[String], sent: &str, kind: Kind) -> bool {
    let is_free = kind == Kind::Public && problem(sent).is_none();
    registered.iter().any(|uri| {
        uri == sent || (is_free && loopback(uri).is_some() && loopback(uri) == loopback(sent))
    })
}

/// What is left of a loopback URI without its port: the address, and path and query.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let address = ["127.0.0.1", "[::1]"].into_iter().find(|address| rest.starts_with(address))?;
    let rest = &rest[address.len()..];
    let path = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[..digits].parse::<u16>().ok().filter(|port| *port != 0)?;
            &rest[digits..]
        }
    };
    (path.is_empty() || path.starts_with(['/', '?'])).then_some((address, path))
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn host(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => &authority[..end + 2],
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn authority_problem(authority: &str) -> Option<&'static str> {
    if host(authority).is_empty() {
        Some("has no host")
    } else if authority.contains('@') {
        Some("has a user name before its host")
    } else if authority.contains('*') {
        Some("has a wildcard")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(registered: &[&str], sent: &str, kind: Kind) -> bool {
        let registered: Vec<String> = registered.iter().map(|&uri| uri.to_owned()).collect();
        is_registered(&registered, sent, kind)
    }

    #[test]
    fn only_the_registered_bytes_match() {
        let registered = "https://a.example/cb";
        assert!(is(&[registered], registered, Kind::Confidential));
        for sent in [
            "https://aXexample/cb",
            "https://A.example/cb",
            "HTTPS://a.example/cb",
            "https://a.example/CB",
            "https://a.example/cb/",
            "https://a.example/cb?x",
            "https://a.example/cb#f",
            "https://a.example/cb/../x",
            "https://a.example/./cb",
            "https://a.example/%63b",
            "https://a.example/%2e%2e/cb",
            "https://a.example\\cb",
            "https://a.example/cb\t",
            "https://a.example/cb%00",
            " https://a.example/cb",
            "https://a.example@evil.example/cb",
            "https://user@a.example/cb",
            "https://a.example.evil.example/cb",
            "https://a.example:443/cb",
            "https://a.example:8443/cb",
            "https://a.example:443@evil.example/cb",
            "http://a.example/cb",
            "//a.example/cb",
            "https:a.example/cb",
            "https://[::1]/cb",
            "https://2130706433/cb",
            "javascript:alert(1)//https://a.example/cb",
            "",
        ] {
            assert!(!is(&[registered], sent, Kind::Confidential), "{sent}");
            assert!(!is(&[registered], sent, Kind::Public), "{sent}");
            assert!(!is(&[], sent, Kind::Public), "an empty list adopts nothing");
        }
        assert!(!is(&["https://a.example/.*"], "https://a.example/cb", Kind::Public));
    }

    #[test]
    fn the_port_of_a_loopback_address_is_free_for_native_applications_alone() {
        let registered = "http://127.0.0.1/cb";
        for sent in ["http://127.0.0.1:51004/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1/cb"] {
            assert!(is(&[registered], sent, Kind::Public), "{sent}");
        }
        assert!(is(&["http://[::1]:7000/cb?a=b"], "http://[::1]:51004/cb?a=b", Kind::Public));
        assert!(!is(&[registered], "http://127.0.0.1:51004/cb", Kind::Confidential));
        for sent in [
            "http://127.0.0.1:51004/cb/",
            "http://127.0.0.1:51004/other",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1@evil.example/cb",
            "http://[::1]:51004/cb",
            "http://localhost:51004/cb",
            "https://127.0.0.1:51004/cb",
            "http://127.1:51004/cb",
        ] {
            assert!(!is(&[registered], sent, Kind::Public), "{sent}");
        }
        assert!(!is(&["http://localhost/cb"], "http://localhost:51004/cb", Kind::Public));
    }

    #[test]
    fn what_could_run_or_leak_is_no_redirect_uri() {
        for fine in [
            "https://a.example/cb",
            "https://a.example:8443/cb?a=b",
            "https://[2001:db8::1]/cb",
            "http://127.0.0.1:8000/cb",
            "http://localhost/cb",
            "com.example.app:/cb",
        ] {
            assert_eq!(problem(fine), None, "{fine}");
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "HTTPS://a.example/cb",
            "https://a.example/cb#f",
            "https://a.example/c b",
            "https://ä.example/cb",
            "https://user@a.example/cb",
            "https://*.a.example/cb",
            "https:///cb",
            "http://a.example/cb",
            "http://127.0.0.1.a.example/cb",
            "com.example.app:cb",
            "urn:ietf:wg:oauth:2.0:oob",
            "myapp:/cb",
            "/cb",
            "",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }
}
