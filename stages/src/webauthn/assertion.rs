//! A person's credential proves itself within a flow: what `webauthn`, `gate` and `identify` share.
//! Who owns the credential is decided here, and what a good assertion changes.

use assurance::{Factor, Method};
use engine::{Answered, Context, Effect, FieldError, RelyingParty, Result};
use serde_json::{Value, json};
use store::Id;
use store::credential::{self, Credential};
use store::event::Outcome;
use store::user::{self, User};

use super::authenticate::{self, Asserted, Waiting};
use super::ceremony::UserVerification;
use super::kept::{KIND, Kept, unique_key};
use super::refusal::Refusal;
use super::{Config, aaguid};
use crate::factor::Wanted;

/// Under which name a stage keeps the ceremony that waits.
const CEREMONY: &str = "webauthn";

/// So many failures in a row begin the sign-in anew. No counter in the database locks a passkey: its
/// signature cannot be guessed, and a lock would let strangers shut its owner out.
const MOST_FAILURES: u8 = 5;

/// Which credentials are asked for, and whether they must verify their user. A `passwordless` one
/// always must: it is a whole sign-in.
fn verification(config: &Config, wanted: &Wanted) -> UserVerification {
    if config.passwordless || wanted.user_verification {
        UserVerification::Required
    } else {
        config.user_verification
    }
}

/// A good assertion, and what it means.
struct Shown {
    row: Credential,
    kept: Kept,
    person: User,
    asserted: Asserted,
    /// Whether the person was verified, as far as that can be believed.
    user_verified: bool,
}

/// Why an assertion was refused, and whose credential it named, if any.
struct Refused {
    refusal: Refusal,
    credential: Option<Id<Credential>>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, credential: None }
    }
}

/// Begins a ceremony. Where there is no relying party there is none, and [`data`] has no options.
pub(crate) async fn begin(
    context: &mut Context<'_>,
    config: &Config,
    wanted: &Wanted,
) -> Result<()> {
    let Some(party) = &context.services().webauthn else {
        context.forget_secret(CEREMONY);
        return Ok(());
    };
    let (offered, user) = if config.passwordless {
        (Vec::new(), None)
    } else {
        (offered(context, config, wanted).await?, context.state().user.clone())
    };
    let (verification, now) = (verification(config, wanted), context.now());
    let pending = authenticate::begin(party, &offered, verification, user, now)?;
    context.set_secret(CEREMONY, &pending);
    Ok(())
}

/// What the component `webauthn` shows.
pub(crate) fn data(context: &Context<'_>, config: &Config, wanted: &Wanted) -> Value {
    let pending: Option<Waiting> = context.secret(CEREMONY);
    json!({
        "options": pending.map(|pending| pending.options),
        "user_verification": verification(config, wanted) == UserVerification::Required,
        "mode": if config.passwordless { "passwordless" } else { "second" },
    })
}

/// Takes an answer. Whatever it is, the ceremony that waited is over.
pub(crate) async fn finish(
    context: &mut Context<'_>,
    config: &Config,
    wanted: &Wanted,
    answer: &Value,
) -> Result<Answered> {
    let pending = context.secret(CEREMONY);
    context.forget_secret(CEREMONY);
    match check(context, config, wanted, pending, answer).await? {
        Ok(shown) => {
            accept(context, shown)?;
            Ok(Answered::Next)
        }
        Err(refused) => refuse(context, config, wanted, &refused).await,
    }
}

/// The credentials that the browser may be told of. To somebody who has proven nothing no id is
/// shown: it would say whether a person exists and how many keys they have (§14.6.2, §14.6.3).
async fn offered(context: &mut Context<'_>, config: &Config, wanted: &Wanted) -> Result<Vec<Kept>> {
    if context.state().evidence.is_empty() {
        return Ok(Vec::new());
    }
    let Some(person) = context.person().await? else { return Ok(Vec::new()) };
    let id = person.id.clone();
    let mut conn = context.services().store.read().await?;
    let rows = credential::of_kind(&mut conn, &id, KIND).await?;
    let rows = rows.iter().filter(|row| wanted.takes(row.id.as_str()));
    let all = rows.map(Kept::of).collect::<Result<Vec<_>>>()?;
    Ok(all.into_iter().filter(|kept| is_allowed(config, kept)).collect())
}

fn is_allowed(config: &Config, kept: &Kept) -> bool {
    aaguid::is_allowed(kept.aaguid.as_deref(), &config.allow_aaguids, &config.deny_aaguids)
}

async fn check(
    context: &mut Context<'_>,
    config: &Config,
    wanted: &Wanted,
    pending: Option<Waiting>,
    answer: &Value,
) -> Result<std::result::Result<Shown, Refused>> {
    let services = context.services();
    let (Some(party), Some(pending)) = (&services.webauthn, pending) else {
        return Ok(Err(Refusal::Expired.into()));
    };
    if pending.user.is_some() && pending.user != context.state().user {
        return Ok(Err(Refusal::Expired.into()));
    }
    let sent = match authenticate::read(party, &pending, answer, context.now()) {
        Ok(sent) => sent,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let mut conn = services.store.read().await?;
    let row = credential::find_by_key(&mut conn, &unique_key(&sent.id)).await?;
    let Some(row) = row.filter(|row| row.kind == KIND && row.confirmed_at.is_some()) else {
        return Ok(Err(Refusal::Unknown.into()));
    };
    let owner = user::find(&mut conn, &row.user_id).await?.filter(User::is_active);
    drop(conn);
    let refused = |refusal| Ok(Err(Refused { refusal, credential: Some(row.id.clone()) }));
    // §7.2.6: nobody proves themselves with what is somebody else's, whatever the handle says.
    let is_owner = match &context.state().user {
        Some(user) => *user == row.user_id,
        None => config.passwordless,
    };
    if !is_owner {
        return refused(Refusal::Owner);
    }
    let kept = Kept::of(&row)?;
    let asserted = match authenticate::verify(party, &pending, &sent, &kept, row.counter) {
        Ok(asserted) => asserted,
        Err(refusal) => return refused(refusal),
    };
    let Some(person) = owner else { return refused(Refusal::Person) };
    if !is_allowed(config, &kept) {
        return refused(Refusal::NotAllowed);
    }
    // A key that was bound without PIN or biometrics may have got one from whoever found it. That
    // counts once the person showed what they know beside it (§7.2.24).
    let user_verified = asserted.user_verified
        && (!kept.presence_only || context.state().evidence.has(Factor::Password));
    if verification(config, wanted) == UserVerification::Required && !user_verified {
        return refused(Refusal::Verification);
    }
    Ok(Ok(Shown { row, kept, person, asserted, user_verified }))
}

fn accept(context: &mut Context<'_>, shown: Shown) -> Result<()> {
    let Shown { row, kept, person, asserted, user_verified } = shown;
    if context.state().user.is_none() {
        let login = person.email.clone().or_else(|| person.username.clone());
        context.state_mut().login = login;
    }
    context.set_person(person)?;
    let hardware = kept.hardware && !asserted.backup_state;
    let changed = changed(&kept, asserted, user_verified);
    let id = row.id;
    context.prove(Method::Webauthn { credential: id.to_string(), user_verified, hardware });
    let data = json!({
        "factor": KIND,
        "credential": id,
        "user_verified": user_verified,
        "backed_up": asserted.backup_state,
    });
    if asserted.counter > 0 {
        context.push(Effect::UseCredential {
            id,
            counter: asserted.counter,
            data: changed,
            spent: FieldError::field("credential", Refusal::Counter.message()),
        });
    } else {
        context.push(Effect::TouchCredential(id.clone()));
        if let Some(data) = changed {
            context.push(Effect::UpdateCredential { id, data });
        }
    }
    context.record("factor_checked", Outcome::Success, data);
    Ok(())
}

/// What is to be kept from now on, if it is not what was kept: only after success (§7.2.24, A-91).
fn changed(kept: &Kept, asserted: Asserted, user_verified: bool) -> Option<Value> {
    let mut new = kept.clone();
    new.backup_state = asserted.backup_state;
    new.credential.backup_state = asserted.backup_state;
    new.presence_only = kept.presence_only && !user_verified;
    let is_same = new.backup_state == kept.backup_state && new.presence_only == kept.presence_only;
    if is_same { None } else { serde_json::to_value(new).ok() }
}

async fn refuse(
    context: &mut Context<'_>,
    config: &Config,
    wanted: &Wanted,
    refused: &Refused,
) -> Result<Answered> {
    let failures = context.scratch_of::<u8>(CEREMONY).unwrap_or(0).saturating_add(1);
    context.set_scratch_of(CEREMONY, &failures);
    let mut data = json!({
        "factor": KIND,
        "reason": refused.refusal.reason(),
        "credential": refused.credential,
    });
    if refused.refusal == Refusal::Counter {
        // §6.1.1: somebody may have a copy of the key. For whoever watches the audit trail.
        data["risk"] = json!("cloned_authenticator");
    }
    context.record("factor_checked", Outcome::Failure, data);
    if failures >= MOST_FAILURES {
        return Ok(Answered::Restart(vec![FieldError::page("identify.too_many")]));
    }
    begin(context, config, wanted).await?;
    Ok(Answered::Retry(vec![FieldError::field("credential", refused.refusal.message())]))
}

/// This installation as authenticators know it, if there can be passkeys at all.
pub(crate) fn party<'a>(context: &Context<'a>) -> Option<&'a RelyingParty> {
    context.services().webauthn.as_ref()
}
