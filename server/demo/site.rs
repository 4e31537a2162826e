//! What the demo's own sites, Wiki and the outbox, share: pages through the renderer, the static
//! files, strict headers, and a look at the `Host` header. A new site builds its routes and hands
//! them to [`Site::serve`].

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HOST,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use store::Ambient;

use crate::render::{ASSET_PATH, Page, Renderer, View};

/// A site of the demo, at one origin.
pub(super) struct Site {
    renderer: Arc<Renderer>,
    ambient: Ambient,
    /// `http://127.0.0.1:8081`.
    pub(super) origin: String,
    content_security_policy: HeaderValue,
}

impl Site {
    /// A site whose forms may lead to `form_targets`: origins, beside its own.
    pub(super) fn new(
        renderer: Arc<Renderer>,
        ambient: Ambient,
        origin: &str,
        form_targets: &[&str],
    ) -> Self {
        let targets = [&["'self'"], form_targets].concat().join(" ");
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
        );
        let content_security_policy = HeaderValue::try_from(policy)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        Self { renderer, ambient, origin: origin.to_owned(), content_security_policy }
    }

    /// The clock and the generator.
    pub(super) fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// A page in the browser's language, with `csrf` for its forms.
    pub(super) fn page<V: View>(&self, headers: &HeaderMap, csrf: &str, view: &V) -> Response {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let lang = self.renderer.locales().negotiate(None, None, accepted);
        let id = self.ambient.id::<Self>();
        let mut page = Page::new(&self.renderer, &lang, id.as_str(), "");
        csrf.clone_into(&mut page.csrf);
        match self.renderer.render(&page, view) {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(%error, template = V::TEMPLATE, "a page of the demo failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// `routes` with the static files beside them and the guard before them.
    pub(super) fn serve(self: &Arc<Self>, routes: Router) -> Router {
        let assets = Router::new()
            .route(&format!("{ASSET_PATH}{{name}}"), get(asset))
            .with_state(Arc::clone(self));
        let missing = async || (StatusCode::NOT_FOUND, "There is no such page.");
        routes.merge(assets).fallback(missing).layer(from_fn_with_state(Arc::clone(self), guard))
    }

    /// Is the request for this site? A page elsewhere whose name was made to point to this machine
    /// (DNS rebinding) sends its own name.
    fn is_mine(&self, headers: &HeaderMap) -> bool {
        let authority = self.origin.strip_prefix("http://").unwrap_or(&self.origin);
        headers.get(HOST).is_some_and(|host| host.as_bytes() == authority.as_bytes())
    }
}

async fn asset(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Response {
    let Some(asset) = site.renderer.asset(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (CACHE_CONTROL, HeaderValue::from_static(asset.cache_control)),
        (ETAG, HeaderValue::try_from(&asset.etag).unwrap_or(HeaderValue::from_static("\"\""))),
    ];
    (headers, asset.bytes.clone()).into_response()
}

async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    if !site.is_mine(request.headers()) {
        let message = format!("This site answers at {} only.", site.origin);
        return (StatusCode::MISDIRECTED_REQUEST, message).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, site.content_security_policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
