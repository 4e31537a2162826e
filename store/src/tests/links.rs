use chrono::Duration;

use super::support::{open, person};
use crate::link::{self, Link};
use crate::user::User;
use crate::{Store, Time, TokenHash, user};

fn new(person: &User, token: &str, now: Time) -> Link {
    Link {
        token_hash: crate::token(token),
        flow: "recovery".to_owned(),
        version: 1,
        stage: "email_link".to_owned(),
        user_id: Some(person.id.clone()),
        address: "ada@acme.example".to_owned(),
        execution_id: "e".into(),
        security_epoch: 0,
        created_at: now,
        expires_at: now.plus(Duration::minutes(30)),
        used_at: None,
    }
}

async fn create(store: &Store, link: &Link) {
    let mut unit = store.write().await.unwrap();
    link::create(&mut unit, link).await.unwrap();
    unit.commit().await.unwrap();
}

async fn claim(store: &Store, hash: &TokenHash, now: Time) -> bool {
    let mut unit = store.write().await.unwrap();
    let won = link::claim(&mut unit, hash, now).await.unwrap().is_some();
    unit.commit().await.unwrap();
    won
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_use_a_link_at_once_one_does() {
    let test = open().await;
    let now = test.store.ambient().now();
    let link = new(&person(&test.store, "ada@acme.example").await, "a", now);
    create(&test.store, &link).await;
    let claims = (0..20).map(|_| {
        let (store, hash) = (test.store.clone(), link.token_hash.clone());
        tokio::spawn(async move { claim(&store, &hash, now).await })
    });
    let mut winners = 0;
    for claim in claims.collect::<Vec<_>>() {
        winners += usize::from(claim.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_dies_of_age_of_a_newer_one_and_of_the_epoch() {
    let test = open().await;
    let now = test.store.ambient().now();
    let person = person(&test.store, "ada@acme.example").await;
    let (first, second) = (new(&person, "first", now), new(&person, "second", now));
    create(&test.store, &first).await;
    assert!(!claim(&test.store, &first.token_hash, now.plus(Duration::minutes(30))).await);
    create(&test.store, &second).await;
    assert!(!claim(&test.store, &first.token_hash, now).await, "a newer one was sent");
    let mut unit = test.store.write().await.unwrap();
    user::advance_epoch(&mut unit, &person.id, now).await.unwrap();
    unit.commit().await.unwrap();
    assert!(!claim(&test.store, &second.token_hash, now).await, "the password was changed");
}
