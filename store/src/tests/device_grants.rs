use chrono::Duration;
use serde_json::json;

use super::issued::{Scene, admitted, scene};
use super::support::{TestStore, open, person};
use crate::code::Grant;
use crate::device_grant::{self, NewDeviceGrant, Poll};
use crate::{Error, Id, Store, Time, TokenHash, UserCode, client, consent, session, user};

/// A grant that waits.
struct Waiting {
    id: Id<Grant>,
    device: TokenHash,
    code: UserCode,
}

async fn ask(store: &Store, scene: &Scene) -> Waiting {
    let ambient = store.ambient();
    let (id, device) = (ambient.id(), crate::token(&ambient.token()));
    let code = UserCode::generate(ambient);
    let new = NewDeviceGrant {
        device_code_hash: device.clone(),
        user_code: &code,
        grant_id: id.clone(),
        client: &scene.client,
        scopes: vec!["openid".to_owned()],
        data: json!({ "ip": "192.0.2.1" }),
    };
    let mut unit = store.write().await.unwrap();
    assert!(device_grant::create(&mut unit, store.sealer(), new, scene.now).await.unwrap());
    unit.commit().await.unwrap();
    Waiting { id, device, code }
}

async fn approve(store: &Store, scene: &Scene, waiting: &Waiting, now: Time) -> bool {
    let admitted = admitted(&scene.user, scene.now);
    let mut unit = store.write().await.unwrap();
    let (session, data) = (&scene.session, json!({}));
    let done =
        device_grant::approve(&mut unit, &waiting.id, &admitted, session, data, now).await.unwrap();
    unit.commit().await.unwrap();
    done
}

async fn find(store: &Store, scene: &Scene, waiting: &Waiting, now: Time) -> Poll {
    let mut conn = store.read().await.unwrap();
    device_grant::find_by_device_code(&mut conn, &waiting.device, &scene.client, now).await.unwrap()
}

async fn is_open(store: &Store, code: &UserCode, now: Time) -> bool {
    let mut conn = store.read().await.unwrap();
    let found = device_grant::find_by_user_code(&mut conn, store.sealer(), code, now).await;
    found.unwrap().is_some()
}

async fn poll(store: &Store, waiting: &Waiting, now: Time) -> Poll {
    let mut unit = store.write().await.unwrap();
    let polled = device_grant::poll(&mut unit, &waiting.device, now).await.unwrap();
    unit.commit().await.unwrap();
    polled
}

async fn set() -> (TestStore, Scene, Waiting) {
    let test = open().await;
    let scene = scene(&test.store).await;
    let waiting = ask(&test.store, &scene).await;
    (test, scene, waiting)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_answered_once_and_redeemed_once() {
    let (test, scene, waiting) = set().await;
    let now = scene.now;
    assert!(matches!(find(&test.store, &scene, &waiting, now).await, Poll::Pending));
    assert!(is_open(&test.store, &waiting.code, now).await);
    assert!(approve(&test.store, &scene, &waiting, now).await);
    assert!(!is_open(&test.store, &waiting.code, now).await, "it is answered");
    assert!(!approve(&test.store, &scene, &waiting, now).await, "twice");
    let mut unit = test.store.write().await.unwrap();
    assert!(!device_grant::deny(&mut unit, &waiting.id, &scene.user.id, now).await.unwrap());
    drop(unit);
    let Poll::Approved(found) = find(&test.store, &scene, &waiting, now).await else {
        panic!("approved");
    };
    assert_eq!((&found.1.id, &found.2.id), (&scene.session.id, &scene.user.id));

    let claims = (0..20).map(|_| {
        let (store, hash, client) =
            (test.store.clone(), waiting.device.clone(), scene.client.id.clone());
        tokio::spawn(async move {
            let mut unit = store.write().await.unwrap();
            let won = device_grant::claim(&mut unit, &hash, &client, now).await.unwrap();
            unit.commit().await.unwrap();
            won
        })
    });
    let mut winners = 0;
    for claim in claims.collect::<Vec<_>>() {
        winners += usize::from(claim.await.unwrap());
    }
    assert_eq!(winners, 1);
    assert!(matches!(find(&test.store, &scene, &waiting, now).await, Poll::Unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_approved_can_be_claimed() {
    let (test, scene, waiting) = set().await;
    let (now, client) = (scene.now, &scene.client.id);
    let mut unit = test.store.write().await.unwrap();
    assert!(!device_grant::claim(&mut unit, &waiting.device, client, now).await.unwrap());
    assert!(device_grant::deny(&mut unit, &waiting.id, &scene.user.id, now).await.unwrap());
    assert!(!device_grant::claim(&mut unit, &waiting.device, client, now).await.unwrap());
    unit.commit().await.unwrap();
    assert!(matches!(find(&test.store, &scene, &waiting, now).await, Poll::Denied));
    assert!(!is_open(&test.store, &waiting.code, now).await);

    let mallory = person(&test.store, "mallory@acme.example").await;
    let other = ask(&test.store, &scene).await;
    let (theirs, data) = (admitted(&mallory, now), json!({}));
    let mut unit = test.store.write().await.unwrap();
    let made =
        device_grant::approve(&mut unit, &other.id, &theirs, &scene.session, data, now).await;
    assert!(matches!(made, Err(Error::Stale)), "with another person's session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_its_clients_and_lives_ten_minutes() {
    let (test, scene, waiting) = set().await;
    let later = |seconds| scene.now.plus(Duration::seconds(seconds));
    let mut other = scene.client.clone();
    other.id = Id::from("other");
    let mut conn = test.store.read().await.unwrap();
    let foreign =
        device_grant::find_by_device_code(&mut conn, &waiting.device, &other, scene.now).await;
    assert!(matches!(foreign.unwrap(), Poll::Unknown));
    drop(conn);
    assert!(is_open(&test.store, &waiting.code, later(599)).await);
    assert!(!is_open(&test.store, &waiting.code, later(600)).await);
    assert!(!approve(&test.store, &scene, &waiting, later(600)).await);
    assert!(approve(&test.store, &scene, &waiting, later(599)).await);
    assert!(matches!(find(&test.store, &scene, &waiting, later(600)).await, Poll::Expired));
    let mut unit = test.store.write().await.unwrap();
    let claimed = device_grant::claim(&mut unit, &waiting.device, &other.id, scene.now).await;
    assert!(!claimed.unwrap(), "another client");
    let client = &scene.client.id;
    assert!(!device_grant::claim(&mut unit, &waiting.device, client, later(600)).await.unwrap());
    assert_eq!(device_grant::delete_expired(&mut unit, later(4_199)).await.unwrap(), 0);
    assert_eq!(device_grant::delete_expired(&mut unit, later(4_200)).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_poll_that_comes_too_soon_makes_the_next_wait_longer() {
    let (test, scene, waiting) = set().await;
    let at = |seconds| scene.now.plus(Duration::seconds(seconds));
    let is = async |seconds| match poll(&test.store, &waiting, at(seconds)).await {
        Poll::Pending => true,
        Poll::TooSoon => false,
        other => panic!("{other:?}"),
    };
    assert!(is(0).await, "the first");
    assert!(is(5).await);
    assert!(is(9).await, "a second early is forgiven");
    assert!(!is(12).await, "now ten seconds");
    assert!(!is(18).await, "now fifteen");
    assert!(is(33).await);
    assert!(!is(40).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_simultaneous_polls_one_is_in_time() {
    let (test, scene, waiting) = set().await;
    let polls = (0..20).map(|_| {
        let (store, device, now) = (test.store.clone(), waiting.device.clone(), scene.now);
        tokio::spawn(async move {
            let mut unit = store.write().await.unwrap();
            let polled = device_grant::poll(&mut unit, &device, now).await.unwrap();
            unit.commit().await.unwrap();
            matches!(polled, Poll::Pending)
        })
    });
    let mut in_time = 0;
    for poll in polls.collect::<Vec<_>>() {
        in_time += usize::from(poll.await.unwrap());
    }
    assert_eq!(in_time, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_grants_never_share_a_user_code() {
    let (test, scene, waiting) = set().await;
    let new = NewDeviceGrant {
        device_code_hash: crate::token("another device"),
        user_code: &waiting.code,
        grant_id: test.store.ambient().id(),
        client: &scene.client,
        scopes: Vec::new(),
        data: json!({}),
    };
    let mut unit = test.store.write().await.unwrap();
    let sealer = test.store.sealer();
    assert!(!device_grant::create(&mut unit, sealer, new, scene.now).await.unwrap());
    // The unit of work goes on, also on PostgreSQL.
    assert!(device_grant::find(&mut unit, &waiting.id, scene.now).await.unwrap().is_some());
}

/// What must kill a grant that was approved.
#[derive(Debug, Clone, Copy)]
enum Blow {
    SessionEnds,
    PersonDisabled,
    PersonEpoch,
    ClientEpoch,
    ConsentTakenBack,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_approval_hangs_on_takes_it_down() {
    for blow in [
        Blow::SessionEnds,
        Blow::PersonDisabled,
        Blow::PersonEpoch,
        Blow::ClientEpoch,
        Blow::ConsentTakenBack,
    ] {
        let (test, mut scene, waiting) = set().await;
        let unanswered = ask(&test.store, &scene).await;
        let now = scene.now;
        assert!(approve(&test.store, &scene, &waiting, now).await);
        let mut unit = test.store.write().await.unwrap();
        match blow {
            Blow::SessionEnds => {
                session::end(&mut unit, &scene.session.id, now).await.unwrap();
            }
            Blow::PersonDisabled => {
                user::set_disabled(&mut unit, &scene.user.id, Some(now), now).await.unwrap();
            }
            Blow::PersonEpoch => {
                user::advance_epoch(&mut unit, &scene.user.id, now).await.unwrap();
            }
            Blow::ClientEpoch => {
                scene.client.security_epoch += 1;
                client::update(&mut unit, &scene.client).await.unwrap();
            }
            Blow::ConsentTakenBack => {
                consent::delete(&mut unit, &scene.user.id, &scene.client.id, now).await.unwrap();
            }
        }
        unit.commit().await.unwrap();
        assert!(
            matches!(find(&test.store, &scene, &waiting, now).await, Poll::Unknown),
            "{blow:?}"
        );
        let still_open = is_open(&test.store, &unanswered.code, now).await;
        assert_eq!(still_open, !matches!(blow, Blow::ClientEpoch), "{blow:?}");
    }
}
