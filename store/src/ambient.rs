//! Time and randomness, handed in: real ones in the product, a mock clock and a seeded generator in tests.

use std::sync::Arc;

use crate::Time;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> Time;
}

/// Fills buffers with bytes that nobody can predict.
pub trait Random: Send + Sync {
    /// Overwrites the whole of `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one clock of the product")]
    fn now(&self) -> Time {
        Time::from(chrono::Utc::now())
    }
}

/// The cryptographic library's generator, seeded and reseeded from the operating system.
#[derive(Debug, Clone, Copy)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, buffer: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "the one generator of the product")]
        let filled = aws_lc_rs::rand::fill(buffer);
        // Without randomness no token may be made: ending the request is the only safe answer.
        assert!(filled.is_ok(), "the random number generator failed");
    }
}

/// The clock and the generator of a process. Cheap to clone.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Ambient {
    /// The real ones.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(OsRandom))
    }

    /// Chosen ones.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// A new identifier: UUID version 7 (RFC 9562 §5.7), so that ids sort by the time of their making.
    #[must_use]
    pub fn id<T>(&self) -> crate::Id<T> {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid();
        crate::Id::from(uuid.hyphenated().to_string())
    }

    /// A new bearer value: 256 bits, base64url without padding (43 characters).
    #[must_use]
    pub fn token(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.bytes::<32>())
    }
}

impl std::fmt::Debug for Ambient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ambient")
    }
}
