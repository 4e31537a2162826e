//! `flowgate login` and what comes after it: the real program, on a server that runs here, with a
//! browser that allows it.

use serde_json::json;

use super::device::{blueprint, press};
use crate::ADA;
use store::Clock as _;

use crate::flows::sign_in;
use crate::harness::{Browser, Ran, Terminal, TestApp};

/// Runs `flowgate login` and allows or denies it in a browser.
async fn login(app: &TestApp, terminal: &Terminal, more: &[&str], action: &str) -> Ran {
    let arguments = [&["login", "--server", app.url()], more].concat();
    let mut running = terminal.begin(&arguments);
    let address = running.says("Open ").await;
    let code = running.says("enter the code ").await;
    assert_eq!(address, format!("{}/device", app.url()));
    let browser = app.browser();
    allow(&browser, &address, &code, action).await;
    running.end().await
}

async fn allow(browser: &Browser, address: &str, code: &str, action: &str) {
    let mut page = browser.visit(address).await.expect(200);
    if page.has(r#"[name="login"]"#) {
        page = sign_in(page).await.expect(200);
    }
    let page = page.form_with("user_code").fill("user_code", code).submit().await.expect(200);
    assert!(page.text("main").contains("Flowgate CLI"), "{page:?}");
    press(&page, action).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_signed_in_by_a_browser_and_signed_out_again() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let terminal = Terminal::new();
    let status = ["profile", "auth", "status"];
    let before = terminal.run(&status).await.expect(3);
    assert!(before.stderr.contains("flowgate login"), "{before:#?}");

    let ran = login(&app, &terminal, &[], "allow").await.expect(0);
    assert!(ran.stdout.contains(ADA) && ran.stdout.contains(app.url()), "{ran:#?}");
    assert!(ran.stderr.contains('█') && ran.stderr.contains('▄'), "a QR code: {ran:#?}");
    let kept = std::fs::read_to_string(terminal.credentials()).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let token = kept["servers"][app.url()]["access_token"].as_str().unwrap().to_owned();
    assert!(!ran.stdout.contains(&token) && !ran.stderr.contains(&token));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(terminal.credentials()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let told = terminal.run(&[&status[..], &["--json"]].concat()).await.expect(0).json();
    assert_eq!((&told["user"]["email"], &told["server"]), (&json!(ADA), &json!(app.url())));
    assert_eq!(told["user"]["session"]["acr"], "aal1", "{told:#}");
    let text = terminal.run(&status).await.expect(0).stdout;
    assert!(text.contains(ADA) && text.contains("aal1"), "{text}");
    let page = terminal.run(&["passkeys", "open"]).await.expect(0).stdout;
    assert_eq!(page.trim(), format!("{}/account/security", app.url()));
    let none = terminal.run(&["passkeys", "list"]).await.expect(0).stdout;
    assert_eq!(none.trim(), "no passkeys");

    let out = terminal.run(&["logout", "--json"]).await.expect(0).json();
    assert_eq!(out["revoked"], true);
    let bearer = app.browser().with("authorization", &format!("Bearer {token}"));
    bearer.get("/oauth/userinfo").await.expect(401);
    terminal.run(&status).await.expect(3);
    terminal.run(&["logout"]).await.expect(3);
    assert_eq!(app.events_of("token_revoked").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_in_the_browser_keeps_nothing() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let terminal = Terminal::new();
    let ran = login(&app, &terminal, &["--no-qr", "--json"], "deny").await.expect(1);
    assert!(ran.stderr.contains("not allowed") && !ran.stderr.contains('█'), "{ran:#?}");
    assert_eq!(ran.json()["error"], "failed");
    assert!(!terminal.credentials().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sensitive_change_asks_for_a_recent_proof_and_goes_on_after_it() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let terminal = Terminal::new();
    login(&app, &terminal, &["--no-qr"], "allow").await.expect(0);
    // Longer than a proof counts as recent, shorter than the token lives.
    app.clock.advance(chrono::Duration::minutes(45));
    let ran = terminal.run(&["recovery-codes", "regenerate"]).await.expect(1);
    assert!(ran.stderr.contains("--yes"), "{ran:#?}");
    let regenerate = ["recovery-codes", "regenerate", "--yes"];
    let ran = terminal.run(&regenerate).await.expect(4);
    assert!(ran.stderr.contains("flowgate login --step-up"), "{ran:#?}");
    let json = terminal.run(&[&regenerate[..], &["--json"]].concat()).await.expect(4).json();
    assert_eq!(json["error"], "step_up_needed");

    login(&app, &terminal, &["--step-up", "--no-qr"], "allow").await.expect(0);
    let codes = terminal.run(&regenerate).await.expect(0).stdout;
    assert!(codes.lines().count() >= 8, "{codes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_app_is_set_up_from_a_terminal() {
    let app = TestApp::with_blueprint(&blueprint()).await;
    let terminal = Terminal::new();
    login(&app, &terminal, &["--no-qr"], "allow").await.expect(0);
    let early = terminal.run(&["totp", "confirm", "123456"]).await.expect(1);
    assert!(early.stderr.contains("flowgate totp start"), "{early:#?}");
    let begun = terminal.run(&["totp", "start"]).await.expect(0);
    assert!(begun.stdout.contains('█') && begun.stdout.contains("otpauth://totp/"), "{begun:#?}");
    let json = terminal.run(&["totp", "start", "--json"]).await.expect(0).json();
    let secret = json["secret"].as_str().unwrap();
    assert!(json["uri"].as_str().unwrap().contains(secret), "{json:#}");
    terminal.run(&["totp", "confirm", "hello"]).await.expect(2);
    terminal.run(&["totp", "confirm", "000000"]).await.expect(1);
    let code = crate::harness::totp(secret, app.clock.now(), 0);
    let done = terminal.run(&["totp", "confirm", &code, "--name", "Phone"]).await.expect(0);
    assert!(done.stdout.contains("set up"), "{done:#?}");
    let status = terminal.run(&["profile", "auth", "status"]).await.expect(0).stdout;
    assert!(status.contains("Phone"), "{status}");
    assert!(status.contains("recovery codes: "), "the set-up made some: {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_none_or_not_the_one_meant_is_told() {
    let terminal = Terminal::new();
    for server in ["id.example", "http://id.example", "https://ada@id.example", "ftp://x"] {
        terminal.run(&["login", "--server", server]).await.expect(2);
    }
    let nowhere = format!("http://127.0.0.1:{}", crate::harness::free_port());
    let ran = terminal.run(&["login", "--server", &nowhere]).await.expect(1);
    assert!(ran.stderr.contains(&nowhere), "{ran:#?}");
    let ran = terminal.run(&["login"]).await.expect(1);
    assert!(ran.stderr.contains("--server"), "{ran:#?}");
    // The server calls itself 127.0.0.1, and answers under no other name.
    let app = TestApp::start().await;
    let other = app.url().replace("127.0.0.1", "localhost");
    terminal.run(&["login", "--server", &other]).await.expect(1);
    assert!(!terminal.credentials().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn shells_complete_every_command() {
    let terminal = Terminal::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = terminal.run(&["completions", shell]).await.expect(0).stdout;
        assert!(script.contains("recovery-codes") && script.contains("blueprint"), "{shell}");
    }
    terminal.run(&["completions", "tcl"]).await.expect(2);
}
