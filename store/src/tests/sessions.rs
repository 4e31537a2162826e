use assurance::{Admitted, Enrolled, Evidence, Held, Method, Mfa, Policies, Policy, Proof};
use chrono::Duration;

use super::support::{open, person};
use crate::session::{self, NewSession, Session};
use crate::user::User;
use crate::{Store, Time, user};

fn admitted(user: &User, now: Time) -> Admitted {
    let policy = Policy { mfa: Mfa::Off, ..Policy::default() };
    let held = Held::organisation("acme", "Acme", policy, *now, *now);
    let policies = Policies::new(user.id.as_str()).with(held);
    let evidence: Evidence = [Proof::new(Method::Password, *now)].into_iter().collect();
    assurance::admit(&policies, &evidence, &Enrolled::default(), *now).admitted().unwrap()
}

async fn create(store: &Store, user: &User, epoch: i64, now: Time) -> Session {
    let new = NewSession {
        id: store.ambient().id(),
        token_hash: crate::token(&store.ambient().token()),
        security_epoch: epoch,
        lasts: Duration::hours(1),
        persistent: false,
        ip: None,
        user_agent: None,
    };
    let mut unit = store.write().await.unwrap();
    let session = session::create(&mut unit, &admitted(user, now), new, now).await.unwrap();
    unit.commit().await.unwrap();
    session
}

async fn ids(store: &Store, user: &User, now: Time) -> Vec<String> {
    let mut conn = store.read().await.unwrap();
    let sessions = session::of_user(&mut conn, &user.id, now).await.unwrap();
    sessions.into_iter().map(|session| session.id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_their_own_live_sessions() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let bob = person(&test.store, "bob@acme.example").await;
    let later = now.plus(Duration::minutes(1));
    let first = create(&test.store, &ada, 0, now).await;
    let second = create(&test.store, &ada, 0, later).await;
    create(&test.store, &bob, 0, now).await;
    // Made before something that ended everything.
    create(&test.store, &ada, -1, now).await;
    assert_eq!(ids(&test.store, &ada, later).await, [second.id.to_string(), first.id.to_string()]);
    assert_eq!(ids(&test.store, &ada, first.expires_at).await, [second.id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_by_its_person_alone() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let bob = person(&test.store, "bob@acme.example").await;
    let session = create(&test.store, &ada, 0, now).await;
    let dead = create(&test.store, &ada, -1, now).await;
    let mut unit = test.store.write().await.unwrap();
    assert!(!session::end_of(&mut unit, &bob.id, &session.id, now).await.unwrap());
    assert!(!session::end_of(&mut unit, &ada.id, &dead.id, now).await.unwrap());
    let expired = session.expires_at;
    assert!(!session::end_of(&mut unit, &ada.id, &session.id, expired).await.unwrap());
    assert!(session::end_of(&mut unit, &ada.id, &session.id, now).await.unwrap());
    assert!(!session::end_of(&mut unit, &ada.id, &session.id, now).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_sessions_of_a_person_end_at_once() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let bob = person(&test.store, "bob@acme.example").await;
    let mine = create(&test.store, &ada, 0, now).await;
    create(&test.store, &ada, 0, now).await;
    create(&test.store, &ada, 0, now).await;
    create(&test.store, &ada, -1, now).await;
    let his = create(&test.store, &bob, 0, now).await;
    let mut unit = test.store.write().await.unwrap();
    assert_eq!(session::end_others(&mut unit, &ada.id, &mine.id, now).await.unwrap(), 2);
    assert_eq!(session::end_others(&mut unit, &ada.id, &mine.id, now).await.unwrap(), 0);
    unit.commit().await.unwrap();
    assert_eq!(ids(&test.store, &ada, now).await, [mine.id.to_string()]);
    assert_eq!(ids(&test.store, &bob, now).await, [his.id.to_string()]);
}

/// Whoever has locked a person reads what nobody changes until they are done.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_person_is_changed_by_one_at_a_time() {
    let test = open().await;
    let now = test.store.ambient().now();
    let ada = person(&test.store, "ada@acme.example").await;
    let turns = (0..8).map(|_| {
        let (store, id) = (test.store.clone(), ada.id.clone());
        tokio::spawn(async move {
            let mut unit = store.write().await.unwrap();
            let before = user::lock(&mut unit, &id).await.unwrap().unwrap().security_epoch;
            tokio::task::yield_now().await;
            let read = user::find(&mut unit, &id).await.unwrap().unwrap().security_epoch;
            let after = user::advance_epoch(&mut unit, &id, now).await.unwrap();
            unit.commit().await.unwrap();
            assert_eq!((before, before + 1), (read, after));
        })
    });
    for turn in turns.collect::<Vec<_>>() {
        turn.await.unwrap();
    }
    let mut unit = test.store.write().await.unwrap();
    let nobody = crate::Id::from("nobody");
    assert!(user::lock(&mut unit, &nobody).await.unwrap().is_none());
}
