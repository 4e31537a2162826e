use super::support::{open, person};
use crate::execution::{self, Execution, Progress};
use crate::{Document, Error, Store, Time, user};

async fn advance(store: &Store, id: &crate::Id<Execution>, now: Time) -> Result<(), Error> {
    let progress = Progress {
        state: serde_json::json!({ "position": 1 }),
        sealed: None,
        expires_at: now.plus(chrono::Duration::hours(1)),
        finished_at: None,
    };
    let mut unit = store.write().await?;
    execution::advance(&mut unit, id, 0, progress, now).await?;
    unit.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_answers_to_one_step_one_is_taken() {
    let test = open().await;
    let now = test.store.ambient().now();
    let row = Execution {
        id: test.store.ambient().id(),
        flow: "sign-in".to_owned(),
        version: 1,
        browser_hash: crate::token("browser"),
        step: 0,
        state: Document(serde_json::json!({})),
        sealed: None,
        created_at: now,
        expires_at: now.plus(chrono::Duration::hours(1)),
        finished_at: None,
    };
    let mut unit = test.store.write().await.unwrap();
    execution::create(&mut unit, &row).await.unwrap();
    unit.commit().await.unwrap();
    let answers = (0..20).map(|_| {
        let (store, id) = (test.store.clone(), row.id.clone());
        tokio::spawn(async move { advance(&store, &id, now).await })
    });
    let mut taken = 0;
    for answer in answers.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(()) => taken += 1,
            Err(Error::Stale) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(taken, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_unit_of_work_writes_nothing_and_holds_up_nobody() {
    let test = open().await;
    let person = person(&test.store, "ada@acme.example").await;
    let now = test.store.ambient().now();
    let mut unit = test.store.write().await.unwrap();
    user::advance_epoch(&mut unit, &person.id, now).await.unwrap();
    drop(unit);
    let mut unit = test.store.write().await.unwrap();
    let found = user::find(&mut unit, &person.id).await.unwrap().unwrap();
    assert_eq!(found.security_epoch, 0);
    assert_eq!(user::advance_epoch(&mut unit, &person.id, now).await.unwrap(), 1);
    unit.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_take_an_address_at_once_one_gets_it() {
    let test = open().await;
    let spellings =
        ["ada@acme.example", "ADA@acme.example", "ａda@acme.example", " ada@acme.example"];
    let tries = (0..20).map(|number| {
        let (store, email) = (test.store.clone(), spellings[number % spellings.len()]);
        tokio::spawn(async move {
            let now = store.ambient().now();
            let new = user::NewUser { email: Some(email.to_owned()), ..user::NewUser::default() };
            let person = user::User::new(store.ambient().id(), new, now);
            let mut unit = store.write().await?;
            user::create(&mut unit, &person).await?;
            unit.commit().await
        })
    });
    let mut made = 0;
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(()) => made += 1,
            Err(Error::Conflict(what)) => assert!(what.contains("email"), "{what}"),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(made, 1);
}
