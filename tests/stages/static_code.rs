//! Recovery codes: each is good once, for its owner, and nowhere to be read.

use chrono::Duration;
use futures::future::join_all;
use serde_json::{Value, json};
use store::static_code::{self, Remaining};
use store::{Clock as _, Database};

use crate::flows::sign_in_as;
use crate::harness::{Browser, Server, TestApp, Walk, totp};
use crate::{ADA, PASSWORD};

const BOB: (&str, &str) = ("bob@acme.example", "eight brown barrels");

/// `blueprints/acme.yaml` with a flow that makes codes.
fn blueprint(config: &str) -> String {
    let flow = format!(
        "  codes:\n    use: settings\n    stages: [gate: {{}}, static_setup: {config}, login: {{}}]\n"
    );
    crate::ACME.replace("  sign-out:\n", &format!("{flow}\n  sign-out:\n"))
}

async fn start() -> TestApp {
    TestApp::with_outbox(&blueprint("{}")).await
}

/// The page that shows new codes, for somebody who is signed in.
async fn begin(browser: &Browser) -> (Walk, Vec<String>) {
    let walk = Walk::begin(browser, "codes").await.asks("static_setup");
    let codes = walk.body["challenge"]["data"]["codes"].as_array().expect("codes");
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (walk, codes)
}

/// Makes codes in a browser that is signed in.
async fn make(browser: &Browser) -> Vec<String> {
    let (walk, codes) = begin(browser).await;
    let walk = walk.answer(json!({ "saved": true })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    codes
}

/// Signs in, with a password alone, and makes codes.
async fn enrol(browser: &Browser, login: &str, password: &str) -> Vec<String> {
    let walk = sign_in_as(browser, login, password).await;
    assert!(walk.session().is_some(), "{walk:?}");
    make(browser).await
}

/// A sign-in as far as the page that asks for a code.
async fn second(app: &TestApp, (login, password): (&str, &str)) -> Walk {
    sign_in_as(&app.browser(), login, password).await.asks("static")
}

async fn with_code(walk: Walk, code: &str) -> Walk {
    walk.answer(json!({ "code": code })).await
}

async fn remaining(app: &TestApp, login: &str) -> Remaining {
    let user = app.person(login).await.id;
    let mut conn = app.app.store.read().await.unwrap();
    let sets = store::credential::of_kind(&mut conn, &user, static_code::KIND).await.unwrap();
    assert_eq!(sets.len(), 1);
    static_code::remaining(&mut conn, &sets[0].id).await.unwrap()
}

const ADA_S: (&str, &str) = (ADA, PASSWORD);

#[tokio::test(flavor = "multi_thread")]
async fn a_code_signs_in_once_and_is_counted() {
    let app = start().await;
    let codes = enrol(&app.browser(), ADA, PASSWORD).await;
    assert_eq!(codes.len(), 10);
    let walk = second(&app, ADA_S).await;
    let data = &walk.body["challenge"]["data"];
    assert_eq!((&data["left"], &data["pattern"]), (&json!(10), &json!("XXXXX-XXXXX")), "{data}");
    let walk = with_code(walk, &codes[0]).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(remaining(&app, ADA).await, Remaining { left: 9, of: 10 });
    let me = walk.browser().api(reqwest::Method::GET, "/api/v1/me", None).await.json();
    assert_eq!(me["session"]["acr"], "aal2", "{me}");
    // The same code is worth nothing any more, and the next one is.
    let walk = with_code(second(&app, ADA_S).await, &codes[0]).await;
    assert_eq!(walk.errors(), ["code.used"]);
    assert_eq!(walk.body["challenge"]["data"]["left"], 9);
    assert!(with_code(walk, &codes[1]).await.session().is_some());
    let mails = app.outbox().await;
    let used: Vec<_> = mails.iter().filter(|mail| mail.subject.contains("was used")).collect();
    assert!(used.len() == 2 && used.iter().all(|mail| mail.to == [ADA]), "{used:?}");
    for left in ["9 are left", "8 are left"] {
        assert!(used.iter().any(|mail| mail.text.contains(left)), "{left}: {used:?}");
    }
}

/// of twenty who show one code at once, each in a login of their own, one comes in.
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_show_a_code_at_once_one_comes_in() {
    let app = start().await;
    let codes = enrol(&app.browser(), ADA, PASSWORD).await;
    let mut walks = Vec::new();
    for _ in 0..20 {
        walks.push(second(&app, ADA_S).await);
    }
    let walks = join_all(walks.into_iter().map(|walk| with_code(walk, &codes[3]))).await;
    let won = walks.iter().filter(|walk| walk.session().is_some()).count();
    let told = |walk: &&Walk| matches!(walk.errors()[..], ["code.used" | "code.locked"]);
    assert_eq!((won, walks.iter().filter(told).count()), (1, 19), "{walks:#?}");
    assert_eq!(remaining(&app, ADA).await.left, 9);
    assert_eq!(app.events_of("login").await.len(), 2, "the one that made the codes, and this");
}

/// A-58, CVE-2025-64175.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_person_is_wrong_and_stays_good_for_them() {
    let app = start().await;
    let of_ada = enrol(&app.browser(), ADA, PASSWORD).await;
    let of_bob = enrol(&app.browser(), BOB.0, BOB.1).await;
    let walk = with_code(second(&app, BOB).await, &of_ada[0]).await;
    assert_eq!(walk.errors(), ["code.wrong"]);
    assert_eq!((remaining(&app, ADA).await.left, remaining(&app, BOB.0).await.left), (10, 10));
    assert!(with_code(walk, &of_bob[0]).await.session().is_some());
    assert!(with_code(second(&app, ADA_S).await, &of_ada[0]).await.session().is_some());
}

/// A-59, CVE-2026-72917: however a code is written, it is that code.
#[tokio::test(flavor = "multi_thread")]
async fn all_spellings_of_a_code_are_one_code() {
    let app = start().await;
    let codes = enrol(&app.browser(), ADA, PASSWORD).await;
    let spellings = |code: &str| {
        let bare = code.replace('-', "");
        let spaced: Vec<_> = bare.chars().map(String::from).collect();
        [
            code.to_owned(),
            format!("{code} "),
            format!("{code}-"),
            code.to_lowercase(),
            bare.to_lowercase(),
            code.replace('-', " "),
            code.replace('-', "\u{2013}"),
            spaced.join(" "),
            code.replace('0', "O").replace('1', "l"),
        ]
    };
    let count = spellings("").len();
    for (number, code) in codes.iter().enumerate().take(count) {
        let first = spellings(code)[number].clone();
        let walk = with_code(second(&app, ADA_S).await, &first).await;
        assert!(walk.session().is_some(), "{first}: {walk:?}");
        for spelling in spellings(code) {
            let walk = with_code(second(&app, ADA_S).await, &spelling).await;
            assert_eq!(walk.errors(), ["code.used"], "{spelling}");
            // Beyond the longest lock.
            app.clock.advance(Duration::minutes(16));
        }
    }
    let of = codes.len();
    let left = i64::try_from(of - count).unwrap();
    assert_eq!(remaining(&app, ADA).await.left, left);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_codes_end_the_old_ones_when_they_are_saved() {
    let app = start().await;
    let browser = app.browser();
    let old = enrol(&browser, ADA, PASSWORD).await;
    let (walk, new) = begin(&browser).await;
    assert_eq!(walk.body["challenge"]["data"]["replaces"], true);
    assert!(old.iter().all(|code| !new.contains(code)));
    // Looking at new ones, or going on without them, changes nothing.
    let walk = walk.answer(json!({ "saved": false })).await.asks("static_setup");
    assert_eq!(walk.errors(), ["static_setup.unsaved"]);
    assert_eq!(with_code(second(&app, ADA_S).await, &new[0]).await.errors(), ["code.wrong"]);
    assert!(with_code(second(&app, ADA_S).await, &old[0]).await.session().is_some());
    // They are the same for as long as they wait.
    let again: Value = walk.look().await.body["challenge"]["data"]["codes"].clone();
    assert_eq!(again, json!(new));
    assert!(walk.answer(json!({ "saved": true })).await.session().is_some());
    assert_eq!(remaining(&app, ADA).await, Remaining { left: 10, of: 10 });
    for code in [&old[0], &old[1]] {
        let walk = with_code(second(&app, ADA_S).await, code).await;
        assert_eq!(walk.errors(), ["code.wrong"]);
    }
    assert!(with_code(second(&app, ADA_S).await, &new[0]).await.session().is_some());
    let made = app.events_of("recovery_codes_made").await;
    assert_eq!(made.len(), 2, "{made:#?}");
}

/// Nobody makes codes for somebody who is signed in with less than they have.
#[tokio::test(flavor = "multi_thread")]
async fn codes_need_a_recent_sign_in() {
    let app = start().await;
    let browser = app.browser();
    enrol(&browser, ADA, PASSWORD).await;
    app.clock.advance(Duration::hours(2));
    let walk = Walk::begin(&browser, "codes").await;
    assert_ne!(walk.component(), "static_setup", "{walk:?}");
    assert!(walk.body["challenge"]["data"]["codes"].is_null(), "{walk:?}");
    let nobody = Walk::begin(&app.browser(), "codes").await;
    assert!(nobody.component().is_empty(), "{nobody:?}");
}

/// no new login, and no waiting but the lock's own, gives one guess more.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_lock_and_the_lock_costs_no_code() {
    let app = start().await;
    let codes = enrol(&app.browser(), ADA, PASSWORD).await;
    for wrong in 0..5 {
        let walk = with_code(second(&app, ADA_S).await, &format!("00000-0000{wrong}")).await;
        assert_eq!(walk.errors(), ["code.wrong"]);
    }
    for code in [&codes[0], "00000-00009"] {
        let walk = with_code(second(&app, ADA_S).await, code).await;
        assert_eq!(walk.errors(), ["code.locked"], "{code}");
    }
    // What cannot be a code is no guess.
    let walk = with_code(second(&app, ADA_S).await, "hello").await;
    assert_eq!(walk.errors(), ["code.format"]);
    app.clock.advance(Duration::seconds(31));
    let walk = with_code(second(&app, ADA_S).await, "00000-00009").await;
    assert_eq!(walk.errors(), ["code.wrong"]);
    // Twice as long.
    app.clock.advance(Duration::seconds(31));
    assert_eq!(with_code(second(&app, ADA_S).await, &codes[0]).await.errors(), ["code.locked"]);
    app.clock.advance(Duration::seconds(30));
    assert!(with_code(second(&app, ADA_S).await, &codes[0]).await.session().is_some());
    assert_eq!(remaining(&app, ADA).await.left, 9);
    // Bob is another person.
    assert!(sign_in_as(&app.browser(), BOB.0, BOB.1).await.session().is_some());
}

/// nor does a restart; and the log of the product tells no code.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_still_counted_after_a_crash() {
    let mut server = Server::start_with(&blueprint("{ count: 2 }"), &["--log", "trace"]).await;
    let codes = enrol(&server.browser(), ADA, PASSWORD).await;
    let walk = sign_in_as(&server.browser(), ADA, PASSWORD).await.asks("static");
    let mut log = server.output();
    let mut walk = with_code(walk, "00000-00000").await;
    for wrong in 1..5 {
        if wrong == 3 {
            log += &server.output();
            server.crash_and_restart().await;
            walk = sign_in_as(&server.browser(), ADA, PASSWORD).await.asks("static");
        }
        walk = with_code(walk, &format!("00000-0000{wrong}")).await;
        assert_eq!(walk.errors(), ["code.wrong"], "{}", server.last_words());
    }
    let walk = sign_in_as(&server.browser(), ADA, PASSWORD).await.asks("static");
    assert_eq!(with_code(walk, &codes[0]).await.errors(), ["code.locked"]);
    log += &server.output();
    assert!(log.contains("/api/v1/flows/codes"), "{log}");
    for code in codes.iter().map(String::as_str).chain(["00000-00000", "00000-00003"]) {
        assert!(!log.contains(code) && !log.contains(&code.replace('-', "")), "{code}: {log}");
    }
}

/// All that the database holds, as a reader of its files or its tables would find it.
async fn dump(app: &TestApp) -> String {
    match &app.app.settings.database {
        Database::Sqlite(path) => {
            let mut bytes = std::fs::read(path).unwrap();
            let log = path.with_extension("db-wal");
            bytes.extend(std::fs::read(log).unwrap_or_default());
            String::from_utf8_lossy(&bytes).into_owned()
        }
        Database::Postgres(url) => {
            let (client, connection) =
                tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()";
            let mut text = String::new();
            for table in client.query(tables, &[]).await.unwrap() {
                let table: String = table.get(0);
                let rows = format!("SELECT t::text FROM \"{table}\" t");
                for row in client.query(&rows, &[]).await.unwrap() {
                    text += row.get(0);
                    text.push('\n');
                }
            }
            text
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_stand_nowhere_but_on_their_page() {
    let app = start().await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let (walk, codes) = begin(&browser).await;
    let waiting = dump(&app).await;
    let walk = walk.answer(json!({ "saved": true })).await;
    let used = with_code(second(&app, ADA_S).await, &codes[0]).await;
    let again = with_code(second(&app, ADA_S).await, &codes[0]).await;
    let kept = dump(&app).await;
    assert!(kept.contains("static_code") || kept.contains("salt"), "the dump shows something");
    let events = format!("{:?}", app.events().await);
    let mails = format!("{:?}", app.outbox().await);
    let answers = format!("{walk:?} {used:?} {again:?}");
    for code in &codes {
        let bare = code.replace('-', "");
        let hex = data_encoding::HEXLOWER.encode(bare.as_bytes());
        for spelling in [code, &bare, &bare.to_lowercase(), &hex] {
            for (place, text) in [
                ("the database, while they wait", &waiting),
                ("the database", &kept),
                ("the audit trail", &events),
                ("a mail", &mails),
                ("a later answer", &answers),
            ] {
                assert!(!text.contains(spelling), "{spelling} stands in {place}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_codes_of_twelve_characters_are_one_line() {
    let app = TestApp::with_outbox(&blueprint("{ count: 6, length: 12 }")).await;
    let browser = app.browser();
    let codes = enrol(&browser, ADA, PASSWORD).await;
    assert_eq!(codes.len(), 6);
    let is_right = |code: &String| code.len() == 14 && code.replace('-', "").len() == 12;
    assert!(codes.iter().all(is_right), "{codes:?}");
    let walk = second(&app, ADA_S).await;
    assert_eq!(walk.body["challenge"]["data"]["pattern"], "XXXX-XXXX-XXXX");
    assert!(with_code(walk, &codes[5]).await.session().is_some());
    // Codes stay good when others are to look otherwise from now on.
    app.apply(&blueprint("{ alphabet: \"0123456789\", length: 8, group: 4 }")).await;
    assert!(with_code(second(&app, ADA_S).await, &codes[4]).await.session().is_some());
    app.clock.advance(Duration::minutes(1));
    let digits = make(&browser).await;
    let is_right =
        |code: &String| code.len() == 9 && code.chars().all(|c| c == '-' || c.is_ascii_digit());
    assert!(digits.len() == 10 && digits.iter().all(is_right), "{digits:?}");
    assert!(with_code(second(&app, ADA_S).await, &digits[0]).await.session().is_some());
}

/// `blueprints/acme.yaml` with a flow that sets up an authenticator app and does `more`.
fn with_app(more: &str) -> String {
    let stages = format!("[gate: {{}}, totp_setup: {{}}{more}, login: {{}}]");
    let flow = format!("  app:\n    use: settings\n    stages: {stages}\n\n");
    blueprint("{}").replace("  sign-out:\n", &format!("{flow}  sign-out:\n"))
}

/// Sets up an authenticator app, as far as the page that follows.
async fn bind_app(app: &TestApp, browser: &Browser) -> Walk {
    let walk = Walk::begin(browser, "app").await.asks("totp_setup");
    let secret = walk.body["challenge"]["data"]["secret"].as_str().unwrap();
    let code = totp(secret, app.clock.now(), 0);
    walk.answer(json!({ "code": code })).await
}

/// Whoever sets up a first factor gets codes with it, once, and they are another way at the gate.
#[tokio::test(flavor = "multi_thread")]
async fn codes_come_with_the_first_other_factor() {
    let app = TestApp::with_outbox(&with_app("")).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let walk = bind_app(&app, &browser).await.asks("static_setup");
    let codes = walk.body["challenge"]["data"]["codes"].as_array().unwrap().clone();
    assert_eq!((codes.len(), &walk.body["challenge"]["data"]["replaces"]), (10, &json!(false)));
    // They are hers already, should she close the page: the app is bound, and may be lost.
    assert_eq!(remaining(&app, ADA).await.left, 10);
    let walk = walk.answer(json!({})).await.asks("static_setup");
    assert!(walk.answer(json!({ "saved": true })).await.session().is_some());
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("totp");
    let walk = walk.answer(json!({ "choose": "static" })).await.asks("static");
    assert!(walk.answer(json!({ "code": codes[0] })).await.session().is_some());
    let added = app.outbox().await.iter().filter(|mail| mail.subject.contains("was added")).count();
    let made = app.outbox().await.iter().filter(|mail| mail.subject.contains("codes for")).count();
    assert_eq!((added, made), (1, 0), "one mail for what was one act");
    // A second app brings no second set.
    app.clock.advance(Duration::minutes(1));
    let walk = bind_app(&app, &browser).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(remaining(&app, ADA).await.left, 9);
}

/// Whoever guesses at codes locks nothing but codes.
#[tokio::test(flavor = "multi_thread")]
async fn locked_codes_leave_the_other_factors_open() {
    let app = TestApp::with_outbox(&with_app("")).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let walk = Walk::begin(&browser, "app").await.asks("totp_setup");
    let secret = walk.body["challenge"]["data"]["secret"].as_str().unwrap().to_owned();
    let walk = walk.answer(json!({ "code": totp(&secret, app.clock.now(), 0) })).await;
    assert!(walk.answer(json!({ "saved": true })).await.session().is_some());
    app.clock.advance(Duration::seconds(30));
    for wrong in 0..6 {
        let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("totp");
        let walk = walk.answer(json!({ "choose": "static" })).await.asks("static");
        let walk = with_code(walk, &format!("00000-0000{wrong}")).await;
        let wanted = if wrong < 5 { "code.wrong" } else { "code.locked" };
        assert_eq!(walk.errors(), [wanted]);
    }
    let walk = sign_in_as(&app.browser(), ADA, PASSWORD).await.asks("totp");
    let walk = with_code(walk, &totp(&secret, app.clock.now(), 0)).await;
    assert!(walk.session().is_some(), "{walk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_makes_codes_itself_is_offered_no_others() {
    let app = TestApp::with_outbox(&with_app(", static_setup: { count: 6, length: 12 }")).await;
    let browser = app.browser();
    assert!(sign_in_as(&browser, ADA, PASSWORD).await.session().is_some());
    let walk = bind_app(&app, &browser).await.asks("static_setup");
    let codes = walk.body["challenge"]["data"]["codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 6, "{walk:?}");
    assert!(walk.answer(json!({ "saved": true })).await.session().is_some());
    assert_eq!(remaining(&app, ADA).await, Remaining { left: 6, of: 6 });
}

#[test]
fn codes_that_could_be_guessed_are_a_mistake_of_the_blueprint() {
    let registry = stages::registry();
    let options = blueprints::Options::new(&registry);
    let findings = |config: &str| {
        let source = blueprints::Source::submitted("test.yaml", blueprint(config));
        blueprints::check_sources([source], &options).diagnostics
    };
    for config in
        ["{}", "{ count: 6, length: 12 }", "{ count: 1, length: 7, alphabet: '0123456789' }"]
    {
        let found = findings(config);
        assert!(found.is_empty(), "{config}: {found:#?}");
    }
    for config in [
        "{ count: 0 }",
        "{ count: 51 }",
        "{ length: 5 }",
        "{ length: 33 }",
        "{ group: 1 }",
        "{ length: 6, alphabet: '0123456789' }",
        "{ alphabet: 'ABC' }",
        "{ alphabet: '0123456789AA' }",
        "{ alphabet: '0123456789Aa' }",
        "{ alphabet: '0123456789-' }",
        "{ length: twelve }",
        "{ lenght: 12 }",
    ] {
        assert!(!findings(config).is_empty(), "{config}");
    }
}
