use chrono::Duration;

use super::support::{open, person};
use crate::event::{self, Event, NewEvent, Outcome};
use crate::user::User;
use crate::{Id, Store, Time};

async fn create(store: &Store, user: &User, at: Time) -> Id<Event> {
    let id: Id<Event> = store.ambient().id();
    let new =
        NewEvent { user_id: Some(user.id.clone()), ..NewEvent::new("login", Outcome::Success) };
    let mut unit = store.write().await.unwrap();
    event::create(&mut unit, id.clone(), at, new).await.unwrap();
    unit.commit().await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_events_are_paged_without_loss_or_repeat() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let bob = person(&test.store, "bob@acme.example").await;
    let mut made = Vec::new();
    for minute in 0..7 {
        // Several at one moment, and others' between.
        let at = now.plus(Duration::minutes(minute / 3));
        made.push((at, create(&test.store, &ada, at).await));
        create(&test.store, &bob, at).await;
    }
    made.sort_by(|one, other| (other.0, other.1.as_str()).cmp(&(one.0, one.1.as_str())));
    let made: Vec<_> = made.into_iter().map(|(_, id)| id).collect();
    let mut conn = test.store.read().await.unwrap();
    let mut seen: Vec<Id<Event>> = Vec::new();
    loop {
        let page = event::page(&mut conn, &ada.id, seen.last(), 2).await.unwrap().unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        seen.extend(page.into_iter().map(|event| event.id));
    }
    assert_eq!(seen, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_event_is_no_place_to_go_on_from() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let bob = person(&test.store, "bob@acme.example").await;
    let his = create(&test.store, &bob, now).await;
    create(&test.store, &ada, now.minus(Duration::minutes(1))).await;
    let mut conn = test.store.read().await.unwrap();
    for before in [his, Id::from("made up")] {
        assert!(event::page(&mut conn, &ada.id, Some(&before), 9).await.unwrap().is_none());
    }
}
