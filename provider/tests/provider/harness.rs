//! A provider to test with: the person Ada, the client Wiki, a browser, and a clock. On a temporary
//! SQLite file or, with `TEST_DATABASE_URL`, in a PostgreSQL schema of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use assurance::{Enrolled, Evidence, Held, Method, Mfa, Policies, Policy, Proof};
use aws_lc_rs::digest;
use chrono::Duration;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use provider::authorize::{Authorize, ConsentPage, ErrorPage};
use provider::token::{TokenError, TokenResponse};
use provider::{Caller, Provider, Trace};
use serde_json::Value;
use store::client::{self, Client, Consent, GrantType, Kind, Pkce, Settings, SigningAlgorithm};
use store::credential::{self, Credential};
use store::interaction::Interaction;
use store::session::{self, NewSession, Session};
use store::user::{self, NewUser, User};
use store::{
    Ambient, Clock, Database, Document, Id, OsRandom, Sealer, SecretKey, Store, Time, TokenHash,
    event,
};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const CALLBACK: &str = "https://wiki.example/cb";
pub(crate) const SECRET: &str = "s3cret of wiki";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A signed-in browser: what the server finds by its cookie.
pub(crate) type SignedIn = (Session, User);

/// Parameters by name.
pub(crate) type Fields = BTreeMap<String, String>;

struct Hand(Mutex<Time>);

impl Clock for Hand {
    fn now(&self) -> Time {
        *self.0.lock().unwrap()
    }
}

/// A provider with its surroundings.
pub(crate) struct Bed {
    pub(crate) provider: Provider,
    pub(crate) store: Store,
    pub(crate) ada: User,
    pub(crate) browser: TokenHash,
    clock: Arc<Hand>,
    _folder: tempfile::TempDir,
}

/// The parameters of an ordinary request, without those named and with those given.
pub(crate) fn request(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "wiki"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email"),
        ("state", "a state"),
        ("nonce", "a nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    pairs(&fields)
}

pub(crate) fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn settings() -> Settings {
    Settings {
        kind: Kind::Confidential,
        grants: vec![GrantType::AuthorizationCode],
        redirect_uris: vec![CALLBACK.to_owned(), "https://wiki.example/cb?a=b".to_owned()],
        post_logout_redirect_uris: vec!["https://wiki.example/bye".to_owned()],
        consent: Consent::Never,
        pkce: Pkce::Required,
        scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec(),
        id_token_signed_response_alg: SigningAlgorithm::ES256,
        client_uri: None,
        logo_uri: None,
        policy_uri: None,
        tos_uri: None,
    }
}

impl Bed {
    /// With Wiki, a first-party client.
    pub(crate) async fn new() -> Self {
        Self::with(settings()).await
    }

    /// With Wiki as these settings say.
    pub(crate) async fn with(wiki: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = Time::from(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let clock = Arc::new(Hand(Mutex::new(start)));
        let store = Self::store(folder.path(), &clock).await;
        let new = NewUser {
            username: Some("ada".to_owned()),
            email: Some("ada@acme.example".to_owned()),
            email_verified_at: Some(start),
            name: "Ada Lovelace".to_owned(),
            language: Some("de".to_owned()),
            attributes: serde_json::json!({ "given_name": "Ada", "sub": "forged", "acr": "phrh" })
                .as_object()
                .unwrap()
                .clone(),
            ..NewUser::default()
        };
        let ada = User::new(store.ambient().id(), new, start);
        let mut unit = store.write().await.unwrap();
        user::create(&mut unit, &ada).await.unwrap();
        unit.commit().await.unwrap();
        let provider = Provider::open(store.clone(), ISSUER.to_owned()).await.unwrap();
        let browser = store::token("ada's browser");
        let bed = Self { provider, store, ada, browser, clock, _folder: folder };
        bed.client("wiki", Some(SECRET), wiki).await;
        bed
    }

    async fn store(folder: &std::path::Path, clock: &Arc<Hand>) -> Store {
        let ambient = Ambient::new(clock.clone(), Arc::new(OsRandom));
        let database = match std::env::var("TEST_DATABASE_URL") {
            Ok(server) if !server.is_empty() => schema(&server, &ambient).await,
            _ => Database::Sqlite(folder.join("test.db")),
        };
        let sealer = Sealer::new(&SecretKey::new([7; 32])).unwrap();
        Store::open(&database, sealer, ambient).await.unwrap()
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now = now.plus(Duration::seconds(seconds));
    }

    pub(crate) async fn client(&self, id: &str, secret: Option<&str>, settings: Settings) {
        let name = format!("The {id}");
        let (sealer, now) = (self.store.sealer(), self.now());
        let client = Client::new(Id::from(id), name, secret, settings, sealer, now);
        let mut unit = self.store.write().await.unwrap();
        client::create(&mut unit, &client).await.unwrap();
        unit.commit().await.unwrap();
    }

    /// Changes Wiki.
    pub(crate) async fn change_wiki(&self, change: impl FnOnce(&mut Client)) {
        let mut unit = self.store.write().await.unwrap();
        let mut wiki = client::find(&mut unit, &Id::from("wiki")).await.unwrap().unwrap();
        change(&mut wiki);
        client::update(&mut unit, &wiki).await.unwrap();
        unit.commit().await.unwrap();
    }

    /// Ada signs in now with her password, and with an authenticator if `totp`.
    pub(crate) async fn sign_in(&self, totp: bool) -> SignedIn {
        self.sign_in_as(&self.ada, totp).await
    }

    pub(crate) async fn sign_in_as(&self, user: &User, totp: bool) -> SignedIn {
        let now = self.now();
        let mut proofs = vec![Proof::new(Method::Password, *now)];
        if totp {
            let credential = "totp of ada".to_owned();
            proofs.push(Proof::new(Method::Totp { credential }, *now));
        }
        let evidence: Evidence = proofs.into_iter().collect();
        let policy = Policy { mfa: Mfa::Off, ..Policy::default() };
        let held = Held::organisation("acme", "Acme", policy, *now, *now);
        let policies = Policies::new(user.id.as_str()).with(held);
        let admitted = assurance::admit(&policies, &evidence, &Enrolled::default(), *now);
        let new = NewSession {
            id: self.store.ambient().id(),
            token_hash: store::token(&self.store.ambient().token()),
            security_epoch: user.security_epoch,
            lasts: Duration::hours(12),
            persistent: false,
            ip: None,
            user_agent: None,
        };
        let mut unit = self.store.write().await.unwrap();
        let session = session::create(&mut unit, &admitted.admitted().unwrap(), new, now).await;
        unit.commit().await.unwrap();
        (session.unwrap(), user.clone())
    }

    /// Ada sets up an authenticator.
    pub(crate) async fn enrol_totp(&self) {
        let row = Credential {
            id: Id::from("totp of ada"),
            user_id: self.ada.id.clone(),
            kind: "totp".to_owned(),
            name: "Phone".to_owned(),
            unique_key: None,
            data: Document(serde_json::json!({})),
            sealed: None,
            confirmed_at: Some(self.now()),
            created_at: self.now(),
            last_used_at: None,
            counter: -1,
        };
        let mut unit = self.store.write().await.unwrap();
        credential::create(&mut unit, &row).await.unwrap();
        unit.commit().await.unwrap();
    }

    pub(crate) async fn another_person(&self) -> User {
        let new = NewUser { email: Some("bob@acme.example".to_owned()), ..NewUser::default() };
        let bob = User::new(self.store.ambient().id(), new, self.now());
        let mut unit = self.store.write().await.unwrap();
        user::create(&mut unit, &bob).await.unwrap();
        unit.commit().await.unwrap();
        bob
    }

    pub(crate) fn caller<'a>(&'a self, session: Option<&'a SignedIn>) -> Caller<'a> {
        Caller { browser: &self.browser, session, trace: Trace::default() }
    }

    pub(crate) async fn authorize(
        &self,
        params: Vec<(String, String)>,
        session: Option<&SignedIn>,
    ) -> Authorize {
        self.provider.authorize(params, &self.caller(session)).await.unwrap()
    }

    pub(crate) async fn resume(
        &self,
        id: &Id<Interaction>,
        session: Option<&SignedIn>,
    ) -> Authorize {
        self.provider.resume(id, &self.caller(session)).await.unwrap()
    }

    pub(crate) async fn decide(
        &self,
        id: &Id<Interaction>,
        session: Option<&SignedIn>,
        allow: bool,
    ) -> Authorize {
        self.provider.decide_consent(id, &self.caller(session), allow).await.unwrap()
    }

    /// A code for an ordinary request with changes.
    pub(crate) async fn code(&self, session: &SignedIn, changes: &[(&str, &str)]) -> String {
        answer(self.authorize(request(changes), Some(session)).await).remove("code").unwrap()
    }

    /// Redeems a code as Wiki does, with changes.
    pub(crate) async fn redeem(
        &self,
        code: &str,
        changes: &[(&str, &str)],
    ) -> Result<TokenResponse, TokenError> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        let header = basic("wiki", SECRET);
        self.provider.token(Some(&header), pairs(&fields), &Trace::default()).await
    }

    /// Everything that a request and its code lead to.
    pub(crate) async fn tokens(
        &self,
        session: &SignedIn,
        changes: &[(&str, &str)],
    ) -> TokenResponse {
        let code = self.code(session, changes).await;
        self.redeem(&code, &[]).await.unwrap()
    }

    pub(crate) async fn userinfo(&self, token: &str) -> Result<Value, u16> {
        let header = format!("Bearer {token}");
        let answer = self.provider.userinfo(Some(&header), &[]).await;
        answer.map(Value::from).map_err(|error| error.status)
    }

    /// How many events of this kind there were.
    pub(crate) async fn events(&self, kind: &str) -> usize {
        let mut conn = self.store.read().await.unwrap();
        let newest = event::newest(&mut conn, None, 100).await.unwrap();
        newest.iter().filter(|event| event.kind == kind).count()
    }

    /// The claims of an ID token whose signature is right.
    pub(crate) fn claims(&self, token: &str) -> Value {
        verify(&serde_json::from_slice(&self.provider.jwks().body).unwrap(), token).unwrap()
    }
}

/// A new schema of this PostgreSQL server.
async fn schema(server: &str, ambient: &Ambient) -> Database {
    let name = format!("t_{}", data_encoding::HEXLOWER.encode(&ambient.bytes::<8>()));
    let (client, connection) =
        tokio_postgres::connect(server, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE SCHEMA {name}")).await.unwrap();
    let joint = if server.contains('?') { '&' } else { '?' };
    Database::Postgres(format!("{server}{joint}options=-csearch_path%3D{name}"))
}

/// Checks a JWS as a relying party does: by `kid` and `alg` from the published keys.
pub(crate) fn verify(jwks: &Value, token: &str) -> Option<Value> {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    };
    let parts: Vec<&str> = token.split('.').collect();
    let json = |part: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let header = json(parts[0]);
    let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"])?;
    assert_eq!(key["alg"], header["alg"]);
    let bytes =
        |name: &str| BASE64URL_NOPAD.decode(key[name].as_str().unwrap().as_bytes()).unwrap();
    let message = format!("{}.{}", parts[0], parts[1]);
    let signature = BASE64URL_NOPAD.decode(parts[2].as_bytes()).unwrap();
    if key["kty"] == "EC" {
        let point = [vec![4], bytes("x"), bytes("y")].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        key.verify(message.as_bytes(), &signature).ok()?;
    } else {
        let key = RsaPublicKeyComponents { n: bytes("n"), e: bytes("e") };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).ok()?;
    }
    Some(json(parts[1]))
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| text.replace('%', "%25").replace(':', "%3A").replace(' ', "+");
    let text = format!("{}:{}", encode(id), encode(secret));
    format!("Basic {}", BASE64.encode(text.as_bytes()))
}

/// The parameters with which the browser is sent to Wiki; each answer says who gives it.
pub(crate) fn answer(answer: Authorize) -> Fields {
    let Authorize::Redirect(location) = answer else { panic!("no redirect: {answer:?}") };
    let (uri, query) = location.as_str().split_once('?').unwrap();
    assert_eq!(uri, CALLBACK);
    let fields: Fields = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!(fields["iss"], ISSUER);
    fields
}

/// The error with which the browser is sent to Wiki.
pub(crate) fn error(answered: Authorize) -> String {
    let mut fields = answer(answered);
    assert!(!fields.contains_key("code"));
    let description = &fields["error_description"];
    let is_allowed = |c: char| (' '..='~').contains(&c) && c != '"' && c != '\\';
    assert!(description.chars().all(is_allowed), "{description}");
    fields.remove("error").unwrap()
}

pub(crate) fn page(answered: Authorize) -> ErrorPage {
    match answered {
        Authorize::ErrorPage(page) => page,
        other => panic!("no page: {other:?}"),
    }
}

pub(crate) fn waiting(answered: Authorize) -> Id<Interaction> {
    match answered {
        Authorize::SignIn { interaction } => interaction,
        other => panic!("no sign-in: {other:?}"),
    }
}

pub(crate) fn question(answered: Authorize) -> Box<ConsentPage> {
    match answered {
        Authorize::Consent(page) => page,
        other => panic!("no consent page: {other:?}"),
    }
}

/// `at_hash` by its definition.
pub(crate) fn at_hash(token: &str) -> String {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    BASE64URL_NOPAD.encode(&digest.as_ref()[..16])
}
