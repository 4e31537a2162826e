//! `flowgate login`: the device authorization grant (RFC 8628), from the device's side. It opens
//! nothing: the person goes to the address in whatever browser they like, on whatever machine.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use provider::endpoint;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::credentials::{Credentials, Kept};
use super::failure::{Failure, plain};
use super::http::{Answer, Http};
use super::qr;
use super::server::Server;
use super::{Common, Outcome};
use crate::cli::{is_coloured, warn};

/// What is asked for: who it is, and the right to manage the account.
const SCOPE: &str = "openid profile email account";

/// What a server that does not say how long to wait means (§3.2).
const INTERVAL: u64 = 5;

/// By how much a server that says so wants to be polled more slowly (§3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// The longest wait between two polls, however often the network fails.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) common: Common,
    /// Prove a second factor anew in the browser, for what asks for a recent proof
    #[arg(long)]
    step_up: bool,
    /// Draw no QR code
    #[arg(long)]
    no_qr: bool,
}

/// What the server says of itself, as far as it is of use here.
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    token_endpoint: String,
    #[serde(default)]
    userinfo_endpoint: String,
    #[serde(default)]
    device_authorization_endpoint: Option<String>,
}

/// A device authorization response.
#[derive(Deserialize)]
struct Asked {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

/// A token response.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    scope: Option<String>,
}

pub(super) async fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut credentials = Credentials::read()?;
    let server = args.common.server.clone().or_else(|| credentials.last());
    let server =
        server.ok_or_else(|| Failure::failed("which server? Say --server https://id.example"))?;
    let http = Http::new(server.clone())?;
    let metadata = discover(&http).await?;
    let asked = ask(&http, &metadata, args.step_up).await?;
    show(args, &asked);
    let tokens = wait(&http, &metadata, &asked).await?;
    let expires_at = now() + TimeDelta::seconds(tokens.expires_in.unwrap_or(3600).clamp(0, 86_400));
    let account = who(&http, &tokens.access_token, &metadata).await;
    let account = plain(account.as_deref().unwrap_or_default());
    let kept = Kept {
        access_token: tokens.access_token,
        expires_at,
        account: account.clone(),
        totp_setup: None,
    };
    credentials.keep(&server, kept)?;
    let name = if account.is_empty() { "somebody" } else { &account };
    Ok(Outcome {
        text: format!("signed in to {server} as {name} until {}", time(expires_at)),
        json: json!({
            "server": server.to_string(),
            "account": account,
            "scope": tokens.scope.as_deref().unwrap_or(SCOPE),
            "expires_at": expires_at,
        }),
    })
}

/// Reads the metadata (RFC 8414 §3.3: of this issuer and no other), whose endpoints must be the
/// server's own.
async fn discover(http: &Http) -> Result<Metadata, Failure> {
    let server = &http.server;
    let answer = http.get(&server.at(endpoint::DISCOVERY)).await?;
    let metadata: Option<Metadata> = serde_json::from_value(answer.body).ok();
    let metadata = metadata.filter(|_| answer.status.is_success()).ok_or_else(|| {
        Failure::failed(format!("{server} is no Flowgate server: it says nothing of itself"))
    })?;
    if metadata.issuer.parse::<Server>().ok().as_ref() != Some(server) {
        let issuer = plain(&metadata.issuer);
        return Err(Failure::failed(format!(
            "{server} calls itself {issuer}: say --server {issuer}"
        )));
    }
    let endpoints =
        [Some(&metadata.token_endpoint), metadata.device_authorization_endpoint.as_ref()];
    if endpoints.into_iter().flatten().any(|endpoint| !server.has(endpoint)) {
        return Err(Failure::failed(format!("{server} names endpoints that are not its own")));
    }
    Ok(metadata)
}

/// Asks for codes (§3.1).
async fn ask(http: &Http, metadata: &Metadata, step_up: bool) -> Result<Asked, Failure> {
    let server = &http.server;
    let endpoint = metadata
        .device_authorization_endpoint
        .as_deref()
        .ok_or_else(|| Failure::failed(format!("{server} lets nobody sign in from a terminal")))?;
    let mut form = vec![("client_id", provider::CLI), ("scope", SCOPE)];
    if step_up {
        // RFC 9470 §4: a second factor, shown from now on.
        form.extend([("acr_values", "aal2"), ("max_age", "0")]);
    }
    let answer = http.post(endpoint, &form).await?;
    if !answer.status.is_success() {
        return Err(refused(server, &answer));
    }
    let asked: Asked = serde_json::from_value(answer.body)
        .map_err(|_| Failure::failed(format!("{server} gave no code")))?;
    let addresses = [Some(&asked.verification_uri), asked.verification_uri_complete.as_ref()];
    if addresses.into_iter().flatten().any(|address| !server.has(address)) {
        return Err(Failure::failed(format!("{server} sends people elsewhere")));
    }
    Ok(asked)
}

/// Tells the person where to go. On standard error: the result alone goes to standard output.
fn show(args: &Args, asked: &Asked) {
    let uri = plain(&asked.verification_uri);
    let code = plain(&asked.user_code);
    warn(&format!("Open {uri}\nand enter the code {code}"));
    if let Some(complete) = &asked.verification_uri_complete
        && !args.no_qr
        && let Some(drawn) = qr::draw(complete, is_coloured(&std::io::stderr()))
    {
        warn(&format!("\n{drawn}"));
    }
    warn(&format!("Waiting; the code is good for {} minutes.", asked.expires_in.div_ceil(60)));
}

/// Polls until the person has answered (§3.4, §3.5).
async fn wait(http: &Http, metadata: &Metadata, asked: &Asked) -> Result<Tokens, Failure> {
    let server = &http.server;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", provider::CLI),
        ("device_code", &*asked.device_code),
    ];
    let end = Instant::now() + Duration::from_secs(asked.expires_in);
    let mut pause = Duration::from_secs(asked.interval.unwrap_or(INTERVAL).clamp(1, 60));
    let mut failures = 0_u32;
    loop {
        // After a failed connection twice as long, and so on (§3.5).
        sleep((pause * 2_u32.saturating_pow(failures.min(6))).min(LONGEST_WAIT.max(pause))).await;
        if Instant::now() > end {
            return Err(Failure::failed("nobody entered the code in time: run this again"));
        }
        let answer = match http.post(&metadata.token_endpoint, &form).await {
            Ok(answer) if !answer.status.is_server_error() => answer,
            _ => {
                failures += 1;
                continue;
            }
        };
        failures = 0;
        if answer.status.is_success() {
            return serde_json::from_value(answer.body)
                .map_err(|_| Failure::failed(format!("{server} gave no token")));
        }
        match answer.body.get("error").and_then(Value::as_str) {
            Some("authorization_pending") => {}
            Some("slow_down") => pause += SLOW_DOWN,
            Some("access_denied") => {
                return Err(Failure::failed("it was not allowed in the browser"));
            }
            Some("expired_token") => {
                return Err(Failure::failed("nobody entered the code in time: run this again"));
            }
            _ => return Err(refused(server, &answer)),
        }
    }
}

/// Who is signed in now, for people. A server that does not say so is believed without.
async fn who(http: &Http, token: &str, metadata: &Metadata) -> Option<String> {
    if !http.server.has(&metadata.userinfo_endpoint) {
        return None;
    }
    let answer = http.post(&metadata.userinfo_endpoint, &[("access_token", token)]).await.ok()?;
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).map(str::to_owned);
    text("email").or_else(|| text("preferred_username")).or_else(|| text("name"))
}

fn refused(server: &Server, answer: &Answer) -> Failure {
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).map(plain);
    let why = text("error_description").or_else(|| text("error")).or_else(|| text("title"));
    let why = why.unwrap_or_else(|| "no reason was given".to_owned());
    Failure::failed(format!("{server} refused ({}): {why}", answer.status.as_u16()))
}

/// The present moment.
fn now() -> DateTime<Utc> {
    store::Ambient::system().now().into()
}

/// A moment as people read it, without fractions.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
