//! Forms of our own pages. The one way to read what such a form sends: from a page of this server, made
//! for this browser, each field once. `guard.rs` reads it before the handler runs.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;

use super::csrf;
use super::failure::Failure;
use super::visitor::Visitor;
use crate::app::App;

/// A form that was checked. A handler takes it as it takes any extractor.
#[derive(Clone)]
pub(super) struct Sent {
    /// The secret of the browser that it was made for.
    pub(super) browser: String,
    /// Its fields, without the token.
    pub(super) fields: HashMap<String, String>,
}

/// Reads the form of a request whose origin was checked.
///
/// # Errors
/// [`Failure::Csrf`] when it does not come from a page that this browser was given.
pub(super) async fn read(
    app: &Arc<App>,
    visitor: &Visitor,
    request: Request,
) -> Result<Sent, Failure> {
    let form = Form::<Vec<(String, String)>>::from_request(request, app).await;
    let Form(fields) = form.map_err(|refused| match refused.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Failure::UnsupportedMediaType,
        _ => Failure::BadRequest("the form cannot be read"),
    })?;
    let mut fields = unique(fields)?;
    let given = fields.remove("csrf").unwrap_or_default();
    csrf::check(app.store.sealer(), visitor.browser.as_deref(), &given)?;
    let browser = visitor.browser.clone().ok_or(Failure::Csrf)?;
    Ok(Sent { browser, fields })
}

impl FromRequestParts<Arc<App>> for Sent {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Failure> {
        let sent = parts.extensions.remove::<Self>();
        sent.ok_or_else(|| Failure::Internal("this route reads no form of our pages".into()))
    }
}

/// The fields of a form, each at most once: of two with one name neither could be believed.
fn unique(fields: Vec<(String, String)>) -> Result<HashMap<String, String>, Failure> {
    let mut form = HashMap::with_capacity(fields.len());
    for (name, value) in fields {
        if form.insert(name, value).is_some() {
            return Err(Failure::BadRequest("a field is there twice"));
        }
    }
    Ok(form)
}
