//! A clock that stands still until it is moved, and a generator that repeats itself.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use store::{Clock, Random, Time};

/// Stands at 2030-01-01T09:00:00Z until [`advance`](Self::advance) moves it. A clone is the same clock.
#[derive(Clone)]
pub(crate) struct MockClock(Arc<Mutex<Time>>);

impl MockClock {
    pub(crate) fn new() -> Self {
        let start = DateTime::parse_from_rfc3339("2030-01-01T09:00:00Z").unwrap().to_utc();
        Self(Arc::new(Mutex::new(Time::from(start))))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(by);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Time {
        *self.0.lock().unwrap()
    }
}

/// The same bytes in the same order for the same seed.
pub(crate) struct SeededRandom(Mutex<ChaCha20Rng>);

impl SeededRandom {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(buffer);
    }
}
