//! What a person should know about their account at a glance, and what they had better do.

use assurance::{Code, Reason};
use serde::Serialize;
use store::organisation::Organisation;
use store::{client, standing};

use super::factors::{self, Factors};
use super::{Actor, Result};

/// What a person had better do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Nudge {
    /// Set up a second factor: an organisation asks for one, by when says the reason.
    Deadline {
        /// As pages say it.
        reason: Box<Reason>,
    },
    /// Set up a second factor, for one's own sake.
    NoFactor,
    /// Make recovery codes.
    NoCodes,
    /// Make new recovery codes.
    FewCodes {
        /// So many are left.
        left: i64,
    },
}

/// The account at a glance.
pub(crate) struct Overview {
    pub(crate) organisations: Vec<Organisation>,
    /// The apps to go to: those of nobody in particular and those of the person's organisations.
    pub(crate) apps: Vec<client::Client>,
    pub(crate) nudges: Vec<Nudge>,
}

/// Gathers it.
pub(crate) async fn of(actor: &Actor<'_>) -> Result<Overview> {
    let factors = factors::list(actor).await?;
    let mut conn = actor.app.store.read().await?;
    let standing = standing::of(&mut conn, actor.user, None, None).await?;
    let clients = client::all(&mut conn).await?;
    drop(conn);
    let evidence = &actor.session.evidence.0;
    let now = actor.now();
    let decision = assurance::admit(&standing.policies, evidence, &standing.enrolled, *now);
    let reasons = &decision.explanation().reasons;
    let grace = reasons.iter().find(|reason| reason.code == Code::Grace);
    let organisations = standing.organisations;
    // An organisation's applications are its members' alone to see.
    let is_mine = |client: &client::Client| {
        let of = client.organisation_id.as_ref();
        of.is_none_or(|id| organisations.iter().any(|organisation| organisation.id == *id))
    };
    let apps = clients
        .into_iter()
        .filter(|client| client.disabled_at.is_none() && is_mine(client))
        .collect();
    Ok(Overview { nudges: nudges(&factors, grace), apps, organisations })
}

fn nudges(factors: &Factors, grace: Option<&Reason>) -> Vec<Nudge> {
    let mut nudges = Vec::new();
    if let Some(reason) = grace {
        nudges.push(Nudge::Deadline { reason: Box::new(reason.clone()) });
    } else if factors.factors.is_empty() {
        nudges.push(Nudge::NoFactor);
    }
    match &factors.recovery_codes {
        None if !factors.factors.is_empty() => nudges.push(Nudge::NoCodes),
        Some(codes) if codes.are_few() => nudges.push(Nudge::FewCodes { left: codes.left }),
        None | Some(_) => {}
    }
    nudges
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use store::{Id, Time};

    use super::super::factors::{Bound, Codes, Factors};
    use super::{Nudge, nudges};

    fn having(factors: usize, codes: Option<i64>) -> Factors {
        let at = Time::from(DateTime::UNIX_EPOCH);
        let bound = Bound {
            id: Id::from("a"),
            factor: "totp",
            name: "Phone".to_owned(),
            created_at: at,
            last_used_at: None,
            to: None,
            kept: None,
        };
        let codes = codes.map(|left| Codes {
            id: Id::from("b"),
            left,
            of: 10,
            created_at: at,
            last_used_at: None,
        });
        Factors {
            factors: vec![bound; factors],
            recovery_codes: codes,
            password_changed_at: Some(at),
        }
    }

    #[test]
    fn three_recovery_codes_are_few_and_four_are_not() {
        assert_eq!(nudges(&having(1, Some(4)), None), []);
        assert_eq!(nudges(&having(1, Some(3)), None), [Nudge::FewCodes { left: 3 }]);
        assert_eq!(nudges(&having(1, Some(0)), None), [Nudge::FewCodes { left: 0 }]);
    }

    #[test]
    fn what_is_missing_is_named_once() {
        assert_eq!(nudges(&having(0, None), None), [Nudge::NoFactor]);
        assert_eq!(nudges(&having(2, None), None), [Nudge::NoCodes]);
    }
}
