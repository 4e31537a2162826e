//! The codes of RFC 6238: which step a code belongs to, and what a credential keeps. The arithmetic is
//! `totp-rs`'s.

use engine::{Error, Result};
use serde::{Deserialize, Serialize};
use store::Sealer;
use store::credential::{self, Credential};
use totp_rs::{Builder, Totp as Generator};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// A shared secret has so many bytes: 160 bits (RFC 4226 §4, R6).
pub(crate) const SECRET_BYTES: usize = 20;

/// A shared secret: raw bytes, erased when dropped.
pub(crate) type Secret = Zeroizing<Vec<u8>>;

/// How an app makes its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parameters {
    /// The digits of a code.
    pub(crate) digits: u8,
    /// The seconds of a step.
    pub(crate) period: u16,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { digits: 6, period: 30 }
    }
}

impl Parameters {
    /// The step, at most one before the present one, whose code this is (RFC 6238 §5.2). The step
    /// before the last and any to come are refused.
    pub(crate) fn step_of(self, secret: &Secret, code: &str, now: i64) -> Option<i64> {
        let generator = self.generator(secret);
        let now = u64::try_from(now).ok()?;
        let period = u64::from(self.period);
        let step = [now.checked_sub(period), Some(now)]
            .into_iter()
            .flatten()
            .find_map(|time| generator.check(code, time))?;
        i64::try_from(step).ok()
    }

    /// A generator without skew: which steps are tried is said in one place, above. Secrets that
    /// were brought along may be shorter than ours.
    pub(crate) fn generator(self, secret: &Secret) -> Generator {
        Builder::new()
            .with_secret(secret.to_vec())
            .with_digits(self.digits)
            .with_step_duration(u64::from(self.period))
            .with_skew(0)
            .build_noncompliant()
    }
}

/// What a `totp` credential keeps beside its sealed secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) digits: u8,
    pub(crate) period: u16,
}

impl Kept {
    pub(crate) fn parameters(self) -> Parameters {
        Parameters { digits: self.digits, period: self.period }
    }

    /// What a credential keeps, and its secret.
    pub(crate) fn read(credential: &Credential, sealer: &Sealer) -> Result<(Self, Secret)> {
        let damaged = |what: &str| Error::Internal(format!("credential {}: {what}", credential.id));
        let kept = serde_json::from_value(credential.data.0.clone())
            .map_err(|error| damaged(&error.to_string()))?;
        let secret = credential.sealed.as_ref();
        let secret = secret.ok_or_else(|| damaged("its secret is missing"))?;
        let secret = sealer.open(&credential::place(&credential.id), secret)?;
        Ok((kept, Zeroizing::new(secret.to_vec())))
    }
}

/// A code as it is compared: full-width digits as plain ones, without what people put between digits.
/// Everything else stays and makes it no code.
pub(crate) fn normalised(code: &str) -> String {
    code.nfkc().filter(|c| !matches!(c, ' ' | '-' | '\u{2010}'..='\u{2015}')).take(16).collect()
}

/// Whether this could be a code at all.
pub(crate) fn is_code(code: &str) -> bool {
    (6..=8).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
}
