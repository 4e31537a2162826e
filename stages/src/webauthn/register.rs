//! A registration (Web Authentication Level 3 §7.1): an authenticator makes a credential.

use std::time::{Duration, SystemTime};

use data_encoding::BASE64URL_NOPAD;
use engine::{RelyingParty, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Time;
use store::user::User;
use uuid::Uuid;
use webauthn_rs_core::attestation::verify_attestation_ca_chain;
use webauthn_rs_core::proto::{
    AttestationCaListBuilder, AttestationConveyancePreference, AttestationFormat,
    AuthenticatorTransport, Credential, ParsedAttestation, RegisterPublicKeyCredential,
    RegistrationState, RequestRegistrationExtensions, ResidentKeyRequirement,
};

use super::aaguid;
use super::ceremony::{Pending, UserVerification, internal, library};
use super::client::{self, Ceremony, MAX_CREDENTIAL_ID, Sent};
use super::kept::{Kept, user_handle};
use super::refusal::Refusal;

/// A ceremony that waits for a registration.
pub(crate) type Waiting = Pending<RegistrationState>;

/// Longest name that an authenticator is given, in characters; many cut it at 64 bytes (§5.4.1).
const MAX_NAME: usize = 64;

/// Whether the authenticator's maker is asked for its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attestation {
    /// No.
    None,
    /// Yes, in whatever form the browser likes; nothing depends on it.
    Indirect,
    /// Yes, as the authenticator gives it. With `webauthn-attestation-roots` it must lead to one of
    /// those certificates; without, it is asked for and nothing depends on it.
    Direct,
}

/// Whether the authenticator must be able to find the credential without a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResidentKey {
    /// It should where it can.
    Preferred,
    /// It must: only then is it good for signing in without a name.
    Required,
}

/// What is asked of a new credential.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) attestation: Attestation,
    pub(crate) resident_key: ResidentKey,
    pub(crate) user_verification: UserVerification,
}

/// A new credential.
pub(crate) struct Registered {
    pub(crate) kept: Kept,
    /// Its first counter.
    pub(crate) counter: i64,
}

/// Begins, for a person who has `existing` already.
pub(crate) fn begin(
    party: &RelyingParty,
    person: &User,
    existing: &[Kept],
    wanted: Wanted,
    now: Time,
) -> Result<Waiting> {
    let library = library(party)?;
    let login = person.email.as_deref().or(person.username.as_deref());
    let shown = fit_for_dialog(person.display_name());
    let name = login.map_or_else(|| shown.clone(), fit_for_dialog);
    let excluded = existing.iter().map(|kept| kept.credential.cred_id.clone()).collect();
    let builder = library
        .new_challenge_register_builder(&user_handle(&person.id), &name, &shown)
        .map_err(|error| internal(&error))?
        .attestation(match wanted.attestation {
            Attestation::None => AttestationConveyancePreference::None,
            Attestation::Indirect => AttestationConveyancePreference::Indirect,
            Attestation::Direct => AttestationConveyancePreference::Direct,
        })
        .user_verification_policy(wanted.user_verification.policy())
        .require_resident_key(wanted.resident_key == ResidentKey::Required)
        .exclude_credentials(Some(excluded))
        .extensions(Some(RequestRegistrationExtensions {
            cred_props: Some(true),
            ..RequestRegistrationExtensions::default()
        }));
    let (mut challenge, state) =
        library.generate_challenge_register(builder).map_err(|error| internal(&error))?;
    if wanted.resident_key == ResidentKey::Preferred
        && let Some(selection) = &mut challenge.public_key.authenticator_selection
    {
        selection.resident_key = Some(ResidentKeyRequirement::Preferred);
    }
    let options = serde_json::to_value(challenge.public_key).map_err(|error| internal(&error))?;
    Ok(Pending::new(options, state, Some(person.id.clone()), now))
}

/// Checks what the authenticator made. Whether somebody has it already, the caller asks.
pub(crate) fn finish(
    party: &RelyingParty,
    pending: &Waiting,
    wanted: Wanted,
    answer: &Value,
    now: Time,
) -> std::result::Result<Registered, Refusal> {
    if !pending.is_live(now) {
        return Err(Refusal::Expired);
    }
    let user = pending.user.as_ref().ok_or(Refusal::Owner)?;
    let sent: Sent<RegisterPublicKeyCredential> = client::read(party, Ceremony::Create, answer)?;
    let library = library(party).map_err(|_| Refusal::Unreadable)?;
    let mut credential = library.register_credential(&sent.credential, &pending.state, None)?;
    // What was attested counts; `id` and `rawId` are only said.
    if BASE64URL_NOPAD.encode(&credential.cred_id) != sent.id {
        return Err(Refusal::Id);
    }
    if credential.cred_id.len() > MAX_CREDENTIAL_ID {
        return Err(Refusal::CredentialId);
    }
    let discoverable = sent.credential.extensions.cred_props.as_ref().and_then(|props| props.rk);
    if wanted.resident_key == ResidentKey::Required && discoverable == Some(false) {
        return Err(Refusal::NotAllowed);
    }
    let demands = wanted.attestation == Attestation::Direct && !party.attestation_roots.is_empty();
    if demands {
        check_chain(&party.attestation_roots, &credential, now)?;
    }
    let transports = known(sent.credential.response.transports.as_deref().unwrap_or_default());
    credential.transports = (!transports.is_empty()).then_some(transports);
    // Certificates of thousands of bytes, and the same for everybody with this product.
    credential.attestation = ParsedAttestation::default();
    credential.attestation_format = AttestationFormat::None;
    let transports = credential.transports.as_deref().unwrap_or_default();
    let transports = transports.iter().map(ToString::to_string).collect();
    let kept = Kept {
        user_handle: BASE64URL_NOPAD.encode(&user_handle(user)),
        aaguid: aaguid_of(&sent.credential.response.attestation_object)?,
        transports,
        backup_eligible: credential.backup_eligible,
        backup_state: credential.backup_state,
        presence_only: !credential.user_verified,
        hardware: demands && !credential.backup_eligible,
        attested: demands,
        discoverable,
        credential,
    };
    Ok(Registered { counter: i64::from(kept.credential.counter), kept })
}

/// §7.1.23–24, against the operator's roots. The library can do this within the registration, but
/// only by the system's clock.
fn check_chain(
    roots: &str,
    credential: &Credential,
    now: Time,
) -> std::result::Result<(), Refusal> {
    let mut list = AttestationCaListBuilder::new();
    for root in certificates(roots) {
        list.insert_device_pem(
            root.as_bytes(),
            // Which products a root may speak for is the stage's `allow_aaguids`.
            Uuid::nil(),
            String::new(),
            std::collections::BTreeMap::new(),
        )
        .map_err(|_| Refusal::Attestation)?;
    }
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let list = list.build();
    let root = verify_attestation_ca_chain(&credential.attestation.data, &list, at)?;
    root.map(|_| ()).ok_or(Refusal::Attestation)
}

/// The certificates of a PEM file, each with its lines around.
fn certificates(pem: &str) -> impl Iterator<Item = &str> {
    const END: &str = "-----END CERTIFICATE-----";
    pem.split_inclusive(END)
        .filter_map(|part| part.get(part.find("-----BEGIN CERTIFICATE-----")?..))
}

/// What is wrong with a file of root certificates, if anything: for the server to say at its start.
///
/// # Errors
/// What is wrong.
pub fn check_roots(pem: &str) -> std::result::Result<(), String> {
    let mut list = AttestationCaListBuilder::new();
    let mut found = 0;
    for root in certificates(pem) {
        found += 1;
        let none = std::collections::BTreeMap::new();
        list.insert_device_pem(root.as_bytes(), Uuid::nil(), String::new(), none)
            .map_err(|error| format!("certificate {found} cannot be read: {error}"))?;
    }
    if found == 0 { Err("holds no PEM certificate".to_owned()) } else { Ok(()) }
}

fn known(transports: &[AuthenticatorTransport]) -> Vec<AuthenticatorTransport> {
    let mut known = Vec::new();
    for transport in transports {
        let is_known =
            !matches!(transport, AuthenticatorTransport::Unknown | AuthenticatorTransport::Test);
        if is_known && !known.contains(transport) {
            known.push(transport.clone());
        }
    }
    known
}

#[derive(Deserialize)]
struct AttestationObject<'a> {
    #[serde(rename = "authData", borrow)]
    authenticator_data: &'a [u8],
}

/// The AAGUID, which the library reads and does not say: it stands behind the hash of the RP ID (32
/// bytes), the flags (1) and the counter (4) (§6.1, §6.5.1).
fn aaguid_of(attestation_object: &[u8]) -> std::result::Result<Option<String>, Refusal> {
    let object: AttestationObject<'_> =
        serde_cbor_2::from_slice(attestation_object).map_err(|_| Refusal::Unreadable)?;
    let bytes = object.authenticator_data.get(37..53).ok_or(Refusal::Unreadable)?;
    Ok(aaguid::spell(bytes.try_into().map_err(|_| Refusal::Unreadable)?))
}

/// A name as the dialog of a browser or an authenticator may show it: one line, not long, and nothing
/// in it that turns the writing around or cannot be seen.
fn fit_for_dialog(name: &str) -> String {
    let is_plain = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let fit: String = name.chars().filter(is_plain).take(MAX_NAME).collect();
    // The library refuses an empty one.
    if fit.trim().is_empty() { "?".to_owned() } else { fit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_dialog_is_one_short_line_that_reads_in_one_direction() {
        assert_eq!(fit_for_dialog("Ada <b>L\u{202e}ove\0lace\n"), "Ada <b>Lovelace");
        assert_eq!(fit_for_dialog(&"x".repeat(10_000)).chars().count(), MAX_NAME);
        assert_eq!(fit_for_dialog("\u{200f}\n"), "?");
        assert_eq!(fit_for_dialog("Zoë 👩‍💻 Müller").chars().next(), Some('Z'));
    }

    #[test]
    fn a_file_of_roots_is_checked_whole() {
        assert!(check_roots("").is_err());
        assert!(
            check_roots("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----").is_err()
        );
    }
}
