//! The relying party proper: OpenID Connect by the book, over real HTTP. Discovery, authorization
//! code with PKCE (S256), `state` and `nonce`, the token endpoint with `client_secret_basic`, the
//! ID token, userinfo, and RP-initiated logout.

use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse as _,
    TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::{Ambient, Time};
use tokio::sync::RwLock;
use url::Url;

use super::error::Error;
use super::id_token::{self, Claims, Expected};
use super::transport::{Transport, TransportError};

/// How Wiki is known to its identity provider.
pub(super) struct Registration {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) redirect_uri: String,
    pub(super) post_logout_redirect_uri: String,
}

/// What a login may ask for beyond the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing.
    Usual,
    /// A proof from just now: `max_age=0`.
    Fresh,
    /// Two factors: `acr_values=aal2`.
    SecondFactor,
    /// No page: `prompt=none`.
    Silent,
    /// To be asked for consent again: `prompt=consent`.
    Consent,
}

impl Wish {
    fn parameter(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Usual => return None,
            Self::Fresh => ("max_age", "0"),
            Self::SecondFactor => ("acr_values", "aal2"),
            Self::Silent => ("prompt", "none"),
            Self::Consent => ("prompt", "consent"),
        })
    }
}

/// A login under way: what its answer must agree with.
pub(super) struct Login {
    nonce: String,
    verifier: PkceCodeVerifier,
    wish: Wish,
    begun_at: Time,
}

/// Somebody who signed in.
#[derive(Clone)]
pub(super) struct SignedIn {
    /// As it came, for the logout.
    pub(super) id_token: String,
    pub(super) id_claims: Claims,
    pub(super) userinfo: Claims,
}

/// The parameters of the answer (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// What the provider says about itself (OpenID Connect Discovery §3).
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

struct Provider {
    metadata: Metadata,
    client: OidcClient,
    keys: JwkSet,
}

#[derive(Debug, Serialize, Deserialize)]
struct IdTokenField {
    id_token: String,
}

impl ExtraTokenFields for IdTokenField {}

type OidcClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<IdTokenField, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Wiki as a client of one identity provider.
pub(super) struct RelyingParty {
    registration: Registration,
    transport: Transport,
    /// Discovered at the first login, and again when a token names an unknown key.
    provider: RwLock<Option<Arc<Provider>>>,
}

impl RelyingParty {
    pub(super) fn new(registration: Registration) -> Result<Self, reqwest::Error> {
        let transport = Transport::new()?;
        Ok(Self { registration, transport, provider: RwLock::new(None) })
    }

    /// Begins a login: the address to send the browser to, and what to remember under `state`.
    pub(super) async fn begin(
        &self,
        ambient: &Ambient,
        state: &str,
        wish: Wish,
    ) -> Result<(Url, Login), Error> {
        let provider = self.provider().await?;
        let verifier = PkceCodeVerifier::new(ambient.token());
        let login = Login { nonce: ambient.token(), verifier, wish, begun_at: ambient.now() };
        let scopes = ["openid", "profile", "email"].map(|scope| Scope::new(scope.to_owned()));
        let mut request = provider
            .client
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .add_scopes(scopes)
            .add_extra_param("nonce", &login.nonce)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&login.verifier));
        if let Some((name, value)) = wish.parameter() {
            request = request.add_extra_param(name, value);
        }
        Ok((request.url().0, login))
    }

    /// Ends a login with the answer that the browser brought.
    pub(super) async fn finish(&self, login: Login, answer: Answer) -> Result<SignedIn, Error> {
        let provider = self.provider().await?;
        check_issuer(&provider.metadata, answer.iss.as_deref())?;
        if let Some(code) = answer.error {
            return Err(Error::Refused { code, description: answer.error_description });
        }
        let missing = || Error::unreachable("authorization endpoint", &"it sent no code");
        let code = AuthorizationCode::new(answer.code.ok_or_else(missing)?);
        let transport = |request| self.transport.clone().exchange(request);
        let tokens = provider
            .client
            .exchange_code(code)
            .set_pkce_verifier(login.verifier)
            .request_async(&transport)
            .await
            .map_err(refused)?;
        let expected = Expected {
            issuer: &provider.metadata.issuer,
            client_id: &self.registration.client_id,
            nonce: &login.nonce,
            access_token: tokens.access_token().secret(),
            proven_since: (login.wish == Wish::Fresh).then_some(login.begun_at),
        };
        let id_token = tokens.extra_fields().id_token.clone();
        let id_claims = self.verify(&id_token, &provider, &expected).await?;
        let url = &provider.metadata.userinfo_endpoint;
        let token = tokens.access_token().secret();
        let userinfo: Claims = self.transport.json("userinfo endpoint", url, Some(token)).await?;
        if userinfo.get("sub") != id_claims.get("sub") {
            return Err(Error::OtherPerson);
        }
        Ok(SignedIn { id_token, id_claims, userinfo })
    }

    /// Where to send the browser so that the provider ends its session too (OpenID Connect
    /// RP-Initiated Logout §2), if it can.
    pub(super) async fn logout_url(&self, id_token: &str) -> Option<Url> {
        let mut url = self.provider().await.ok()?.metadata.end_session_endpoint.clone()?;
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token)
            .append_pair("client_id", &self.registration.client_id)
            .append_pair("post_logout_redirect_uri", &self.registration.post_logout_redirect_uri);
        Some(url)
    }

    /// Keys are rotated: a token with an unknown one is reason to fetch them again, once.
    async fn verify(
        &self,
        id_token: &str,
        provider: &Provider,
        expected: &Expected<'_>,
    ) -> Result<Claims, Error> {
        if let Some(key) = id_token::find_key(id_token, &provider.keys)? {
            return id_token::verify(id_token, key, expected);
        }
        let provider = self.discover().await?;
        match id_token::find_key(id_token, &provider.keys)? {
            Some(key) => id_token::verify(id_token, key, expected),
            None => Err(Error::IdToken("its key is unknown".to_owned())),
        }
    }

    async fn provider(&self) -> Result<Arc<Provider>, Error> {
        if let Some(provider) = &*self.provider.read().await {
            return Ok(Arc::clone(provider));
        }
        self.discover().await
    }

    async fn discover(&self) -> Result<Arc<Provider>, Error> {
        let url = format!("{}/.well-known/openid-configuration", self.registration.issuer);
        let metadata: Metadata = self.transport.json("discovery", &url, None).await?;
        // OpenID Connect Discovery §4.3: byte for byte.
        if metadata.issuer != self.registration.issuer {
            return Err(Error::OtherIssuer);
        }
        let keys: Json = self.transport.json("key set", &metadata.jwks_uri, None).await?;
        let keys = known_keys(keys);
        let client =
            self.client(&metadata).map_err(|error| Error::unreachable("discovery", &error))?;
        let provider = Arc::new(Provider { metadata, client, keys });
        *self.provider.write().await = Some(Arc::clone(&provider));
        Ok(provider)
    }

    fn client(&self, metadata: &Metadata) -> Result<OidcClient, url::ParseError> {
        let registration = &self.registration;
        Ok(Client::new(ClientId::new(registration.client_id.clone()))
            .set_client_secret(ClientSecret::new(registration.client_secret.clone()))
            .set_auth_uri(AuthUrl::new(metadata.authorization_endpoint.clone())?)
            .set_token_uri(TokenUrl::new(metadata.token_endpoint.clone())?)
            .set_redirect_uri(RedirectUrl::new(registration.redirect_uri.clone())?))
    }
}

/// A key of a kind that Wiki doesn't know is no reason to refuse the others (RFC 7517 §5).
fn known_keys(mut set: Json) -> JwkSet {
    let keys = set.get_mut("keys").and_then(Json::as_array_mut).map(std::mem::take);
    let known = keys.into_iter().flatten().filter_map(|key| serde_json::from_value(key).ok());
    JwkSet { keys: known.collect() }
}

fn check_issuer(metadata: &Metadata, iss: Option<&str>) -> Result<(), Error> {
    match iss {
        Some(iss) if iss == metadata.issuer => Ok(()),
        None if !metadata.authorization_response_iss_parameter_supported => Ok(()),
        _ => Err(Error::OtherIssuer),
    }
}

fn refused(error: RequestTokenError<TransportError, BasicErrorResponse>) -> Error {
    match error {
        RequestTokenError::ServerResponse(answer) => Error::Refused {
            code: answer.error().to_string(),
            description: answer.error_description().cloned(),
        },
        RequestTokenError::Request(error) => Error::unreachable("token endpoint", &error),
        error => Error::unreachable("token endpoint", &error),
    }
}
