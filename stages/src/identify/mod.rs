//! `identify`: who is it? The same work and the same words whether the name is known or not. A passkey
//! may answer instead of a name: then nothing is left to prove but what a policy asks beside it.

use engine::{Answered, Challenge, Context, Entered, FieldError, Named, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::user::{self, Login, User};

use crate::answer::{flag, is_line};
use crate::factor::Wanted;
use crate::webauthn;

/// An address has at most 254 characters (RFC 5321 §4.5.3.1.3); a user name is no longer.
const MAX_LOGIN: usize = 254;

/// Asks who is signing in.
pub struct Identify;

/// How `identify` asks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// By what people can name themselves, tried in this order.
    #[schemars(length(min = 1, max = 2))]
    pub by: Vec<By>,
    /// Whether to offer to stay signed in; how long says `login`.
    pub remember: bool,
    /// The flow behind "Forgotten your password?".
    pub recovery: Option<String>,
    /// The flow behind "Create an account".
    pub enrolment: Option<String>,
    /// Whether a passkey may say who it is instead of a name, and how it is offered. It is a whole
    /// sign-in: a `password` behind it needs `when: not proven("any")`.
    pub passkeys: Passkeys,
}

/// How passkeys are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Passkeys {
    /// In the list of the field for the name, by a button where the browser cannot do that.
    Autofill,
    /// By a button.
    Button,
    /// Not at all.
    Off,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            by: vec![By::Email, By::Username],
            remember: false,
            recovery: None,
            enrolment: None,
            passkeys: Passkeys::Off,
        }
    }
}

/// By what somebody can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Their address.
    Email,
    /// Their user name.
    Username,
}

/// Who it is: a name, or a passkey.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Answer {
    /// The name.
    #[serde(default)]
    login: Option<String>,
    /// A `PublicKeyCredential` as its `toJSON()` makes it: an object, or in a form the same as text.
    #[serde(default)]
    credential: Option<Value>,
    #[serde(default, deserialize_with = "flag")]
    remember_me: bool,
}

/// What is asked of a passkey that signs in.
fn passwordless() -> webauthn::Config {
    webauthn::Config { passwordless: true, ..webauthn::Config::default() }
}

impl Stage for Identify {
    const KIND: &'static str = "identify";
    type Config = Config;
    type Answer = Answer;

    fn references(config: &Config) -> Vec<Named> {
        [("recovery", &config.recovery), ("enrolment", &config.enrolment)]
            .into_iter()
            .filter_map(|(path, flow)| {
                Some(Named::Flow { path: path.to_owned(), slug: flow.clone()? })
            })
            .collect()
    }

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        // A link or a session has said who it is, and nobody may say otherwise.
        if context.state().user.is_some() {
            return Ok(Entered::Next);
        }
        if config.passkeys != Passkeys::Off {
            webauthn::begin(context, &passwordless(), &Wanted::default()).await?;
        }
        Ok(Entered::Ask)
    }

    async fn challenge(context: &mut Context<'_>, config: &Config) -> Result<Challenge> {
        let state = context.state();
        let hint = state.interaction.as_ref().and_then(|i| i.login_hint.as_ref());
        let data = json!({
            "login": state.login.as_ref().or(hint),
            "by": config.by,
            "remember_me": config.remember,
            "recovery": config.recovery.as_ref().map(|slug| context.flow_path(slug)),
            "enrolment": config.enrolment.as_ref().map(|slug| context.flow_path(slug)),
            "passkey": passkey(context, config),
        });
        Ok(Challenge::new(Self::KIND, data))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        answer: Answer,
    ) -> Result<Answered> {
        if let Some(credential) = &answer.credential
            && *credential != ""
        {
            return take_passkey(context, config, credential, answer.remember_me).await;
        }
        let Some(login) = answer.login.as_deref().map(str::trim) else {
            return Ok(Answered::Retry(vec![FieldError::page("error.answer")]));
        };
        if login.is_empty() {
            return Ok(Answered::Retry(vec![FieldError::field("login", "identify.required")]));
        }
        if !is_line(login, MAX_LOGIN) {
            return Ok(Answered::Retry(vec![FieldError::field("login", "identify.invalid")]));
        }
        let by: Vec<Login> = config
            .by
            .iter()
            .map(|by| match by {
                By::Email => Login::Email,
                By::Username => Login::Username,
            })
            .collect();
        let mut conn = context.services().store.read().await?;
        let found = user::find_by_login(&mut conn, login, &by).await?;
        drop(conn);
        context.state_mut().login = Some(login.to_owned());
        context.state_mut().remember_me = config.remember && answer.remember_me;
        // Somebody who may not sign in is treated like somebody who does not exist.
        if let Some(person) = found.filter(User::is_active) {
            context.set_person(person)?;
        }
        Ok(Answered::Next)
    }
}

/// What the page needs to ask for a passkey.
fn passkey(context: &Context<'_>, config: &Config) -> Value {
    let mode = match config.passkeys {
        Passkeys::Off => return Value::Null,
        mode @ (Passkeys::Autofill | Passkeys::Button) => mode,
    };
    let data = webauthn::data(context, &passwordless(), &Wanted::default());
    match data.get("options") {
        None | Some(Value::Null) => Value::Null,
        Some(options) => json!({ "options": options, "mode": mode }),
    }
}

async fn take_passkey(
    context: &mut Context<'_>,
    config: &Config,
    credential: &Value,
    remember_me: bool,
) -> Result<Answered> {
    if config.passkeys == Passkeys::Off {
        return Ok(Answered::Retry(vec![FieldError::page("error.answer")]));
    }
    let answered =
        webauthn::finish(context, &passwordless(), &Wanted::default(), credential).await?;
    if matches!(answered, Answered::Next) {
        context.state_mut().remember_me = config.remember && remember_me;
    }
    Ok(answered)
}
