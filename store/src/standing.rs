//! Where a person stands: everything that admission compares with what they proved. The one place
//! that gathers it, so that a sign-in, an authorization and a token are judged by the same.

use assurance::{Demand, Enrolled, EnrolledFactor, Factor, Held, Origin, Policies};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::client::Client;
use crate::conn::on;
use crate::credential::Credential;
use crate::organisation::{self, Organisation};
use crate::schema::credentials;
use crate::user::User;
use crate::{Conn, Document, Id, Result, Time};

/// The slug of the reserved organisation whose policy holds for people in none.
pub const DEFAULT_ORGANISATION: &str = "default";

/// What holds for a person, and what they could prove with.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The policies of all their organisations and of the client's, and the demand of the request.
    pub policies: Policies,
    /// Their confirmed credentials, as factors.
    pub enrolled: Enrolled,
    /// The organisations they are in, by slug; without `default`.
    pub organisations: Vec<Organisation>,
}

impl Standing {
    /// Counts an organisation that the person is joining right now.
    pub fn join(&mut self, organisation: &Organisation, joined_at: Time) {
        if self.organisations.is_empty() {
            // The policy of people in no organisation holds no longer.
            self.policies.held.retain(|held| {
                !matches!(&held.origin, Origin::Organisation { slug, .. } if slug == DEFAULT_ORGANISATION)
            });
        }
        let held = Held { joined_at: joined_at.into(), ..of_organisation(organisation) };
        self.policies.held.push(held);
        self.organisations.push(organisation.clone());
    }

    /// Counts a credential that is being bound right now.
    pub fn bind(&mut self, credential: &Credential) {
        let mut factors = self.enrolled.factors().to_vec();
        factors.extend(factor_of(credential));
        let sources = self.enrolled.sources().to_vec();
        self.enrolled = Enrolled::new(factors).with_sources(sources);
    }
}

/// Gathers the standing of `user`, who signs in to `client` (if to one), with what the request or
/// the act demands on top.
pub async fn of(
    conn: &mut Conn,
    user: &User,
    client: Option<&Client>,
    demand: Option<Demand>,
) -> Result<Standing> {
    let memberships = organisation::of_user(conn, &user.id).await?;
    let mut held: Vec<Held> = memberships
        .iter()
        .map(|(organisation, membership)| Held {
            joined_at: membership.joined_at.into(),
            ..of_organisation(organisation)
        })
        .collect();
    if memberships.is_empty() {
        // Where nobody stated it, assurance takes the documented defaults.
        let default = organisation::find(conn, DEFAULT_ORGANISATION).await?;
        held.extend(default.as_ref().map(of_organisation));
    }
    if let Some(client) = client
        && let Some(id) = &client.organisation_id
        && memberships.iter().all(|(organisation, _)| organisation.id != *id)
        && let Some(organisation) = organisation::find_by_id(conn, id).await?
    {
        held.push(Held::client(
            client.id.as_str(),
            organisation.name,
            organisation.policy.0,
            organisation.policy_since.into(),
        ));
    }
    Ok(Standing {
        policies: Policies {
            subject: user.id.as_str().to_owned(),
            held,
            demand: demand.unwrap_or_default(),
        },
        enrolled: enrolled(conn, &user.id).await?,
        organisations: memberships.into_iter().map(|(organisation, _)| organisation).collect(),
    })
}

/// The standing of somebody in a session: with the organisations that have claimed the domain of their
/// verified address since they signed in, and which they join when they next do.
pub async fn in_session(
    conn: &mut Conn,
    user: &User,
    demand: Option<Demand>,
    now: Time,
) -> Result<Standing> {
    let mut standing = of(conn, user, None, demand).await?;
    let verified = user.email.as_deref().filter(|_| user.email_verified_at.is_some());
    if let Some((_, domain)) = verified.and_then(|email| email.rsplit_once('@')) {
        let claiming = organisation::claiming(conn, &crate::user::key(domain), &user.id).await?;
        for organisation in &claiming {
            standing.join(organisation, now);
        }
    }
    Ok(standing)
}

/// What the person could prove with: their confirmed credentials whose kind is a factor.
///
/// Of a credential's data three things are read here: `address` (email) and `number` (sms) say
/// which mailbox or telephone it is, and `presence_only` and `hardware` (webauthn) what the key can.
pub async fn enrolled(conn: &mut Conn, user: &Id<User>) -> Result<Enrolled> {
    let query = credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::confirmed_at.is_not_null())
        .order(credentials::id)
        .select((credentials::id, credentials::kind, credentials::data));
    let rows: Vec<(Id<Credential>, String, Document<Value>)> = on!(conn, |c| query.load(c))?;
    Ok(Enrolled::new(rows.iter().filter_map(|(id, kind, data)| factor(id, kind, data)).collect()))
}

/// A credential as a factor, if its kind is one.
#[must_use]
pub fn factor_of(credential: &Credential) -> Option<EnrolledFactor> {
    factor(&credential.id, &credential.kind, &credential.data)
}

fn of_organisation(organisation: &Organisation) -> Held {
    let since = organisation.policy_since.into();
    Held::organisation(
        organisation.slug.clone(),
        organisation.name.clone(),
        organisation.policy.0.clone(),
        since,
        since,
    )
}

fn factor(id: &Id<Credential>, kind: &str, data: &Value) -> Option<EnrolledFactor> {
    let factor = Factor::STRONGEST_FIRST.into_iter().find(|factor| factor.as_str() == kind)?;
    let text = |key: &str| data.get(key).and_then(Value::as_str);
    let is = |key: &str| data.get(key).and_then(Value::as_bool).unwrap_or(false);
    let named = match factor {
        Factor::Email => text("address"),
        Factor::Sms => text("number"),
        Factor::Password | Factor::Webauthn | Factor::Totp | Factor::Static => None,
    };
    let mut enrolled = EnrolledFactor::new(factor, named.unwrap_or(id.as_str()));
    if factor == Factor::Webauthn {
        enrolled = if is("presence_only") { enrolled.presence_only() } else { enrolled };
        enrolled = if is("hardware") { enrolled.hardware() } else { enrolled };
    }
    Some(enrolled)
}
