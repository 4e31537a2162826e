//! An app that people sign in to: what it asks of the authorization endpoint, and what it fetches
//! from the others, found by discovery.

use data_encoding::BASE64URL_NOPAD;
use reqwest::Url;
use serde_json::Value;

use super::{Browser, Page};

/// A verifier and its challenge: RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered client. Without a secret it is a public one.
pub(crate) struct RelyingParty {
    pub(crate) id: &'static str,
    pub(crate) secret: Option<&'static str>,
    pub(crate) redirect_uri: &'static str,
    metadata: Value,
    /// Not a person's: it has no cookies.
    http: Browser,
}

impl RelyingParty {
    /// `wiki` of `blueprints/acme.yaml`.
    pub(crate) async fn wiki(issuer: &str) -> Self {
        Self::new(issuer, "wiki", Some(crate::WIKI_SECRET)).await
    }

    /// `desk` of `blueprints/acme.yaml`: a public client.
    pub(crate) async fn desk(issuer: &str) -> Self {
        Self::new(issuer, "desk", None).await
    }

    async fn new(issuer: &str, id: &'static str, secret: Option<&'static str>) -> Self {
        let http = Browser::new(issuer);
        let metadata = http.visit("/.well-known/openid-configuration").await.expect(200).json();
        Self { id, secret, redirect_uri: "http://127.0.0.1:9/callback", metadata, http }
    }

    /// A member of the discovery document.
    #[track_caller]
    pub(crate) fn metadata(&self, name: &str) -> &str {
        let value = self.metadata[name].as_str();
        value.unwrap_or_else(|| panic!("no {name} in {:#}", self.metadata))
    }

    /// An authorization request with PKCE, `state` and `nonce`; `changes` replaces, adds or, with an
    /// empty value, leaves out parameters.
    pub(crate) fn request(&self, changes: &[(&str, &str)]) -> String {
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", self.id),
            ("redirect_uri", self.redirect_uri),
            ("scope", "openid profile email"),
            ("state", "state-of-the-app"),
            ("nonce", "nonce-of-the-app"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for change in changes {
            parameters.retain(|parameter| parameter.0 != change.0);
        }
        parameters.extend(changes.iter().filter(|change| !change.1.is_empty()));
        let endpoint = self.metadata("authorization_endpoint");
        Url::parse_with_params(endpoint, parameters).unwrap().into()
    }

    /// Redeems a code with the verifier of the challenge.
    pub(crate) async fn redeem(&self, code: &str) -> Page {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    /// Asks the token endpoint: `client_secret_post`, or `none` for a public client.
    pub(crate) async fn token(&self, parameters: &[(&str, &str)]) -> Page {
        let mut fields = vec![("client_id", self.id)];
        fields.extend(self.secret.map(|secret| ("client_secret", secret)));
        fields.extend(parameters);
        let fields: Vec<_> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.http.call(self.metadata("token_endpoint"), &fields).await
    }

    /// What the userinfo endpoint says to this access token.
    pub(crate) async fn userinfo(&self, token: &str) -> Page {
        let bearer = self.http.clone().with("authorization", &format!("Bearer {token}"));
        bearer.get(self.metadata("userinfo_endpoint")).await
    }
}

/// The claims of a JWT, whose signature is not looked at: `openid-client` does that.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT (RFC 7519)");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}
