//! The commands that look after people, as an administrator runs them: the product binary, on the
//! database of a server that runs or does not. One file per command.

mod recover;
mod user;

use serde_json::{Value, json};

use crate::PASSWORD;
use crate::flows::sign_in_as;
use crate::harness::{Browser, Server, Walk};

/// A password that is none of theirs, and good enough to be set.
const NEW_PASSWORD: &str = "nine purple parasols";

/// `blueprints/acme.yaml` with a flow that makes recovery codes.
fn blueprint() -> String {
    let flow = "  codes:\n    use: settings\n    stages: [gate: {}, static_setup: {}, login: {}]\n";
    crate::ACME.replace("  sign-out:\n", &format!("{flow}\n  sign-out:\n"))
}

/// Signs in with a password alone, and makes recovery codes.
async fn enrol(browser: &Browser, login: &str) -> Vec<String> {
    let walk = sign_in_as(browser, login, PASSWORD).await;
    assert!(walk.session().is_some(), "{walk:?}");
    let walk = Walk::begin(browser, "codes").await.asks("static_setup");
    let codes = walk.body["challenge"]["data"]["codes"].as_array().unwrap().clone();
    let walk = walk.answer(json!({ "saved": true })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// What the audit trail says of one kind of event, oldest first.
async fn events(server: &Server, kind: &str) -> Vec<Value> {
    let store = server.store().await;
    let mut conn = store.read().await.unwrap();
    let found = store::event::newest(&mut conn, None, 1000).await.unwrap();
    let own = found.into_iter().rev().filter(|event| event.kind == kind);
    own.map(|event| event.data.0).collect()
}
