//! Codes of authenticator apps: which are good, how often, and what a wrong one costs.

use chrono::Duration;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use store::{Clock as _, credential};

use crate::harness::{Browser, SECRET, TestApp, Walk, totp};
use crate::{ADA, PASSWORD};

use crate::flows::sign_in_as;

const FACTORS: &str = include_str!("../blueprints/factors.yaml");

/// The second app of the blueprint, Eve's.
const OTHER: &str = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U";

async fn start() -> TestApp {
    TestApp::with_outbox(FACTORS).await
}

/// A browser of its own that stands before the code.
async fn reach(app: &TestApp, login: &str) -> Walk {
    sign_in_as(&app.browser(), login, PASSWORD).await.asks("totp")
}

fn code(app: &TestApp, steps: i64) -> Value {
    json!({ "code": totp(SECRET, app.clock.now(), steps) })
}

async fn me(browser: &Browser) -> Value {
    browser.api(Method::GET, "/api/v1/me", None).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_a_second_factor() {
    let app = start().await;
    let walk = reach(&app, ADA).await;
    let data = &walk.body["challenge"]["data"];
    assert_eq!((&data["digits"], &data["others"]), (&json!(6), &json!([])), "{data:#}");
    let browser = walk.browser().clone();
    assert_eq!(browser.api(Method::GET, "/api/v1/me", None).await.status, 401);
    assert!(walk.answer(code(&app, 0)).await.session().is_some());
    let session = me(&browser).await["session"].clone();
    assert_eq!(session["acr"], "aal2");
    assert_eq!(session["amr"], json!(["pwd", "otp", "mfa"]));
}

/// A-56, CVE-2024-7318: the accepted set is exactly the present step and the one before it.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_present_step_and_the_last_are_good() {
    for (steps, good) in [(-3, false), (-2, false), (-1, true), (0, true), (1, false), (2, false)] {
        let app = start().await;
        let walk = reach(&app, ADA).await.answer(code(&app, steps)).await;
        assert_eq!(walk.session().is_some(), good, "{steps} steps from now: {walk:?}");
    }
}

/// RFC 6238 §5.2; A-52: after step s every step up to s is refused, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_good_once_and_burns_all_before_it() {
    let app = start().await;
    assert!(reach(&app, ADA).await.answer(code(&app, 0)).await.session().is_some());
    for steps in [0, -1] {
        let walk = reach(&app, ADA).await.answer(code(&app, steps)).await.asks("totp");
        assert_eq!(walk.errors(), ["code.used"], "{steps}");
    }
    app.clock.advance(Duration::seconds(30));
    let walk = reach(&app, ADA).await.answer(code(&app, -1)).await.asks("totp");
    assert_eq!(walk.errors(), ["code.used"]);
    assert!(reach(&app, ADA).await.answer(code(&app, 0)).await.session().is_some());
}

/// twenty browsers at once with one good code; one comes in.
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_at_once_one_comes_in() {
    let app = start().await;
    let mut walks = Vec::new();
    for _ in 0..20 {
        walks.push(reach(&app, ADA).await);
    }
    let answer = code(&app, 0);
    let all = join_all(walks.into_iter().map(|walk| walk.answer(answer.clone()))).await;
    let won = all.iter().filter(|walk| walk.session().is_some()).count();
    assert_eq!(won, 1, "{all:#?}");
    assert!(all.iter().all(|walk| walk.status < 500), "{all:#?}");
    assert_eq!(app.events_of("login").await.len(), 1);
}

/// … and twenty requests of one browser.
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_in_one_browser_one_counts() {
    let app = start().await;
    let walk = reach(&app, ADA).await;
    let answer = code(&app, 0);
    let all = join_all((0..20).map(|_| walk.clone().answer(answer.clone()))).await;
    assert!(all.iter().all(|walk| walk.status < 500), "{all:#?}");
    assert_eq!(app.events_of("login").await.len(), 1);
}

/// what people put between digits does not matter, everything else makes it no code; and
/// another spelling is the same step.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_has_one_meaning_however_it_is_spelt() {
    let app = start().await;
    let digits = totp(SECRET, app.clock.now(), 0);
    let wide: String =
        digits.chars().map(|c| char::from_u32(c as u32 - 0x30 + 0xff10).unwrap()).collect();
    let spaced = format!(" {} {}-", &digits[..3], &digits[3..]);
    for no_code in
        [format!("+{digits}"), format!("{digits}.0"), format!("0x{digits}"), "１２３".into()]
    {
        let walk = reach(&app, ADA).await.answer(json!({ "code": no_code })).await.asks("totp");
        assert_eq!(walk.errors(), ["code.format"], "{no_code}");
    }
    assert!(reach(&app, ADA).await.answer(json!({ "code": spaced })).await.session().is_some());
    for spelling in [wide, digits] {
        let walk = reach(&app, ADA).await.answer(json!({ "code": spelling })).await;
        assert_eq!(walk.errors(), ["code.used"]);
    }
}

/// neither a new flow, nor a new browser, nor haste gives one guess more.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_guesses_are_five_comparisons() {
    let app = start().await;
    let mut compared = 0;
    for round in 0..50 {
        let walk = reach(&app, ADA).await;
        let guesses = (0..4).map(|n| {
            let guess = format!("{:06}", 900_000 + round * 4 + n);
            walk.clone().answer(json!({ "code": guess }))
        });
        join_all(guesses).await;
    }
    for event in app.events_of("factor_checked").await {
        compared += usize::from(event.data["reason"] == "code.wrong");
    }
    assert!(compared <= 5, "{compared} guesses were compared");
    // The right one is refused now, and good when the lock is over.
    let walk = reach(&app, ADA).await.answer(code(&app, 0)).await.asks("totp");
    assert_eq!(walk.errors(), ["code.locked"]);
    app.clock.advance(Duration::seconds(31));
    assert!(reach(&app, ADA).await.answer(code(&app, 0)).await.session().is_some());
    // The owner was told, once.
    let told = app.outbox().await.into_iter().filter(|mail| mail.to == [ADA]).count();
    assert_eq!(told, 1);
}

/// One person's guesses lock nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn another_person_s_code_is_another_person_s() {
    let app = start().await;
    let eve = totp(OTHER, app.clock.now(), 0);
    let walk = reach(&app, ADA).await.answer(json!({ "code": eve })).await.asks("totp");
    assert_eq!(walk.errors(), ["code.wrong"]);
    let walk = reach(&app, "eve@evil.example").await.answer(json!({ "code": eve })).await;
    assert!(walk.session().is_some(), "hers is not used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_begin_the_login_again() {
    let app = start().await;
    let mut walk = reach(&app, ADA).await;
    for _ in 0..4 {
        walk = walk.answer(json!({ "code": "000000" })).await.asks("totp");
        assert_eq!(walk.errors(), ["code.wrong"]);
    }
    let walk = walk.answer(json!({ "code": "000000" })).await.asks("identify");
    assert_eq!(walk.errors(), ["identify.too_many"]);
}

/// a factor is enrolled at sign-in only by whoever has none.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_enrols_before_showing_what_they_have() {
    let app = start().await;
    let walk = reach(&app, ADA).await;
    for answer in
        [json!({ "choose": "totp" }), json!({ "choose": "webauthn" }), json!({ "later": true })]
    {
        let again = walk.look().await.answer(answer.clone()).await;
        assert_eq!(again.component(), "totp", "{answer}: {again:?}");
        assert!(again.session().is_none());
    }
}

/// "Secure your account to continue": the set-up in place, with the secret shown once.
#[tokio::test(flavor = "multi_thread")]
async fn who_must_have_a_factor_sets_it_up_in_place() {
    let app = start().await;
    let browser = app.browser();
    let walk = sign_in_as(&browser, "stan@strict.example", PASSWORD).await.asks("enrol");
    let data = &walk.body["challenge"]["data"];
    assert!(data["factors"].as_array().unwrap().contains(&json!("totp")), "{data:#}");
    assert_eq!(data["later"], json!(false));
    let walk = walk.answer(json!({ "later": true })).await.asks("enrol");
    let walk = walk.answer(json!({ "choose": "totp" })).await.asks("totp_setup");
    let data = walk.body["challenge"]["data"].clone();
    let secret = data["secret"].as_str().unwrap().to_owned();
    assert_eq!(secret.replace(' ', "").len(), 32, "160 bits");
    assert!(data["uri"].as_str().unwrap().starts_with("otpauth://totp/Flowgate:"), "{data:#}");
    assert!(data["qr"].as_str().unwrap().starts_with("data:image/png;base64,"), "{data:#}");
    let walk = walk.answer(json!({ "code": "000000" })).await.asks("totp_setup");
    assert_eq!(walk.errors(), ["code.wrong"]);
    assert_eq!(walk.body["challenge"]["data"]["secret"], json!(secret), "the same secret");
    let person = app.person("stan@strict.example").await;
    let mut conn = app.app.store.read().await.unwrap();
    assert_eq!(credential::count(&mut conn, &person.id, "totp").await.unwrap(), 0);
    drop(conn);
    let right = totp(&secret, app.clock.now(), 0);
    let walk = walk.answer(json!({ "code": right, "name": "Phone" })).await.asks("static_setup");
    assert_eq!(walk.body["challenge"]["data"]["codes"].as_array().map(Vec::len), Some(10));
    let walk = walk.answer(json!({ "saved": true })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(me(&browser).await["session"]["acr"], "aal2");
    // The code of the set-up is spent.
    let again = sign_in_as(&app.browser(), "stan@strict.example", PASSWORD).await.asks("totp");
    let again = again.answer(json!({ "code": right })).await.asks("totp");
    assert_eq!(again.errors(), ["code.used"]);
}

/// While grace runs the set-up can wait, and the date is said.
#[tokio::test(flavor = "multi_thread")]
async fn within_grace_the_set_up_can_wait() {
    let app = start().await;
    let walk = sign_in_as(&app.browser(), "gina@patient.example", PASSWORD).await.asks("enrol");
    let data = &walk.body["challenge"]["data"];
    assert_eq!(data["later"], json!(true));
    assert!(data["deadline"].is_string(), "{data:#}");
    assert!(walk.answer(json!({ "later": true })).await.session().is_some());
    app.clock.advance(Duration::days(8));
    let walk = sign_in_as(&app.browser(), "gina@patient.example", PASSWORD).await.asks("enrol");
    let walk = walk.answer(json!({ "later": true })).await.asks("enrol");
    assert!(walk.session().is_none());
}

/// A remembered device spares the second factor, for that person and that browser, for as long as the
/// policy says, and never a sensitive act.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_remembered_as_the_policy_allows() {
    let app = start().await;
    let (tess, browser) = ("tess@trusting.example", app.browser());
    let walk = sign_in_as(&browser, tess, PASSWORD).await.asks("totp");
    assert_eq!(walk.body["challenge"]["data"]["remember"], json!({ "days": 30 }));
    let mut answer = code(&app, 0);
    answer["remember_device"] = json!(true);
    assert!(walk.answer(answer).await.session().is_some());
    browser.jar().keep_only("device");
    let walk = sign_in_as(&browser, tess, PASSWORD).await;
    assert!(walk.session().is_some(), "{walk:?}");
    assert_eq!(me(&browser).await["session"]["amr"], json!(["pwd"]), "what was shown, no more");
    // Somebody else in this browser, and she in another.
    browser.jar().keep_only("device");
    sign_in_as(&browser, ADA, PASSWORD).await.asks("totp");
    sign_in_as(&app.browser(), tess, PASSWORD).await.asks("totp");
    app.clock.advance(Duration::days(31));
    browser.jar().keep_only("device");
    sign_in_as(&browser, tess, PASSWORD).await.asks("totp");
}

/// Where the policy does not allow it nothing is remembered, whatever is sent.
#[tokio::test(flavor = "multi_thread")]
async fn no_device_is_remembered_unasked() {
    let app = start().await;
    let walk = reach(&app, ADA).await;
    let browser = walk.browser().clone();
    assert_eq!(walk.body["challenge"]["data"]["remember"], Value::Null);
    let mut answer = code(&app, 0);
    answer["remember_device"] = json!(true);
    assert!(walk.answer(answer).await.session().is_some());
    let cookies = browser.cookies("/");
    assert!(cookies.iter().all(|(name, _)| !name.contains("device")), "{cookies:?}");
}

/// The step-up flow makes no session: the same one goes on, under a new token.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_refreshes_the_session_it_runs_in() {
    let app = start().await;
    let walk = reach(&app, ADA).await.answer(code(&app, 0)).await;
    let browser = walk.browser().clone();
    let before = me(&browser).await["session"].clone();
    let old = browser.stolen();
    app.clock.advance(Duration::hours(1));
    let walk = Walk::begin(&browser, "step-up").await.asks("totp");
    let walk = walk.answer(code(&app, 0)).await;
    assert_eq!(walk.status, 200, "{walk:?}");
    let after = me(&browser).await["session"].clone();
    assert_eq!(before["id"], after["id"]);
    assert_ne!(before["auth_time"], after["auth_time"]);
    assert_eq!(old.api(Method::GET, "/api/v1/me", None).await.status, 401, "the old token");
    assert_eq!(app.events_of("login").await.len(), 1);
    // A second one finds everything fresh.
    let walk = Walk::begin(&browser, "step-up").await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
}
