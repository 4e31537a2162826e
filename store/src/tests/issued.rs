use assurance::{Admitted, Enrolled, Evidence, Held, Method, Mfa, Policies, Policy, Proof};
use chrono::Duration;
use serde_json::json;

use super::support::{open, person};
use crate::client::{self, Client, Consent, GrantType, Kind, Pkce, Settings};
use crate::code::{self, Burnt, Grant, NewCode};
use crate::interaction::{self, Interaction};
use crate::session::{self, NewSession, Session};
use crate::signing_key::{self, SigningKey};
use crate::token::{self, NewToken};
use crate::user::User;
use crate::{Document, Error, Id, Store, Time, TokenHash, consent, user};

/// A person with a session, and a client.
pub(super) struct Scene {
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) client: Client,
    pub(super) now: Time,
}

/// By a policy that asks for no second factor, one proof is enough.
pub(super) fn admitted(user: &User, now: Time) -> Admitted {
    let policy = Policy { mfa: Mfa::Off, ..Policy::default() };
    let held = Held::organisation("acme", "Acme", policy, *now, *now);
    let policies = Policies::new(user.id.as_str()).with(held);
    let evidence: Evidence = [Proof::new(Method::Password, *now)].into_iter().collect();
    assurance::admit(&policies, &evidence, &Enrolled::default(), *now).admitted().unwrap()
}

pub(super) async fn scene(store: &Store) -> Scene {
    let now = store.ambient().now();
    let user = person(store, "ada@acme.example").await;
    let settings = Settings {
        kind: Kind::Confidential,
        grants: vec![GrantType::AuthorizationCode],
        redirect_uris: vec!["https://wiki.acme.example/cb".to_owned()],
        post_logout_redirect_uris: Vec::new(),
        consent: Consent::Once,
        pkce: Pkce::Required,
        scopes: vec!["openid".to_owned()],
        id_token_signed_response_alg: client::SigningAlgorithm::default(),
        client_uri: None,
        logo_uri: None,
        policy_uri: None,
        tos_uri: None,
    };
    let client = Client::new(
        Id::from("wiki"),
        "Wiki".to_owned(),
        Some("secret"),
        settings,
        store.sealer(),
        now,
    );
    let new = NewSession {
        id: store.ambient().id(),
        token_hash: crate::token("session"),
        security_epoch: user.security_epoch,
        lasts: Duration::hours(1),
        persistent: false,
        ip: None,
        user_agent: None,
    };
    let mut unit = store.write().await.unwrap();
    client::create(&mut unit, &client).await.unwrap();
    let session = session::create(&mut unit, &admitted(&user, now), new, now).await.unwrap();
    unit.commit().await.unwrap();
    Scene { user, session, client, now }
}

impl Scene {
    async fn code(&self, store: &Store) -> (TokenHash, Id<Grant>) {
        let (hash, grant_id) = (crate::token(&store.ambient().token()), store.ambient().id());
        let new = NewCode {
            code_hash: hash.clone(),
            grant_id: grant_id.clone(),
            client: &self.client,
            session: &self.session,
            request: json!({}),
        };
        let mut unit = store.write().await.unwrap();
        code::create(&mut unit, &admitted(&self.user, self.now), new, self.now).await.unwrap();
        unit.commit().await.unwrap();
        (hash, grant_id)
    }

    async fn token(&self, store: &Store, grant_id: Id<Grant>) -> TokenHash {
        let hash = crate::token(&store.ambient().token());
        let new = NewToken {
            token_hash: hash.clone(),
            kind: token::Kind::Access,
            grant_id,
            client: &self.client,
            session: &self.session,
            scopes: vec!["openid".to_owned()],
            data: json!({}),
            expires_at: self.now.plus(Duration::hours(9)),
        };
        let mut unit = store.write().await.unwrap();
        let made = token::create(&mut unit, &admitted(&self.user, self.now), new, self.now).await;
        assert_eq!(made.unwrap().expires_at, self.session.expires_at, "the session's end cuts it");
        unit.commit().await.unwrap();
        hash
    }

    async fn has_code(&self, store: &Store, hash: &TokenHash, client: &Client, now: Time) -> bool {
        let mut conn = store.read().await.unwrap();
        code::find(&mut conn, hash, client, now).await.unwrap().is_some()
    }

    async fn has_token(&self, store: &Store, hash: &TokenHash, now: Time) -> bool {
        let mut conn = store.read().await.unwrap();
        token::find(&mut conn, hash, token::Kind::Access, now).await.unwrap().is_some()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_simultaneous_claims_of_a_code_one_wins() {
    let test = open().await;
    let scene = scene(&test.store).await;
    let (hash, _) = scene.code(&test.store).await;
    let claims = (0..20).map(|_| {
        let (store, hash) = (test.store.clone(), hash.clone());
        let (client, now) = (scene.client.id.clone(), scene.now);
        tokio::spawn(async move {
            let mut unit = store.write().await.unwrap();
            let won = code::claim(&mut unit, &hash, &client, now).await.unwrap();
            unit.commit().await.unwrap();
            won
        })
    });
    let mut winners = 0;
    for claim in claims.collect::<Vec<_>>() {
        winners += usize::from(claim.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_its_clients_and_lives_a_minute() {
    let test = open().await;
    let scene = scene(&test.store).await;
    let (hash, _) = scene.code(&test.store).await;
    let mut other = scene.client.clone();
    other.id = Id::from("other");
    let later = |seconds| scene.now.plus(Duration::seconds(seconds));
    assert!(scene.has_code(&test.store, &hash, &scene.client, later(59)).await);
    assert!(!scene.has_code(&test.store, &hash, &scene.client, later(60)).await);
    assert!(!scene.has_code(&test.store, &hash, &other, scene.now).await);
    let mut unit = test.store.write().await.unwrap();
    assert!(!code::claim(&mut unit, &hash, &other.id, scene.now).await.unwrap());
    assert!(!code::claim(&mut unit, &hash, &scene.client.id, later(60)).await.unwrap());
    assert!(code::claim(&mut unit, &hash, &scene.client.id, later(59)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn burning_a_used_code_revokes_what_was_issued_for_it() {
    let test = open().await;
    let scene = scene(&test.store).await;
    let (hash, grant) = scene.code(&test.store).await;
    let token = scene.token(&test.store, grant).await;
    let (_, other_grant) = scene.code(&test.store).await;
    let other = scene.token(&test.store, other_grant).await;

    let mut unit = test.store.write().await.unwrap();
    assert!(matches!(code::burn(&mut unit, &hash, scene.now).await.unwrap(), Burnt::Now(_)));
    unit.commit().await.unwrap();
    assert!(scene.has_token(&test.store, &token, scene.now).await, "burnt for the first time");

    let mut unit = test.store.write().await.unwrap();
    let burnt = code::burn(&mut unit, &hash, scene.now).await.unwrap();
    assert!(matches!(burnt, Burnt::Before { revoked: 1, .. }), "{burnt:?}");
    let unknown = code::burn(&mut unit, &crate::token("made up"), scene.now).await.unwrap();
    assert!(matches!(unknown, Burnt::Unknown));
    unit.commit().await.unwrap();
    assert!(!scene.has_token(&test.store, &token, scene.now).await);
    assert!(scene.has_token(&test.store, &other, scene.now).await, "another grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_issued_for_another_persons_session() {
    let test = open().await;
    let scene = scene(&test.store).await;
    let mallory = person(&test.store, "mallory@acme.example").await;
    let new = NewCode {
        code_hash: crate::token("code"),
        grant_id: test.store.ambient().id(),
        client: &scene.client,
        session: &scene.session,
        request: json!({}),
    };
    let mut unit = test.store.write().await.unwrap();
    let made = code::create(&mut unit, &admitted(&mallory, scene.now), new, scene.now).await;
    assert!(matches!(made, Err(Error::Stale)));
}

/// What must kill codes and tokens, whichever of the two.
#[derive(Debug, Clone, Copy)]
enum Blow {
    SessionEnds,
    SessionExpires,
    PersonDisabled,
    PersonEpoch,
    ClientDisabled,
    ClientEpoch,
    ConsentTakenBack,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_grant_hangs_on_takes_it_down() {
    for blow in [
        Blow::SessionEnds,
        Blow::SessionExpires,
        Blow::PersonDisabled,
        Blow::PersonEpoch,
        Blow::ClientDisabled,
        Blow::ClientEpoch,
        Blow::ConsentTakenBack,
    ] {
        let test = open().await;
        let scene = scene(&test.store).await;
        let (code, grant) = scene.code(&test.store).await;
        let token = scene.token(&test.store, grant).await;
        let mut now = scene.now;
        assert!(scene.has_code(&test.store, &code, &scene.client, now).await);
        assert!(scene.has_token(&test.store, &token, now).await);

        let mut client = scene.client.clone();
        let mut unit = test.store.write().await.unwrap();
        match blow {
            Blow::SessionEnds => {
                assert!(session::end(&mut unit, &scene.session.id, now).await.unwrap());
            }
            Blow::SessionExpires => now = scene.session.expires_at,
            Blow::PersonDisabled => {
                user::set_disabled(&mut unit, &scene.user.id, Some(now), now).await.unwrap();
            }
            Blow::PersonEpoch => {
                user::advance_epoch(&mut unit, &scene.user.id, now).await.unwrap();
            }
            Blow::ClientDisabled => {
                client.disabled_at = Some(now);
                client::update(&mut unit, &client).await.unwrap();
            }
            Blow::ClientEpoch => {
                client.security_epoch += 1;
                client::update(&mut unit, &client).await.unwrap();
            }
            Blow::ConsentTakenBack => {
                consent::delete(&mut unit, &scene.user.id, &client.id, now).await.unwrap();
            }
        }
        unit.commit().await.unwrap();
        assert!(!scene.has_token(&test.store, &token, now).await, "{blow:?}: the token");
        // A disabled client is not even found, so its code is not asked for.
        let found = client::find(&mut test.store.read().await.unwrap(), &client.id).await.unwrap();
        if let Some(client) = found {
            assert!(!scene.has_code(&test.store, &code, &client, now).await, "{blow:?}: the code");
        } else {
            assert!(matches!(blow, Blow::ClientDisabled));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interaction_is_its_browsers_and_is_answered_once() {
    let test = open().await;
    let scene = scene(&test.store).await;
    let (browser, now) = (crate::token("browser"), scene.now);
    let row = Interaction {
        id: test.store.ambient().id(),
        browser_hash: browser.clone(),
        client_id: scene.client.id.clone(),
        request: Document(json!([])),
        state: Document(json!({})),
        created_at: now,
        expires_at: now.plus(Duration::hours(1)),
        finished_at: None,
    };
    let mut unit = test.store.write().await.unwrap();
    interaction::create(&mut unit, &row).await.unwrap();
    let expired = row.expires_at;
    let stranger = crate::token("another browser");
    assert!(interaction::find(&mut unit, &row.id, &browser, now).await.unwrap().is_some());
    assert!(interaction::find(&mut unit, &row.id, &stranger, now).await.unwrap().is_none());
    assert!(interaction::find(&mut unit, &row.id, &browser, expired).await.unwrap().is_none());
    let late = interaction::finish(&mut unit, &row.id, expired).await;
    assert!(matches!(late, Err(Error::Stale)));
    interaction::finish(&mut unit, &row.id, now).await.unwrap();
    let again = interaction::finish(&mut unit, &row.id, now).await;
    assert!(matches!(again, Err(Error::Stale)));
    let late = interaction::update_state(&mut unit, &row.id, json!({})).await;
    assert!(matches!(late, Err(Error::Stale)));
    assert!(interaction::find(&mut unit, &row.id, &browser, now).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_add_up() {
    let test = open().await;
    let scene = scene(&test.store).await;
    let (user, client, now) = (&scene.user.id, &scene.client.id, scene.now);
    let scopes = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let mut unit = test.store.write().await.unwrap();
    assert!(consent::find(&mut unit, user, client).await.unwrap().is_none());
    consent::allow(&mut unit, user, client, &scopes(&["openid", "email"]), now).await.unwrap();
    let later = now.plus(Duration::hours(1));
    consent::allow(&mut unit, user, client, &scopes(&["profile", "email"]), later).await.unwrap();
    let given = consent::find(&mut unit, user, client).await.unwrap().unwrap();
    assert_eq!(given.scopes.0, scopes(&["openid", "email", "profile"]));
    assert_eq!((given.created_at, given.updated_at), (now, later));
    assert!(given.has_all(&scopes(&["profile", "openid"])));
    assert!(!given.has_all(&scopes(&["profile", "groups"])));
    assert!(consent::delete(&mut unit, user, client, later).await.unwrap());
    assert!(!consent::delete(&mut unit, user, client, later).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_keys_of_one_generation_one_is_kept() {
    let test = open().await;
    let key = |id: &str, generation| SigningKey {
        id: Id::from(id),
        algorithm: "ES256".to_owned(),
        generation,
        sealed: vec![1],
        public_jwk: Document(json!({})),
        created_at: test.store.ambient().now(),
        retired_at: None,
    };
    let mut unit = test.store.write().await.unwrap();
    assert!(signing_key::create(&mut unit, &key("a", 1)).await.unwrap());
    assert!(!signing_key::create(&mut unit, &key("b", 1)).await.unwrap());
    assert!(signing_key::create(&mut unit, &key("c", 2)).await.unwrap());
    let kept = signing_key::all(&mut unit).await.unwrap();
    assert_eq!(kept.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["c", "a"]);
}
