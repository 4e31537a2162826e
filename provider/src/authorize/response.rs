//! The authorization response: to the registered redirect URI, as a query (RFC 6749 §4.1.2) or a
//! form (OAuth 2.0 Form Post Response Mode), always with `iss` (RFC 9207 §2).

use super::Authorize;
use super::response_mode::ResponseMode;
use crate::Refusal;

/// A URI to which the browser may be sent with 303: a registered one with parameters added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(String);

impl Location {
    /// The registered `uri` as it is, and `parameters` behind what query it has.
    pub(crate) fn new(
        uri: &str,
        parameters: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let mut location = uri.to_owned();
        let mut separator = if uri.contains('?') { '&' } else { '?' };
        for (name, value) in parameters {
            location.push(separator);
            location.push_str(name);
            location.push('=');
            location.extend(form_urlencoded::byte_serialize(value.as_bytes()));
            separator = '&';
        }
        Self(location)
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where and how a client is answered, once both are known to be right.
pub(super) struct Reply<'a> {
    pub(super) issuer: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) state: Option<&'a str>,
    pub(super) mode: ResponseMode,
}

impl Reply<'_> {
    /// The code.
    pub(super) fn code(&self, code: String) -> Authorize {
        self.send(vec![("code", code)])
    }

    /// An error (RFC 6749 §4.1.2.1).
    pub(super) fn refusal(&self, refusal: &Refusal) -> Authorize {
        self.send(vec![
            ("error", refusal.code.as_str().to_owned()),
            ("error_description", refusal.description.to_string()),
        ])
    }

    fn send(&self, mut fields: Vec<(&'static str, String)>) -> Authorize {
        fields.extend(self.state.map(|state| ("state", state.to_owned())));
        fields.push(("iss", self.issuer.to_owned()));
        match self.mode {
            ResponseMode::Query => Authorize::Redirect(Location::new(self.redirect_uri, fields)),
            ResponseMode::FormPost => {
                Authorize::FormPost { action: self.redirect_uri.to_owned(), fields }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_behind_the_registered_query() {
        let state = || [("state", "a b&c=ü\"#".to_owned())];
        let encoded = "state=a+b%26c%3D%C3%BC%22%23";
        let plain = Location::new("https://a.example/cb", state());
        assert_eq!(plain.as_str(), format!("https://a.example/cb?{encoded}"));
        let query = Location::new("https://a.example/cb?x=y", state());
        assert_eq!(query.as_str(), format!("https://a.example/cb?x=y&{encoded}"));
        assert_eq!(Location::new("https://a.example/", None).as_str(), "https://a.example/");
    }
}
