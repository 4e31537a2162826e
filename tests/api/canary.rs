//! Secrets that are put in, and looked for everywhere: in every answer to a GET, on every
//! page, in the audit trail, in the log and in the database, in every spelling. Each may stand in the one
//! answer that made it, and nowhere else.

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER};
use flowgate::http::{Access, routes};
use reqwest::Method;
use serde_json::json;
use store::Clock as _;

use super::{ORIGIN, PEOPLE, bearer, cookie, get, login, post, start, text};
use crate::harness::{Authenticator, Browser, SECRET, Server, TestApp, totp};
use crate::{ADA, PASSWORD};

/// What must not come up, by name.
#[derive(Default)]
struct Canaries(Vec<(String, Vec<Vec<u8>>)>);

impl Canaries {
    /// A text: as it is, in base64 and in hex.
    fn text(&mut self, name: &str, secret: &str) {
        self.0.push((name.to_owned(), spellings(secret.as_bytes())));
    }

    /// A secret of an authenticator app: raw, and as it is typed.
    fn totp(&mut self, name: &str, secret: &str) {
        let raw = BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
        let groups: Vec<_> = secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        let mut all = spellings(&raw);
        all.extend(spellings(secret.as_bytes()));
        all.extend(spellings(secret.to_lowercase().as_bytes()));
        all.push(groups.join(" ").into_bytes());
        self.0.push((name.to_owned(), all));
    }

    fn recovery_codes(&mut self, codes: &serde_json::Value) {
        for code in codes.as_array().expect("recovery codes") {
            let code = text(code);
            self.text("a recovery code", &code);
            self.text("a recovery code", &code.replace('-', ""));
        }
    }

    #[track_caller]
    fn assert_silent(&self, place: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for (name, spellings) in &self.0 {
            for spelling in spellings {
                let found = match std::str::from_utf8(spelling) {
                    Ok(spelling) => text.contains(spelling),
                    Err(_) => bytes.windows(spelling.len()).any(|window| window == spelling),
                };
                let spelling = String::from_utf8_lossy(spelling);
                assert!(!found, "{name} ({spelling}) stands in {place}");
            }
        }
    }
}

fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let texts = [
        HEXLOWER.encode(secret),
        HEXLOWER.encode(secret).to_uppercase(),
        BASE64.encode(secret).trim_end_matches('=').to_owned(),
        BASE64URL_NOPAD.encode(secret),
    ];
    texts.into_iter().map(String::into_bytes).chain([secret.to_vec()]).collect()
}

/// Everything that the API and the pages show to a person by GET.
async fn crawl(browser: &Browser, is_page_s: bool) -> Vec<(String, String)> {
    let me = get(browser, "/me").await.expect(200).json();
    let factors = get(browser, "/me/factors").await.expect(200).json();
    let mut ids = vec![text(&me["session"]["id"]), text(&me["id"])];
    ids.extend(factors["factors"].as_array().unwrap().iter().map(|factor| text(&factor["id"])));
    let mut seen = Vec::new();
    for route in routes() {
        let is_api = route.path.starts_with("/api/");
        if route.method != Method::GET || route.access == Access::App || !(is_api || is_page_s) {
            continue;
        }
        for id in &ids {
            let path = route.path.replace("{id}", id).replace("{client}", "wiki");
            let path = path.replace("{slug}", "sign-in").replace("{*name}", "flowgate.css");
            let path = path.replace("{user_code}", "WDJB-MJHT");
            if is_api {
                seen.push((
                    path.clone(),
                    format!("{:?}", browser.api(Method::GET, &path, None).await),
                ));
            } else {
                seen.push((path.clone(), format!("{:?}", browser.visit(&path).await)));
            }
            if !route.path.contains("{id}") {
                break;
            }
        }
    }
    assert!(seen.len() > 10, "{}", seen.len());
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_shown_twice_or_kept_readable() {
    let app = start().await;
    let mut canaries = Canaries::default();
    canaries.text("Ada's password", PASSWORD);
    canaries.text("a password's hash", "argon2id$");
    canaries.totp("Ada's secret", SECRET);
    let browser = app.browser();
    let half = login(&browser, ADA, PASSWORD).await.expect(200);
    let waiting = get(&browser, "/login").await.expect(200);
    let code = super::code(&app, 0);
    let done = post(&browser, "/login/verify", json!({ "code": code })).await.expect(200);
    for page in [half, waiting, done] {
        canaries.assert_silent("an answer of a sign-in", page.body.as_bytes());
    }

    // What waits for its confirmation is not shown again either.
    let set_up = post(&browser, "/me/totp", json!({})).await.expect(200).json();
    let secret = text(&set_up["secret"]);
    canaries.totp("a new secret", &secret);
    for (place, page) in crawl(&browser, true).await {
        canaries.assert_silent(&place, page.as_bytes());
    }
    let code = totp(&secret, app.clock.now(), 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    let page = post(&browser, "/me/totp/confirm", sent).await.expect(200).json();
    canaries.recovery_codes(&page["recovery_codes"]);
    let page = post(&browser, "/me/recovery-codes", json!({})).await.expect(200).json();
    canaries.recovery_codes(&page["codes"]);
    let sent = json!({ "channel": "email", "to": "codes@ada.example" });
    let set_up = post(&browser, "/me/otp", sent).await.expect(200);
    let code = super::otp::sent_code(&app, "codes@ada.example").await;
    assert!(!set_up.body.contains(&code), "A-63");
    let sent = json!({ "setup": set_up.json()["setup"], "code": code });
    post(&browser, "/me/otp/confirm", sent).await.expect(200);
    let mut authenticator = Authenticator::new(ORIGIN);
    let set_up = post(&browser, "/me/passkeys", json!({})).await.expect(200).json();
    let credential = authenticator.register(&set_up["options"]);
    let sent = json!({ "setup": set_up["setup"], "credential": credential });
    post(&browser, "/me/passkeys/finish", sent).await.expect(200);

    // Another sign-in of the same person, as an app.
    app.clock.advance(chrono::Duration::seconds(30));
    let body = json!({ "login": ADA, "password": PASSWORD });
    let half = post(&app.browser(), "/login?client=native", body).await.expect(200).json();
    let phone = bearer(&app, &text(&half["token"]));
    let choice = json!({ "factor": "totp", "login": half["login"] });
    post(&phone, "/login/factor", choice).await.expect(200);
    let sent = json!({ "code": super::code(&app, 0), "login": half["login"] });
    let done = post(&phone, "/login/verify", sent).await.expect(200).json();
    let token = text(&done["session"]["token"]);
    canaries.text("an app's token", &token);
    canaries.text("the secret of an app's sign-in", &text(&half["token"]));
    canaries.text("a session's cookie", &cookie(&browser, "flowgate-session").unwrap());
    canaries.text("a browser's secret", &cookie(&browser, "flowgate-browser").unwrap());

    let phone = bearer(&app, &token);
    for (who, is_page_s) in [(&browser, true), (&phone, false)] {
        for (place, page) in crawl(who, is_page_s).await {
            // What a page sets as cookie is the browser's own.
            canaries.assert_silent(&place, page.as_bytes());
        }
    }
    let events = format!("{:?}", app.events().await);
    canaries.text("a code that was sent", &code);
    canaries.assert_silent("the audit trail", events.as_bytes());
    // The hash of a password is what the database is for.
    canaries.0.retain(|(name, _)| name != "a password's hash");
    canaries.assert_silent("the database", &dump(&app).await);
}

/// The database as whoever steals it reads it.
async fn dump(app: &TestApp) -> Vec<u8> {
    let bytes = app.dump().await;
    // It is one, and it has what is looked for elsewhere in it.
    assert!(bytes.windows(ADA.len()).any(|window| window == ADA.as_bytes()));
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_no_secret() {
    let more = ["--log", "trace", "--webauthn-rp-id", "acme.example", "--webauthn-origins", ORIGIN];
    let server = Server::start_with(PEOPLE, &more).await;
    let mut canaries = Canaries::default();
    canaries.text("Ada's password", PASSWORD);
    canaries.text("a password's hash", "argon2id$");
    canaries.totp("Ada's secret", SECRET);
    let now = store::Ambient::system().now();
    let browser = server.browser();
    login(&browser, ADA, PASSWORD).await.expect(200);
    let code = totp(SECRET, now, 0);
    post(&browser, "/login/verify", json!({ "code": code })).await.expect(200);
    let set_up = post(&browser, "/me/totp", json!({})).await.expect(200).json();
    let secret = text(&set_up["secret"]);
    canaries.totp("a new secret", &secret);
    let code = totp(&secret, store::Ambient::system().now(), 0);
    let sent = json!({ "setup": set_up["setup"], "code": code });
    let page = post(&browser, "/me/totp/confirm", sent).await.expect(200).json();
    canaries.recovery_codes(&page["recovery_codes"]);
    canaries.text("a session's cookie", &cookie(&browser, "flowgate-session").unwrap());
    canaries.text("a browser's secret", &cookie(&browser, "flowgate-browser").unwrap());
    post(&browser, "/me/step-up/verify", json!({ "code": page["recovery_codes"][0] }))
        .await
        .expect(200);
    let malformed = json!({ "code": page["recovery_codes"][1], "codes": [PASSWORD] });
    post(&browser, "/me/step-up/verify", malformed).await.expect(422);
    let log = server.output();
    assert!(log.contains("/api/v1/me/totp/confirm"), "{log}");
    canaries.assert_silent("the log", log.as_bytes());
}
