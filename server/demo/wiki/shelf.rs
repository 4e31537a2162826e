//! What Wiki remembers between two requests: in memory, for a while, and never more than fits.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::Duration;
use store::Time;

/// Values by an unguessable key, each for a limited time.
pub(super) struct Shelf<T> {
    lifetime: Duration,
    capacity: usize,
    kept: Mutex<HashMap<String, (Time, T)>>,
}

impl<T> Shelf<T> {
    pub(super) fn new(lifetime: Duration, capacity: usize) -> Self {
        Self { lifetime, capacity, kept: Mutex::new(HashMap::new()) }
    }

    /// Keeps a value; on a full shelf the oldest one goes.
    pub(super) fn create(&self, key: String, value: T, now: Time) {
        let mut kept = self.lock();
        kept.retain(|_, (until, _)| *until > now);
        if kept.len() >= self.capacity {
            let oldest = kept.iter().min_by_key(|(_, (until, _))| *until);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                kept.remove(&key);
            }
        }
        kept.insert(key, (now.plus(self.lifetime), value));
    }

    /// Takes a value away: whoever asks again finds nothing.
    pub(super) fn claim(&self, key: &str, now: Time) -> Option<T> {
        let (until, value) = self.lock().remove(key)?;
        (until > now).then_some(value)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Time, T)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Shelf<T> {
    /// A copy of a value.
    pub(super) fn find(&self, key: &str, now: Time) -> Option<T> {
        let kept = self.lock();
        let (until, value) = kept.get(key)?;
        (*until > now).then(|| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Ambient;

    #[test]
    fn values_are_claimed_once_and_end_with_their_time() {
        let now = Ambient::system().now();
        let shelf = Shelf::new(Duration::minutes(5), 10);
        shelf.create("a".to_owned(), 1, now);
        shelf.create("b".to_owned(), 2, now);
        assert_eq!(shelf.find("a", now), Some(1));
        assert_eq!(shelf.claim("a", now), Some(1));
        assert_eq!(shelf.claim("a", now), None);
        let late = now.plus(Duration::minutes(5));
        assert_eq!(shelf.find("b", late), None);
        assert_eq!(shelf.claim("b", late), None);
    }

    #[test]
    fn a_full_shelf_lets_the_oldest_go() {
        let now = Ambient::system().now();
        let shelf = Shelf::new(Duration::minutes(5), 2);
        for (second, key) in ["a", "b", "c"].into_iter().enumerate() {
            let at = now.plus(Duration::seconds(i64::try_from(second).unwrap_or(0)));
            shelf.create(key.to_owned(), (), at);
        }
        let is_kept = |key| shelf.find(key, now).is_some();
        assert_eq!(["a", "b", "c"].map(is_kept), [false, true, true]);
    }
}
