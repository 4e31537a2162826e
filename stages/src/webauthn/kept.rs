//! What a `webauthn` credential keeps in `credentials.data`. Its counter is `credentials.counter`.

use data_encoding::BASE64URL_NOPAD;
use engine::{Error, Result};
use serde::{Deserialize, Serialize};
use store::Id;
use store::credential::Credential;
use store::user::User;
use webauthn_rs_core::proto;

/// The kind of these credentials, and the factor's name.
pub(crate) const KIND: &str = "webauthn";

/// A passkey or security key.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, named in the data")]
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Its id, public key and flags, as the library keeps them. Of an attestation only that there was
    /// one stays, in `attested`.
    pub(crate) credential: proto::Credential,
    /// The account as the authenticator knows it (base64url).
    pub(crate) user_handle: String,
    /// Which product it says it is.
    pub(crate) aaguid: Option<String>,
    /// How it can be reached: a hint for browsers.
    pub(crate) transports: Vec<String>,
    /// Whether its key can leave the device. Never changes.
    pub(crate) backup_eligible: bool,
    /// Whether its key was backed up when it was last used.
    pub(crate) backup_state: bool,
    /// Whether it never checked who touches it: it is one factor, and says nothing of the person.
    pub(crate) presence_only: bool,
    /// Whether its key is known, by a verified attestation, to be held in hardware for good.
    pub(crate) hardware: bool,
    /// Whether its maker's attestation leads to a trusted root.
    pub(crate) attested: bool,
    /// Whether it can be found without a name; `None` where the browser did not say.
    pub(crate) discoverable: Option<bool>,
}

impl Kept {
    /// Reads what a credential keeps.
    pub(crate) fn of(row: &Credential) -> Result<Self> {
        serde_json::from_value(row.data.0.clone())
            .map_err(|error| Error::Internal(format!("credential {}: {error}", row.id)))
    }

    /// Its id (base64url), as browsers know it.
    pub(crate) fn id(&self) -> String {
        BASE64URL_NOPAD.encode(&self.credential.cred_id)
    }
}

/// What no two credentials share: nobody registers what somebody has (§7.1.26).
pub(crate) fn unique_key(id: &str) -> String {
    format!("{KIND}:{id}")
}

/// The account as authenticators know it: the 16 bytes of the person's id, which says nothing of who
/// it is (§14.6.1).
pub(crate) fn user_handle(user: &Id<User>) -> Vec<u8> {
    let digits = user.as_str().replace('-', "");
    // Ids are UUIDs; another spelling would still be an opaque handle.
    data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap_or_else(|_| digits.into_bytes())
}
