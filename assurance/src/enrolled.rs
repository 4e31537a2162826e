//! What the person could prove with: their usable credentials and linked social logins.

use serde::{Deserialize, Serialize};

use crate::factor::{Factor, Factors};

/// One usable credential of the person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolledFactor {
    /// Its factor.
    pub factor: Factor,
    /// Id of the credential (the address for `email`, the number for `sms`).
    pub credential: String,
    /// WebAuthn: it can check the person itself (PIN or biometrics).
    pub verifies: bool,
    /// WebAuthn: its key is known to be held in hardware.
    pub hardware: bool,
}

impl EnrolledFactor {
    /// A credential; a WebAuthn one is taken to verify its user and not to be held in hardware.
    pub fn new(factor: Factor, credential: impl Into<String>) -> Self {
        let verifies = factor == Factor::Webauthn;
        Self { factor, credential: credential.into(), verifies, hardware: false }
    }

    /// A security key without PIN or biometrics.
    #[must_use]
    pub fn presence_only(mut self) -> Self {
        self.verifies = false;
        self
    }

    /// A key held in hardware.
    #[must_use]
    pub fn hardware(mut self) -> Self {
        self.hardware = true;
        self
    }
}

/// What the person could prove with. Compute it from the credential rows, never from a cached
/// column. List only what they enrolled: a mailbox is a factor once it was set up as one, not
/// because its address is known; the password is listed where they have one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    factors: Vec<EnrolledFactor>,
    #[serde(default)]
    sources: Vec<String>,
}

impl Enrolled {
    /// The person's credentials.
    pub fn new(factors: Vec<EnrolledFactor>) -> Self {
        Self { factors, sources: Vec::new() }
    }

    /// The connections by which the person can sign in (linked social logins).
    #[must_use]
    pub fn with_sources<S: Into<String>>(mut self, sources: impl IntoIterator<Item = S>) -> Self {
        self.sources = sources.into_iter().map(Into::into).collect();
        self
    }

    /// The credentials.
    pub fn factors(&self) -> &[EnrolledFactor] {
        &self.factors
    }

    /// The linked social logins.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Whether the person has a credential of this factor.
    pub fn has(&self, factor: Factor) -> bool {
        self.factors.iter().any(|enrolled| enrolled.factor == factor)
    }

    /// The second factors that the person has.
    pub fn second(&self) -> Factors {
        self.factors
            .iter()
            .map(|enrolled| enrolled.factor)
            .filter(|factor| factor.is_second())
            .collect()
    }
}
