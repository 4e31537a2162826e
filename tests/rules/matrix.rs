//! Every route × everything that a request can bring (A-14, A-15, A-127): what opens what. Made from the
//! list of routes, so a route is covered on the day on which it is added.

use chrono::Duration;
use flowgate::http::{Access, Route, routes};
use reqwest::Method;
use serde_json::json;
use std::fmt::Write as _;

use super::routes::{address, is_api, needs_session};
use crate::harness::{Browser, Page, RelyingParty, TestApp, Walk};
use crate::{ADA, PASSWORD};

const SESSION: &str = "flowgate-session";
const BROWSER: &str = "flowgate-browser";
/// Who has an authenticator app.
const TOM: &str = "tom@acme.example";
const BOB: (&str, &str) = ("bob@acme.example", "eight brown barrels");

/// `blueprints/acme.yaml` with a flow that waits for something more once the password was right.
fn blueprint() -> String {
    let flow = "flows:
  halfway:
    use: authentication
    stages:
      - identify: {}
      - password: {}
      - message: { title: Wait, text: Something is missing., level: info }
      - gate: {}
      - login: {}
";
    let mut blueprint = crate::ACME.replace("flows:\n", flow);
    // What a route does to one person meets no other route.
    for number in 0..2 * routes().len() {
        let (login, _) = person(number);
        let name = login.split('@').next().unwrap();
        let _ = write!(
            blueprint,
            "  {name}:\n    name: Mona Lovelace\n    email: {login}\n    verified: true\n    \
             password: {PASSWORD}\n    organisations: [acme]\n"
        );
    }
    blueprint
}

/// What one of many people signs in with.
fn person(number: usize) -> (String, &'static str) {
    (format!("mona-{number}@acme.example"), PASSWORD)
}

/// What a request brings.
#[derive(Clone, Default)]
struct Brought {
    what: String,
    session: Option<String>,
    browser: Option<String>,
    csrf: Option<String>,
    bearer: Option<String>,
}

impl Brought {
    fn new(what: &str) -> Self {
        Self { what: what.to_owned(), ..Self::default() }
    }

    /// The cookies of a browser, and the token of its forms.
    async fn of(what: &str, browser: &Browser) -> Self {
        let page = browser.stolen().visit("/flow/recovery").await;
        Self {
            session: cookie(browser, SESSION),
            browser: cookie(browser, BROWSER),
            csrf: Some(page.attribute(r#"[name="csrf"]"#, "value")),
            ..Self::new(what)
        }
    }

    /// A value in the place of a session's token: in the cookie, and as bearer.
    fn both(&self, what: &str, value: &str) -> [Self; 2] {
        let named = |how| format!("{what} as {how}");
        [
            Self { what: named("cookie"), session: Some(value.to_owned()), ..self.clone() },
            Self {
                what: named("bearer"),
                bearer: Some(value.to_owned()),
                session: None,
                ..self.clone()
            },
        ]
    }

    async fn ask(&self, app: &TestApp, route: &Route, more: &[(&str, &[u8])]) -> Page {
        let cookies = [(SESSION, &self.session), (BROWSER, &self.browser)];
        let cookies = cookies
            .into_iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={value}")));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let bearer = self.bearer.as_ref().map(|token| format!("Bearer {token}"));
        let (kind, body) = if is_api(route) {
            ("application/json", "{}".to_owned())
        } else {
            let csrf = self.csrf.as_deref().unwrap_or_default();
            ("application/x-www-form-urlencoded", format!("csrf={csrf}"))
        };
        let mut headers = vec![("cookie", cookies.as_bytes())];
        headers.extend(bearer.iter().map(|value| ("authorization", value.as_bytes())));
        let is_write = route.method != Method::GET;
        if is_write {
            headers.push(("content-type", kind.as_bytes()));
        }
        headers.extend(more);
        let body = if is_write { body } else { String::new() };
        app.browser().raw(route.method.clone(), &address(route), &headers, body).await
    }
}

fn cookie(browser: &Browser, name: &str) -> Option<String> {
    browser.cookies("/").into_iter().find(|cookie| cookie.0 == name).map(|cookie| cookie.1)
}

async fn sign_in(app: &TestApp, (login, password): (impl AsRef<str>, &str)) -> Browser {
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await;
    let walk = walk.answer(json!({ "login": login.as_ref() })).await;
    let walk = walk.answer(json!({ "password": password })).await;
    assert!(walk.session().is_some(), "{walk:?}");
    browser
}

/// Everything that a request can bring which opens nothing that is for who is signed in.
async fn strangers(app: &TestApp) -> Vec<Brought> {
    let ended = sign_in(app, (ADA, PASSWORD)).await;
    let over = Brought::of("a session that was ended", &ended).await;
    let page = ended.visit("/").await;
    page.form(r#"form[action="/logout"]"#).submit().await.expect(200);
    let expired = Brought::of("a session that expired", &sign_in(app, (ADA, PASSWORD)).await).await;
    app.clock.advance(Duration::hours(13));
    let disabled = Brought::of("a session of who was disabled", &sign_in(app, BOB).await).await;
    app.disable(BOB.0).await;
    let dead = [over, expired, disabled];

    let stranger = app.browser();
    stranger.visit("/flow/sign-in").await.expect(200);
    let known = Brought::of("a browser", &stranger).await;
    let half = app.browser();
    let walk = Walk::begin(&half, "halfway").await.answer(json!({ "login": ADA })).await;
    let walk = walk.answer(json!({ "password": PASSWORD })).await.asks("message");
    let partial = Brought::of("half a sign-in", &half).await;
    let tom = app.browser();
    let walk_of_tom = Walk::begin(&tom, "sign-in").await.answer(json!({ "login": TOM })).await;
    let walk_of_tom = walk_of_tom.answer(json!({ "password": PASSWORD })).await;
    assert_eq!((walk_of_tom.status, walk_of_tom.session()), (200, None), "{walk_of_tom:?}");
    let pending = Brought::of("a sign-in that waits for the second factor", &tom).await;
    let native =
        Walk::native(&app.browser(), "halfway").await.answer(json!({ "login": ADA })).await;
    let native = native.answer(json!({ "password": PASSWORD })).await.asks("message");

    let mut values = vec![
        ("a browser's secret", known.browser.clone().unwrap()),
        ("the secret of half a sign-in", partial.browser.clone().unwrap()),
        ("the secret of a sign-in that waits", pending.browser.clone().unwrap()),
        ("an execution's token", native.bearer()),
        ("an execution's id", walk.execution().to_owned()),
        ("a form's token", known.csrf.clone().unwrap()),
        ("a person's id", app.person(ADA).await.id.to_string()),
        ("a made-up token", "a".repeat(43)),
        ("nothing", String::new()),
    ];
    values.extend(issued(app).await);

    let mut all = vec![Brought::new("nothing"), known.clone(), partial, pending];
    for dead in dead {
        let value = dead.session.clone().unwrap();
        all.push(Brought { session: None, bearer: Some(value), ..dead.clone() });
        all.push(dead);
    }
    for (what, value) in values {
        all.extend(known.both(what, &value));
    }
    // Two of one name, and a bearer that cannot be read beside nothing else.
    all.push(Brought { bearer: Some("a b".to_owned()), ..Brought::new("no bearer") });
    all
}

/// What relying parties and mailboxes get.
async fn issued(app: &TestApp) -> Vec<(&'static str, String)> {
    let browser = sign_in(app, (ADA, PASSWORD)).await;
    let wiki = RelyingParty::wiki(app.url()).await;
    let mut values = Vec::new();
    for unused in [true, false] {
        let page = browser.get(&wiki.request(&[])).await;
        let page = match page.status.as_u16() {
            200 => page.form_with("action").press("action", "allow").send().await,
            _ => page,
        };
        let code = page.parameter("code").unwrap_or_else(|| panic!("{page:?}"));
        if unused {
            values.push(("an authorization code", code));
        } else {
            let tokens = wiki.redeem(&code).await.expect(200).json();
            let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
            values.extend([
                ("an access token", text("access_token")),
                ("an ID token", text("id_token")),
            ]);
        }
    }
    let who = browser.api(Method::GET, "/api/v1/me", None).await.json();
    values.push(("a session's id", who["session"]["id"].as_str().unwrap().to_owned()));
    let fields = [("client_id", "flowgate-cli"), ("scope", "openid account")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let device = browser.call("/oauth/device_authorization", &fields).await.expect(200).json();
    for (what, name) in [("a device's code", "device_code"), ("a user's code", "user_code")] {
        values.push((what, device[name].as_str().unwrap().to_owned()));
    }
    let walk = Walk::begin(&app.browser(), "recovery").await;
    walk.answer(json!({ "login": ADA })).await.asks("email_link");
    let mails = app.outbox().await;
    let link = mails.last().unwrap().link().to_owned();
    let link = link.split("link=").nth(1).expect("a link's token").to_owned();
    values.push(("a mailed link's token", link));
    values
}

/// To the flow that signs in, or 401: and nothing is shown.
fn assert_shut(page: &Page, route: &Route, what: &str) {
    let place = format!("{} {} with {what}: {page:?}", route.method, route.path);
    if is_api(route) {
        assert_eq!(page.status, 401, "{place}");
        assert_eq!(page.json()["type"], "urn:flowgate:problem:unauthenticated", "{place}");
        assert_eq!(page.header("www-authenticate"), "Bearer", "{place}");
    } else {
        assert_eq!(page.status, 303, "{place}");
        assert_eq!(page.location().unwrap().path(), "/flow/sign-in", "{place}");
    }
    assert_silent(page, &place);
}

/// What a page shows, but for what is new in each answer.
fn without_nonce(page: &Page) -> String {
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    nonce.map_or_else(|| page.body.clone(), |nonce| page.body.replace(nonce, ""))
}

fn assert_silent(page: &Page, place: &str) {
    for word in [ADA, "Lovelace", BOB.0] {
        assert!(!page.body.contains(word), "{place}");
    }
    let cookies = page.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    // One that is emptied signs nobody in.
    let is_session = |cookie: &str| {
        cookie
            .split_once('=')
            .is_some_and(|(name, value)| name == SESSION && !value.starts_with(';'))
    };
    assert!(!cookies.any(is_session), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_a_live_session_opens_what_is_for_who_is_signed_in() {
    let app = TestApp::with_outbox(&blueprint()).await;
    let strangers = strangers(&app).await;
    assert!(strangers.len() > 25);
    for route in routes() {
        let mut public = None;
        for brought in &strangers {
            let page = brought.ask(&app, &route, &[]).await;
            let place = format!("{} {} with {}: {page:?}", route.method, route.path, brought.what);
            assert!(page.status.as_u16() < 500, "{place}");
            if needs_session(&route) {
                assert_shut(&page, &route, &brought.what);
            } else if route.access == Access::Everybody {
                let body = without_nonce(&page);
                let public = public.get_or_insert_with(|| body.clone());
                assert_eq!(body, *public, "it says the same to everybody: {place}");
            } else if !brought.what.starts_with("an access token") {
                assert_silent(&page, &place);
            }
        }
    }
}

/// The page or document of a route for a session: which it lets in, and which must prove more.
fn assert_open(page: &Page, route: &Route, what: &str) {
    let place = format!("{} {} with {what}: {page:?}", route.method, route.path);
    assert!(page.status.as_u16() < 500, "{place}");
    if !needs_session(route) {
        return;
    }
    assert_ne!(page.status, 401, "{place}");
    let leads = page.location().map(|to| to.path().to_owned()).unwrap_or_default();
    let is_asked = ["/flow/sign-in", "/flow/step-up"].contains(&leads.as_str());
    // Some routes are there to begin a step-up.
    assert!(!is_asked || route.path.contains("step-up"), "{place}");
}

fn assert_step_up(page: &Page, route: &Route) {
    let place = format!("{} {}: {page:?}", route.method, route.path);
    if is_api(route) {
        assert_eq!(page.status, 401, "{place}");
        let challenge = page.header("www-authenticate");
        let start = r#"Bearer error="insufficient_user_authentication", error_description=""#;
        assert!(challenge.starts_with(start), "{place}");
        assert!(challenge.ends_with(r#", max_age="900""#), "{place}");
        assert_eq!(page.json()["code"], "step_up_needed", "{place}");
    } else {
        assert_eq!(page.status, 303, "{place}");
        assert_eq!(page.location().unwrap().path(), "/flow/step-up", "{place}");
    }
    assert_silent(page, &place);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_opens_what_its_proofs_are_good_for() {
    let app = TestApp::with_outbox(&blueprint()).await;
    for (number, route) in routes().into_iter().enumerate() {
        let signed_in = sign_in(&app, person(2 * number)).await;
        let fresh = Brought::of("a fresh session", &signed_in).await;
        if needs_session(&route) && route.method != Method::GET {
            // Another site's page cannot use the cookie, whatever else it knows.
            for header in
                [("sec-fetch-site", &b"cross-site"[..]), ("origin", b"https://evil.example")]
            {
                let page = fresh.ask(&app, &route, &[header]).await;
                assert_eq!(page.status, 403, "{} {}: {page:?}", route.method, route.path);
            }
            if !is_api(&route) {
                let blind = Brought { csrf: None, ..fresh.clone() };
                let page = blind.ask(&app, &route, &[]).await;
                assert_eq!(page.status, 403, "{} {}: {page:?}", route.method, route.path);
            }
        }
        if needs_session(&route) && !is_api(&route) {
            let token = fresh.session.clone();
            let bearer = Brought { session: None, bearer: token, ..fresh.clone() };
            assert_shut(&bearer.ask(&app, &route, &[]).await, &route, "a session as bearer");
        }
        assert_open(&fresh.ask(&app, &route, &[]).await, &route, "a fresh session");

        let signed_in = sign_in(&app, person(2 * number + 1)).await;
        let stale = Brought::of("a stale session", &signed_in).await;
        app.clock.advance(Duration::minutes(16));
        let token = stale.session.clone();
        let bearer = Brought { session: None, browser: None, bearer: token, ..stale.clone() };
        let brought = if is_api(&route) { vec![bearer, stale] } else { vec![stale] };
        for brought in brought {
            let page = brought.ask(&app, &route, &[]).await;
            match route.access {
                Access::Sensitive | Access::Enrolling => assert_step_up(&page, &route),
                _ => assert_open(&page, &route, "a stale session"),
            }
        }
    }
}
