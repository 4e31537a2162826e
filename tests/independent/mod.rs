//! Clients that others wrote and that know nothing of this server, against it: each test runs a Python
//! script from this folder and fails with what it printed.
//!
//! To add one: its package in `requirements.in`, `pip-compile --generate-hashes` for
//! `requirements.txt`, a script here, and a function that runs it. The packages come with `make test`,
//! or with `tests/independent/setup`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::TestApp;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent");

/// Longer than any script takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn soft_webauthn_from_pypi_signs_in_by_flows() {
    soft_webauthn("passkey.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn soft_webauthn_from_pypi_signs_in_by_the_routes_for_apps() {
    soft_webauthn("passkey_api.py").await;
}

async fn soft_webauthn(script: &str) {
    let origin = "https://id.acme.example";
    let settings = [("webauthn-rp-id", "acme.example"), ("webauthn-origins", origin)];
    let app = TestApp::with_settings(crate::ACME, &settings).await;
    let surroundings = [
        ("IDP_URL", app.url()),
        ("ORIGIN", origin),
        ("PERSON_LOGIN", crate::ADA),
        ("PERSON_PASSWORD", crate::PASSWORD),
    ];
    let session: Value = serde_json::from_str(&python(script, &surroundings).await).unwrap();
    // It has no PIN, so the password beside it makes the second factor.
    assert_eq!((&session["acr"], &session["amr"]), (&json!("phr"), &json!(["pwd", "swk", "mfa"])));
}

/// Runs a script of this folder and returns what it printed; fails with it if the script does.
async fn python(script: &str, surroundings: &[(&str, &str)]) -> String {
    let python = Path::new(FOLDER).join(".venv/bin/python");
    assert!(
        python.exists(),
        "the Python packages are missing: make test, or tests/independent/setup"
    );
    let mut command = Command::new(python);
    command.args(["-B", script]).current_dir(FOLDER).envs(surroundings.iter().copied());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.expect("the script ends in time");
    let output = output.expect("Python can be run");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} failed:\n{printed}{complained}");
    printed
}
