//! An assertion (Web Authentication Level 3 §7.2): a credential proves itself.

use data_encoding::BASE64URL_NOPAD;
use engine::{RelyingParty, Result};
use store::user::User;
use store::{Id, Time};
use webauthn_rs_core::proto::{
    AuthenticationState, AuthenticatorTransport, Credential, PublicKeyCredential,
    UserVerificationPolicy,
};

use super::ceremony::{Pending, UserVerification, internal, library};
use super::client::{self, Ceremony, Sent};
use super::kept::Kept;
use super::refusal::Refusal;

/// A ceremony that waits for an assertion.
pub(crate) type Waiting = Pending<AuthenticationState>;

/// What a good assertion says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asserted {
    /// The UV flag.
    pub(super) user_verified: bool,
    /// The counter, 0 for who has none.
    pub(super) counter: i64,
    /// The BS flag.
    pub(super) backup_state: bool,
}

/// Begins. With nothing `offered` the browser is asked for whatever it finds, so that the options say
/// nothing of whether somebody exists or has keys (§14.6.2, §14.6.3).
pub(super) fn begin(
    party: &RelyingParty,
    offered: &[Kept],
    verification: UserVerification,
    user: Option<Id<User>>,
    now: Time,
) -> Result<Waiting> {
    let library = library(party)?;
    let credentials: Vec<Credential> =
        offered.iter().map(|kept| with_known_transports(&kept.credential)).collect();
    let builder = library
        .new_challenge_authenticate_builder(credentials, Some(verification.policy()))
        .map_err(|error| internal(&error))?;
    let (challenge, mut state) =
        library.generate_challenge_authenticate(builder).map_err(|error| internal(&error))?;
    // They are read again when the answer comes: one may be gone, or have counted on, by then.
    state.set_allowed_credentials(Vec::new());
    let options = serde_json::to_value(challenge.public_key).map_err(|error| internal(&error))?;
    let mut pending = Pending::new(options, state, user, now);
    pending.offered = offered.iter().map(Kept::id).collect();
    Ok(pending)
}

/// Reads the answer, as far as that needs no credential.
pub(super) fn read(
    party: &RelyingParty,
    pending: &Waiting,
    answer: &serde_json::Value,
    now: Time,
) -> std::result::Result<Sent<PublicKeyCredential>, Refusal> {
    if !pending.is_live(now) {
        return Err(Refusal::Expired);
    }
    let sent = client::read(party, Ceremony::Get, answer)?;
    if !pending.offered.is_empty() && !pending.offered.contains(&sent.id) {
        return Err(Refusal::Unknown);
    }
    Ok(sent)
}

/// Checks the assertion of the credential `kept`, whose counter stands at `counter`.
pub(super) fn verify(
    party: &RelyingParty,
    pending: &Waiting,
    sent: &Sent<PublicKeyCredential>,
    kept: &Kept,
    counter: i64,
) -> std::result::Result<Asserted, Refusal> {
    check_user_handle(sent, kept, pending.user.is_some())?;
    let mut stored = kept.credential.clone();
    stored.counter = u32::try_from(counter.max(0)).unwrap_or(u32::MAX);
    // This ceremony's own demand counts, not the one at registration: a key that once verified its
    // user may serve as a second factor by touch, and is then worth no more than a touch.
    stored.registration_policy = UserVerificationPolicy::Discouraged_DO_NOT_USE;
    let mut state = pending.state.clone();
    state.set_allowed_credentials(vec![stored]);
    let library = library(party).map_err(|_| Refusal::Unreadable)?;
    let result = library.authenticate_credential(&sent.credential, &state)?;
    Ok(Asserted {
        user_verified: result.user_verified(),
        counter: i64::from(result.counter()),
        backup_state: result.backup_state(),
    })
}

/// §7.2.6: the handle, where there is one, is the account's; where nobody was named before, there
/// must be one.
fn check_user_handle(
    sent: &Sent<PublicKeyCredential>,
    kept: &Kept,
    is_known: bool,
) -> std::result::Result<(), Refusal> {
    match &sent.credential.response.user_handle {
        Some(handle) if BASE64URL_NOPAD.encode(handle) == kept.user_handle => Ok(()),
        None if is_known => Ok(()),
        _ => Err(Refusal::UserHandle),
    }
}

/// A browser should not be told of transports that are no standard's.
fn with_known_transports(credential: &Credential) -> Credential {
    let mut credential = credential.clone();
    if let Some(transports) = &mut credential.transports {
        transports.retain(|transport| {
            !matches!(transport, AuthenticatorTransport::Unknown | AuthenticatorTransport::Test)
        });
    }
    credential
}
