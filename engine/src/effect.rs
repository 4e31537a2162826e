//! What an execution changes in the world, as data: carried out in one unit of work with the answer
//! that caused it, or not at all.

use assurance::Admitted;
use serde_json::{Map, Value};
use store::credential::{self, Credential};
use store::device::{self, Device, NewDevice};
use store::event::{self, NewEvent};
use store::link::{self, Link};
use store::mail::{self, Message};
use store::organisation::{self, Membership};
use store::session::{self, NewSession, Session};
use store::static_code;
use store::user::{self, User};
use store::{Id, Store, Time, TokenHash, Unit, attempt};

use crate::Result;

/// One change.
pub enum Effect {
    /// Make a person.
    CreateUser {
        /// Like this.
        person: Box<User>,
    },
    /// Make somebody a member.
    Join(Membership),
    /// Bind a credential.
    BindCredential {
        /// Which.
        credential: Credential,
        /// The person's security epoch: what ended everything else ends this too.
        security_epoch: i64,
    },
    /// Change a person's own fields.
    UpdateProfile {
        /// Whose.
        id: Id<User>,
        /// The name.
        name: String,
        /// All further fields.
        attributes: Map<String, Value>,
    },
    /// Give a person this password instead of any other. Everything that was issued before ends.
    SetPassword {
        /// The credential, of kind `password`.
        credential: Credential,
        /// The person's security epoch from then on: it comes next after the one of which the
        /// stage knew, or somebody else was first.
        security_epoch: i64,
    },
    /// Give a person another address, which they have proven. Everything that was issued before ends,
    /// links to the old address with it.
    ChangeEmail {
        /// Whose.
        id: Id<User>,
        /// Which.
        address: String,
        /// The person's security epoch from then on; see [`Effect::SetPassword`].
        security_epoch: i64,
    },
    /// Delete a person and all that hangs on them.
    DeleteUser(Id<User>),
    /// Write a stronger hash of the same password.
    UpdateCredential {
        /// Which.
        id: Id<Credential>,
        /// What its stage keeps.
        data: Value,
    },
    /// Note that a credential has proven something.
    TouchCredential(Id<Credential>),
    /// Note that a credential has proven something that it can prove but once: a step of an
    /// authenticator app, a signature with a counter. Whoever comes second has proven nothing.
    UseCredential {
        /// Which.
        id: Id<Credential>,
        /// Its counter from then on, which must be above the one that is kept.
        counter: i64,
        /// What its stage keeps from then on, if that changed.
        data: Option<Value>,
        /// What the second is told.
        spent: crate::FieldError,
    },
    /// Give a person this set of recovery codes instead of any other, which is dead from then on.
    ReplaceStaticCodes {
        /// The credential, of kind `static`.
        credential: Credential,
        /// What is kept of each code.
        hashes: Vec<static_code::CodeHash>,
        /// The person's security epoch; see [`Effect::BindCredential`].
        security_epoch: i64,
    },
    /// Use a recovery code. Whoever comes second has proven nothing.
    ClaimStaticCode {
        /// Whose.
        user: Id<User>,
        /// The set.
        credential: Id<Credential>,
        /// What is kept of the code.
        hash: static_code::CodeHash,
        /// What the second is told.
        spent: crate::FieldError,
    },
    /// Note that an address is the person's.
    VerifyEmail {
        /// Whose.
        id: Id<User>,
        /// Which.
        address: String,
    },
    /// Make a session. Only `assurance` can say that it may be.
    IssueSession {
        /// Whose, and on what evidence.
        admitted: Box<Admitted>,
        /// How.
        new: NewSession,
    },
    /// Let a session go on with more evidence and a new token.
    RefreshSession {
        /// Whose, and on what evidence.
        admitted: Box<Admitted>,
        /// Which.
        id: Id<Session>,
        /// The digest of the token that it has.
        old: TokenHash,
        /// The digest of the token that it gets.
        token_hash: TokenHash,
        /// The person's security epoch.
        security_epoch: i64,
    },
    /// Remember the browser, so that a second factor is not asked for again on it.
    RememberDevice(NewDevice),
    /// Note that a remembered browser stood in for a factor.
    TouchDevice(Id<Device>),
    /// End a session.
    EndSession(Id<Session>),
    /// Make a link.
    CreateLink(Link),
    /// Send a mail.
    SendMail(Message),
    /// Forget the failures of a factor.
    ClearAttempts {
        /// Whose.
        subject: String,
        /// Which.
        factor: &'static str,
    },
    /// Write to the audit trail what was seen.
    Record(NewEvent),
    /// Write to the audit trail what the other changes do; it goes where they go.
    RecordChange(NewEvent),
}

impl Effect {
    /// Whether it is made although the flow ends with a refusal: what was seen was seen, and a factor
    /// that was right was right, whatever came after it.
    pub(crate) fn outlives_refusal(&self) -> bool {
        matches!(
            self,
            Self::Record(_)
                | Self::ClearAttempts { .. }
                | Self::TouchCredential(_)
                | Self::UpdateCredential { .. }
                | Self::UseCredential { .. }
                | Self::ClaimStaticCode { .. }
        )
    }

    /// Carries it out.
    pub(crate) async fn apply(self, unit: &mut Unit, store: &Store, now: Time) -> Result<()> {
        match self {
            Self::CreateUser { person } => user::create(unit, &person).await?,
            Self::Join(membership) => organisation::join(unit, &membership).await?,
            Self::BindCredential { credential, security_epoch } => {
                same_epoch(unit, &credential.user_id, security_epoch).await?;
                credential::create(unit, &credential).await?;
            }
            Self::UpdateProfile { id, name, attributes } => {
                user::update_profile(unit, &id, &name, attributes, now).await?;
            }
            Self::SetPassword { credential, security_epoch } => {
                if user::advance_epoch(unit, &credential.user_id, now).await? != security_epoch {
                    return Err(crate::Error::Stale);
                }
                // In the order of a sign-in, so that the two never wait for each other.
                attempt::clear(unit, credential.user_id.as_str(), "password").await?;
                credential::replace(unit, &credential).await?;
            }
            Self::ChangeEmail { id, address, security_epoch } => {
                if user::change_email(unit, &id, &address, now).await? != security_epoch {
                    return Err(crate::Error::Stale);
                }
            }
            Self::DeleteUser(id) => {
                // The last administrator stays, also when two go at once.
                user::lock_admins(unit).await?;
                let person = user::find(unit, &id).await?.ok_or(crate::Error::Stale)?;
                user::delete(unit, &id).await?;
                if person.admin && person.is_active() && user::count_admins(unit).await? == 0 {
                    let error = crate::FieldError::page("user_delete.last_admin");
                    return Err(crate::Error::Spent(error));
                }
            }
            Self::UpdateCredential { id, data } => {
                credential::update_data(unit, &id, data).await?;
            }
            Self::TouchCredential(id) => credential::touch(unit, &id, now).await?,
            Self::VerifyEmail { id, address } => {
                user::verify_email(unit, &id, &address, now).await?;
            }
            Self::IssueSession { admitted, new } => {
                // Since the admission the person may have been disabled, or what they proved ended.
                let id = Id::from(admitted.subject());
                let person = user::find(unit, &id).await?.filter(User::is_active);
                if person.ok_or(crate::Error::Stale)?.security_epoch != new.security_epoch {
                    return Err(crate::Error::Stale);
                }
                session::create(unit, &admitted, new, now).await?;
            }
            Self::UseCredential { id, counter, data, spent } => {
                if !credential::advance(unit, &id, counter, data, now).await? {
                    return Err(crate::Error::Spent(spent));
                }
            }
            Self::ReplaceStaticCodes { credential, hashes, security_epoch } => {
                same_epoch(unit, &credential.user_id, security_epoch).await?;
                match static_code::replace(unit, store.ambient(), &credential, &hashes).await {
                    // Another request made a set at the same time: that one is theirs.
                    Err(store::Error::Conflict(_)) => return Err(crate::Error::Stale),
                    replaced => replaced?,
                }
            }
            Self::ClaimStaticCode { user, credential, hash, spent } => {
                if !static_code::claim(unit, &user, &credential, &hash, now).await? {
                    return Err(crate::Error::Spent(spent));
                }
            }
            Self::RefreshSession { admitted, id, old, token_hash, security_epoch } => {
                let of = Id::from(admitted.subject());
                let person = user::find(unit, &of).await?.filter(User::is_active);
                if person.ok_or(crate::Error::Stale)?.security_epoch != security_epoch {
                    return Err(crate::Error::Stale);
                }
                let to = session::Refreshed { token_hash, security_epoch };
                session::refresh(unit, &admitted, &id, &old, to, now).await?;
            }
            Self::RememberDevice(new) => {
                device::create(unit, new, now).await?;
            }
            Self::TouchDevice(id) => device::touch(unit, &id, now).await?,
            Self::EndSession(id) => {
                session::end(unit, &id, now).await?;
            }
            Self::CreateLink(link) => link::create(unit, &link).await?,
            Self::SendMail(message) => {
                mail::create(unit, store.ambient(), store.sealer(), &message).await?;
            }
            Self::ClearAttempts { subject, factor } => {
                attempt::clear(unit, &subject, factor).await?;
            }
            Self::Record(new) | Self::RecordChange(new) => {
                event::create(unit, store.ambient().id(), now, new).await?;
            }
        }
        Ok(())
    }
}

/// Whether nothing has ended what the person proved, up to this unit's commit.
async fn same_epoch(unit: &mut Unit, id: &Id<User>, security_epoch: i64) -> Result<()> {
    let person = user::lock(unit, id).await?.filter(User::is_active);
    if person.ok_or(crate::Error::Stale)?.security_epoch != security_epoch {
        return Err(crate::Error::Stale);
    }
    Ok(())
}
