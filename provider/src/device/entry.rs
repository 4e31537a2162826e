//! A person enters the code that their device shows (RFC 8628 §3.3). Guessing is bounded (§5.1): each
//! entry counts for the person before anything is compared, and a code that is right takes back its
//! own count alone, since whoever guesses can always enter a right one of their own device.

use chrono::Duration;
use serde_json::json;
use store::attempt::{self, Attempt, Limit};
use store::device_grant;
use store::event::{self, NewEvent, Outcome};
use store::interaction::Interaction;
use store::user::User;
use store::{Id, Time, UserCode};

use super::request_about;
use crate::authorize::waiting::{self, State};
use crate::{Caller, Error, Provider, Result};

/// Wrong entries of one person on one day: five without delay, then one for each lock. That makes at
/// most 33 in a day, of 20⁸ codes.
const LIMIT: Limit = Limit { free: 5, first: Duration::minutes(1), longest: Duration::hours(1) };

/// What came of an entry.
#[derive(Debug)]
pub enum Entry {
    /// Nobody is signed in: codes are compared for people who are.
    SignIn,
    /// It can be no code; nothing was compared.
    Malformed,
    /// Too many were wrong.
    Locked {
        /// When the next one may be entered.
        until: Time,
    },
    /// No device that waits shows this code.
    Unknown,
    /// Ask the person: [`Provider::device_question`].
    Found {
        /// What waits.
        interaction: Id<Interaction>,
    },
}

impl Provider {
    /// Takes the user code that the person of this browser typed.
    pub async fn enter_user_code(&self, typed: &str, caller: &Caller<'_>) -> Result<Entry> {
        let Some((_, user)) = caller.session else { return Ok(Entry::SignIn) };
        let Some(code) = UserCode::parse(typed) else { return Ok(Entry::Malformed) };
        let (ambient, subject) = (self.store.ambient(), user.id.as_str());
        let now = ambient.now();
        // Each day begins at nought: a person who mistypes once a week is never locked out for it.
        let factor = format!("device_code {}", now.format("%Y-%m-%d"));
        let mut unit = self.store.write().await?;
        let attempt = attempt::count(&mut unit, subject, &factor, LIMIT, now).await?;
        unit.commit().await?;
        let failures = match attempt {
            Attempt::Allowed { failures } => failures,
            Attempt::Locked { until } => return Ok(Entry::Locked { until }),
        };

        let mut conn = self.store.read().await?;
        let found =
            device_grant::find_by_user_code(&mut conn, self.store.sealer(), &code, now).await?;
        drop(conn);
        let Some((grant, client)) = found else {
            self.note_wrong_code(user, caller, failures).await?;
            return Ok(Entry::Unknown);
        };
        let state = serde_json::to_value(State::default()).map_err(Error::Encoding)?;
        let saved = (request_about(&grant.grant_id), state);
        let mut unit = self.store.write().await?;
        attempt::take_back(&mut unit, subject, &factor, failures).await?;
        let interaction = waiting::create(&mut unit, ambient, &client.id, caller, saved).await?;
        unit.commit().await?;
        Ok(Entry::Found { interaction })
    }

    async fn note_wrong_code(&self, user: &User, caller: &Caller<'_>, failures: i64) -> Result<()> {
        let ambient = self.store.ambient();
        let event = NewEvent {
            actor_id: Some(user.id.clone()),
            user_id: Some(user.id.clone()),
            ip: caller.trace.ip.map(str::to_owned),
            request_id: caller.trace.request_id.map(str::to_owned),
            data: json!({ "failures": failures }),
            ..NewEvent::new("device_code_unknown", Outcome::Failure)
        };
        let mut unit = self.store.write().await?;
        event::create(&mut unit, ambient.id(), ambient.now(), event).await?;
        Ok(unit.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::LIMIT;

    #[test]
    fn a_day_holds_at_most_33_wrong_entries() {
        let day = 24 * 60 * 60;
        let (mut entries, mut seconds) = (0, 0);
        while seconds < day {
            entries += 1;
            seconds += LIMIT.lock(entries).map_or(0, |lock| lock.num_seconds());
        }
        assert_eq!(entries, 33);
    }
}
