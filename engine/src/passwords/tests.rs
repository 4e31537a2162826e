#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use store::Ambient;

use super::{Passwords, Verified};

fn pool() -> Passwords {
    Passwords::cheap(1, Ambient::system()).unwrap()
}

#[tokio::test]
async fn a_digest_is_the_same_for_the_same_text_and_salt_alone() {
    let pool = pool();
    let (salt, other) = (pool.salt().unwrap(), pool.salt().unwrap());
    assert_ne!(salt, other);
    let digest = pool.digest("0123456789", &salt).await.unwrap();
    assert_eq!(digest, pool.digest("0123456789", &salt).await.unwrap());
    assert_ne!(digest, pool.digest("0123456789", &other).await.unwrap());
    assert_ne!(digest, pool.digest("0123456788", &salt).await.unwrap());
}

/// What was kept stays good when the parameters become stronger.
#[tokio::test]
async fn a_salt_brings_its_parameters_along() {
    let salt = pool().salt().unwrap();
    let digest = pool().digest("0123456789", &salt).await.unwrap();
    let stronger = Passwords::new(1, Ambient::system()).unwrap();
    assert_eq!(digest, stronger.digest("0123456789", &salt).await.unwrap());
    let of_stronger = stronger.salt().unwrap();
    assert!(of_stronger.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{of_stronger}");
}

#[tokio::test]
async fn a_damaged_salt_digests_nothing() {
    let pool = pool();
    for salt in [
        "",
        "salt",
        "$argon2id$v=19$m=8,t=1,p=1",
        "$argon2id$v=19$m=4000000,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA",
        "$md5$c2FsdHNhbHRzYWx0c2FsdA",
    ] {
        assert!(pool.digest("0123456789", salt).await.is_err(), "{salt}");
    }
}

#[tokio::test]
async fn a_password_is_verified_by_its_hash() {
    let pool = pool();
    let phc = pool.hash("seven green lanterns").await.unwrap();
    let verified = pool.verify("seven green lanterns", Some(&phc)).await.unwrap();
    assert_eq!(verified, Verified { matches: true, outdated: false });
    assert!(!pool.verify("seven green lantern", Some(&phc)).await.unwrap().matches);
    assert!(!pool.verify("seven green lanterns", None).await.unwrap().matches);
    let stronger = Passwords::new(1, Ambient::system()).unwrap();
    let verified = stronger.verify("seven green lanterns", Some(&phc)).await.unwrap();
    assert_eq!(verified, Verified { matches: true, outdated: true });
}
