use assurance::Factor;
use chrono::Duration;

use super::support::{open, person};
use crate::device::{self, Device, MOST, NewDevice};
use crate::user::User;
use crate::{Error, Store, Time, user};

fn new(store: &Store, person: &User, token: &str, proven_at: Time) -> NewDevice {
    NewDevice {
        id: store.ambient().id(),
        user_id: person.id.clone(),
        token_hash: crate::token(token),
        security_epoch: person.security_epoch,
        factor: Factor::Totp,
        proven_at,
        ip: Some("203.0.113.9".to_owned()),
        user_agent: Some("ä".repeat(300)),
        lasts: Duration::days(30),
    }
}

async fn create(store: &Store, person: &User, token: &str, now: Time) -> Device {
    let mut unit = store.write().await.unwrap();
    let made = device::create(&mut unit, new(store, person, token, now), now).await.unwrap();
    unit.commit().await.unwrap();
    made
}

async fn is_live(store: &Store, person: &User, token: &str, now: Time) -> bool {
    let mut conn = store.read().await.unwrap();
    device::find(&mut conn, &person.id, &crate::token(token), now).await.unwrap().is_some()
}

async fn alive(store: &Store, person: &User, now: Time) -> Vec<Device> {
    device::of_user(&mut store.read().await.unwrap(), &person.id, now).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_one_persons_and_keeps_what_was_proven_on_it() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let mallory = person(&test.store, "mallory@acme.example").await;
    let made = create(&test.store, &ada, "a", now).await;
    assert!(is_live(&test.store, &ada, "a", now).await);
    assert!(!is_live(&test.store, &mallory, "a", now).await);
    assert!(!is_live(&test.store, &ada, "b", now).await);
    // One browser may be remembered for two people.
    create(&test.store, &mallory, "a", now).await;

    let mut conn = test.store.read().await.unwrap();
    let hash = crate::token("a");
    let found = device::find(&mut conn, &ada.id, &hash, now).await.unwrap().unwrap();
    let remembered = found.remembered().unwrap();
    assert_eq!((remembered.device.as_str(), remembered.factor), (made.id.as_str(), Factor::Totp));
    assert_eq!(remembered.at, *now);
    assert_eq!(found.user_agent.unwrap().chars().count(), 256);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_dies_of_age_of_the_epoch_and_with_its_person_disabled() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let device = create(&test.store, &ada, "a", now).await;
    let last = device.expires_at.minus(Duration::microseconds(1));
    assert!(is_live(&test.store, &ada, "a", last).await);
    assert!(!is_live(&test.store, &ada, "a", device.expires_at).await);
    assert!(alive(&test.store, &ada, device.expires_at).await.is_empty());

    let mut unit = test.store.write().await.unwrap();
    user::advance_epoch(&mut unit, &ada.id, now).await.unwrap();
    unit.commit().await.unwrap();
    assert!(!is_live(&test.store, &ada, "a", now).await);
    assert!(alive(&test.store, &ada, now).await.is_empty());

    let bob = person(&test.store, "bob@acme.example").await;
    let mut unit = test.store.write().await.unwrap();
    user::set_disabled(&mut unit, &bob.id, Some(now), now).await.unwrap();
    let epoch = user::find(&mut unit, &bob.id).await.unwrap().unwrap().security_epoch;
    let of_now = NewDevice { security_epoch: epoch, ..new(&test.store, &bob, "b", now) };
    device::create(&mut unit, of_now, now).await.unwrap();
    unit.commit().await.unwrap();
    assert!(!is_live(&test.store, &bob, "b", now).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_forgotten_by_its_person_alone() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let mallory = person(&test.store, "mallory@acme.example").await;
    let first = create(&test.store, &ada, "a", now).await;
    create(&test.store, &ada, "b", now).await;
    create(&test.store, &mallory, "m", now).await;
    let mut unit = test.store.write().await.unwrap();
    assert!(!device::delete(&mut unit, &mallory.id, &first.id).await.unwrap());
    assert!(device::delete(&mut unit, &ada.id, &first.id).await.unwrap());
    assert!(!device::delete(&mut unit, &ada.id, &first.id).await.unwrap());
    assert!(matches!(device::touch(&mut unit, &first.id, now).await, Err(Error::Stale)));
    unit.commit().await.unwrap();
    assert!(!is_live(&test.store, &ada, "a", now).await);
    assert!(is_live(&test.store, &ada, "b", now).await);

    let mut unit = test.store.write().await.unwrap();
    assert_eq!(device::delete_all(&mut unit, &ada.id).await.unwrap(), 1);
    assert_eq!(device::delete_expired(&mut unit, now).await.unwrap(), 0);
    unit.commit().await.unwrap();
    assert!(!is_live(&test.store, &ada, "b", now).await);
    assert!(is_live(&test.store, &mallory, "m", now).await);
    let mut unit = test.store.write().await.unwrap();
    let end = now.plus(Duration::days(30));
    assert_eq!(device::delete_expired(&mut unit, end).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_devices_the_one_seen_longest_ago_goes() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let mallory = person(&test.store, "mallory@acme.example").await;
    create(&test.store, &mallory, "m", now).await;
    let at = |minutes| now.plus(Duration::minutes(minutes));
    let first = create(&test.store, &ada, "0", at(0)).await;
    for minute in 1..MOST {
        create(&test.store, &ada, &minute.to_string(), at(minute)).await;
    }
    let mut unit = test.store.write().await.unwrap();
    device::touch(&mut unit, &first.id, at(MOST)).await.unwrap();
    unit.commit().await.unwrap();
    let devices = alive(&test.store, &ada, at(MOST)).await;
    assert_eq!(devices.len(), usize::try_from(MOST).unwrap());
    assert_eq!(devices.first().unwrap().id, first.id, "seen last");

    create(&test.store, &ada, "one more", at(MOST + 1)).await;
    assert!(is_live(&test.store, &ada, "0", at(MOST + 1)).await);
    assert!(!is_live(&test.store, &ada, "1", at(MOST + 1)).await);
    assert!(is_live(&test.store, &ada, "2", at(MOST + 1)).await);
    assert!(is_live(&test.store, &mallory, "m", at(MOST + 1)).await);
}
