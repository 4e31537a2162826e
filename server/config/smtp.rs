//! The mail server, as `smtp_url` and `smtp_password_file` state it.

use url::Url;

use super::layers::Layers;
use super::value;

/// How to reach the mail server. It has no `Debug`: its URL may hold a password.
#[derive(Clone)]
pub struct Smtp {
    /// As [`lettre::AsyncSmtpTransport::from_url`] takes it.
    pub(crate) url: String,
    /// Host and port, for the log.
    pub(crate) server: String,
}

pub(super) fn read(layers: &mut Layers) -> Option<Smtp> {
    let password = layers.value("smtp-password-file", |given| value::secret(&given.path()));
    let url = layers.value("smtp-url", |given| parse(&given.text, password.as_deref()));
    if password.is_some() && url.is_none() {
        layers.value("smtp-password-file", |_| {
            Err::<(), _>("is of no use without a valid `smtp_url`".to_owned())
        });
    }
    url
}

/// Never repeats the URL, which may hold a password.
fn parse(text: &str, password: Option<&str>) -> Result<Smtp, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
    let (scheme, port, tls) = match url.scheme() {
        "smtps" => ("smtps", 465, None),
        "smtp+starttls" => ("smtp", 587, Some("required")),
        "smtp" => ("smtp", 25, None),
        other => {
            return Err(format!("must begin with smtps, smtp+starttls or smtp, not {other}"));
        }
    };
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or("must name a host, such as smtps://mail.example.org")?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err("must end behind the host and the port".to_owned());
    }
    if url.username().is_empty() && (url.password().is_some() || password.is_some()) {
        return Err("must name the user that the password belongs to: smtps://USER@HOST".to_owned());
    }
    if url.password().is_some() && password.is_some() {
        return Err("must not hold a password where `smtp_password_file` is given".to_owned());
    }
    let is_open = url.scheme() == "smtp" && !value::is_loopback(&url);
    if is_open && !url.username().is_empty() {
        return Err(
            "must use smtps or smtp+starttls, or the login would be sent in the open".into()
        );
    }
    let port = url.port().unwrap_or(port);
    let user = url.username();
    // Encoded as the URL standard encodes it, whatever stands in the file.
    let mut whole = Url::parse(&format!("{scheme}://{host}:{port}")).map_err(|e| e.to_string())?;
    let kept = if user.is_empty() { Ok(()) } else { whole.set_username(&decoded(user)) };
    let secret = password.map(str::to_owned).or_else(|| url.password().map(decoded));
    kept.and_then(|()| whole.set_password(secret.as_deref()))
        .map_err(|()| "must hold a user and a password as a URL does".to_owned())?;
    whole.set_query(tls.map(|tls| format!("tls={tls}")).as_deref());
    Ok(Smtp { url: whole.to_string(), server: format!("{host}:{port}") })
}

/// Percent-encoding undone (RFC 3986 §2.1); what is no encoding stays.
fn decoded(text: &str) -> String {
    // A plus sign means itself here, and a space in forms.
    let form = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(form.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}
