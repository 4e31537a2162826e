//! Whom browsers and authenticators take this installation for, as `webauthn_rp_id`,
//! `webauthn_origins` and `webauthn_attestation_roots` state it.

use engine::RelyingParty;
use url::{Host, Url};

use super::layers::{Given, Layers};
use super::value;

/// The largest file of root certificates, in bytes.
const MAX_ROOTS: u64 = 1024 * 1024;

/// A native app on Android signs for this and a hash instead of a URL.
const ANDROID: &str = "android:apk-key-hash:";

/// What was stated.
#[derive(Debug, Clone, Default)]
pub(super) struct Webauthn {
    id: Option<String>,
    origins: Option<Vec<String>>,
    attestation_roots: String,
}

/// Reads what was stated, and checks that it fits the public URL.
pub(super) fn read(layers: &mut Layers, public_url: &str) -> Webauthn {
    let webauthn = Webauthn {
        id: layers.value("webauthn-rp-id", |given| domain(&given.text)),
        origins: layers.value("webauthn-origins", origins),
        attestation_roots: layers.value("webauthn-attestation-roots", roots).unwrap_or_default(),
    };
    let setting = match &webauthn.origins {
        Some(_) => "webauthn-origins",
        None => "webauthn-rp-id",
    };
    layers.value(setting, |_| webauthn.check(public_url));
    webauthn
}

impl Webauthn {
    /// The relying party for this public URL; `None` where nothing was stated and its host is no
    /// domain (Web Authentication Level 3 §5.1.2: an RP ID is a domain).
    pub(super) fn relying_party(&self, public_url: &str, name: &str) -> Option<RelyingParty> {
        Some(RelyingParty {
            id: self.id.clone().or_else(|| host(public_url))?,
            name: name.to_owned(),
            origins: self.origins.clone().unwrap_or_else(|| vec![public_url.to_owned()]),
            attestation_roots: self.attestation_roots.clone(),
        })
    }

    /// Whether every origin may use credentials of the RP ID.
    fn check(&self, public_url: &str) -> Result<(), String> {
        let Some(party) = self.relying_party(public_url, "") else {
            return Err(
                "is of no use without `webauthn_rp_id`, for the public URL has no domain".into()
            );
        };
        for origin in &party.origins {
            let fits = origin.starts_with(ANDROID)
                || host(origin).is_some_and(|host| is_within(&host, &party.id));
            if !fits {
                return Err(format!(
                    "does not fit: the host of {origin} is neither `{id}`, the RP ID, nor a \
                     sub-domain of it",
                    id = party.id
                ));
            }
        }
        Ok(())
    }
}

/// Whether a domain is the other or lies below it. Whether the other is a public suffix (`com`), which
/// browsers refuse, is not known here.
fn is_within(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The domain of an origin.
fn host(origin: &str) -> Option<String> {
    match Url::parse(origin).ok()?.host()? {
        Host::Domain(name) => Some(name.to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// A domain in the spelling of URLs: lower case, punycode.
fn domain(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` must be a domain, such as example.org, and no IP address");
    let found = host(&format!("https://{text}/")).ok_or_else(wrong)?;
    let is_plain =
        found == text && !text.ends_with('.') && (text == "localhost" || text.contains('.'));
    if is_plain { Ok(found) } else { Err(wrong()) }
}

fn origins(given: &Given) -> Result<Vec<String>, String> {
    let texts = given.text.split(',').map(str::trim).filter(|text| !text.is_empty());
    let origins = texts.map(|text| {
        if let Some(hash) = text.strip_prefix(ANDROID) {
            let bytes = data_encoding::BASE64URL_NOPAD.decode(hash.as_bytes());
            let is_hash = bytes.is_ok_and(|bytes| bytes.len() == 32);
            let wrong = || format!("`{text}` must end with a SHA-256 in base64url");
            return is_hash.then(|| text.to_owned()).ok_or_else(wrong);
        }
        value::origin(&Given { text: text.to_owned(), origin: given.origin.clone() })
    });
    let origins = origins.collect::<Result<Vec<_>, _>>()?;
    if origins.is_empty() { Err("must name at least one origin".to_owned()) } else { Ok(origins) }
}

fn roots(given: &Given) -> Result<String, String> {
    let path = given.path();
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let length = std::fs::metadata(&path).map_err(|error| failed(&error))?.len();
    if length > MAX_ROOTS {
        return Err(failed(&"is larger than 1 MiB"));
    }
    let pem = std::fs::read_to_string(&path).map_err(|error| failed(&error))?;
    stages::webauthn::check_roots(&pem).map_err(|error| failed(&error))?;
    Ok(pem)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use crate::config::Settings;

    fn settings(pairs: &[(&'static str, &str)]) -> Result<Settings, String> {
        Settings::of(pairs.iter().copied()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_relying_party_is_the_public_urls_host_unless_stated() {
        let party = settings(&[("public-url", "https://id.acme.example:8443")]).unwrap();
        let party = party.relying_party().unwrap();
        assert_eq!(party.id, "id.acme.example");
        assert_eq!(party.origins, ["https://id.acme.example:8443"]);
        let party = settings(&[("public-url", "http://localhost:8080")]).unwrap();
        assert_eq!(party.relying_party().unwrap().id, "localhost");
        for no_domain in ["http://127.0.0.1:8080", "http://[::1]", "https://192.0.2.1"] {
            let settings =
                settings(&[("public-url", no_domain), ("mail-from", "login@acme.example")]);
            assert!(settings.unwrap().relying_party().is_none(), "{no_domain}");
        }
        assert!(settings(&[]).unwrap().relying_party().is_none());
    }

    #[test]
    fn a_wider_relying_party_and_more_origins_can_be_stated() {
        let party = settings(&[
            ("public-url", "https://id.acme.example"),
            ("webauthn-rp-id", "acme.example"),
            (
                "webauthn-origins",
                "https://id.acme.example, https://acme.example,\
              android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            ),
        ]);
        let party = party.unwrap().relying_party().unwrap();
        assert_eq!((party.id.as_str(), party.origins.len()), ("acme.example", 3));
        let party = settings(&[
            ("public-url", "https://id.acme.example"),
            ("webauthn-rp-id", "acme.example"),
        ]);
        assert_eq!(party.unwrap().relying_party().unwrap().origins, ["https://id.acme.example"]);
    }

    #[test]
    fn what_no_browser_would_accept_ends_the_start() {
        let url = ("public-url", "https://id.acme.example");
        for (bad, says) in [
            (("webauthn-rp-id", "127.0.0.1"), "no IP address"),
            (("webauthn-rp-id", "https://acme.example"), "must be a domain"),
            (("webauthn-rp-id", "ACME.example"), "must be a domain"),
            (("webauthn-rp-id", "example"), "must be a domain"),
            (("webauthn-rp-id", "acme.example."), "must be a domain"),
            (("webauthn-rp-id", "other.example"), "nor a sub-domain"),
            (("webauthn-rp-id", "d.acme.example"), "nor a sub-domain"),
            (("webauthn-origins", "https://badid.acme.example"), "nor a sub-domain"),
            (("webauthn-origins", "http://id.acme.example"), "must begin with https"),
            (("webauthn-origins", "https://id.acme.example/login"), "nothing behind"),
            (("webauthn-origins", ","), "at least one"),
            (("webauthn-origins", "android:apk-key-hash:AAAA"), "SHA-256"),
            (("webauthn-attestation-roots", "/nowhere.pem"), "/nowhere.pem"),
        ] {
            let error = settings(&[url, bad]).unwrap_err();
            assert!(error.contains(says) && error.contains(bad.0), "{bad:?}: {error}");
        }
        let error = settings(&[("webauthn-origins", "https://acme.example")]).unwrap_err();
        assert!(error.contains("without `webauthn_rp_id`"), "{error}");
    }
}
