//! The ceremonies of WebAuthn (W3C Web Authentication Level 3 §7) as functions of what was kept and
//! what was sent: `register.rs` binds a credential, `authenticate.rs` has one prove itself. They know
//! no flow and no database.
//!
//! What webauthn-rs checks: `type`, challenge, `rpIdHash`, the flags UP, UV and BE/BS, the algorithm,
//! the attestation statement, the signature and the counter. What it leaves to us, and where:
//! - the exact origin, `crossOrigin`, `topOrigin`, `id` equal to `rawId`: `client.rs`;
//! - age and single use of a challenge: [`Pending`] and the stages, which take it out before looking;
//! - the attested id equal to the sent one, its length, the authenticator's product, the chain of an
//!   attestation: `register.rs`;
//! - who owns the credential, the user handle, that nobody else has it: `assertion.rs` and the stage
//!   `webauthn_setup`.

use std::time::Duration;

use engine::{Error, RelyingParty, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::user::User;
use store::{Id, Time};
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::proto::UserVerificationPolicy;

/// How long a challenge can be answered.
pub(crate) const LIFETIME_MINUTES: i64 = 5;

/// Whether the authenticator must check who touches it, by PIN or biometrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserVerification {
    /// It must.
    Required,
    /// It should where it can. Without it the credential counts as one factor.
    Preferred,
    /// It need not: a touch is enough.
    Discouraged,
}

impl UserVerification {
    pub(super) const fn policy(self) -> UserVerificationPolicy {
        match self {
            Self::Required => UserVerificationPolicy::Required,
            Self::Preferred => UserVerificationPolicy::Preferred,
            Self::Discouraged => UserVerificationPolicy::Discouraged_DO_NOT_USE,
        }
    }
}

/// A ceremony that waits for its answer. It is kept sealed in the execution, so it is bound to one
/// browser, and taken out before its answer is looked at, so it serves once.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Pending<S> {
    /// What the browser is given.
    pub(crate) options: Value,
    /// What the library keeps, with the challenge.
    pub(super) state: S,
    /// Whom it is about, where that was known.
    pub(crate) user: Option<Id<User>>,
    /// The ids (base64url) that the browser was given; empty where it was to find one itself.
    pub(super) offered: Vec<String>,
    begun_at: Time,
}

impl<S> Pending<S> {
    pub(super) fn new(options: Value, state: S, user: Option<Id<User>>, now: Time) -> Self {
        Self { options, state, user, offered: Vec::new(), begun_at: now }
    }

    /// Whether it may still be answered.
    pub(crate) fn is_live(&self, now: Time) -> bool {
        now <= self.begun_at.plus(chrono::Duration::minutes(LIFETIME_MINUTES))
    }
}

/// The library for this relying party: no sub-domains, no other ports.
pub(super) fn library(party: &RelyingParty) -> Result<WebauthnCore> {
    let origins = party.origins.iter().map(|origin| origin.parse());
    let origins = origins.collect::<std::result::Result<Vec<_>, url::ParseError>>();
    let origins = origins.map_err(|error| internal(&error))?;
    let seconds = u64::try_from(LIFETIME_MINUTES * 60).unwrap_or(300);
    Ok(WebauthnCore::new_unsafe_experts_only(
        &party.name,
        &party.id,
        origins,
        Duration::from_secs(seconds),
        Some(false),
        Some(false),
    ))
}

pub(super) fn internal(error: &dyn std::fmt::Display) -> Error {
    Error::Internal(format!("webauthn: {error}"))
}
