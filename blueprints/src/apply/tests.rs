//! Applying to a database: on a temporary SQLite file.

use engine::Passwords;
use store::user::Login;
use store::{
    Ambient, Conn, Database, Sealer, SecretKey, Store, blueprint_version, client, credential,
    event, organisation, user,
};

use super::{Action, Apply, ApplyError};
use crate::fixture::{self, check_with, registry};
use crate::{Applied, Compiled};

const ACME: &str = "flowgate: 1
name: acme
organisations:
  acme:
    name: Acme GmbH
    domains: [acme.example]
    join: domain
    policy: { mfa: required, session: 8h }
  partners: {}
clients:
  wiki:
    kind: confidential
    secret: !var secret
    redirect_uris: [https://wiki.example/callback]
    organisation: acme
conditions:
  always: \"true\"
flows:
  sign-in:
    use: authentication
    stages: [password: {}, login: {}]
users:
  ada:
    email: ada@acme.example
    verified: true
    password: ada-writes-programs
    organisations: [acme, partners]
    admin: true
  grace:
    email: grace@else.example
    organisations: [partners]
";

/// A server's database.
struct World {
    store: Store,
    passwords: Passwords,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let sealer = Sealer::new(&SecretKey::new([7; 32])).unwrap();
        let database = Database::Sqlite(folder.path().join("test.db"));
        let store = Store::open(&database, sealer, ambient.clone()).await.unwrap();
        let passwords = Passwords::cheap(1, ambient).unwrap();
        Self { store, passwords, _folder: folder }
    }

    async fn apply(&self, blueprint: &Compiled) -> Result<Applied, ApplyError> {
        let registry = registry();
        let request = Apply { actor: "test", message: Some("because"), registry: &registry };
        super::apply(&self.store, &self.passwords, blueprint, request).await
    }

    async fn conn(&self) -> Conn {
        self.store.read().await.unwrap()
    }

    async fn person(&self, name: &str) -> user::User {
        let by = [Login::Username];
        user::find_by_login(&mut self.conn().await, name, &by).await.unwrap().unwrap()
    }

    async fn organisations_of(&self, name: &str) -> Vec<String> {
        let person = self.person(name).await;
        let found = organisation::of_user(&mut self.conn().await, &person.id).await.unwrap();
        found.into_iter().map(|(organisation, _)| organisation.slug).collect()
    }

    async fn flows(&self) -> engine::Flows {
        let mut conn = self.conn().await;
        let latest = blueprint_version::latest(&mut conn).await.unwrap();
        let version = blueprint_version::find(&mut conn, latest).await.unwrap().unwrap();
        serde_json::from_value(version.document.0).unwrap()
    }
}

fn compile(text: &str) -> Compiled {
    let vars = [("secret".to_owned(), "sesame-sesame".to_owned())].into();
    let checked = check_with(&[("a.yaml", text)], vars);
    assert!(!checked.has_errors(), "{:?}", fixture::said(&checked));
    checked.blueprint.unwrap()
}

/// The changes as `create organisation acme`, `update client wiki [scopes]`.
fn told(applied: &Applied) -> Vec<String> {
    let tell = |change: &super::Change| {
        let action = match change.action {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
        };
        let keys =
            if change.keys.is_empty() { String::new() } else { format!(" {:?}", change.keys) };
        format!("{action} {} {}{keys}", change.kind, change.name)
    };
    applied.changes.iter().map(tell).collect()
}

fn reasons(result: Result<Applied, ApplyError>) -> Vec<String> {
    match result {
        Err(ApplyError::Refused(reasons)) => reasons,
        other => vec![format!("not refused: {other:?}")],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_written_and_then_nothing() {
    let world = World::new().await;
    let applied = world.apply(&compile(ACME)).await.unwrap();
    assert_eq!((applied.version, applied.changed), (1, true));
    assert_eq!(
        told(&applied),
        [
            "create organisation acme",
            "create organisation partners",
            "create client wiki",
            "create person ada",
            "create person grace",
            "create flow sign-in",
            "create condition always",
        ]
    );
    let mut conn = world.conn().await;
    let wiki = client::find(&mut conn, &"wiki".into()).await.unwrap().unwrap();
    assert!(wiki.is_secret(world.store.sealer(), "sesame-sesame"));
    assert_eq!(wiki.settings.redirect_uris, ["https://wiki.example/callback"]);
    let acme = organisation::find(&mut conn, "acme").await.unwrap().unwrap();
    assert_eq!(wiki.organisation_id, Some(acme.id));
    let ada = world.person("ada").await;
    assert!(ada.admin && ada.email_verified_at.is_some());
    assert_eq!(world.organisations_of("ada").await, ["acme", "partners"]);
    let passwords = credential::of_kind(&mut conn, &ada.id, "password").await.unwrap();
    let phc = passwords[0].data["phc"].as_str().unwrap();
    assert!(world.passwords.verify("ada-writes-programs", Some(phc)).await.unwrap().matches);
    let version = blueprint_version::find(&mut conn, 1).await.unwrap().unwrap();
    assert_eq!(
        (&*version.owner, &*version.actor, version.message.as_deref()),
        ("acme", "test", Some("because"))
    );
    let events = event::newest(&mut conn, None, 10).await.unwrap();
    assert_eq!((events.len(), &*events[0].kind), (1, "blueprint_applied"));
    drop(conn);

    let again = world.apply(&compile(ACME)).await.unwrap();
    assert_eq!(again, Applied { version: 1, changed: false, changes: Vec::new() });
    let mut conn = world.conn().await;
    assert_eq!(blueprint_version::latest(&mut conn).await.unwrap(), 1);
    assert_eq!(event::newest(&mut conn, None, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_person_changed_is_taken_back() {
    let world = World::new().await;
    world.apply(&compile(ACME)).await.unwrap();
    let ada = world.person("ada").await;
    let mut unit = world.store.write().await.unwrap();
    let now = world.store.ambient().now();
    let mut password = credential::of_kind(&mut unit, &ada.id, "password").await.unwrap().remove(0);
    password.id = world.store.ambient().id();
    password.data.0 = serde_json::json!({ "phc": "her own" });
    credential::replace(&mut unit, &password).await.unwrap();
    let totp = credential::Credential {
        id: world.store.ambient().id(),
        kind: "totp".to_owned(),
        unique_key: None,
        ..password.clone()
    };
    credential::create(&mut unit, &totp).await.unwrap();
    user::update_profile(&mut unit, &ada.id, "Countess", serde_json::Map::new(), now)
        .await
        .unwrap();
    unit.commit().await.unwrap();

    // The same, and one with another password, address and name.
    let other = ACME
        .replace("ada-writes-programs", "reset-by-the-file")
        .replace("ada@acme.example", "ada2@acme.example");
    for text in [ACME, &other] {
        let applied = world.apply(&compile(text)).await.unwrap();
        assert!(!applied.changed, "{:?}", told(&applied));
        let now = world.person("ada").await;
        assert_eq!(
            (now.name.as_str(), now.email.as_deref()),
            ("Countess", Some("ada@acme.example"))
        );
        assert_eq!(now.security_epoch, ada.security_epoch);
        let mut conn = world.conn().await;
        let credentials = credential::of_user(&mut conn, &ada.id).await.unwrap();
        assert_eq!(credentials.len(), 2);
        assert!(credentials.iter().all(|credential| credential.data["phc"] == "her own"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_difference_is_written() {
    let world = World::new().await;
    world.apply(&compile(ACME)).await.unwrap();
    let text = ACME
        .replace("name: Acme GmbH", "colour: \"#0055aa\"")
        .replace("    organisation: acme\n", "    scopes: [openid]\n    consent: always\n")
        .replace("stages: [password: {}, login: {}]", "stages: [login: {}]")
        .replace("organisations: [acme, partners]", "organisations: [acme]")
        .replace("  grace:\n    email: grace@else.example\n", "  grace:\n    admin: true\n");
    let applied = world.apply(&compile(&text)).await.unwrap();
    assert_eq!(applied.version, 2);
    assert_eq!(
        told(&applied),
        [
            "update organisation acme [\"name\", \"colour\"]",
            "update client wiki [\"organisation\", \"consent\", \"scopes\"]",
            "update person ada [\"organisations\"]",
            "update person grace [\"admin\"]",
            "update flow sign-in",
        ]
    );
    assert_eq!(world.organisations_of("ada").await, ["acme"]);
    assert!(world.person("grace").await.admin);
    let mut conn = world.conn().await;
    let wiki = client::find(&mut conn, &"wiki".into()).await.unwrap().unwrap();
    // Fewer scopes: what was issued with more of them ends.
    assert_eq!((wiki.security_epoch, wiki.organisation_id), (1, None));
    drop(conn);
    let secret = compile(ACME);
    let other = check_with(
        &[("a.yaml", ACME)],
        [("secret".to_owned(), "another-secret".to_owned())].into(),
    );
    world.apply(&secret).await.unwrap();
    let applied = world.apply(&other.blueprint.unwrap()).await.unwrap();
    assert_eq!(told(&applied), ["update client wiki [\"secret\"]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_may_less_loses_what_it_was_given() {
    let world = World::new().await;
    let grants =
        |grants: &str| {
            compile(&ACME.replace(
                "kind: confidential",
                &format!("kind: confidential\n    grants: {grants}"),
            ))
        };
    let epoch = async || {
        client::find(&mut world.conn().await, &"wiki".into()).await.unwrap().unwrap().security_epoch
    };
    world.apply(&compile(ACME)).await.unwrap();
    let applied = world.apply(&grants("[authorization_code, device_code]")).await.unwrap();
    assert_eq!(
        (told(&applied), epoch().await),
        (vec!["update client wiki [\"grants\"]".to_owned()], 0)
    );
    world.apply(&grants("[device_code]")).await.unwrap();
    assert_eq!(epoch().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_made_yields_to_who_states_it() {
    let world = World::new().await;
    let settings = client::Settings {
        kind: client::Kind::Public,
        grants: vec![client::GrantType::DeviceCode],
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        consent: client::Consent::Once,
        pkce: client::Pkce::Required,
        scopes: vec!["openid".to_owned(), "account".to_owned()],
        id_token_signed_response_alg: client::SigningAlgorithm::ES256,
        client_uri: None,
        logo_uri: None,
        policy_uri: None,
        tos_uri: None,
    };
    let (sealer, now) = (world.store.sealer(), world.store.ambient().now());
    let mut made = client::Client::new("cli".into(), "CLI".to_owned(), None, settings, sealer, now);
    made.owner = Some(client::BUILT_IN.to_owned());
    let mut unit = world.store.write().await.unwrap();
    client::create(&mut unit, &made).await.unwrap();
    unit.commit().await.unwrap();
    // Who does not state it leaves it alone.
    world.apply(&compile(ACME)).await.unwrap();
    let find = async || client::find(&mut world.conn().await, &"cli".into()).await.unwrap();
    assert!(find().await.is_some_and(|cli| cli.is_built_in()));
    let stated = ACME.replace(
        "clients:\n",
        "clients:\n  cli: { name: CLI, kind: public, grants: [device_code], scopes: [openid, account], id_token_signed_response_alg: ES256 }\n",
    );
    let applied = world.apply(&compile(&stated)).await.unwrap();
    assert_eq!(told(&applied), ["update client cli [\"owner\"]"]);
    assert_eq!(find().await.unwrap().owner.as_deref(), Some("acme"));
    let applied = world.apply(&compile(&stated)).await.unwrap();
    assert_eq!(told(&applied), [""; 0], "it is the blueprint's");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_behind_its_back_is_repaired() {
    let world = World::new().await;
    world.apply(&compile(ACME)).await.unwrap();
    let mut unit = world.store.write().await.unwrap();
    let mut acme = organisation::find(&mut unit, "acme").await.unwrap().unwrap();
    acme.policy.0.mfa = assurance::Mfa::Off;
    organisation::update(&mut unit, &acme).await.unwrap();
    let mut wiki = client::find(&mut unit, &"wiki".into()).await.unwrap().unwrap();
    wiki.settings.redirect_uris.push("https://evil.example/".to_owned());
    client::update(&mut unit, &wiki).await.unwrap();
    unit.commit().await.unwrap();
    let applied = world.apply(&compile(ACME)).await.unwrap();
    assert_eq!(
        told(&applied),
        ["update organisation acme [\"policy\"]", "update client wiki [\"redirect_uris\"]"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_begins_anew_only_when_the_demand_changes() {
    let world = World::new().await;
    world.apply(&compile(ACME)).await.unwrap();
    let since = async || {
        organisation::find(&mut world.conn().await, "acme").await.unwrap().unwrap().policy_since
    };
    let first = since().await;
    world.apply(&compile(&ACME.replace("session: 8h", "session: 4h, grace: 7d"))).await.unwrap();
    assert_eq!(since().await, first);
    world.apply(&compile(&ACME.replace("session: 8h", "phishing_resistant: true"))).await.unwrap();
    assert!(since().await > first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_the_blueprint_is_deleted() {
    let world = World::new().await;
    world.apply(&compile(ACME)).await.unwrap();
    let text = "flowgate: 1\nname: acme\nusers:\n  ada: { admin: true }\n";
    let applied = world.apply(&compile(text)).await.unwrap();
    assert_eq!(
        told(&applied),
        [
            "delete client wiki",
            "delete person grace",
            "delete organisation acme",
            "delete organisation partners",
            "delete flow sign-in",
            "delete condition always",
        ]
    );
    assert_eq!(world.organisations_of("ada").await, Vec::<String>::new());
    assert!(world.flows().await.flows.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_is_refused_and_nothing_is_written() {
    let world = World::new().await;
    world.apply(&compile(ACME)).await.unwrap();
    let other = ACME
        .replace("name: acme\n", "name: other\n")
        .replace("  partners: {}", "  partners: {}\n  new: {}");
    assert_eq!(
        reasons(world.apply(&compile(&other)).await),
        [
            "the organisation `acme` belongs to the blueprint `acme`",
            "the organisation `partners` belongs to the blueprint `acme`",
            "the client `wiki` belongs to the blueprint `acme`",
            "the person `ada` belongs to the blueprint `acme`",
            "the person `grace` belongs to the blueprint `acme`",
            "the flow `sign-in` belongs to the blueprint `acme`",
            "the condition `always` belongs to the blueprint `acme`",
        ]
    );
    let mut conn = world.conn().await;
    assert!(organisation::find(&mut conn, "new").await.unwrap().is_none());
    assert_eq!(blueprint_version::latest(&mut conn).await.unwrap(), 1);
    drop(conn);
    // A domain leads whoever has an address in it into an organisation: it has one.
    let taken = "flowgate: 1\nname: other\norganisations:\n  other: { domains: [ACME.example] }\nusers:\n  eve: { email: Ada@acme.example }\n";
    assert_eq!(
        reasons(world.apply(&compile(taken)).await),
        [
            "the domain `ACME.example` of the organisation `other` belongs to the organisation `acme`",
            "the address of `eve` belongs to another person",
        ]
    );
    let beside =
        "flowgate: 1\nname: other\nflows:\n  other: { use: settings, stages: [message: {}] }\n";
    assert_eq!(told(&world.apply(&compile(beside)).await.unwrap()), ["create flow other"]);
    assert_eq!(world.flows().await.flows.keys().collect::<Vec<_>>(), ["other", "sign-in"]);
    assert!(!world.apply(&compile(ACME)).await.unwrap().changed);
}

/// Or whoever signed up first with the name of a coming administrator would become one.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_there_already_does_not_become_an_administrator() {
    let world = World::new().await;
    let mut unit = world.store.write().await.unwrap();
    let new = user::NewUser { username: Some("Ada".to_owned()), ..Default::default() };
    let mallory = user::User::new(world.store.ambient().id(), new, world.store.ambient().now());
    user::create(&mut unit, &mallory).await.unwrap();
    unit.commit().await.unwrap();
    let reasons = reasons(world.apply(&compile(ACME)).await);
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(
        reasons[0].starts_with("the person `ada` is there already and belongs to no blueprint")
    );
    assert!(!world.person("ada").await.admin);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    let world = World::new().await;
    world.apply(&compile(ACME)).await.unwrap();
    for text in
        [ACME.replace("admin: true", "admin: false"), "flowgate: 1\nname: acme\n".to_owned()]
    {
        assert_eq!(reasons(world.apply(&compile(&text)).await), ["no administrator would be left"]);
        assert!(world.person("ada").await.admin);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_by_domain_or_of_another_blueprint_stays() {
    let world = World::new().await;
    world.apply(&compile("flowgate: 1\nname: other\norganisations:\n  other: {}\n")).await.unwrap();
    world.apply(&compile(ACME)).await.unwrap();
    let ada = world.person("ada").await;
    let mut unit = world.store.write().await.unwrap();
    let other = organisation::find(&mut unit, "other").await.unwrap().unwrap();
    let membership = organisation::Membership {
        user_id: ada.id.clone(),
        organisation_id: other.id,
        role: "member".to_owned(),
        joined_at: world.store.ambient().now(),
    };
    organisation::join(&mut unit, &membership).await.unwrap();
    unit.commit().await.unwrap();
    let applied = world.apply(&compile(&ACME.replace("[acme, partners]", "[]"))).await.unwrap();
    assert_eq!(told(&applied), ["update person ada [\"organisations\"]"]);
    assert_eq!(world.organisations_of("ada").await, ["acme", "other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_flows_leave_when_there_are_others() {
    let world = World::new().await;
    let shipped = format!(
        "flowgate: 1\nname: {}\nflows:\n  sign-in: {{ use: authentication, stages: [login: {{}}] }}\n  sign-up: {{ use: enrolment, stages: [user_write: {{}}] }}\n",
        super::SHIPPED
    );
    world.apply(&compile(&shipped)).await.unwrap();
    // A blueprint without flows needs those that are there.
    world.apply(&compile("flowgate: 1\nname: people\nusers:\n  joan: {}\n")).await.unwrap();
    assert_eq!(world.flows().await.flows.len(), 2);
    let applied = world.apply(&compile(ACME)).await.unwrap();
    assert!(told(&applied).contains(&"delete flow sign-up".to_owned()), "{:?}", told(&applied));
    assert!(told(&applied).contains(&"update flow sign-in".to_owned()));
    let flows = world.flows().await.flows;
    assert_eq!(flows.len(), 1);
    assert_eq!(flows["sign-in"].owner, "acme");
    assert_eq!(
        reasons(world.apply(&compile(&shipped)).await),
        ["the flow `sign-in` belongs to the blueprint `acme`"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn blueprints_that_do_not_go_together_are_refused() {
    let world = World::new().await;
    let one = "flowgate: 1\nname: one\nflows:\n  one: { use: settings, stages: [prompt: { fields: [{ name: terms, kind: flag }] }, message: {}] }\n";
    let asks = one.replace("message: {}", "{ message: {}, when: answers.terms }");
    world.apply(&compile(&asks)).await.unwrap();
    let two = one.replace("one", "two").replace(", kind: flag", "");
    let reasons = reasons(world.apply(&compile(&two)).await);
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].starts_with("together with the other blueprints: "), "{reasons:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_secrets_nothing_is_applied() {
    let world = World::new().await;
    let checked = fixture::check(&ACME.replace("!var secret", "!env NOT_SET"));
    let result = world.apply(&checked.blueprint.unwrap()).await;
    assert!(matches!(result, Err(ApplyError::Incomplete)));
    let bad = ACME.replace(
        "password: ada-writes-programs",
        "password_hash: $argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9v",
    );
    assert_eq!(
        reasons(world.apply(&compile(&bad)).await),
        ["the `password_hash` of `ada` cannot be used"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_applies_at_once_leave_one_history() {
    let world = std::sync::Arc::new(World::new().await);
    let runs = (0..8).map(|number| {
        let world = std::sync::Arc::clone(&world);
        tokio::spawn(async move {
            let text = format!("flowgate: 1\nname: b{number}\nflows:\n  f{number}: {{ use: settings, stages: [message: {{}}] }}\n");
            world.apply(&compile(&text)).await.unwrap().version
        })
    });
    let mut versions = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        versions.push(run.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=8).collect::<Vec<i64>>());
    assert_eq!(world.flows().await.flows.len(), 8);
}
