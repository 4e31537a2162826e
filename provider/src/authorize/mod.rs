//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2).
//!
//! [`Provider::run`] is the whole of it, and [`Request::check`] the list of what is asked of the
//! parameters: one line, one file, one rule. Whoever comes back from signing in or from the consent
//! page goes through the same list again, with the parameters as they were first sent.

pub(crate) mod claims_parameter;
mod client;
mod consent;
mod grant;
mod id_token_hint;
mod issue;
mod judge;
pub(crate) mod level;
pub(crate) mod max_age;
mod nonce;
mod page;
mod pkce;
mod prompt;
mod redirect_uri;
mod request_object;
mod response;
mod response_mode;
mod response_type;
pub(crate) mod scope;
pub(crate) mod waiting;

use assurance::Demand;
use store::client::Client;
use store::event::Outcome;
use store::interaction::Interaction;
use store::{Id, Time};

pub use consent::ConsentPage;
pub use page::{ErrorPage, PageProblem};
pub use response::Location;
pub use waiting::Facts;

pub(crate) use issue::Granted;
pub(crate) use pkce::challenge_of;

use crate::params::{Known, Params};
use crate::{Caller, Error, Provider, Refusal, Result, device};
use claims_parameter::ClaimsParameter;
use issue::Person;
use judge::Judgement;
use level::Level;
use prompt::Prompt;
use response::Reply;
use waiting::Waiting;

/// The parameters that are read, and their limits in bytes.
const KNOWN: &[Known] = &[
    ("response_type", 64),
    client::PARAMETER,
    redirect_uri::PARAMETER,
    ("scope", 1024),
    STATE,
    ("nonce", 512),
    ("response_mode", 32),
    ("code_challenge", 128),
    ("code_challenge_method", 16),
    ("prompt", 128),
    ("max_age", 10),
    ("acr_values", 512),
    ("claims", 4096),
    ("id_token_hint", 8192),
    ("login_hint", 255),
    ("ui_locales", 255),
    ("claims_locales", 255),
    ("display", 32),
    ("request", 8192),
    ("request_uri", 2048),
    ("registration", 8192),
];

const STATE: Known = ("state", 2048);

/// The answer to an authorization request.
#[derive(Debug)]
pub enum Authorize {
    /// Send the browser to the client with 303; the code or the error is in the location.
    Redirect(Location),
    /// Send the browser to the client with a form that posts itself.
    FormPost {
        /// The registered redirect URI.
        action: String,
        /// The hidden fields. The values are the client's: escape them.
        fields: Vec<(&'static str, String)>,
    },
    /// Send the browser to the sign-in flow with 303; it comes back to [`Provider::resume`].
    SignIn {
        /// What waits.
        interaction: Id<Interaction>,
    },
    /// Send the browser with 303 to the page of the device that waits; it asks
    /// [`Provider::device_question`].
    Device {
        /// What waits.
        interaction: Id<Interaction>,
    },
    /// Ask the person; the answer goes to [`Provider::decide_consent`].
    Consent(Box<ConsentPage>),
    /// Show a page of our own; nobody is sent anywhere (RFC 9700 §4.11.2).
    ErrorPage(ErrorPage),
}

/// What a client asks for, checked.
struct Request {
    scopes: Vec<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    prompt: Prompt,
    max_age: Option<u64>,
    claims: ClaimsParameter,
    level: Level,
    /// The person that the client expects.
    subject: Option<String>,
}

impl Request {
    /// What is asked, in the order in which it is refused.
    fn check(params: &Params, client: &Client, provider: &Provider) -> Result<Self, Refusal> {
        params.check(KNOWN)?;
        grant::check(client)?;
        response_mode::check(params)?;
        request_object::check(params)?;
        response_type::check(params)?;
        let scopes = scope::check(params, client)?;
        let code_challenge = pkce::check(params, client)?;
        let nonce = nonce::check(params);
        let prompt = prompt::check(params)?;
        let max_age = max_age::check(params)?;
        let claims = claims_parameter::check(params, client)?;
        let level = level::check(params, &claims)?;
        let subject = id_token_hint::check(params, client, &claims, provider)?;
        Ok(Self { scopes, nonce, code_challenge, prompt, max_age, claims, level, subject })
    }

    /// What it demands of the session, beyond the policies. Time on our pages counts for nothing:
    /// ages are reckoned from when the request arrived.
    fn demand(&self, asked_at: Time) -> Demand {
        Demand {
            acr: self.level.least,
            essential: self.level.essential,
            max_age: if self.prompt.login { Some(0) } else { self.max_age },
            asked_at: Some(asked_at.into()),
            sensitive: false,
        }
    }
}

impl Provider {
    /// Judges an authorization request, sent by GET or POST.
    pub async fn authorize(
        &self,
        params: Vec<(String, String)>,
        caller: &Caller<'_>,
    ) -> Result<Authorize> {
        self.run(&Params::from(params), caller, None, None).await
    }

    /// Goes on with a request after the person signed in.
    pub async fn resume(&self, id: &Id<Interaction>, caller: &Caller<'_>) -> Result<Authorize> {
        self.go_on(id, caller, None).await
    }

    /// Goes on with a request after the person allowed or denied it.
    pub async fn decide_consent(
        &self,
        id: &Id<Interaction>,
        caller: &Caller<'_>,
        allow: bool,
    ) -> Result<Authorize> {
        self.go_on(id, caller, Some(allow)).await
    }

    async fn go_on(
        &self,
        id: &Id<Interaction>,
        caller: &Caller<'_>,
        allow: Option<bool>,
    ) -> Result<Authorize> {
        let Some((waiting, params)) = Waiting::find(self, id, caller.browser).await? else {
            return Ok(ErrorPage::gone());
        };
        if device::grant_of(&params).is_some() {
            return Ok(Authorize::Device { interaction: id.clone() });
        }
        match self.run(&params, caller, Some(&waiting), allow).await {
            // Another tab answered meanwhile.
            Err(Error::Store(store::Error::Stale)) => Ok(ErrorPage::gone()),
            done => done,
        }
    }

    /// The whole endpoint.
    async fn run(
        &self,
        params: &Params,
        caller: &Caller<'_>,
        waiting: Option<&Waiting>,
        allow: Option<bool>,
    ) -> Result<Authorize> {
        let now = self.store.ambient().now();
        let mut conn = self.store.read().await?;

        // Who asks, and where the answer goes: nobody is sent anywhere before both are certain.
        let client = match client::check(&mut conn, params).await? {
            Ok(client) => client,
            Err(page) => return Ok(page.show()),
        };
        let reply = match redirect_uri::check(params, &client) {
            Ok(redirect_uri) => Reply {
                issuer: &self.issuer,
                redirect_uri,
                state: params.get_strictly(STATE),
                mode: response_mode::of(params),
            },
            Err(page) => return Ok(page.show()),
        };

        // What is asked.
        let request = match Request::check(params, &client, self) {
            Ok(request) => request,
            Err(refusal) => {
                drop(conn);
                return self.refuse(&reply, waiting, &refusal, None).await;
            }
        };

        // Who is there, and whether what they proved suffices for this request.
        let judgement = judge::check(&mut conn, &client, &request, caller, waiting, now).await?;
        let (admitted, demand, session) = match judgement {
            Judgement::Admitted { admitted, demand, session } => (admitted, demand, session),
            Judgement::Denied { refusal, reasons } => {
                drop(conn);
                let event = caller.denied(&client, &reasons);
                return self.refuse(&reply, waiting, &refusal, Some(event)).await;
            }
            Judgement::SignIn(refusal) => {
                drop(conn);
                if request.prompt.none {
                    return self.refuse(&reply, waiting, &refusal, None).await;
                }
                return self.sign_in(params, &client, caller, waiting, &reply, &refusal).await;
            }
        };

        // Whether they let the client have it.
        let needed = consent::needed(&mut conn, &client, &request, &session.user_id).await?;
        drop(conn);
        let consented = match (needed, allow) {
            (None, _) => None,
            (Some(_), None) if request.prompt.none => {
                return self.refuse(&reply, waiting, &consent::required(), None).await;
            }
            // An answer counts from the person to whom exactly this question was shown.
            (Some(scopes), allow)
                if allow.is_none() || !waiting.is_some_and(|w| w.is_asked(session, &scopes)) =>
            {
                let page = ConsentPage::new(client, scopes, reply.redirect_uri);
                return self.ask(params, page, caller, waiting, session).await;
            }
            (Some(_), Some(false)) => {
                let event = caller.event("consent_denied", Outcome::Failure, &client);
                return self.refuse(&reply, waiting, &consent::refused(), Some(event)).await;
            }
            (Some(scopes), _) => Some(scopes),
        };

        // The code.
        let granted = Granted::new(reply.redirect_uri, request, demand);
        let person = Person { admitted: &admitted, session };
        self.issue(&reply, &client, caller, waiting, person, granted, consented).await
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_lists_every_parameter_with_its_limit() {
        let page = include_str!("../../../docs/openid.md");
        for (name, most) in super::KNOWN {
            assert!(page.contains(&format!("\n| `{name}` | {most} | ")), "{name}");
        }
    }
}
