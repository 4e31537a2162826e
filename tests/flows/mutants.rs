//! The shipped flows, damaged in every way in which a list of stages can be: a stage that is missing,
//! doubled, moved or conditioned away may make a login fail, and never makes it weaker.

use std::collections::BTreeMap;

use blueprints::{Options, Source};
use chrono::Duration;
use engine::Flows;
use engine::definition::{Entry, Flow, Purpose};
use serde_json::{Map, Value, json};
use store::blueprint_version::{self, BlueprintVersion};
use store::{Clock as _, Document, Id, credential, session, standing};

use crate::PASSWORD;
use crate::harness::{TestApp, Walk};

use super::enrolment::SIGN_UP as PEOPLE;

/// What an attacker has of the person whom they attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Has {
    password: bool,
    mailbox: bool,
}

const NOTHING: Has = Has { password: false, mailbox: false };
const PASSWORD_ALONE: Has = Has { password: true, mailbox: false };
const MAILBOX_ALONE: Has = Has { password: false, mailbox: true };
const BOTH: Has = Has { password: true, mailbox: true };

/// Who is attacked with what; none of them may ever be let in by a damaged flow. Stan's organisation
/// demands a second factor, which a mailbox is not; Rita's demands nothing but one proof.
const ATTACKS: [(&str, Has); 5] = [
    ("rita@people.example", NOTHING),
    ("stan@people.example", NOTHING),
    ("stan@people.example", PASSWORD_ALONE),
    ("mick@people.example", MAILBOX_ALONE),
    ("nora@strict.example", BOTH),
];

/// What a flow may be called that is none of this.
const PURPOSES: [Purpose; 4] =
    [Purpose::Authentication, Purpose::Enrolment, Purpose::Recovery, Purpose::Logout];

/// The flows of a shipped blueprint.
fn shipped(name: &str) -> BTreeMap<String, Flow> {
    let path = format!("{}/flows/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let registry = stages::registry();
    let checked =
        blueprints::check_sources([Source::submitted(name, text)], &Options::for_apply(&registry));
    checked.blueprint.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)).flows
}

/// Every flow that one change, or the loss of two stages, makes of `flow`.
fn damaged(flow: &Flow) -> Vec<(String, Flow)> {
    let count = flow.stages.len();
    let name = |at: usize| match &flow.stages[at] {
        Entry::Stage(stage) => stage.id.clone(),
        _ => at.to_string(),
    };
    let mut all = Vec::new();
    let mut push = |what: String, change: &dyn Fn(&mut Vec<Entry>)| {
        let mut mutant = flow.clone();
        change(&mut mutant.stages);
        all.push((format!("{} {what}", flow.slug), mutant));
    };
    push("as it is".to_owned(), &|_| {});
    for purpose in PURPOSES {
        all.push((format!("{} as {purpose:?}", flow.slug), Flow { purpose, ..flow.clone() }));
    }
    let mut push = |what: String, change: &dyn Fn(&mut Vec<Entry>)| {
        let mut mutant = flow.clone();
        change(&mut mutant.stages);
        all.push((format!("{} {what}", flow.slug), mutant));
    };
    for at in 0..count {
        push(format!("without {}", name(at)), &|stages| drop(stages.remove(at)));
        push(format!("with {} twice", name(at)), &|stages| {
            let mut twin = stages[at].clone();
            if let Entry::Stage(stage) = &mut twin {
                stage.id.push_str("-2");
            }
            stages.insert(at + 1, twin);
        });
        push(format!("with {} negated", name(at)), &|stages| {
            if let Entry::Stage(stage) = &mut stages[at] {
                let when = stage.when.as_deref().unwrap_or("true");
                stage.when = Some(format!("!({when})"));
            }
        });
        for other in at + 1..count {
            let (one, two) = (name(at), name(other));
            push(format!("with {one} and {two} swapped"), &|stages| stages.swap(at, other));
            push(format!("without {one} and {two}"), &|stages| {
                stages.remove(other);
                stages.remove(at);
            });
        }
    }
    all
}

/// Puts flows in force that no check has seen.
async fn force(app: &TestApp, mutants: &[(String, Flow)]) {
    let flows = mutants.iter().enumerate().map(|(number, (_, flow))| {
        let slug = format!("m{number}");
        let object = Flow { slug: slug.clone(), ..flow.clone() };
        (slug, json!({ "owner": "people", "is": object }))
    });
    let flows: Map<String, Value> = flows.collect();
    let document = json!({ "flows": flows, "conditions": {} });
    serde_json::from_value::<Flows>(document.clone()).unwrap();
    let mut unit = app.app.store.write().await.unwrap();
    let version = BlueprintVersion {
        version: blueprint_version::latest(&mut unit).await.unwrap() + 1,
        owner: "people".to_owned(),
        digest: String::new(),
        actor: "test".to_owned(),
        message: None,
        document: Document(document),
        created_at: app.clock.now(),
    };
    blueprint_version::create(&mut unit, &version).await.unwrap();
    unit.commit().await.unwrap();
    app.app.engine.refresh().await.unwrap();
}

/// Walks a flow as far as somebody gets who knows the address of `whom` and has `has`.
async fn walk(app: &TestApp, slug: &str, whom: &str, has: Has) -> Walk {
    let mut walk = Walk::begin(&app.browser(), slug).await;
    for _ in 0..12 {
        let asked = (walk.component().to_owned(), walk.body["challenge"]["stage"].clone());
        let answer = match asked.0.as_str() {
            "identify" => json!({ "login": whom, "remember_me": true }),
            "password" => json!({ "password": if has.password { PASSWORD } else { "a guess" } }),
            "prompt" => filled(&walk, whom),
            "message" => json!({ "action": "continue" }),
            "logout" => json!({ "action": "confirm" }),
            "email_link" if has.mailbox => {
                let mail = app.outbox().await.into_iter().rev().find(|mail| mail.to == [whom]);
                let Some(mail) = mail.filter(|mail| mail.text.contains("link=")) else { break };
                let next = Walk::follow_link(walk.browser(), mail.link()).await;
                if next.status == 410 {
                    break;
                }
                walk = next;
                continue;
            }
            _ => break,
        };
        walk = walk.answer(answer).await;
        if walk.status == 422 && walk.body["challenge"]["stage"] == asked.1 {
            break;
        }
    }
    walk
}

/// A whole answer to a prompt.
fn filled(walk: &Walk, address: &str) -> Value {
    let fields = walk.body["challenge"]["data"]["fields"].as_array().unwrap();
    let answer = fields.iter().map(|field| {
        let value = match field["type"].as_str().unwrap() {
            "email" => json!(address),
            // The same for everybody, so that one walk leaves the next as it was.
            "new_password" => json!(PASSWORD),
            "checkbox" => json!(true),
            _ => json!("Mallory"),
        };
        (field["name"].as_str().unwrap().to_owned(), value)
    });
    Value::Object(answer.collect())
}

/// What could be changed to somebody's loss.
async fn credentials(app: &TestApp, whom: &str) -> String {
    let person = app.person(whom).await;
    let mut conn = app.app.store.read().await.unwrap();
    let kept = credential::of_user(&mut conn, &person.id).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|it| (&it.id, &it.kind, &it.data, &it.unique_key)).collect();
    format!("{kept:?} {:?} {}", person.email, person.security_epoch)
}

async fn attack(name: &str) {
    let app = TestApp::with_outbox(PEOPLE).await;
    let mutants: Vec<_> = shipped(name).values().flat_map(damaged).collect();
    force(&app, &mutants).await;
    let mut before = Vec::new();
    for (whom, _) in ATTACKS {
        before.push(credentials(&app, whom).await);
    }
    let mut let_in = 0;
    for (number, (what, _)) in mutants.iter().enumerate() {
        let slug = format!("m{number}");
        // Locks and limits of mail belong to other tests.
        app.clock.advance(Duration::hours(2));
        for ((whom, has), before) in ATTACKS.into_iter().zip(&before) {
            let walk = walk(&app, &slug, whom, has).await;
            assert!(walk.status < 500, "{what}, {whom}, {has:?}: {walk:?}");
            assert_eq!(walk.session(), None, "{what}, {whom}, {has:?}: {walk:?}");
            let after = credentials(&app, whom).await;
            assert_eq!(*before, after, "{what} changed {whom}, {has:?}");
        }
        // Nobody is made of an address that was not proven.
        let fresh = format!("nobody{number}@people.example");
        let nobody = walk(&app, &slug, &fresh, NOTHING).await;
        assert_eq!(nobody.session(), None, "{what}: {nobody:?}");
        // Whoever has everything gets in where the flow still leads there, and as themselves.
        let own = walk(&app, &slug, "ulla@people.example", BOTH).await;
        if let Some(id) = own.session() {
            let_in += 1;
            assert_admitted(&app, id, what).await;
        }
        if what.ends_with("as it is") && what.starts_with("sign-in") {
            assert!(own.session().is_some(), "{own:?}");
        }
    }
    assert!(let_in > 10, "only {let_in} logins worked: the attacks prove little");
}

/// Whether the kernel, asked again with what is written of a session, says the same.
async fn assert_admitted(app: &TestApp, id: &str, what: &str) {
    let mut conn = app.app.store.read().await.unwrap();
    let found = session::find(&mut conn, &Id::from(id), app.clock.now()).await.unwrap();
    let (session, person) = found.unwrap();
    assert!(!session.evidence.proofs().is_empty(), "{what}");
    let standing = standing::of(&mut conn, &person, None, None).await.unwrap();
    let now = app.clock.now().into();
    let again = assurance::admit(&standing.policies, &session.evidence, &standing.enrolled, now);
    assert!(again.admitted().is_some(), "{what}: {session:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damage_makes_the_default_flows_weaker() {
    attack("default.yaml").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damage_makes_the_demo_s_flows_weaker() {
    attack("demo.yaml").await;
}
