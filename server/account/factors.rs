//! What a person proves with beside the password: list, rename, remove. Set-ups are flows.
//!
//! What is removed is judged by `assurance`: nobody removes what they need to come in again. Check and
//! removal are one unit of work, and whoever removes has the person's row locked, so that two requests
//! at once can't each leave the other's factor as the last one.

use assurance::{Decision, Demand, Enrolled, Explanation, Factor, Policies};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::credential::{self, Credential};
use store::session::Refreshed;
use store::standing::{self, Standing};
use store::static_code::{self, Remaining};
use store::{Conn, Id, Time, device, session, user};

use super::{Actor, Error, Result, name};

/// The longest name of a factor, in characters.
pub(crate) const LONGEST_NAME: usize = 64;

/// With so many recovery codes left, or fewer, it is time for new ones.
pub(crate) const FEW_CODES: i64 = 3;

/// A factor as its person sees it. Nothing here is secret.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Bound {
    #[schemars(with = "String")]
    pub(crate) id: Id<Credential>,
    /// `totp`, `webauthn`, `email`, `sms`.
    pub(crate) factor: &'static str,
    pub(crate) name: String,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) created_at: Time,
    #[schemars(with = "Option<chrono::DateTime<chrono::Utc>>")]
    pub(crate) last_used_at: Option<Time>,
    /// The mailbox or the number that codes are sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// WebAuthn: where its key is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<Kept>,
}

/// Where the key of a passkey is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    /// With other devices of its owner.
    Synced,
    /// On one device.
    Device,
    /// In hardware that it is known never to leave.
    Hardware,
}

/// The person's recovery codes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Codes {
    #[schemars(with = "String")]
    pub(crate) id: Id<Credential>,
    pub(crate) left: i64,
    pub(crate) of: i64,
    #[schemars(with = "chrono::DateTime<chrono::Utc>")]
    pub(crate) created_at: Time,
    #[schemars(with = "Option<chrono::DateTime<chrono::Utc>>")]
    pub(crate) last_used_at: Option<Time>,
}

impl Codes {
    /// Whether it is time for new ones.
    pub(crate) fn are_few(&self) -> bool {
        self.left <= FEW_CODES
    }
}

/// Everything that a person proves with.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "it is a member of the answer")]
pub(crate) struct Factors {
    pub(crate) factors: Vec<Bound>,
    pub(crate) recovery_codes: Option<Codes>,
    /// When the password was last changed; `None` without one.
    #[schemars(with = "Option<chrono::DateTime<chrono::Utc>>")]
    pub(crate) password_changed_at: Option<Time>,
}

/// Everything that the person proves with, oldest first.
pub(crate) async fn list(actor: &Actor<'_>) -> Result<Factors> {
    let mut conn = actor.app.store.read().await?;
    let rows = credential::of_user(&mut conn, &actor.user.id).await?;
    let mut all = Factors { factors: Vec::new(), recovery_codes: None, password_changed_at: None };
    for row in &rows {
        match factor_of(row) {
            Some(Factor::Password) => all.password_changed_at = Some(row.created_at),
            Some(Factor::Static) => {
                let left = static_code::remaining(&mut conn, &row.id).await?;
                all.recovery_codes = Some(codes(row, left));
            }
            Some(factor) => all.factors.push(bound(factor, row)),
            None => {}
        }
    }
    Ok(all)
}

/// One of the person's second factors; the set of recovery codes is one of them.
pub(crate) async fn find(actor: &Actor<'_>, id: &Id<Credential>) -> Result<Bound> {
    let mut conn = actor.app.store.read().await?;
    let rows = credential::of_user(&mut conn, &actor.user.id).await?;
    let (factor, row) = second(&rows, id).ok_or(Error::NotFound)?;
    Ok(bound(factor, row))
}

/// Gives a factor another name.
pub(crate) async fn rename(actor: &Actor<'_>, id: &Id<Credential>, to: &str) -> Result<Bound> {
    let to = name(to, LONGEST_NAME)?;
    let before = find(actor, id).await?;
    let mut unit = actor.app.store.write().await?;
    match credential::rename(&mut unit, &actor.user.id, id, &to).await {
        Err(store::Error::Stale) => return Err(Error::NotFound),
        renamed => renamed?,
    }
    let data = json!({ "credential": id, "factor": before.factor });
    actor.record(&mut unit, "factor_renamed", data).await?;
    unit.commit().await?;
    Ok(Bound { name: to, ..before })
}

/// Whether the person could come in again without this factor, as it stands now.
pub(crate) async fn check(actor: &Actor<'_>, id: &Id<Credential>) -> Result<()> {
    let mut conn = actor.app.store.read().await?;
    let now = actor.now();
    judge(actor, &mut conn, id, now).await.map(drop)
}

/// Removes a factor. Everything else that was issued before ends: other sessions, tokens, remembered
/// devices, flows under way. This session goes on.
///
/// # Errors
/// [`Error::Last`] when the person could no longer come in.
pub(crate) async fn remove(actor: &Actor<'_>, id: &Id<Credential>) -> Result<()> {
    let removed = find(actor, id).await?;
    let now = actor.now();
    let letter = actor.compose(
        "factor_removed",
        json!({
            "name": actor.user.display_name(),
            "factor": removed.factor,
            "device": removed.name,
            "when": now,
            "ip": actor.ip,
            "link": format!("{}/account/security", actor.app.settings.public_url),
        }),
    )?;
    let user = &actor.user.id;
    let mut unit = actor.app.store.write().await?;
    user::lock(&mut unit, user).await?.ok_or(Error::Stale)?;
    // Another request may have ended this session, or removed the factor, before it was our turn.
    let live = session::find(&mut unit, &actor.session.id, now).await?;
    let (session, person) = live.ok_or(Error::Stale)?;
    let verdict = judge(actor, &mut unit, id, now).await?;
    let demand = Some(Demand::sensitive());
    let standing = standing::of(&mut unit, &person, None, demand).await?;
    let evidence = &session.evidence.0;
    let decision = assurance::admit(&standing.policies, evidence, &standing.enrolled, *now);
    let Decision::Admitted(admitted) = decision else { return Err(Error::Stale) };

    for gone in [Some(id), verdict.codes.as_ref()].into_iter().flatten() {
        credential::delete(&mut unit, user, gone).await?;
    }
    device::delete_all(&mut unit, user).await?;
    let security_epoch = user::advance_epoch(&mut unit, user, now).await?;
    let token = session.token_hash.clone();
    let to = Refreshed { token_hash: token.clone(), security_epoch };
    session::refresh(&mut unit, &admitted, &session.id, &token, to, now).await?;
    let data = json!({ "credential": id, "factor": removed.factor });
    actor.record(&mut unit, "factor_removed", data).await?;
    actor.send(&mut unit, letter).await?;
    Ok(unit.commit().await?)
}

/// What goes with a factor that may be removed.
struct Verdict {
    /// The recovery codes: without another factor there is nothing to recover, and alone they would
    /// be a second factor that runs out.
    codes: Option<Id<Credential>>,
}

/// Judges what would be left. The recovery codes alone do not make up for a device: they run out.
async fn judge(
    actor: &Actor<'_>,
    conn: &mut Conn,
    id: &Id<Credential>,
    now: Time,
) -> Result<Verdict> {
    let Standing { policies, enrolled, .. } = standing::of(conn, actor.user, None, None).await?;
    let rows = credential::of_user(conn, &actor.user.id).await?;
    let (factor, _) = second(&rows, id).ok_or(Error::NotFound)?;
    let having = |is_kept: &dyn Fn(&Credential) -> bool| {
        let factors = rows.iter().filter(|row| is_kept(row)).filter_map(standing::factor_of);
        Enrolled::new(factors.collect()).with_sources(enrolled.sources())
    };
    let is_codes = |row: &Credential| row.kind == static_code::KIND;
    let left = having(&|row| row.id != *id);
    let left_without_codes = having(&|row| row.id != *id && !is_codes(row));
    let now_without_codes = having(&|row| !is_codes(row));
    is_lost(&policies, &enrolled, &left, now)?;
    is_lost(&policies, &now_without_codes, &left_without_codes, now)?;
    let alone = factor != Factor::Static && left_without_codes.second().is_empty();
    let needless = assurance::can_satisfy(&policies, &left_without_codes, *now).is_ok();
    let codes = rows.iter().find(|row| alone && needless && is_codes(row));
    Ok(Verdict { codes: codes.map(|row| row.id.clone()) })
}

/// Whether somebody who could come in before could not afterwards. Whoever could not before either
/// loses nothing.
fn is_lost(policies: &Policies, before: &Enrolled, after: &Enrolled, now: Time) -> Result<()> {
    let lost = |told: Explanation| {
        let could = assurance::can_satisfy(policies, before, *now).is_ok();
        if could { Err(Error::Last(Box::new(told))) } else { Ok(()) }
    };
    assurance::can_satisfy(policies, after, *now).or_else(lost)
}

fn second<'r>(rows: &'r [Credential], id: &Id<Credential>) -> Option<(Factor, &'r Credential)> {
    let row = rows.iter().find(|row| row.id == *id)?;
    factor_of(row).filter(|factor| factor.is_second()).map(|factor| (factor, row))
}

fn factor_of(row: &Credential) -> Option<Factor> {
    Factor::STRONGEST_FIRST.into_iter().find(|factor| factor.as_str() == row.kind)
}

fn bound(factor: Factor, row: &Credential) -> Bound {
    let text = |key: &str| row.data.get(key)?.as_str().map(str::to_owned);
    let is = |key: &str| row.data.get(key).and_then(serde_json::Value::as_bool).unwrap_or(false);
    let kept = match (is("hardware"), is("backup_eligible")) {
        (true, _) => Kept::Hardware,
        (false, true) => Kept::Synced,
        (false, false) => Kept::Device,
    };
    Bound {
        id: row.id.clone(),
        factor: factor.as_str(),
        name: row.name.clone(),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        to: match factor {
            Factor::Email => text("address"),
            Factor::Sms => text("number"),
            Factor::Password | Factor::Webauthn | Factor::Totp | Factor::Static => None,
        },
        kept: (factor == Factor::Webauthn).then_some(kept),
    }
}

fn codes(row: &Credential, remaining: Remaining) -> Codes {
    Codes {
        id: row.id.clone(),
        left: remaining.left,
        of: remaining.of,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    }
}
