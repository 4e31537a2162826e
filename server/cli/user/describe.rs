//! A person as the command line shows them: as text and as JSON, without any secret.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use serde_json::{Value, json};
use store::credential::{self, Credential};
use store::organisation::{self, Membership, Organisation};
use store::session::{self, Session};
use store::static_code::{self, Remaining};
use store::user::User;
use store::{Conn, Time};

use super::super::local::plain;

/// A person and what hangs on them.
pub(super) struct Described {
    person: User,
    factors: Vec<(Credential, Option<Remaining>)>,
    sessions: Vec<Session>,
    organisations: Vec<(Organisation, Membership)>,
}

impl Described {
    /// Reads it.
    pub(super) async fn of(conn: &mut Conn, person: User, now: Time) -> store::Result<Self> {
        let mut factors = Vec::new();
        for credential in credential::of_user(conn, &person.id).await? {
            let remaining = if credential.kind == static_code::KIND {
                Some(static_code::remaining(conn, &credential.id).await?)
            } else {
                None
            };
            factors.push((credential, remaining));
        }
        Ok(Self {
            factors,
            sessions: session::of_user(conn, &person.id, now).await?,
            organisations: organisation::of_user(conn, &person.id).await?,
            person,
        })
    }

    pub(super) fn json(&self) -> Value {
        let mut user = json(&self.person);
        let factors = self.factors.iter().map(|(factor, remaining)| {
            let mut told = json!({
                "id": factor.id,
                "kind": factor.kind,
                "name": factor.name,
                "created_at": factor.created_at,
                "last_used_at": factor.last_used_at,
            });
            if let Some(Remaining { left, of }) = remaining {
                told["left"] = Value::from(*left);
                told["of"] = Value::from(*of);
            }
            told
        });
        let sessions = self.sessions.iter().map(|session| {
            json!({
                "id": session.id,
                "acr": session.acr,
                "amr": session.amr,
                "auth_time": session.auth_time,
                "created_at": session.created_at,
                "last_seen_at": session.last_seen_at,
                "expires_at": session.expires_at,
                "ip": session.ip,
                "user_agent": session.user_agent,
            })
        });
        let organisations = self.organisations.iter().map(|(organisation, membership)| {
            json!({
                "slug": organisation.slug,
                "name": organisation.name,
                "role": membership.role,
                "joined_at": membership.joined_at,
            })
        });
        user["factors"] = factors.collect();
        user["sessions"] = sessions.collect();
        user["organisations"] = organisations.collect();
        user
    }

    pub(super) fn text(&self) -> String {
        let person = &self.person;
        let mut text = format!("{}\n", line(person));
        let mut row = |name: &str, value: &str| {
            let _ = writeln!(text, "  {name:<14}{}", plain(value));
        };
        row("id", person.id.as_str());
        row("user name", person.username.as_deref().unwrap_or("-"));
        row("language", person.language.as_deref().unwrap_or("-"));
        row("made", &moment(person.created_at));
        for (number, (factor, remaining)) in self.factors.iter().enumerate() {
            let used = factor
                .last_used_at
                .map_or_else(|| "never used".to_owned(), |at| format!("last used {}", moment(at)));
            let name = Some(format!("{} {}", factor.kind, factor.name).trim().to_owned());
            let left = remaining.map(|it| format!("{} of {} left", it.left, it.of));
            let parts: Vec<_> = [name, left, Some(used)].into_iter().flatten().collect();
            let value = parts.join(", ");
            row(if number == 0 { "factors" } else { "" }, &value);
        }
        for (number, session) in self.sessions.iter().enumerate() {
            let ip = session.ip.as_deref().unwrap_or("an unknown address");
            let value = format!(
                "{} from {ip}, {}, until {}",
                session.acr,
                moment(session.created_at),
                moment(session.expires_at)
            );
            row(if number == 0 { "sessions" } else { "" }, &value);
        }
        for (number, (organisation, membership)) in self.organisations.iter().enumerate() {
            let value = format!("{} ({})", organisation.slug, membership.role);
            row(if number == 0 { "organisations" } else { "" }, &value);
        }
        text
    }
}

fn moment(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What is kept of a person in their own record.
pub(in super::super) fn json(person: &User) -> Value {
    json!({
        "id": person.id,
        "email": person.email,
        "email_verified": person.email_verified_at.is_some(),
        "username": person.username,
        "name": person.name,
        "language": person.language,
        "admin": person.admin,
        "disabled_at": person.disabled_at,
        "created_at": person.created_at,
    })
}

/// A person in one line.
pub(in super::super) fn line(person: &User) -> String {
    let mut line = plain(person.email.as_deref().or(person.username.as_deref()).unwrap_or("-"));
    if !person.name.is_empty() {
        let _ = write!(line, "  {}", plain(&person.name));
    }
    let notes = [
        (person.admin, "administrator"),
        (person.email.is_some() && person.email_verified_at.is_none(), "address not confirmed"),
        (!person.is_active(), "may not sign in"),
    ];
    let notes: Vec<_> = notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| *note).collect();
    if !notes.is_empty() {
        let _ = write!(line, "  [{}]", notes.join(", "));
    }
    line
}
