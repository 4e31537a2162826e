//! Forms of our own pages. The one way to read what such a form sends: from a page of this server, made
//! for this browser, each field once.

use std::collections::HashMap;

use axum::http::HeaderMap;

use super::csrf;
use super::failure::Failure;
use super::visitor::Visitor;
use crate::app::App;

/// A form that was checked.
pub(super) struct Sent {
    /// The secret of the browser that it was made for.
    pub(super) browser: String,
    /// Its fields, without the token.
    pub(super) fields: HashMap<String, String>,
}

/// Reads a form.
///
/// # Errors
/// [`Failure::Csrf`] when it does not come from a page that this browser was given.
pub(super) fn read(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    fields: Vec<(String, String)>,
) -> Result<Sent, Failure> {
    csrf::check_origin(headers, &app.settings.public_url)?;
    let mut fields = unique(fields)?;
    let given = fields.remove("csrf").unwrap_or_default();
    csrf::check(app.store.sealer(), visitor.browser.as_deref(), &given)?;
    let browser = visitor.browser.clone().ok_or(Failure::Csrf)?;
    Ok(Sent { browser, fields })
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
