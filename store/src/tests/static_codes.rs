use super::support::{open, person};
use crate::credential::{self, Credential};
use crate::static_code::{self, Remaining};
use crate::user::User;
use crate::{Document, Error, Id, Store, user};

/// A set with these codes, written in the place of the one before.
async fn replace(store: &Store, user: &User, codes: &[&str]) -> Result<Credential, Error> {
    let now = store.ambient().now();
    let credential = Credential {
        id: store.ambient().id(),
        user_id: user.id.clone(),
        kind: static_code::KIND.to_owned(),
        name: String::new(),
        unique_key: Some(static_code::unique_key(&user.id)),
        data: Document(serde_json::json!({})),
        sealed: None,
        confirmed_at: Some(now),
        created_at: now,
        last_used_at: None,
        counter: -1,
    };
    let hashes: Vec<_> = codes.iter().map(|code| code.as_bytes().to_vec()).collect();
    let mut unit = store.write().await?;
    static_code::replace(&mut unit, store.ambient(), &credential, &hashes).await?;
    unit.commit().await?;
    Ok(credential)
}

async fn claim(store: &Store, user: &Id<User>, of: &Id<Credential>, code: &str) -> bool {
    let now = store.ambient().now();
    let mut unit = store.write().await.unwrap();
    let won = static_code::claim(&mut unit, user, of, code.as_bytes(), now).await.unwrap();
    unit.commit().await.unwrap();
    won
}

async fn remaining(store: &Store, of: &Credential) -> Remaining {
    let mut conn = store.read().await.unwrap();
    static_code::remaining(&mut conn, &of.id).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_use_a_code_at_once_one_does() {
    let test = open().await;
    let ada = person(&test.store, "ada@acme.example").await;
    let set = replace(&test.store, &ada, &["one", "two"]).await.unwrap();
    let claims = (0..20).map(|_| {
        let (store, user, of) = (test.store.clone(), ada.id.clone(), set.id.clone());
        tokio::spawn(async move { claim(&store, &user, &of, "one").await })
    });
    let mut winners = 0;
    for claim in claims.collect::<Vec<_>>() {
        winners += usize::from(claim.await.unwrap());
    }
    assert_eq!(winners, 1);
    assert_eq!(remaining(&test.store, &set).await, Remaining { left: 1, of: 2 });
    let mut conn = test.store.read().await.unwrap();
    for (code, used) in [("one", Some(true)), ("two", Some(false)), ("three", None)] {
        let found = static_code::is_used(&mut conn, &set.id, code.as_bytes()).await.unwrap();
        assert_eq!(found, used, "{code}");
    }
}

/// A-58, CVE-2025-64175.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_its_owner_s_alone() {
    let test = open().await;
    let ada = person(&test.store, "ada@acme.example").await;
    let bob = person(&test.store, "bob@acme.example").await;
    let of_ada = replace(&test.store, &ada, &["one"]).await.unwrap();
    let of_bob = replace(&test.store, &bob, &["two"]).await.unwrap();
    for (user, set, code) in [
        (&bob.id, &of_bob.id, "one"),
        (&bob.id, &of_ada.id, "one"),
        (&ada.id, &of_bob.id, "one"),
        (&ada.id, &of_ada.id, "two"),
    ] {
        assert!(!claim(&test.store, user, set, code).await, "{user} {set} {code}");
    }
    assert_eq!(remaining(&test.store, &of_ada).await.left, 1);
    assert!(claim(&test.store, &ada.id, &of_ada.id, "one").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_set_ends_the_old_one_and_a_disabled_person_has_none() {
    let test = open().await;
    let ada = person(&test.store, "ada@acme.example").await;
    let old = replace(&test.store, &ada, &["one", "two"]).await.unwrap();
    let new = replace(&test.store, &ada, &["one", "three"]).await.unwrap();
    for code in ["one", "two"] {
        assert!(!claim(&test.store, &ada.id, &old.id, code).await, "{code}");
    }
    assert_eq!(remaining(&test.store, &old).await, Remaining { left: 0, of: 0 });
    assert_eq!(remaining(&test.store, &new).await, Remaining { left: 2, of: 2 });
    let mut conn = test.store.read().await.unwrap();
    let sets = credential::of_kind(&mut conn, &ada.id, static_code::KIND).await.unwrap();
    assert_eq!(sets.len(), 1);
    drop(conn);
    let now = test.store.ambient().now();
    let mut unit = test.store.write().await.unwrap();
    user::set_disabled(&mut unit, &ada.id, Some(now), now).await.unwrap();
    unit.commit().await.unwrap();
    assert!(!claim(&test.store, &ada.id, &new.id, "three").await);
}

/// Whoever is second either replaces the first's set or is told so; nobody has two.
#[tokio::test(flavor = "multi_thread")]
async fn sets_made_at_once_leave_one_whole_set() {
    let test = open().await;
    let ada = person(&test.store, "ada@acme.example").await;
    let sets = (0..8).map(|_| {
        let (store, ada) = (test.store.clone(), ada.clone());
        tokio::spawn(async move { replace(&store, &ada, &["one", "two", "three"]).await })
    });
    for set in sets.collect::<Vec<_>>() {
        match set.await.unwrap() {
            Ok(_) | Err(Error::Conflict(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    let mut conn = test.store.read().await.unwrap();
    let sets = credential::of_kind(&mut conn, &ada.id, static_code::KIND).await.unwrap();
    assert_eq!(sets.len(), 1);
    let left = static_code::remaining(&mut conn, &sets[0].id).await.unwrap();
    assert_eq!(left, Remaining { left: 3, of: 3 });
}
