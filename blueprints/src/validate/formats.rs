//! What text must be where the schema says `format`. To add a format, add an arm to [`check`] and
//! name it in `#[schemars(extend("format" = ".."))]`.

use std::str::FromStr as _;

use email_address::EmailAddress;
use url::Url;

/// The `format` of a `when` or a named condition; compiled later, when all names are known.
pub(crate) const CONDITION: &str = "condition";

/// Why text is not what belongs there. `{}` in the message stands for the value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) suggestion: Option<String>,
    /// Line and column within the text, both from 1.
    pub(crate) place: Option<(usize, usize)>,
}

impl Wrong {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}

/// Checks text; an unknown format takes everything, as JSON Schema says (§7.2.1).
pub(crate) fn check(format: &str, text: &str) -> Result<(), Wrong> {
    match format {
        "name" => name(text),
        "identifier" => identifier(text),
        "email-address" => email(text),
        "domain" => domain(text),
        "redirect-uri" => redirect_uri(text),
        "colour" => colour(text),
        "image-address" => image(text),
        "page-address" => page(text),
        "line" => line(text),
        "scope" => scope(text),
        "password-hash" => password_hash(text),
        "base32" => base32(text),
        _ => Ok(()),
    }
}

/// A secret as authenticator apps take it. The message never says it.
fn base32(text: &str) -> Result<(), Wrong> {
    let decoded = data_encoding::BASE32_NOPAD.decode(text.as_bytes());
    decoded.map(|_| ()).map_err(|_| {
        Wrong::new("is not base32: capital letters A to Z and digits 2 to 7, without spaces or `=`")
    })
}

/// The name of an object: `sign-in`. It stands in URLs and logs.
pub(crate) fn name(text: &str) -> Result<(), Wrong> {
    let is_inner = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
    };
    let good = text.bytes().all(is_inner)
        && text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && text.len() <= 64;
    if good {
        return Ok(());
    }
    let folded: String =
        text.to_lowercase()
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() || character == '_' { character } else { '-' }
            })
            .collect();
    let folded = folded.trim_matches(['-', '_']).to_owned();
    let wrong = Wrong::new(
        "{} is not a name: small letters, digits, `-` and `_`, at most 64, a letter or digit first",
    );
    Err(if folded.is_empty() || folded.len() > 64 {
        wrong
    } else {
        wrong.suggest(format!("for example `{folded}`"))
    })
}

/// The name of something that an expression can mention: `from_office`.
pub(crate) fn identifier(text: &str) -> Result<(), Wrong> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let good = text.bytes().all(is_inner)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text.len() <= 64;
    if good {
        return Ok(());
    }
    let wrong = Wrong::new(
        "{} is not a name for expressions: small letters, digits and `_`, at most 64, a letter first",
    );
    let folded = text.to_lowercase().replace(['-', ' ', '.'], "_");
    Err(if identifier_shape(&folded) {
        wrong.suggest(format!("for example `{folded}`"))
    } else {
        wrong
    })
}

fn identifier_shape(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// One plain mailbox: no display name, no comment, no quoted local part, a domain with a dot.
pub(crate) fn email(text: &str) -> Result<(), Wrong> {
    let wrong = || Wrong::new("{} is not an e-mail address");
    let address = EmailAddress::from_str(text).map_err(|_| wrong())?;
    let plain = !text
        .contains(|c: char| c.is_whitespace() || c.is_control() || "\"<>()[],;:\\".contains(c));
    if plain && domain(address.domain()).is_ok() { Ok(()) } else { Err(wrong()) }
}

/// A DNS name with at least two labels.
pub(crate) fn domain(text: &str) -> Result<(), Wrong> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let is_address =
        labels.last().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if labels.len() >= 2
        && text.len() <= 253
        && labels.iter().all(|label| is_label(label))
        && !is_address
    {
        return Ok(());
    }
    let wrong = Wrong::new("{} is not a domain");
    Err(match text.rsplit_once('@') {
        Some((_, behind)) if !behind.is_empty() => {
            wrong.suggest(format!("without the part before `@`: `{behind}`"))
        }
        _ => wrong,
    })
}

/// What holds for every redirect URI (RFC 9700 §2.1 and §4.1, RFC 8252 §7): absolute, no fragment,
/// no user, no wildcard; `https`, or `http` on loopback, or a private-use scheme with a dot. The
/// text is only looked at, never normalised: it is stored and compared byte for byte.
pub(crate) fn redirect_uri(text: &str) -> Result<(), Wrong> {
    if text.len() > 2_000 {
        return Err(Wrong::new("the address is longer than 2000 bytes"));
    }
    if let Some(place) =
        text.chars().position(|c| !c.is_ascii_graphic() || "\\<>\"`{}|^".contains(c))
    {
        let wrong = Wrong {
            place: Some((1, place + 1)),
            ..Wrong::new(
                "an address has no blanks, control characters, backslashes, quotes or brackets",
            )
        };
        return Err(wrong.suggest("percent-encode what does not belong in a URI"));
    }
    if text.contains('*') {
        return Err(Wrong::new("a redirect URI has no wildcard: it is compared byte for byte")
            .suggest("list each address"));
    }
    if text.contains('#') {
        return Err(Wrong::new("a redirect URI has no fragment (RFC 6749 §3.1.2)"));
    }
    let Ok(url) = Url::parse(text) else {
        return Err(Wrong::new("{} is not an absolute address")
            .suggest("for example `https://app.example/callback`"));
    };
    if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
        return Err(Wrong::new("a redirect URI has no user or password"));
    }
    if text
        .split(['?', '#'])
        .next()
        .is_some_and(|path| path.split('/').any(|part| part == ".." || part == "."))
    {
        return Err(Wrong::new("a redirect URI has no `.` or `..` in its path"));
    }
    scheme(&url, text)
}

fn scheme(url: &Url, text: &str) -> Result<(), Wrong> {
    // `https:evil` and `https:///evil` parse, but no browser and no reader agrees on what they are.
    let has_host = !authority(text).is_empty();
    match url.scheme() {
        "https" if has_host => Ok(()),
        "http" if has_host && is_loopback(url) => Ok(()),
        "http" => Err(Wrong::new("`http` is allowed only on loopback (`localhost`, `127.0.0.1`, `[::1]`)")
            .suggest(format!("write `{}`", text.replacen("http:", "https:", 1)))),
        "https" => Err(Wrong::new("{} names no host")),
        // RFC 8252 §7.1: a private-use scheme is a domain turned round, so it has a dot.
        scheme if scheme.contains('.') => Ok(()),
        scheme => Err(Wrong::new(format!("the scheme `{scheme}` is not allowed in a redirect URI"))
            .suggest("`https`, `http` on loopback, or for a public client a private-use scheme such as `com.example.app:/callback`")),
    }
}

/// Whether an address stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What stands between `//` and the path, as it is written.
fn authority(text: &str) -> &str {
    text.split_once(':')
        .and_then(|(_, rest)| rest.strip_prefix("//"))
        .map_or("", |rest| rest.split(['/', '?', '#']).next().unwrap_or(""))
}

/// `#0a5` or `#00aa55`.
pub(crate) fn colour(text: &str) -> Result<(), Wrong> {
    let good = text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if good {
        Ok(())
    } else {
        Err(Wrong::new("{} is not a colour")
            .suggest("for example `\"#0055aa\"`, in quotes because `#` starts a comment"))
    }
}

/// An `https` address or a path on this server, for a picture.
pub(crate) fn image(text: &str) -> Result<(), Wrong> {
    let clean = !text.contains(|c: char| !c.is_ascii_graphic() || "\\<>\"`'".contains(c));
    let local = text.starts_with('/') && !text.starts_with("//");
    let remote = Url::parse(text)
        .is_ok_and(|url| url.scheme() == "https" && url.username().is_empty() && url.has_host());
    if clean && (local || remote) {
        Ok(())
    } else {
        Err(Wrong::new("{} is neither an `https` address nor a path that starts with `/`"))
    }
}

/// An `https` address of a page.
pub(crate) fn page(text: &str) -> Result<(), Wrong> {
    let clean = !text.contains(|c: char| !c.is_ascii_graphic() || "\\<>\"`".contains(c));
    let good = Url::parse(text).is_ok_and(|url| {
        url.username().is_empty()
            && url.password().is_none()
            && url.has_host()
            && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
    });
    if clean && good { Ok(()) } else { Err(Wrong::new("{} is not an `https` address")) }
}

/// One line of text: it stands in headings, and in the headers of mails (CWE-93).
pub(crate) fn line(text: &str) -> Result<(), Wrong> {
    let breaks = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || crate::read::changes_direction(c)
    };
    if text.trim().is_empty() {
        Err(Wrong::new("the text is empty"))
    } else if text.contains(breaks) {
        Err(Wrong::new("the text must be one line without control characters"))
    } else {
        Ok(())
    }
}

/// One scope (RFC 6749 §3.3).
pub(crate) fn scope(text: &str) -> Result<(), Wrong> {
    let good = !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if good {
        Ok(())
    } else {
        Err(Wrong::new("{} is not a scope").suggest("one list entry for each scope"))
    }
}

/// A PHC string of argon2id.
pub(crate) fn password_hash(text: &str) -> Result<(), Wrong> {
    let parts: Vec<&str> = text.split('$').collect();
    let good = matches!(parts.as_slice(), ["", "argon2id", "v=19", parameters, salt, hash]
        if parameters.starts_with("m=") && salt.len() >= 11 && hash.len() >= 20);
    if good {
        Ok(())
    } else {
        Err(Wrong::new("the hash is not a PHC string of argon2id")
            .suggest("`$argon2id$v=19$m=..,t=..,p=..$salt$hash`"))
    }
}
