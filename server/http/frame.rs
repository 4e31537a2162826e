//! What every request passes: it gets a name and a language, must be for this host, and its answer
//! gets the headers that every answer has, a page where it failed, and one line in the log.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use super::cookies::{Cookies, LANGUAGE};
use super::failure::{self, Failure};
use crate::app::App;
use crate::render::Lang;

/// What the frame found out about a request.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// The request's name, in the log and on error pages.
    pub(super) request_id: String,
    /// The page's nonce, for its one inline style.
    pub(super) nonce: String,
    /// The language of the answer.
    pub(super) lang: Lang,
    /// The client's address, after the trusted proxies.
    pub(super) ip: Option<IpAddr>,
    /// Whether programs are spoken to here, so that errors are JSON.
    pub(super) json: bool,
}

/// Where forms of a page may lead beside this server; put into a response's extensions.
#[derive(Debug, Clone)]
pub(super) struct FormTarget(pub(super) String);

/// What asks here wants two words, by whatever name it knows this server.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Wraps every request.
pub(super) async fn frame(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let (visit, chosen) = visit(&app, &request);
    request.extensions_mut().insert(visit.clone());

    let mut response = if !is_for_us(&app, &request) {
        failure::response(Failure::Misdirected)
    } else if has_nul(&request) {
        failure::response(Failure::BadRequest("a NUL is in no address here"))
    } else {
        next.run(request).await
    };
    if !PROBES.contains(&path.as_str())
        && let Some(failed) = failure::of(&response)
    {
        response = failure::show(&app, &visit, &failed, &response);
    }
    seal(&app, &visit, &path, chosen.as_ref(), &mut response);
    tracing::info!(
        request = %visit.request_id,
        %method,
        path,
        status = response.status().as_u16(),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

fn visit(app: &App, request: &Request) -> (Visit, Option<Lang>) {
    let headers = request.headers();
    let ambient = app.store.ambient();
    let locales = app.renderer.locales();
    let query = request.uri().query().unwrap_or_default();
    let parameter = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let chosen = parameter("lang").and_then(|tag| locales.find(&tag));
    let cookie = Cookies::of(headers).get(LANGUAGE).map(str::to_owned);
    let kept = chosen.as_ref().map(ToString::to_string).or(cookie);
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let lang = locales.negotiate(parameter("ui_locales").as_deref(), kept.as_deref(), accept);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let path = request.uri().path();
    let visit = Visit {
        request_id: data_encoding::HEXLOWER.encode(&ambient.bytes::<8>()),
        nonce: data_encoding::BASE64URL_NOPAD.encode(&ambient.bytes::<16>()),
        lang,
        ip: peer.map(|peer| client_address(peer, headers, &app.settings.trusted_proxies)),
        json: path.starts_with("/api/")
            || [
                "/oauth/token",
                "/oauth/revoke",
                "/oauth/device_authorization",
                "/oauth/userinfo",
                "/oauth/jwks",
            ]
            .contains(&path)
            || path.starts_with("/.well-known/"),
    };
    (visit, chosen)
}

/// The address that asks: behind trusted proxies the last one in `X-Forwarded-For` that is not one of
/// them, read from the right. What cannot be read ends the walk: then the nearest known address
/// stands, and nothing that depends on the address is gained.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let mut nearest = peer;
    let mut hops: Vec<&str> = Vec::new();
    for value in headers.get_all("x-forwarded-for") {
        let Ok(text) = value.to_str() else { return peer };
        hops.extend(text.split(','));
    }
    while is_trusted(&nearest) {
        let Some(hop) = hops.pop() else { break };
        let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
        nearest = ip.to_canonical();
    }
    nearest
}

/// Whether the request names this server. The public URL comes from the configuration alone; a
/// request that means another host is answered by nobody. Probes may ask by any name.
fn is_for_us(app: &App, request: &Request) -> bool {
    if PROBES.contains(&request.uri().path()) {
        return true;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str));
    host.is_some_and(|host| host.eq_ignore_ascii_case(app.settings.public_host()))
}

/// Whether the path or the query has an encoded NUL: no name or id has one, and PostgreSQL fails on it
/// where SQLite finds nothing.
fn has_nul(request: &Request) -> bool {
    let uri = request.uri();
    uri.path().contains("%00") || uri.query().is_some_and(|query| query.contains("%00"))
}

/// Headers that every answer has.
fn seal(app: &App, visit: &Visit, path: &str, chosen: Option<&Lang>, response: &mut Response) {
    let target = response.extensions_mut().remove::<FormTarget>();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.entry(name).or_insert(value);
        }
    };
    let nonce = &visit.nonce;
    let target = target.map(|FormTarget(target)| format!(" {target}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'self'; img-src 'self' data:; \
         form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
    );
    set(header::CONTENT_SECURITY_POLICY, &policy);
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if app.settings.is_secure() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    // Whatever does not say otherwise is about one person.
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("x-request-id"), &visit.request_id);
    if let Some(lang) = chosen
        && !path.starts_with("/static/")
    {
        let cookie = super::cookies::language(lang.as_str(), app.settings.is_secure());
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::{HeaderMap, HeaderValue};

    use super::client_address;

    fn asked(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let trusted: Vec<_> = trusted.iter().filter_map(|net| net.parse().ok()).collect();
        let peer: IpAddr = peer.parse().unwrap_or(IpAddr::from([0, 0, 0, 0]));
        client_address(peer, &headers, &trusted).to_string()
    }

    #[test]
    fn believes_only_trusted_proxies() {
        let own = &["10.0.0.0/8"];
        assert_eq!(asked("203.0.113.9", &["192.0.2.1"], own), "203.0.113.9");
        assert_eq!(asked("10.0.0.1", &["192.0.2.1"], own), "192.0.2.1");
        assert_eq!(asked("10.0.0.1", &["6.6.6.6, 192.0.2.1, 10.0.0.2"], own), "192.0.2.1");
        assert_eq!(asked("10.0.0.1", &["6.6.6.6", "192.0.2.1"], own), "192.0.2.1");
        assert_eq!(asked("10.0.0.1", &["192.0.2.1, a"], own), "10.0.0.1");
        assert_eq!(asked("10.0.0.1", &[""], own), "10.0.0.1");
        assert_eq!(asked("10.0.0.1", &[], own), "10.0.0.1");
        assert_eq!(asked("::ffff:10.0.0.1", &["::ffff:192.0.2.1"], own), "192.0.2.1");
        assert_eq!(asked("10.0.0.1", &["10.0.0.2, 10.0.0.3"], own), "10.0.0.2");
    }
}
