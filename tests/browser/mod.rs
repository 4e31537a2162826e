//! Real Chromium against the product binary: each test starts it, runs a Node script from this folder
//! with the addresses in its environment, and fails with what the script printed.
//!
//! To add a test: a script here on `chromium.mjs`, and a function that runs it. The npm packages
//! come with `make test`, or with `npm ci` in this folder.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{Process, Server, free_port};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Longer than any script takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_to_wiki_and_out_again() {
    let demo = Demo::start().await;
    demo.script("sign_in.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_and_fits_the_screen() {
    let demo = Demo::start().await;
    demo.script("pages.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_double_submits_going_back_and_no_scripts() {
    let demo = Demo::start().await;
    demo.script("tabs.mjs").await;
}

/// The samples of all templates, as the unit tests of `server/render` wrote them.
#[tokio::test(flavor = "multi_thread")]
async fn every_template_is_accessible() {
    let gallery = Path::new(ROOT).join("target/gallery");
    assert!(gallery.is_dir(), "there is no target/gallery: run the unit tests first (make test)");
    node("gallery.mjs", &[("GALLERY", gallery.to_str().unwrap())]).await;
}

/// On the same samples, with a virtual authenticator.
#[tokio::test(flavor = "multi_thread")]
async fn the_scripts_of_the_pages_do_what_they_say() {
    let gallery = Path::new(ROOT).join("target/gallery");
    assert!(gallery.is_dir(), "there is no target/gallery: run the unit tests first (make test)");
    node("page_scripts.mjs", &[("GALLERY", gallery.to_str().unwrap())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_client_from_npm_signs_in() {
    let callback = format!("http://127.0.0.1:{}/callback", free_port());
    let blueprint = crate::ACME
        .replace("http://127.0.0.1:9/callback", &callback)
        .replace("http://127.0.0.1:9/", callback.strip_suffix("callback").unwrap());
    let server = Server::start(&blueprint).await;
    let surroundings = [
        ("ISSUER", &*server.url),
        ("IDP_URL", &*server.url),
        ("CALLBACK", &*callback),
        ("CLIENT_SECRET", crate::WIKI_SECRET),
        ("PERSON_LOGIN", crate::ADA),
        ("PERSON_PASSWORD", crate::PASSWORD),
    ];
    node("openid_client.mjs", &surroundings).await;
}

/// On `localhost`, since passkeys know no addresses of numbers.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_enrols_and_uses_every_factor() {
    let (smtp, sms) = (free_port().to_string(), free_port().to_string());
    let (smtp_url, sms_url) =
        (format!("smtp://127.0.0.1:{smtp}"), format!("http://127.0.0.1:{sms}/"));
    let settings = [
        ["--smtp-url", &*smtp_url],
        ["--sms-provider", "http"],
        ["--sms-url", &*sms_url],
        ["--sms-body", r#"{ "to": "{to}", "text": "{text}" }"#],
    ];
    let blueprint = include_str!("../blueprints/factors.yaml");
    let server = Server::at_localhost(blueprint, settings.as_flattened()).await;
    let mut surroundings = vec![
        ("IDP_URL", &*server.url),
        ("SMTP_PORT", &*smtp),
        ("SMS_PORT", &*sms),
        ("PERSON_LOGIN", "wim@weak.example"),
        ("PERSON_PASSWORD", crate::PASSWORD),
    ];
    let screenshots = std::env::var("SCREENSHOTS").unwrap_or_default();
    surroundings.push(("SCREENSHOTS", &*screenshots));
    node("factors.mjs", &surroundings).await;
}

/// A program in a terminal, a television: whatever has no browser.
#[tokio::test(flavor = "multi_thread")]
async fn openid_client_from_npm_is_allowed_as_a_device() {
    let server = Server::start(crate::ACME).await;
    let surroundings = [
        ("IDP_URL", &*server.url),
        ("PERSON_LOGIN", crate::ADA),
        ("PERSON_PASSWORD", crate::PASSWORD),
    ];
    node("device.mjs", &surroundings).await;
}

/// `flowgate demo` with a database of its own.
struct Demo {
    idp: String,
    wiki: String,
    outbox: String,
    _process: Process,
    _data: TempDir,
}

impl Demo {
    /// Runs it on whatever ports are free, and reads from its greeting which.
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = free_port().to_string();
        let folder = data.path().to_str().unwrap();
        let mut process = Process::start(&["demo", "--data", folder, "--port", &port]);
        let addresses = async |greeting: &str| {
            let address = |name: &str| {
                greeting.lines().find_map(|line| {
                    let url = line.trim().strip_prefix(name)?.split_whitespace().next()?;
                    url.starts_with("http").then(|| url.trim_end_matches('/').to_owned())
                })
            };
            Some([address("Flowgate")?, address("Wiki")?, address("Outbox")?])
        };
        let [idp, wiki, outbox] = process.wait_for(addresses).await;
        process.answers(&format!("{idp}/readyz")).await;
        process.answers(&format!("{wiki}/")).await;
        Self { idp, wiki, outbox, _process: process, _data: data }
    }

    /// The people are those of `flows/demo.yaml`.
    async fn script(&self, name: &str) {
        let screenshots =
            std::env::var("SCREENSHOTS").unwrap_or_else(|_| format!("{ROOT}/target/screenshots"));
        let surroundings = [
            ("IDP_URL", &*self.idp),
            ("WIKI_URL", &*self.wiki),
            ("OUTBOX_URL", &*self.outbox),
            ("PERSON_LOGIN", "ada"),
            ("PERSON_PASSWORD", "ada-writes-programs"),
            ("SECOND_LOGIN", "grace"),
            ("SECOND_PASSWORD", "grace-catches-moths"),
            ("FORGETFUL_LOGIN", "emmy@example.org"),
            ("SCREENSHOTS", &*screenshots),
        ];
        node(name, &surroundings).await;
    }
}

/// Runs a script of this folder; fails with what it printed.
async fn node(script: &str, surroundings: &[(&str, &str)]) {
    let folder = Path::new(ROOT).join("tests/browser");
    assert!(
        folder.join("node_modules").is_dir(),
        "the npm packages are missing: make test, or npm ci in tests/browser"
    );
    let mut command = Command::new("node");
    command.arg(script).current_dir(folder).envs(surroundings.iter().copied());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.expect("the script ends in time");
    let output = output.expect("node can be run");
    assert!(
        output.status.success(),
        "{script} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}
