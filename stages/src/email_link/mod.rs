//! `email_link`: sends a link and waits. Who opens it and confirms has proven the mailbox.
//!
//! The page is the same whether a mail was sent or not. The waiting page never goes on by itself:
//! only the browser that confirms the link does (see the engine's `executor/link.rs`).

use assurance::{Method, Span};
use chrono::Duration;
use engine::condition::Answer as Given;
use engine::definition::Purpose;
use engine::{Answered, Challenge, Context, Effect, Entered, FieldError, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Time;
use store::link::Link;
use store::quota::{self, Quota, Taken};
use store::user::{self, Login, User};

/// Seconds between two mails of one execution.
const RESEND_SECONDS: i64 = 60;

/// Links to one address, whoever asks. Other mails do not count: what somebody is told of must not
/// keep them from coming back.
const LINKS: Quota = Quota { most: 5, within: Duration::hours(1) };

/// Sends a link.
pub struct EmailLink;

/// How `email_link` sends.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long the link is good, up to a day (default: 30m).
    pub expires: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self { expires: Span::minutes(30) }
    }
}

/// What to do on the waiting page.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Answer {
    #[expect(dead_code, reason = "its presence is the answer")]
    action: Action,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    Resend,
}

#[derive(Default, Serialize, Deserialize)]
struct Sent {
    at: Option<Time>,
}

impl Stage for EmailLink {
    const KIND: &'static str = "email_link";
    type Config = Config;
    type Answer = Answer;

    fn check(config: &Config) -> Vec<engine::ConfigProblem> {
        let lasts = config.expires.to_delta();
        if lasts >= Duration::minutes(1) && lasts <= Duration::days(1) {
            return Vec::new();
        }
        vec![engine::ConfigProblem::new("expires", "must be one minute to one day")]
    }

    async fn enter(context: &mut Context<'_>, config: &Config) -> Result<Entered> {
        if is_proven(context).await? {
            return Ok(Entered::Next);
        }
        send(context, config).await?;
        Ok(Entered::Ask)
    }

    async fn challenge(context: &mut Context<'_>, _config: &Config) -> Result<Challenge> {
        let data = json!({
            "state": "sent",
            "sent_to": typed(context),
            "purpose": if is_recovery(context) { "recovery" } else { "verify" },
            "resend_in": wait(context),
        });
        Ok(Challenge::new(Self::KIND, data))
    }

    async fn answer(
        context: &mut Context<'_>,
        config: &Config,
        _answer: Answer,
    ) -> Result<Answered> {
        let wait = wait(context);
        if wait > 0 {
            let error = FieldError::page("email_link.too_soon").with("seconds", wait);
            return Ok(Answered::Retry(vec![error]));
        }
        send(context, config).await?;
        Ok(Answered::Retry(Vec::new()))
    }
}

fn is_recovery(context: &Context<'_>) -> bool {
    context.program().purpose() == Purpose::Recovery
}

/// The address as the person typed it here: all that the page may show.
fn typed(context: &Context<'_>) -> Option<String> {
    let state = context.state();
    let answered = match state.answers.get("email") {
        Some(Given::Text(text)) => Some(text.clone()),
        _ => None,
    };
    answered.or_else(|| state.login.clone().filter(|login| login.contains('@')))
}

/// The address that somebody who is signed in wants to have instead of theirs.
fn wanted(context: &Context<'_>) -> Option<String> {
    let is_change = context.program().purpose() == Purpose::Settings;
    typed(context).filter(|_| is_change).and_then(|text| crate::prompt::address(&text))
}

/// Seconds until another mail may be asked for.
fn wait(context: &Context<'_>) -> i64 {
    let sent: Sent = context.scratch().unwrap_or_default();
    let next = sent.at.map(|at| at.plus(Duration::seconds(RESEND_SECONDS)));
    next.map_or(0, |next| (*next - *context.now()).num_seconds().clamp(0, RESEND_SECONDS))
}

/// Whether this execution has proven the mailbox already.
async fn is_proven(context: &mut Context<'_>) -> Result<bool> {
    let known = context.person().await?.and_then(|person| person.email.clone());
    let wanted = wanted(context).or(known).or_else(|| typed(context));
    let Some(address) = wanted else { return Ok(false) };
    Ok(context.state().evidence.proofs().iter().any(|proof| {
        matches!(&proof.method, Method::Email { address: proven } if user::key(proven) == user::key(&address))
    }))
}

/// Sends the mail that fits: a link for the person, a link for an address that nobody has yet, or a
/// word to the owner of an address that somebody tries to enrol again. Or none.
async fn send(context: &mut Context<'_>, config: &Config) -> Result<()> {
    let now = context.now();
    context.set_scratch(&Sent { at: Some(now) });
    let minutes = config.expires.to_delta().num_minutes();
    match context.person().await?.cloned() {
        Some(person) => {
            if let Some(address) = wanted(context) {
                return verify_change(context, config, &person, &address).await;
            }
            // Recovery goes only to an address that the person once proved.
            let recovery = is_recovery(context);
            let usable = person.email_verified_at.is_some() || !recovery;
            let Some(address) = person.email.clone().filter(|_| usable) else { return Ok(()) };
            if !may_mail(context, &address).await? {
                return Ok(());
            }
            let link = link(context, config, Some(&person), &address);
            let template = if recovery { "recovery" } else { "verify" };
            let name = person.display_name();
            context.mail(
                template,
                &address,
                json!({ "name": name, "link": link, "minutes": minutes }),
            )
        }
        None if context.program().purpose() == Purpose::Enrolment => {
            let Some(address) = typed(context).and_then(|text| crate::prompt::address(&text))
            else {
                return Ok(());
            };
            let mut conn = context.services().store.read().await?;
            let owner = user::find_by_login(&mut conn, &address, &[Login::Email]).await?;
            drop(conn);
            // However it was typed, the owner is written to at the address that is kept.
            let kept = owner.as_ref().and_then(|owner| owner.email.clone());
            let address = kept.unwrap_or(address);
            if !may_mail(context, &address).await? {
                return Ok(());
            }
            if let Some(owner) = owner {
                let sign_in = format!("{}/", context.services().public_url);
                let data = json!({ "name": owner.display_name(), "link": sign_in });
                return context.mail("account_exists", &address, data);
            }
            let link = link(context, config, None, &address);
            context.mail(
                "verify",
                &address,
                json!({ "name": "", "link": link, "minutes": minutes }),
            )
        }
        None => Ok(()),
    }
}

/// Writes to the address that the person wants to have, unless it is another's: that they are told
/// nothing of, and see the same page.
async fn verify_change(
    context: &mut Context<'_>,
    config: &Config,
    person: &User,
    address: &str,
) -> Result<()> {
    let mut conn = context.services().store.read().await?;
    let owner = user::find_by_login(&mut conn, address, &[Login::Email]).await?;
    drop(conn);
    let is_free = owner.is_none_or(|owner| owner.id == person.id);
    if !is_free || !may_mail(context, address).await? {
        return Ok(());
    }
    let link = link(context, config, Some(person), address);
    let minutes = config.expires.to_delta().num_minutes();
    let data = json!({ "name": person.display_name(), "link": link, "minutes": minutes });
    context.mail("verify", address, data)
}

/// Whether the address has not had its links for this hour; those of a recovery are counted apart, so
/// that nobody's sign-ups keep anybody out.
async fn may_mail(context: &Context<'_>, address: &str) -> Result<bool> {
    let store = &context.services().store;
    let digest = store.sealer().mac("link to an address", user::key(address).as_bytes());
    let subject = format!("mailbox:{}", data_encoding::HEXLOWER.encode(&digest));
    let what = if is_recovery(context) { "link_recovery" } else { "link_verify" };
    let mut unit = store.write().await?;
    let taken = quota::take(&mut unit, &subject, what, LINKS, context.now()).await?;
    unit.commit().await?;
    Ok(taken == Taken::Yes)
}

/// Makes a link and returns its URL.
fn link(
    context: &mut Context<'_>,
    config: &Config,
    person: Option<&User>,
    address: &str,
) -> String {
    let now = context.now();
    let token = context.services().ambient().token();
    let slug = context.program().slug().to_owned();
    let link = Link {
        token_hash: store::token(&token),
        flow: slug.clone(),
        version: context.version(),
        stage: context.stage_id().to_owned(),
        user_id: person.map(|person| person.id.clone()),
        address: address.to_owned(),
        execution_id: context.execution().clone(),
        security_epoch: person.map_or(0, |person| person.security_epoch),
        created_at: now,
        expires_at: now.plus(config.expires.to_delta()),
        used_at: None,
    };
    context.push(Effect::CreateLink(link));
    format!("{}/flow/{slug}?link={token}", context.services().public_url)
}
