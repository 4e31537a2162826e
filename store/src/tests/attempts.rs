use chrono::Duration;

use super::support::open;
use crate::attempt::{self, Attempt, Limit, MOST_FAILURES};
use crate::{Store, Time};

const LIMIT: Limit =
    Limit { free: 5, first: Duration::seconds(30), longest: Duration::minutes(15) };

async fn count(store: &Store, now: Time) -> Attempt {
    let mut unit = store.write().await.unwrap();
    let attempt = attempt::count(&mut unit, "ada", "password", LIMIT, now).await.unwrap();
    unit.commit().await.unwrap();
    attempt
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_guesses_at_once_get_no_more_than_the_limit() {
    let test = open().await;
    let now = test.store.ambient().now();
    let guesses = (0..200).map(|_| {
        let store = test.store.clone();
        tokio::spawn(async move { count(&store, now).await })
    });
    let mut allowed = 0;
    for guess in guesses.collect::<Vec<_>>() {
        allowed += i64::from(matches!(guess.await.unwrap(), Attempt::Allowed { .. }));
    }
    assert_eq!(allowed, LIMIT.free);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lock_is_longer_and_a_success_forgets_them() {
    let test = open().await;
    let mut now = test.store.ambient().now();
    for failures in 1..=5 {
        assert_eq!(count(&test.store, now).await, Attempt::Allowed { failures });
    }
    for (failures, seconds) in [(6, 30), (7, 60), (8, 120)] {
        let until = now.plus(Duration::seconds(seconds));
        assert_eq!(count(&test.store, now).await, Attempt::Locked { until });
        assert_eq!(count(&test.store, until).await, Attempt::Allowed { failures });
        now = until;
    }
    let mut unit = test.store.write().await.unwrap();
    attempt::clear(&mut unit, "ada", "password").await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(count(&test.store, now).await, Attempt::Allowed { failures: 1 });
}

#[test]
fn a_lock_ends_except_after_a_hundred_failures() {
    assert_eq!(LIMIT.lock(4), None);
    assert_eq!(LIMIT.lock(5), Some(Duration::seconds(30)));
    assert_eq!(LIMIT.lock(MOST_FAILURES - 1), Some(Duration::minutes(15)));
    assert!(LIMIT.lock(MOST_FAILURES).is_some_and(|lock| lock > Duration::days(365)));
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_and_clearing_at_once_never_fails() {
    let test = open().await;
    let now = test.store.ambient().now();
    let logins = (0..40).map(|_| {
        let store = test.store.clone();
        tokio::spawn(async move {
            count(&store, now).await;
            let mut unit = store.write().await.unwrap();
            attempt::clear(&mut unit, "ada", "password").await.unwrap();
            unit.commit().await.unwrap();
        })
    });
    for login in logins.collect::<Vec<_>>() {
        login.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_taken_back_leaves_the_others_and_their_lock() {
    let test = open().await;
    let now = test.store.ambient().now();
    let take_back = async |failures| {
        let mut unit = test.store.write().await.unwrap();
        attempt::take_back(&mut unit, "ada", "password", failures).await.unwrap();
        unit.commit().await.unwrap();
    };
    for failures in 1..=4 {
        assert_eq!(count(&test.store, now).await, Attempt::Allowed { failures });
    }
    for _ in 0..3 {
        // The one that locks turns out right, as often as it likes.
        assert_eq!(count(&test.store, now).await, Attempt::Allowed { failures: 5 });
        take_back(5).await;
    }
    assert_eq!(count(&test.store, now).await, Attempt::Allowed { failures: 5 });
    take_back(4).await;
    let locked = count(&test.store, now).await;
    assert!(matches!(locked, Attempt::Locked { .. }), "another has failed since: {locked:?}");
}
