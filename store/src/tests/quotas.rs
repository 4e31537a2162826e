use chrono::Duration;

use super::support::open;
use crate::quota::{self, Quota, Taken};
use crate::{Store, Time};

const QUOTA: Quota = Quota { most: 5, within: Duration::hours(1) };

async fn take(store: &Store, now: Time) -> Taken {
    let mut unit = store.write().await.unwrap();
    let taken = quota::take(&mut unit, "ada", "sms_sent", QUOTA, now).await.unwrap();
    unit.commit().await.unwrap();
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_get_no_more_than_the_quota() {
    let test = open().await;
    let now = test.store.ambient().now();
    let asked = (0..100).map(|_| {
        let store = test.store.clone();
        tokio::spawn(async move { take(&store, now).await })
    });
    let mut taken = 0;
    for one in asked.collect::<Vec<_>>() {
        taken += i64::from(one.await.unwrap() == Taken::Yes);
    }
    assert_eq!(taken, QUOTA.most);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_span_holds_more_than_the_quota() {
    let test = open().await;
    let start = test.store.ambient().now();
    let at = |minutes: i64| start.plus(Duration::minutes(minutes));
    for minutes in [0, 10, 20, 30, 59] {
        assert_eq!(take(&test.store, at(minutes)).await, Taken::Yes);
    }
    for minutes in [59, 60, 90, 118] {
        assert_eq!(take(&test.store, at(minutes)).await, Taken::NotBefore(at(119)));
    }
    for _ in 0..5 {
        assert_eq!(take(&test.store, at(119)).await, Taken::Yes);
    }
    assert_eq!(take(&test.store, at(119)).await, Taken::NotBefore(at(179)));
}
